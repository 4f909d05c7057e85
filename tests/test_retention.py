"""What is past its time goes, and nothing else does: by the municipality's plan, by a command and by the service."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from robots import audit, erasure, retention, settings
from robots.assessment import Ending, RunMode
from robots.backup import back_up
from robots.casebook import Casebook
from robots.casebook.answers import Answer, AnswerKind, Answers, AnswerState
from robots.casebook.erasing import done_before
from robots.errors import SettingsInvalid
from robots.exception_queue import case_mark
from robots.run_log import Action, set_up
from robots.settings import Settings
from robots.work_queue.engine_record import EngineRecord
from robots.work_queue.lock import locked
from tests.lived_in import ANN, BY_REFERENCE, EVE, PAST, forms_of, live, places_with
from tests.outcomes import outcome_of
from tests.postgres import postgres
from tests.test_cli import Done, installation, kollega

__all__ = ["installation", "kollega"]

NOW = datetime(2032, 3, 1, 12, tzinfo=UTC)
LONG_AGO, LATELY = NOW - timedelta(days=6 * 365), NOW - timedelta(days=400)


def end(casebook: Casebook, reference: str, *, at: datetime, ending: Ending = Ending.DECIDED) -> str:
    case_id = f"toy:{reference}:2026-03"
    casebook.open_case(case_id, reference=reference, month="2026-03")
    casebook.close_case(outcome_of(case_id, reference, ending=ending, ended_at=at))
    return case_id


def answer(casebook: Casebook, case_id: str, kind: AnswerKind, *, at: datetime, state: AnswerState = AnswerState.ACTED) -> None:
    outcome = casebook.outcome_of(case_id)
    assert outcome is not None
    one = Answer(case_id=case_id, round=1, kind=kind, words="", answered_by="Ann Berg", answered_at=at, outcome=outcome)
    Answers(casebook).receive([one], event="answered")
    if state is not AnswerState.RECEIVED:
        Answers(casebook).settle({(case_id, 1): state})


def fill_with_one_of_each(casebook: Casebook) -> set[str]:
    """Enter cases of every kind, and return the ids of those that are done and old."""
    done = {end(casebook, "EA-1", at=LONG_AGO)}
    end(casebook, "EA-2", at=LATELY)
    end(casebook, "EA-3", at=LONG_AGO, ending=Ending.HANDED_OFF)
    handled = end(casebook, "EA-4", at=LONG_AGO, ending=Ending.HANDED_OFF)
    answer(casebook, handled, AnswerKind.HANDLED, at=LONG_AGO)
    done.add(handled)
    answer(casebook, end(casebook, "EA-5", at=LONG_AGO, ending=Ending.HANDED_OFF), AnswerKind.HANDLED, at=LATELY)
    answer(casebook, end(casebook, "EA-6", at=LONG_AGO, ending=Ending.HANDED_OFF), AnswerKind.BACK, at=LONG_AGO)
    unread = end(casebook, "EA-7", at=LONG_AGO, ending=Ending.PROPOSED)
    answer(casebook, unread, AnswerKind.AS_PROPOSED, at=LONG_AGO, state=AnswerState.RECEIVED)
    casebook.effect_unknown(end(casebook, "EA-8", at=LONG_AGO), "payment")
    casebook.effect_done(end(casebook, "EA-9", at=LONG_AGO), "payment")
    casebook.open_case("toy:EA-10:2026-03", reference="EA-10", month="2026-03")
    return done


def see_only_the_done_go(casebook: Casebook) -> None:
    done = fill_with_one_of_each(casebook)
    assert done_before(casebook, LONG_AGO - timedelta(days=1))[0] == ()
    cases, kept = done_before(casebook, NOW - timedelta(days=5 * 365))
    assert {case.case_id for case in cases} == done | {"toy:EA-9:2026-03"}, "the write of EA-9 was proven in the time of this test, long before"
    assert kept == 5, "open, with a person, given back, answered and not acted on, with an unknown write"
    # Half a year later nobody has acted, and the law lets no file wait longer.
    overdue, kept = done_before(casebook, NOW - timedelta(days=5 * 365), ended_latest=NOW - timedelta(days=5 * 365 + 183))
    assert {case.reference for case in overdue} == {"EA-1", "EA-3", "EA-4", "EA-6", "EA-7", "EA-8", "EA-9"}
    assert kept == 1, "the open one"


def test_no_case_goes_that_is_open_waits_or_has_a_write_that_is_not_proven(tmp_path: Path) -> None:
    with Casebook(tmp_path / "casebook.sqlite") as casebook:
        see_only_the_done_go(casebook)


@pytest.mark.durable
def test_postgresql_gives_the_same_cases_and_forgets_them(installation: Path) -> None:
    with postgres() as address:
        configured = settings.load(installation)
        configured = replace(configured, paths=replace(configured.paths, database=address))
        with Casebook(configured.paths.casebook_of(RunMode.DECIDE)) as casebook:
            see_only_the_done_go(casebook)

            deleted = retention.run(configured, now=NOW)

            assert (deleted.counts["cases"], deleted.kept, deleted.left) == (7, 1, "")
            assert audit.verify(casebook).is_sound
            assert len(casebook.cases()) == 3


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lived_in") / "installation"
    folder.mkdir()
    asyncio.run(live(folder))
    return folder


@pytest.fixture
def here(template: Path, tmp_path: Path) -> Settings:
    shutil.copytree(template, tmp_path / "installation")
    return settings.load(tmp_path / "installation")


def with_plan(configured: Settings, **plan: object) -> Settings:
    return replace(configured, retention=replace(configured.retention, **plan))  # type: ignore[arg-type]  # settings of the plan by name


def age(*paths: Path, days: float) -> None:
    for path in paths:
        then = datetime.now(UTC).timestamp() - 86_400 * days
        os.utime(path, (then, then))


@pytest.mark.durable
def test_after_the_years_of_the_plan_a_case_is_nowhere_and_the_others_are_as_they_were(here: Settings) -> None:
    configured = with_plan(here, minute="§ 112/2026")
    now = datetime.now(UTC) + timedelta(days=5 * 366)
    # By then the pictures and the run's folder are old too, and a second run is the newest.
    paths = configured.paths
    age(*(next(paths.logs.glob("2*Z-*")) / "pictures").iterdir(), days=40)
    set_up(paths.logs, console=False).close()
    told = retention.run(configured, now=now, is_trial=True)
    assert (told.counts["cases"], told.kept) == (3, 1)
    assert len(places_with(here.root / "logs", forms_of(ANN))) == 2, "a trial deletes nothing"

    deleted = retention.run(configured, now=now)

    assert (deleted.counts, deleted.kept, deleted.left) == (told.counts, 1, "")
    assert (told.counts["folders of runs"], "of the engine" in told.counts, "shadow cases" in told.counts) == (1, True, False)
    assert len(deleted.certificates) == 1
    gone = [past.reference for past in PAST if past.reference != "EA-26-00101"]
    assert places_with(here.root / "logs", (*forms_of(ANN), *gone)) == []
    assert places_with(here.root / "logs", forms_of(EVE)) == [f"explanations/{case_mark(PAST[-1].case_id)}.html", "state/casebook.sqlite"]
    with Casebook(configured.paths.casebook_of(RunMode.DECIDE)) as casebook:
        assert audit.verify(casebook).is_sound
        assert [case.reference for case in casebook.cases()] == ["EA-26-00101"]
    assert retention.run(configured, now=now).counts == {}


@pytest.mark.durable
def test_the_engine_forgets_ended_cases_after_days_and_the_casebook_keeps_them(here: Settings) -> None:
    deleted = retention.run(here, now=datetime.now(UTC) + timedelta(days=31))

    assert deleted.counts["of the engine"] == 4
    record = EngineRecord(here.paths.state)
    assert record.at_hand() == {}
    record.close()
    assert "state/queue.db" not in places_with(here.root / "logs", BY_REFERENCE)
    with Casebook(here.paths.casebook_of(RunMode.DECIDE)) as casebook:
        assert len(casebook.cases()) == 4


@pytest.mark.durable
def test_files_go_by_their_age_and_those_of_strangers_never(here: Settings) -> None:
    configured = with_plan(here, backups="kept", backups_days=35)
    logs = configured.paths.logs
    kept = configured.root / "kept"
    kept.mkdir()
    back_up(configured, kept / "old.zip")
    back_up(configured, kept / "new.zip")
    (kept / "holiday.zip").write_bytes(b"somebody else's")
    pictures = sorted((next(logs.glob("2*Z-*")) / "pictures").iterdir())
    versions = sorted((logs / "versioner").iterdir())
    damaged = logs / "undantag skadad 2026-01-01 120000.xlsx"
    damaged.write_bytes(b"no workbook")
    other = logs / "undantag.txt"
    other.touch()
    aside = configured.paths.state / "before-restore-20260101"
    aside.mkdir()
    # All of a casebook, by somebody who was killed in copying it.
    (kept / ".kollega-backup-x1").mkdir()
    age(pictures[0], kept / ".kollega-backup-x1", kept / "old.zip", kept / "holiday.zip", versions[0], damaged, other, aside, days=200)

    deleted = retention.run(configured, now=datetime.now(UTC))

    assert deleted.counts == {
        "backups": 1,
        "left by killed programs": 1,
        "pictures": 1,
        "states set aside": 1,
        "workbook versions": 1,
        "workbooks set aside": 1,
    }
    assert sorted(path.name for path in kept.iterdir()) == ["holiday.zip", "new.zip"]
    assert (sorted((logs / "versioner").iterdir()), other.exists()) == (versions[1:], True)


@pytest.mark.durable
def test_while_a_robot_works_cases_are_left_and_files_are_not(here: Settings) -> None:
    pictures = sorted((next(here.paths.logs.glob("2*Z-*")) / "pictures").iterdir())
    age(*pictures, days=6 * 366)

    with locked(here.paths.state):
        deleted = retention.run(here, now=datetime.now(UTC) + timedelta(days=5 * 366))

    assert "another robot is at work" in deleted.left
    assert (deleted.counts.get("cases"), deleted.counts["pictures"]) == (None, 4)
    with Casebook(here.paths.casebook_of(RunMode.DECIDE)) as casebook:
        assert len(casebook.cases()) == 4


@pytest.mark.durable
def test_cases_of_shadow_runs_are_left_while_one_is_under_way_also_where_no_run_has_ever_written(here: Settings) -> None:
    (here.paths.state / "casebook.sqlite").unlink()
    later = datetime.now(UTC) + timedelta(days=91)

    with locked(here.paths.state):
        deleted = retention.run(here, now=later)

    assert ("another robot is at work" in deleted.left, "shadow cases" in deleted.counts) == (True, False)
    assert retention.run(here, now=later).counts["shadow cases"] == 1


@pytest.mark.durable
def test_what_somebody_was_killed_in_is_finished_and_not_ordered_once_more(here: Settings) -> None:
    now = datetime.now(UTC) + timedelta(days=5 * 366)
    with Casebook(here.paths.casebook_of(RunMode.DECIDE)) as casebook:
        cases, _ = done_before(casebook, now - timedelta(days=5 * 365))
        erasure.order(here, casebook, cases, action=Action.RETENTION, by="retention", decision="", is_remembered=False)

    deleted = retention.run(here, now=now)

    assert (deleted.counts["cases"], len(deleted.certificates)) == (3, 1)


@pytest.mark.durable
def test_the_plan_is_carried_out_by_a_command_that_tells_kinds_and_counts_and_no_case(here: Settings, kollega: Callable[..., Done]) -> None:
    (picture, *_) = sorted((next(here.paths.logs.glob("2*Z-*")) / "pictures").iterdir())
    age(picture, days=31)

    done = kollega("retention", "run", "--dry-run", cwd=here.root)
    assert (done.returncode, done.stdout, picture.exists()) == (0, "1 pictures would be deleted\n", True)
    done = kollega("retention", "run", "--json", cwd=here.root)

    assert (done.returncode, json.loads(done.stdout)["deleted"], picture.exists()) == (0, {"pictures": 1}, False)
    (log,) = (here.paths.logs / "records").glob("*/events.jsonl")
    (line,) = [line for line in map(json.loads, log.read_text(encoding="utf-8").splitlines()) if line["action"] == Action.RETENTION]
    assert line["message"] == "deleted: 1 pictures"


def test_a_service_deletes_once_a_day_and_outlives_a_fault() -> None:
    asked: list[int] = []

    def broken() -> Settings:
        asked.append(1)
        raise RuntimeError("a fault")

    look = retention.once_a_day(broken)
    for hours in (0, 1, 2, 23, 24, 25):
        look(NOW.replace(hour=0) + timedelta(hours=hours))

    assert len(asked) == 2


@pytest.mark.parametrize(
    ("section", "mistake"),
    [
        ("case_years: 4", "retention.case_years: must be at least 5: the law has a file kept for five years"),
        ("engine_days: 0", "retention.engine_days: must be at least 1"),
        ("picture_days: 3", "picture_days"),
        ("backups: kept", "retention: backups and backups_days go together"),
        ("minute: § 1", "retention: minute and decided_on go together"),
        ("decided_on: 2026-13-01, minute: § 1", "retention.decided_on: there is no such day"),
    ],
)
def test_a_mistake_in_the_plan_is_told_with_its_place(installation: Path, section: str, mistake: str) -> None:
    file = installation / "config" / "kollega.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("\nretention:")] + f"\nretention: {{{section}}}\n", encoding="utf-8")

    with pytest.raises(SettingsInvalid) as error:
        settings.load(installation)

    assert mistake in str(error.value)
