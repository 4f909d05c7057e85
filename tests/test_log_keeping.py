"""How long the logs are kept: what goes, what stays whatever its age, and the service's log that begins anew each day."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from robots import run_log
from robots.log_keeping import RECORDS, remove_old, run_folders
from robots.run_log import Action, RunLog, event, set_up

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def make_run(folder: Path, *, days_old: float, run_id: str = "0a1b2c") -> Path:
    """The folder of a run that ended so many days before NOW."""
    at = NOW - timedelta(days=days_old)
    made = folder / f"{at:%Y%m%dT%H%M%SZ}-{run_id}"
    (made / "pictures").mkdir(parents=True)
    (made / "pictures" / "one.png").write_bytes(b"")
    (made / "run.log").write_text("line\n")
    (made / RECORDS).write_text(json.dumps({"run": run_id}) + "\n")
    for file in ("run.log", RECORDS):
        os.utime(made / file, (at.timestamp(), at.timestamp()))
    return made


def test_old_runs_go_and_the_newest_stays_whatever_its_age(tmp_path: Path) -> None:
    old, older, newest = (make_run(tmp_path, days_old=days) for days in (100, 200, 95))

    assert remove_old(tmp_path, keep_days=90, now=NOW) == 2
    assert [old.exists(), older.exists(), newest.exists()] == [False, False, True]
    assert list(tmp_path.iterdir()) == [newest], "nothing is left half removed"


def test_a_run_is_as_old_as_its_last_event(tmp_path: Path) -> None:
    long, _newest = make_run(tmp_path, days_old=91), make_run(tmp_path, days_old=1)
    os.utime(long / RECORDS, (NOW.timestamp(), NOW.timestamp()))

    assert remove_old(tmp_path, keep_days=90, now=NOW) == 0


def test_only_what_is_certainly_the_folder_of_a_run_goes(tmp_path: Path) -> None:
    make_run(tmp_path, days_old=1)
    real = make_run(tmp_path / "elsewhere", days_old=300)
    kept = [tmp_path / name for name in ("state", "practice", "service", "20260101T000000Z-replay", "20269901T000000Z-0a1b2c")]
    for folder in kept:
        folder.mkdir()
        for name in ("run.log", RECORDS):
            (folder / name).touch()
    without_log, of_another, linked = (tmp_path / f"2025010{day}T000000Z-0a1b2c" for day in (1, 2, 3))
    without_log.mkdir()
    (without_log / "letter.txt").touch()
    of_another.mkdir()
    (of_another / "run.log").touch()
    (of_another / RECORDS).write_text('{"run": "ffffff"}\n')
    linked.symlink_to(real, target_is_directory=True)
    for path in [*kept, without_log, of_another]:
        for file in path.iterdir():
            os.utime(file, (0, 0))

    assert remove_old(tmp_path, keep_days=1, now=NOW) == 0
    assert all(path.exists() for path in [*kept, without_log, of_another, linked, real])


def test_a_run_under_way_stays_also_when_another_process_removes(tmp_path: Path) -> None:
    log = set_up(tmp_path, console=False)
    try:
        event(Action.RUN_BEGUN)
        os.utime(log.folder / "run.log", (0, 0))
        os.utime(log.folder / RECORDS, (0, 0))
        # Not the newest: what keeps it is that it is open.
        later = make_run(tmp_path, days_old=-3650)
        code = (
            "from pathlib import Path; from datetime import datetime, UTC; from robots.log_keeping import remove_old; import sys;"
            "print(remove_old(Path(sys.argv[1]), keep_days=1, now=datetime.now(UTC)))"
        )
        asked = [sys.executable, "-c", code, str(tmp_path)]
        assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "0\n"
    finally:
        log.close()
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "1\n"
    assert run_folders(tmp_path) == [later]


def test_a_log_that_begins_removes_old_ones_and_says_how_many(tmp_path: Path) -> None:
    for number in range(3):
        make_run(tmp_path, days_old=400 + number)
    log = set_up(tmp_path, console=False, keep_days=90)
    log.close()
    (told,) = [json.loads(line) for line in (log.folder / RECORDS).read_text().splitlines()]
    assert (told["action"], told["message"][:9]) == ("old_logs_removed", "3 folders")
    assert run_folders(tmp_path) == [log.folder]


def test_the_log_of_a_service_begins_a_folder_each_day_and_that_of_a_run_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def folders_of(log: RunLog) -> list[list[str]]:
        try:
            event(Action.SERVICE_BEGUN, "first")
            log._day -= timedelta(days=1)
            event(Action.SERVICE_RUN, "second")
            event(Action.SERVICE_ENDED, "third")
        finally:
            log.close()
        return [[json.loads(line)["message"] for line in (folder / RECORDS).read_text().splitlines()] for folder in run_folders(log.folder.parent)]

    # In one second there is one name for a folder; each day there is another.
    names = iter(("20261121T000000Z-aaaaaa", "20261122T000000Z-aaaaaa", "20261123T000000Z-aaaaaa"))
    monkeypatch.setattr(run_log, "folder_name", lambda _at, _run_id: next(names))
    monkeypatch.setattr("secrets.token_hex", lambda _bytes: "aaaaaa")
    assert folders_of(set_up(tmp_path / "service", console=False, is_of_service=True)) == [["first"], ["second", "third"]]
    assert folders_of(set_up(tmp_path / "runs", console=False)) == [["first", "second", "third"]]


def test_a_service_whose_new_folder_cannot_be_made_goes_on_in_the_old_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = set_up(tmp_path, console=False, is_of_service=True)
    try:
        log._day -= timedelta(days=1)
        log._folders = tmp_path / "gone"
        event(Action.SERVICE_RUN, "told all the same")
    finally:
        log.close()
    assert "told all the same" in (log.folder / "run.log").read_text()
    assert "can't be written" in capsys.readouterr().err
