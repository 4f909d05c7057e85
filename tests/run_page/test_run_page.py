"""What a run's page says, held against the log that it is made from."""

from __future__ import annotations

import fcntl
import json
import os
import re
import struct
import subprocess
import sys
import threading
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots import errors, pages, run_log, run_page
from robots.cli.running import _end_told
from robots.errors import Actor, KollegaError
from robots.run_log import Action, event
from robots.run_page import keeping
from robots.run_page import page as page_module
from robots.run_page.advice import BY_ACTION, BY_CLASS, UNKNOWN, advice_on
from robots.run_page.lines import LogTail
from robots.run_page.page import UNDER_WAY_MARK, lasted
from robots.run_page.record import ENDINGS, RunRecord, Standing
from robots.run_page.time_line import time_line_of
from robots.run_page.verdict import Tone, Verdict, verdict_on
from tests.installation import install
from tests.run_page.logs import good_night, line, write

KOLLEGA = Path(sys.executable).parent / "kollega"
ROOT = Path(__file__).parent.parent.parent


def record_of(folder: Path) -> RunRecord:
    record = RunRecord()
    for one in LogTail(folder).read():
        record.add(one)
    return record


def verdict_of(tmp_path: Path, *lines: str, is_under_way: bool = False) -> Verdict:
    return verdict_on(record_of(write(tmp_path / "run", lines)), is_under_way=is_under_way)


def stored_in(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="stored">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    stored = json.loads(found[1])
    assert isinstance(stored, dict)
    return stored


BEGUN = line(Action.RUN_BEGUN, 0, message="Kollega 0.1.0, mode decide")


def ended(*, code: int, at: float = 60, told: str = "1 decided, 0 proposed, 0 handed off; 0 wait") -> str:
    return line(Action.RUN_ENDED, at, seconds=at, message=f"{told}; exit code {code}")


def case(number: int, ending: Action, *, at: float = 5) -> list[str]:
    reference = f"EA-26-{number:05}"
    done = line(Action.STEP_DONE, at + 2, case=reference, system="e_service", step="read application", seconds=2.0)
    return [line(Action.CASE_TAKEN, at, case=reference), done, line(ending, at + 4, case=reference, seconds=4.0)]


# --- in one glance


def test_a_run_without_a_fault_is_well_and_asks_nobody(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, BEGUN, *case(1, Action.DECIDED), ended(code=0))

    assert (verdict.tone, verdict.headline, verdict.urgent) == (Tone.WELL, "All is well", ())
    assert (verdict.exit_code, verdict.exit_meaning) == (0, "all is well")


def test_a_held_system_says_who_acts_on_what_and_what_to_do(tmp_path: Path) -> None:
    told = "DialogUnknown: case_system, main: a dialog came up that the selector file does not name"
    held = line(Action.SYSTEM_HELD, 9, case="EA-26-00002", system="case_system", step="enter calculation", level="ERROR", message=told)
    parked = line(Action.PARKED, 10, case="EA-26-00002", message="enter calculation has shown that a system must be looked at")
    begun = line(Action.CASE_TAKEN, 1, case="EA-26-00002")
    verdict = verdict_of(tmp_path, BEGUN, begun, held, parked, ended(code=4))

    (cause,) = verdict.urgent
    assert (verdict.tone, verdict.headline) == (Tone.ACT, "A developer must act")
    assert verdict.sentence == "case_system is held. 1 case waits for the next run."
    assert cause.who == Actor.DEVELOPER
    assert "selectors/case_system.yaml" in cause.to_do
    assert cause.shown_references == "EA-26-00002"


def test_a_refused_log_in_is_the_operators(tmp_path: Path) -> None:
    told = "LogInRefused: e_service: the system refused the robot's name or password"
    verdict = verdict_of(tmp_path, BEGUN, line(Action.SYSTEM_HELD, 3, system="e_service", level="ERROR", message=told), ended(code=3))

    assert verdict.headline == "An operator must act"
    assert "account for e_service" in verdict.urgent[0].to_do


def test_operator_and_developer_are_both_named(tmp_path: Path) -> None:
    refused = line(Action.SYSTEM_HELD, 3, system="e_service", level="ERROR", message="LogInRefused: e_service: refused")
    fault = line(Action.PARKED, 4, case="EA-26-00001", level="ERROR", message="assess: a fault of the robot's own: KeyError at way.py:3")
    verdict = verdict_of(tmp_path, BEGUN, line(Action.CASE_TAKEN, 2, case="EA-26-00001"), refused, fault, ended(code=1))

    assert verdict.headline == "An operator and a developer must act"
    assert verdict.urgent[1].to_do.startswith("kollega queue show EA-26-00001")


@pytest.mark.parametrize(("code", "words"), [(5, "The inbox could not be read"), (6, "A source did not answer"), (77, "Somebody must act")])
def test_an_exit_code_speaks_where_no_line_does(tmp_path: Path, code: int, words: str) -> None:
    verdict = verdict_of(tmp_path, BEGUN, *case(1, Action.HANDED_OFF), ended(code=code))

    assert verdict.tone is Tone.ACT
    assert words in f"{verdict.headline} {verdict.sentence}"


def test_a_run_that_was_stopped_rests_and_tells_what_waits(tmp_path: Path) -> None:
    queued = line(Action.CASE_QUEUED, 1, case="EA-26-00002")
    verdict = verdict_of(tmp_path, BEGUN, queued, *case(1, Action.DECIDED), line(Action.STOP_REQUESTED, 8), ended(code=130))

    assert (verdict.tone, verdict.sentence) == (Tone.REST, "1 case waits for the next run.")


def test_a_run_without_an_end_that_nobody_writes_any_more_was_cut_off(tmp_path: Path) -> None:
    lines = [BEGUN, *case(1, Action.DECIDED), line(Action.CASE_TAKEN, 9, case="EA-26-00002")]

    assert verdict_of(tmp_path, *lines, is_under_way=True).headline == "Under way, all is well so far"
    assert verdict_of(tmp_path, *lines).headline == "Cut off before its end"
    assert "1 of 2 cases" in verdict_of(tmp_path, *lines).sentence


def test_faults_of_one_thing_are_told_once_with_their_number(tmp_path: Path) -> None:
    told = "e_service, assets: the system wants a new log-in"
    retries = [
        line(Action.RETRY, 3 + n, case=f"EA-26-{n:05}", system="e_service", step=f"step {n}", level="WARNING", message=told) for n in range(1, 31)
    ]
    verdict = verdict_of(tmp_path, BEGUN, *retries, ended(code=0))

    (cause,) = verdict.by_itself
    assert (cause.count, cause.shown_references.partition(",")[0]) == (30, "EA-26-00001")
    assert cause.shown_references.endswith("and 24 more")
    assert verdict.headline == "All is well"


def test_every_warning_and_error_that_the_robot_can_tell_has_its_advice() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "robots").rglob("*.py") if "service.py" not in path.name)
    calls = re.findall(r"event\(\s*Action\.([A-Z_]+)((?:[^()]|\([^()]*\))*?)level=[\"']?(?:WARNING|ERROR|level)", code)
    # What a service and the commands for records tell stands in logs of their own, of which there is no page.
    of_others = {Action.ERASED, Action.RESTORED, *(action for action in Action if action.startswith("service_"))}
    loud = {Action[name] for name, _ in calls if name in Action.__members__} - of_others

    assert loud >= {Action.RETRY, Action.SYSTEM_HELD, Action.PARKED}
    assert [action for action in loud if action not in BY_ACTION] == []


def test_every_class_of_errors_has_its_advice_and_says_who_the_class_says() -> None:
    def below(root: type[KollegaError]) -> Iterator[type[KollegaError]]:
        for child in root.__subclasses__():
            yield child
            yield from below(child)

    for one in below(KollegaError):
        advice = next(BY_CLASS[parent] for parent in one.__mro__ if parent in BY_CLASS)
        assert advice.who is one.next_actor, one.__name__


def test_a_fault_of_the_robots_own_that_ended_the_run_is_the_developers(tmp_path: Path) -> None:
    told = "a fault of the robot's own: KeyError at wiring.py:3; exit code 1"
    verdict = verdict_of(tmp_path, BEGUN, line(Action.RUN_ENDED, 3, level="ERROR", message=told))

    assert verdict.headline == "A developer must act"


def test_an_action_of_another_version_is_told_as_it_is(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "run", [BEGUN, line("teleported", 2, case="EA-26-00001", level="WARNING", message="the case is on the moon"), ended(code=0)]
    )
    page = run_page.make(folder).read_text(encoding="utf-8")

    assert advice_on(record_of(folder).faults[0]) is UNKNOWN
    assert "teleported" in stored_in(page)["texts"]
    assert "the case is on the moon" in page


def test_an_error_that_this_version_does_not_know_is_never_called_well(tmp_path: Path) -> None:
    told = verdict_of(tmp_path, BEGUN, line("imploded", 2, system="case_system", level="ERROR", message="it is gone"), ended(code=0))

    assert (told.tone, told.headline) == (Tone.ACT, "An operator must act")


def test_why_cases_went_to_people_is_shown_as_the_end_of_the_run_tells_it(tmp_path: Path) -> None:
    told = "0 decided, 0 proposed, 3 handed off; 0 wait; reason codes: SRC-DOWN 2, INC-NEW 1"
    folder = write(tmp_path / "run", [BEGUN, *case(1, Action.HANDED_OFF), ended(code=6, told=told)])

    assert record_of(folder).codes == [("SRC-DOWN", 2), ("INC-NEW", 1)]
    assert "<b>SRC-DOWN</b> 2" in run_page.make(folder).read_text(encoding="utf-8")
    assert record_of(write(tmp_path / "other", [BEGUN, ended(code=0)])).codes == []


# --- totals


@given(st.lists(st.tuples(st.integers(1, 12), st.sampled_from([*Action]), st.sampled_from(["INFO", "WARNING", "ERROR"])), max_size=80))
def test_totals_are_the_logs_whatever_stands_in_it(rows: list[tuple[int, Action, str]]) -> None:
    record = RunRecord()
    lines = [line(action, at, case=f"EA-26-{number:05}", system="e_service", level=level) for at, (number, action, level) in enumerate(rows)]
    tail = LogTail(Path("nowhere"))
    tail_lines = keeping_lines(tail, lines)
    for one in tail_lines:
        record.add(one)

    last: dict[str, Action] = {}
    for number, action, _ in rows:
        if action in {Action.CASE_QUEUED, Action.CASE_TAKEN, Action.CASE_RESUMED, Action.PARKED, Action.DECIDED, Action.PROPOSED, Action.HANDED_OFF}:
            last[f"EA-26-{number:05}"] = action
    by_action = Counter(last.values())
    counts = record.counts()
    assert counts[Standing.DECIDED] == by_action[Action.DECIDED]
    assert counts[Standing.PROPOSED] == by_action[Action.PROPOSED]
    assert counts[Standing.HANDED_OFF] == by_action[Action.HANDED_OFF]
    assert counts[Standing.WAITS] + counts[Standing.FAILED] == by_action[Action.PARKED]
    assert sum(counts.values()) == len({number for number, _, _ in rows})
    assert record.line_count == len(rows) == sum(len(one.lines) for one in record.cases.values())
    assert len(record.faults) == sum(1 for *_, level in rows if level != "INFO") == sum(one.warnings + one.errors for one in record.cases.values())
    told = Counter(action for _, action, _ in rows)
    if rows:
        assert record.systems["e_service"].actions == told


def keeping_lines(tail: LogTail, lines: list[str]) -> list[Any]:
    from robots.run_page import lines as reading

    read = [reading._line(one.encode()) for one in lines]
    assert None not in read
    return read


def test_a_page_holds_every_event_of_every_case(tmp_path: Path) -> None:
    lines = good_night(60)
    page = run_page.make(write(tmp_path / "run", lines)).read_text(encoding="utf-8")
    stored = stored_in(page)
    written = Counter((fields["case"], fields["action"], fields["step"]) for fields in map(json.loads, lines))
    texts = stored["texts"]
    held = Counter((row[0], texts[one[2]], texts[one[4]]) for row in stored["cases"] for one in row[9])
    held += Counter(("", texts[one[2]], texts[one[4]]) for one in stored["own"])

    assert held == written


def test_seconds_of_cases_and_systems_are_the_logs(tmp_path: Path) -> None:
    record = record_of(write(tmp_path / "run", [BEGUN, *case(1, Action.DECIDED), *case(2, Action.PROPOSED, at=11), ended(code=0)]))

    assert [one.wall_seconds for one in record.cases.values()] == [4.0, 4.0]
    assert (sum(record.systems["e_service"].step_seconds), record.systems["e_service"].median_seconds) == (4.0, 2.0)
    assert [lasted(seconds) for seconds in (4.25, 61, 7322)] == ["4.2 s", "1 min 1 s", "2 h 2 min"]


def test_a_case_that_was_put_aside_and_gone_on_with_counts_once_as_it_ended(tmp_path: Path) -> None:
    again = [line(Action.PARKED, 6, case="EA-26-00001", message="waits: paused"), line(Action.CASE_RESUMED, 8, case="EA-26-00001")]
    record = record_of(write(tmp_path / "run", [BEGUN, line(Action.CASE_TAKEN, 5, case="EA-26-00001"), *again, *case(1, Action.DECIDED, at=9)[1:]]))

    assert record.counts() == {Standing.DECIDED: 1}


def test_only_finished_steps_are_counted_and_a_case_that_a_fault_stopped_does_not_merely_wait(tmp_path: Path) -> None:
    begun = [line(Action.CASE_TAKEN, 5, case=f"EA-26-0000{number}") for number in (1, 2)]
    waits = line(Action.PARKED, 6, case="EA-26-00001", level="WARNING", message="waits: paused")
    failed = line(Action.PARKED, 6, case="EA-26-00002", level="ERROR", message="a fault of the robot's own: KeyError at way.py:3")
    stored = stored_in(run_page.make(write(tmp_path / "run", [BEGUN, *begun, waits, failed, *case(3, Action.DECIDED)])).read_text(encoding="utf-8"))

    assert [(stored["standings"][row[1]], row[3]) for row in stored["cases"]] == [("waits", 0), ("failed", 0), ("decided", 1)]


def test_a_run_whose_log_is_still_held_has_ended_once_it_says_so(tmp_path: Path) -> None:
    assert verdict_of(tmp_path, BEGUN, *case(1, Action.DECIDED), ended(code=0), is_under_way=True).headline == "All is well"


def test_a_run_that_ended_before_it_had_begun_is_the_newest_one_all_the_same(tmp_path: Path) -> None:
    write(tmp_path / "20260301T043000Z-abc123", [BEGUN, ended(code=0)])
    refused = write(tmp_path / "20260302T043000Z-abc124", [ended(code=3, told="ProgramMissing: chromium is missing")])

    assert run_page.newest_run(tmp_path) == refused


def test_the_page_of_a_run_that_goes_on_beside_the_next_is_left_to_it(tmp_path: Path) -> None:
    with a_run(tmp_path) as other:
        event(Action.RUN_BEGUN, "Kollega 0.1.0, mode decide")
        before = keeping.RunPage(other.folder)
        before.look()
        before.write(is_under_way=True)
        next_one = write(tmp_path / "29990302T043000Z-abc124", [BEGUN])
        keeping._finish_before(next_one)

        assert UNDER_WAY_MARK in before.path.read_text(encoding="utf-8")
    keeping._finish_before(next_one)
    assert UNDER_WAY_MARK not in before.path.read_text(encoding="utf-8")


def test_cases_lie_in_as_many_lanes_as_were_worked_on_at_a_time_and_many_become_columns(tmp_path: Path) -> None:
    few = time_line_of(record_of(write(tmp_path / "few", good_night(80, at_once=3))))
    many = time_line_of(record_of(write(tmp_path / "many", good_night(300))))
    assert few is not None
    assert many is not None

    assert (few.lanes, len(few.bars), {bar.y for bar in few.bars}) == (3, 80, {0, 1, 2})
    for lane in range(3):
        bars = sorted((bar for bar in few.bars if bar.y == lane), key=lambda bar: bar.x)
        assert all(one.x + one.width <= after.x + 0.01 for one, after in pairwise(bars))
    assert [row.name for row in few.rows] == ["case_system", "e_service"]
    assert many.lanes == 0
    assert round(sum(bar.height for bar in many.bars) / 100 * many.highest) == 300


def test_a_case_at_work_reaches_to_the_latest_event_and_a_held_system_is_held_to_the_end(tmp_path: Path) -> None:
    held = line(Action.SYSTEM_HELD, 30, system="case_system", level="ERROR", message="ScreenChanged: case_system: changed")
    lines = [BEGUN, line(Action.CASE_TAKEN, 20, case="EA-26-00001"), held, line(Action.CASE_QUEUED, 40, case="EA-26-00002")]
    found = time_line_of(record_of(write(tmp_path / "run", lines)))

    assert found is not None
    assert [(bar.x, bar.width) for bar in found.bars] == [(50.0, 50.0)]
    assert [row.held_from for row in found.rows] == [75.0]


# --- logs that are not as they should be


def test_a_line_that_was_cut_in_the_middle_is_told_and_left_out(tmp_path: Path) -> None:
    folder = write(tmp_path / "run", [BEGUN, *case(1, Action.DECIDED)])
    with (folder / "events.jsonl").open("a", encoding="utf-8") as log:
        log.write(line(Action.CASE_TAKEN, 9, case="EA-26-00002")[:60])
    page = run_page.make(folder).read_text(encoding="utf-8")

    assert "Cut off before its end" in page
    assert "ends in the midst of a line" in page
    assert [row[0] for row in stored_in(page)["cases"]] == ["EA-26-00001"]


def test_half_a_line_is_read_when_its_rest_has_come(tmp_path: Path) -> None:
    folder, whole = write(tmp_path / "run", [BEGUN]), f"{line(Action.CASE_TAKEN, 9, case='EÄ-26-00002')}\n".encode()
    tail, place = LogTail(folder), whole.index("Ä".encode()) + 1
    assert len(tail.read()) == 1
    with (folder / "events.jsonl").open("ab") as log:
        log.write(whole[:place])
        log.flush()
        assert (tail.read(), tail.has_half_a_line) == ([], True)
        log.write(whole[place:])
        log.flush()

    assert [one.case for one in tail.read()] == ["EÄ-26-00002"]
    assert (tail.unreadable, tail.has_half_a_line) == (0, False)


@pytest.mark.parametrize(
    "broken",
    [
        "no json at all",
        "[]",
        "null",
        "{}",
        '{"at": "yesterday", "level": "INFO", "action": "retry"}',
        '{"at": 7, "level": "INFO", "action": "retry"}',
        '{"at": "2026-03-02T04:30:00Z", "action": "retry"}',
        '{"at": "2026-03-02T04:30:00Z", "level": "INFO", "action": {"a": 1}}',
        '{"at": "0001-01-01T00:00:00+14:00", "level": "INFO", "action": "retry"}',
        # Swedish time has no such day any more.
        '{"at": "9999-12-31T23:59:59Z", "level": "WARNING", "action": "retry"}',
        "[" * 100_000,
        "\x00\x01\x02",
    ],
)
def test_a_line_that_is_no_event_is_counted(tmp_path: Path, broken: str) -> None:
    folder = write(tmp_path / "run", [BEGUN, broken, *case(1, Action.DECIDED), ended(code=0)])
    page = run_page.make(folder).read_text(encoding="utf-8")

    assert "1 line of the log could not be understood" in page
    assert "All is well" in page


@pytest.mark.parametrize("seconds", ['"long"', "NaN", "Infinity", "-3", "1e300", "1" + "0" * 400, "true", "[]"])
def test_seconds_that_are_none_are_left_out(tmp_path: Path, seconds: str) -> None:
    odd = line(Action.STEP_DONE, 3, case="EA-26-00001", system="e_service", step="read case").replace('"seconds": null', f'"seconds": {seconds}')
    page = run_page.make(write(tmp_path / "run", [BEGUN, odd, ended(code=0)])).read_text(encoding="utf-8")

    assert stored_in(page)["cases"][0][9][0][5] is None


@pytest.mark.parametrize("content", [None, "", "\n\n"])
def test_a_log_without_an_event_gives_a_page_that_says_so(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    if content is not None:
        (folder / "events.jsonl").write_text(content, encoding="utf-8")

    assert "Cut off before its end" in run_page.make(folder).read_text(encoding="utf-8")


def test_a_clock_that_is_set_back_makes_no_page_fail(tmp_path: Path) -> None:
    lines = [BEGUN, *case(1, Action.DECIDED, at=100), *case(2, Action.DECIDED, at=-5000), ended(code=0, at=-4000)]

    assert "All is well" in run_page.make(write(tmp_path / "run", lines)).read_text(encoding="utf-8")


HOSTILE = (
    "</script><script>document.title='taken'</script>",
    "<img src=x onerror=document.title='taken'>",
    "{{ 7 * 7 }} {% raw %}",
    "<!--<script>",
    "\" onmouseover='x' ' `",
    "]]> &lt; &amp;",
    "\ud800 half a pair",
    "\u2028 \u202e sdrawkcab",
    "__proto__",
    "javascript:alert(1)",
)


def hostile_lines() -> list[str]:
    """Return a log in which every text is hostile somewhere."""
    lines = [BEGUN]
    for number, text in enumerate(HOSTILE):
        at = 2.0 + number
        written = json.loads(line("case_taken", at))
        for level, action in (("INFO", "case_taken"), ("WARNING", "drift"), ("ERROR", "system_held"), ("ERROR", text), ("INFO", "picture_taken")):
            fields = {"level": level, "action": action, "case": f"{text} {number}", "system": text, "step": text, "message": f"{text} in {level}"}
            lines.append(json.dumps(written | fields))
    return lines


def test_nothing_in_a_log_becomes_markup(tmp_path: Path) -> None:
    page = run_page.make(write(tmp_path / "run", hostile_lines())).read_text(encoding="utf-8")

    before, _, after = page.partition('<script type="application/json"')
    shown = before + after.partition("</script>")[2]
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "<img" not in page
    assert "onmouseover='" not in shown
    assert "{{ 7 * 7 }}" in shown
    assert len(stored_in(page)["cases"]) == len(HOSTILE)


def test_a_picture_is_only_what_lies_in_the_runs_own_folder(tmp_path: Path) -> None:
    from PIL import Image

    folder = write(
        tmp_path / "run",
        [
            BEGUN,
            line(Action.PICTURE_TAKEN, 2, case="EA-26-00001", system="e_service", message="0001-e_service.jpg: everything personal is blacked out"),
            line(Action.PICTURE_TAKEN, 3, system="e_service", message="0002-e_service.png: everything personal is blacked out"),
            line(Action.PICTURE_TAKEN, 4, message="../../0003-secret.jpg: everything personal is blacked out"),
            line(Action.PICTURE_TAKEN, 5, message="0004-gone.jpg: everything personal is blacked out"),
            line(Action.PICTURE_TAKEN, 6, message="0005-link.jpg: everything personal is blacked out"),
            line(Action.PICTURE_TAKEN, 7, message="0006-half.jpg: everything personal is blacked out"),
            line(Action.PICTURE_TAKEN, 8, message="0007-huge.png: everything personal is blacked out"),
        ],
    )
    pictures = folder / "pictures" / "e_service"
    pictures.mkdir(parents=True)
    Image.new("RGB", (1600, 1200), "navy").save(pictures / "0001-e_service.jpg")
    Image.new("RGB", (1600, 1200), "navy").save(pictures / "0002-e_service.png")
    Image.new("RGB", (10, 10)).save(tmp_path / "0003-secret.jpg")
    (folder / "pictures" / "0005-link.jpg").symlink_to(tmp_path / "0003-secret.jpg")
    (folder / "pictures" / "0006-half.jpg").write_bytes(b"\xff\xd8\xff half a picture")
    # Its head says that it has as many points as no computer has room for.
    head = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    (folder / "pictures" / "0007-huge.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0d" + head + struct.pack(">I", zlib.crc32(head)))
    stored = stored_in(page := run_page.make(folder).read_text(encoding="utf-8"))

    links = ["pictures/e_service/0001-e_service.jpg", "pictures/e_service/0002-e_service.png", "pictures/0006-half.jpg", "pictures/0007-huge.png"]
    assert [link for _, link in stored["pictures"]] == links
    assert page.count('src="data:image/webp;base64,') == 2
    assert stored["cases"][0][8] == [0]


def test_pictures_without_room_in_the_page_are_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import Image

    from robots.run_page.pictures import Album

    told = [f"{number:04}-e_service.jpg" for number in range(1, 6)]
    folder = write(tmp_path / "run", [BEGUN, *(line(Action.PICTURE_TAKEN, n, message=f"{name}: masked") for n, name in enumerate(told))])
    (folder / "pictures").mkdir()
    for name in told:
        Image.frombytes("RGB", (400, 300), os.urandom(360_000)).save(folder / "pictures" / name)
    pictures = Album(folder, room_bytes=150_000).look(record_of(folder).pictures)

    assert len(pictures) == 5
    assert 0 < sum(len(one.embedded) for one in pictures) <= 150_000
    assert pictures[-1].embedded == ""


def test_what_has_no_room_in_a_page_is_the_events_of_cases_in_which_all_went_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "ROOM_CHARACTERS", 12_000)
    stored = stored_in(run_page.make(write(tmp_path / "run", good_night(60))).read_text(encoding="utf-8"))
    kept = [row[0] for row in stored["cases"] if row[9] != 0]

    assert len(stored["cases"]) == 60
    assert 2 <= len(kept) < 30
    assert {"EA-26-00008", "EA-26-00048"} <= set(kept)


def test_one_case_that_has_no_room_keeps_no_other_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "ROOM_CHARACTERS", 12_000)
    endless = [line(Action.RETRY, n / 100, case="EA-26-00099", system="e_service", level="WARNING", message="again") for n in range(1000)]
    stored = stored_in(run_page.make(write(tmp_path / "run", [BEGUN, *endless, *case(1, Action.DECIDED), ended(code=0)])).read_text(encoding="utf-8"))

    assert {row[0]: row[9] != 0 for row in stored["cases"]} == {"EA-26-00099": False, "EA-26-00001": True}


def test_texts_that_have_no_room_in_a_page_are_replaced_by_where_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_module, "TEXT_ROOM_CHARACTERS", 3_000)
    long = [line(Action.RETRY, n, case="EA-26-00001", system="e_service", level="WARNING", message=f"{n} {'x' * 900}") for n in range(1, 9)]
    stored = stored_in(run_page.make(write(tmp_path / "run", [BEGUN, *long, ended(code=0)])).read_text(encoding="utf-8"))

    assert sum(map(len, stored["texts"])) < 3_100
    assert [stored["texts"][one[6]][:9] for one in stored["cases"][0][9]][-1] == "(no room "


# --- while the run is under way


@contextmanager
def a_run(logs: Path) -> Iterator[run_log.RunLog]:
    log = run_log.set_up(logs, console=False)
    try:
        yield log
    finally:
        log.close()


def test_a_page_is_there_while_the_run_is_and_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    has_more = threading.Event()

    def write_noted(path: Path, page: str) -> None:
        pages_write(path, page)
        written.append(page)
        has_more.set()

    pages_write = pages.write
    monkeypatch.setattr(pages, "write", write_noted)
    monkeypatch.setattr(keeping, "FIRST_SECONDS", 0.01)
    with a_run(tmp_path) as log:
        with run_page.kept(log.folder):
            event(Action.RUN_BEGUN, "Kollega 0.1.0, mode decide")
            with run_log.case_context("EA-26-00001"):
                event(Action.CASE_TAKEN)
            while not any("EA-26-00001" in page for page in list(written)):
                has_more.clear()
                assert has_more.wait(20)
            assert run_page.is_under_way(log.folder)
            assert UNDER_WAY_MARK in written[-1]
            event(Action.RUN_ENDED, "0 decided, 0 proposed, 0 handed off; 1 wait; exit code 0")
        assert UNDER_WAY_MARK not in written[-1]
    page = log.folder / "run.html"
    assert not run_page.is_under_way(log.folder)
    assert (page.stat().st_mode & 0o777, page.read_text(encoding="utf-8")) == (0o600, written[-1])
    assert [one.name for one in log.folder.iterdir() if one.name.startswith(".")] == []


def test_a_page_that_cant_be_made_is_told_once_and_disturbs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = threading.Semaphore(0)

    def fail(*_: object) -> None:
        tried.release()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pages, "write", fail)
    monkeypatch.setattr(keeping, "FIRST_SECONDS", 0.01)
    with a_run(tmp_path) as log, run_page.kept(log.folder):
        for _ in range(3):
            event(Action.CASE_QUEUED)
            assert tried.acquire(timeout=20)

    told = (log.folder / "run.log").read_text(encoding="utf-8")
    assert told.count("the run's page could not be made (OSError)") == 1


def test_a_run_that_ends_by_an_error_still_gets_its_last_page(tmp_path: Path) -> None:
    def work() -> None:
        with run_page.kept(log.folder):
            event(Action.RUN_BEGUN, "Kollega 0.1.0, mode decide")
            raise errors.SetupError("no room")

    with a_run(tmp_path) as log, pytest.raises(errors.SetupError):
        work()

    assert UNDER_WAY_MARK not in (log.folder / "run.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("error", "headline"),
    [
        (errors.ProgramMissing("chromium is missing; make setup installs it"), "An operator must act"),
        (ValueError("never told"), "A developer must act"),
        (KeyboardInterrupt(), "Stopped as it was asked to"),
    ],
)
def test_a_run_that_ends_by_an_error_says_so_in_its_log_and_on_its_page(tmp_path: Path, error: BaseException, headline: str) -> None:
    def work() -> None:
        with run_page.kept(log.folder), _end_told():
            event(Action.RUN_BEGUN, "Kollega 0.1.0, mode decide")
            raise error

    with a_run(tmp_path) as log, pytest.raises(type(error)):
        work()
    page = (log.folder / "run.html").read_text(encoding="utf-8")

    assert f"<h1>{headline}</h1>" in page
    assert "never told" not in page


def test_the_next_run_makes_the_last_page_of_one_that_was_killed(tmp_path: Path) -> None:
    killed = write(tmp_path / "20260302T043000Z-abc123", [BEGUN, *case(1, Action.DECIDED)])
    keeping.RunPage(killed).write(is_under_way=True)
    with a_run(tmp_path) as log, run_page.kept(log.folder):
        event(Action.RUN_BEGUN, "Kollega 0.1.0, mode decide")

    assert "Cut off before its end" in (killed / "run.html").read_text(encoding="utf-8")


def test_who_asks_at_the_same_moment_whether_a_run_is_under_way_is_not_taken_for_the_robot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(tmp_path / "run", [BEGUN, ended(code=0)])
    asks = os.open(folder / "events.jsonl", os.O_RDONLY)
    fcntl.flock(asks, fcntl.LOCK_EX)
    monkeypatch.setattr("robots.run_page.keeping.time.sleep", lambda _: fcntl.flock(asks, fcntl.LOCK_UN))

    assert not run_page.is_under_way(folder)
    fcntl.flock(asks, fcntl.LOCK_SH)
    monkeypatch.setattr("robots.run_page.keeping.time.sleep", lambda _: None)
    assert run_page.is_under_way(folder)
    os.close(asks)


# --- commands


def kollega(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([KOLLEGA, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.durable
def test_commands_make_the_page_of_the_newest_run_and_show_its_latest_lines(tmp_path: Path) -> None:

    install(tmp_path)
    nothing = kollega("log", "page", cwd=tmp_path)
    logs = tmp_path / "logs"
    write(logs / "20260301T043000Z-abc123", [BEGUN, ended(code=0)])
    newest = write(logs / "20260302T043000Z-abc124", [BEGUN, *case(1, Action.DECIDED), ended(code=0)])
    # The check of screens has a folder too, and is no run.
    write(logs / "20260303T043000Z-abc125", [line(Action.SCREENS_CHECKED, 1, system="e_service")])
    made = kollega("log", "page", cwd=tmp_path)
    named = kollega("log", "page", "20260301T043000Z-abc123", cwd=tmp_path)
    wrong = kollega("log", "page", "nowhere", cwd=tmp_path)
    shown = kollega("log", "show", "--lines", "2", cwd=tmp_path)

    assert (nothing.returncode, "nothing has run yet" in nothing.stderr) == (3, True)
    assert (made.returncode, made.stdout.strip()) == (0, str(newest / "run.html")), made.stderr
    assert "All is well" in (newest / "run.html").read_text(encoding="utf-8")
    assert (named.returncode, wrong.returncode, "no folder of a run" in wrong.stderr) == (0, 3, True)
    assert [("handed" in one or "decided" in one) for one in shown.stdout.splitlines()] == [True, True]


def test_all_endings_have_their_place_at_the_head_of_a_page(tmp_path: Path) -> None:
    page = run_page.make(write(tmp_path / "run", [BEGUN, *case(1, Action.DECIDED), ended(code=0)])).read_text(encoding="utf-8")

    for ending in ENDINGS:
        assert f'<li class="{ending.replace(" ", "_")}' in page
