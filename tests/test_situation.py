"""What operators are told of this moment: from a real casebook and real logs, beside robots at work, killed, or never begun."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from robots import latest_log, run_log, run_page
from robots.assessment import Ending, RunMode
from robots.case import SWEDEN
from robots.casebook import Casebook, CaseState
from robots.casebook import glance as glance_module
from robots.casebook.answers import Answer, AnswerKind, Answers
from robots.casebook.pauses import EVERYTHING, Pauses, scope_of_system
from robots.casebook.schema import SCHEMA
from robots.casebook.tables import ABOUT, CASES, sqlite_engine
from robots.casebook.workers import Workers
from robots.concerns import concerns_of, said
from robots.configuration import read_configuration
from robots.exception_queue.desk import desk_of
from robots.exception_queue.layout import Sheet
from robots.outlook import outlook_of, tell
from robots.run_log import Action, event
from robots.schedule import CronLine, Schedule
from robots.settings import Settings, load, with_mode
from robots.situation import record_of, situation_by, situation_of
from tests.outcomes import outcome_of
from tests.postgres import address_in

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
#: a robot that has a case at hand, logs it, and waits to be killed; the way in which `kollega run` does it
ROBOT = """
import sys, time
from pathlib import Path
from robots import run_log
from robots.casebook import Casebook
from robots.casebook.attempts import Attempts
from robots.run_log import Action, case_context, event
from robots.work_queue.machines import Presence

state, logs = map(Path, sys.argv[1:])
log = run_log.set_up(logs, console=False)
event(Action.RUN_BEGUN, "Kollega 1, mode decide")
with Casebook(state / "casebook.sqlite") as book, Presence.kept(book, worker="vm-1", mode="decide", lifeless_seconds=60, lock=None) as presence:
    book.open_case("aid:EA-1:2026-03", reference="EA-1", month="2026-03")
    book.take_case("aid:EA-1:2026-03")
    Attempts(book).begin("aid:EA-1:2026-03", "read case", presence.executor)
    with case_context("EA-1"):
        event(Action.RETRY, "it did not answer", system="case_system", level="WARNING")
    print("at hand", flush=True)
    time.sleep(120)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    here = load(ROOT)
    return replace(here, paths=replace(here.paths, state=tmp_path / "state", logs=tmp_path / "logs", database=""))


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.durable)])
def shared(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Settings:
    if request.param == "SQLite":
        return settings
    return replace(settings, paths=replace(settings.paths, database=address_in(tmp_path, request.getfixturevalue("server"))))


def book_of(settings: Settings) -> Casebook:
    return Casebook(settings.paths.casebook_of(settings.run.mode))


def enter(book: Casebook, number: int, *, state: CaseState = CaseState.SUBMITTED, at: datetime = NOW) -> str:
    case_id = f"aid:EA-{number}:2026-03"
    book.open_case(case_id, reference=f"EA-{number}", month="2026-03", received_at=at)
    with book.engine.begin() as connection:
        connection.execute(CASES.update().where(CASES.c.case_id == case_id).values(state=state, submitted_at=at))
    return case_id


def end(book: Casebook, number: int, ending: Ending, *, at: datetime, due_on: date | None = None, waits_until: date | None = None) -> str:
    case_id = enter(book, number)
    book.close_case(outcome_of(case_id, f"EA-{number}", ending=ending, ended_at=at, due_on=due_on, waits_until=waits_until))
    return case_id


def answer(book: Casebook, number: int, kind: AnswerKind) -> None:
    case_id = f"aid:EA-{number}:2026-03"
    outcome = book.outcome_of(case_id)
    assert outcome is not None
    one = Answer(case_id=case_id, round=1, kind=kind, words="svar", answered_by="KN", answered_at=NOW, outcome=outcome)
    assert Answers(book).receive([one], event="answered")


# --- the casebook -----------------------------------------------------------------------------------------------------


def test_where_nothing_has_ever_run_all_is_zero_and_nothing_is_made(settings: Settings, tmp_path: Path) -> None:
    found = situation_by(settings, now=NOW)

    assert dict(found.counts) == dict.fromkeys(CaseState, 0)
    assert (found.workers, found.pauses, found.latest_run, found.service, found.faults) == ((), (), None, None, ())
    assert found.next_due_at == settings.schedule.next_due(NOW)
    assert found.disk_free_bytes
    assert (concerns_of(found), said(found, ())) == ((), "Nothing has run yet")
    assert list(tmp_path.iterdir()) == []


def test_where_a_server_has_no_casebook_yet_all_is_zero(shared: Settings) -> None:
    assert dict(situation_by(shared, now=NOW).counts) == dict.fromkeys(CaseState, 0)


def test_it_tells_what_waits_what_has_ended_and_what_people_have(shared: Settings) -> None:
    with book_of(shared) as book:
        for number, state in enumerate((CaseState.SUBMITTED, CaseState.WAITING, CaseState.FAILED, CaseState.TAKEN)):
            enter(book, number, state=state, at=NOW - timedelta(days=number))
        end(book, 10, Ending.DECIDED, at=NOW - timedelta(minutes=30))
        # Midnight in Sweden is 23:00 UTC in March.
        end(book, 11, Ending.PROPOSED, at=datetime(2026, 3, 3, 23, 0, 1, tzinfo=UTC))
        end(book, 12, Ending.PROPOSED, at=datetime(2026, 3, 3, 22, 59, 59, tzinfo=UTC), due_on=date(2026, 3, 3))
        end(book, 13, Ending.HANDED_OFF, at=NOW - timedelta(minutes=61), due_on=date(2026, 3, 4))
        end(book, 14, Ending.HANDED_OFF, at=NOW - timedelta(days=3), due_on=date(2026, 3, 3))
        end(book, 15, Ending.HANDED_OFF, at=NOW - timedelta(days=9), due_on=date(2026, 2, 1), waits_until=date(2026, 3, 4))
        end(book, 16, Ending.HANDED_OFF, at=NOW - timedelta(days=9), due_on=date(2026, 2, 1), waits_until=date(2026, 3, 3))
        end(book, 17, Ending.HANDED_OFF, at=NOW - timedelta(days=9), due_on=date(2026, 2, 1))
        end(book, 18, Ending.HANDED_OFF, at=NOW - timedelta(days=9), due_on=date(2026, 2, 1))
        answer(book, 17, AnswerKind.HANDLED)
        answer(book, 18, AnswerKind.BACK)
        Pauses(book).pause(EVERYTHING, by="anna", why="upgrade")
        Pauses(book).pause(scope_of_system("case_system"), by="anna", why="new version")
        today = NOW.astimezone(SWEDEN).date()
        desk = desk_of(book, since=NOW - timedelta(days=365))

    found = situation_by(shared, now=NOW)

    assert dict(found.counts) == {"submitted": 1, "waiting": 1, "failed": 1, "taken": 1, "ended": 9}
    assert found.oldest_waiting_since == NOW - timedelta(days=2)
    assert found.ended_last_hour == 1
    assert dict(found.ended_today) == {"decided": 1, "proposed": 1, "handed off": 1}
    # The same as the workbook's own reading.
    assert found.handed_off_open == 3 == sum(case.sheet(today) is Sheet.TO_DO for case in desk)
    assert found.overdue == 3 == sum(case.is_overdue(today) for case in desk)
    assert [(one.scope, one.why) for one in found.pauses] == [("all", "upgrade"), ("system:case_system", "new version")]
    assert {one.name: one.paused_why for one in found.systems if one.paused_why} == {"case_system": "new version"}
    assert found.faults == ()


def test_it_waits_for_no_robot_that_writes_and_leaves_no_file_behind(settings: Settings) -> None:
    with book_of(settings) as book:
        enter(book, 1)
        with book.engine.begin() as connection:
            connection.execute(CASES.update().values(state=CaseState.TAKEN))
            begun = time.monotonic()
            found = situation_by(settings, now=NOW)
            # Whoever wants to write now waits for thirty seconds.
            assert time.monotonic() - begun < 10
            assert found.counts[CaseState.SUBMITTED] == 1
        assert situation_by(settings, now=NOW).counts[CaseState.TAKEN] == 1
    assert [file.name for file in settings.paths.state.iterdir()] == ["casebook.sqlite"]
    before = (settings.paths.state / "casebook.sqlite").stat()

    assert situation_by(settings, now=NOW).counts[CaseState.TAKEN] == 1

    assert [file.name for file in settings.paths.state.iterdir()] == ["casebook.sqlite"]
    after = (settings.paths.state / "casebook.sqlite").stat()
    assert (after.st_mtime_ns, after.st_size) == (before.st_mtime_ns, before.st_size)


def test_a_shadow_run_has_figures_of_its_own(settings: Settings) -> None:
    shadow = with_mode(settings, RunMode.SHADOW)
    with book_of(settings) as book:
        enter(book, 1)
    with book_of(shadow) as book:
        enter(book, 2)
        enter(book, 3)

    assert situation_by(settings, now=NOW).counts[CaseState.SUBMITTED] == 1
    assert situation_by(shadow, now=NOW).counts[CaseState.SUBMITTED] == 2
    assert situation_by(shadow, now=NOW).mode == "shadow"


@pytest.mark.parametrize("way", ["damaged", "locked", "of a later version"])
def test_a_casebook_that_can_not_be_read_is_told_with_who_acts_and_the_rest_still_shows(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(glance_module, "_PATIENCE_SECONDS", 0.05)
    file = settings.paths.state / "casebook.sqlite"
    with book_of(settings) as book:
        enter(book, 1)
    log = run_log.set_up(settings.paths.logs, console=False)
    event(Action.RUN_BEGUN, "Kollega 1, mode decide")
    locking = None
    if way == "damaged":
        file.write_bytes(b"no database at all " * 1000)
    elif way == "locked":
        locking = sqlite_engine(file).connect()
        locking.exec_driver_sql("PRAGMA locking_mode=EXCLUSIVE")
        locking.execute(CASES.update().values(priority=1))
    else:
        with sqlite_engine(file).begin() as connection:
            connection.execute(ABOUT.update().values(schema=SCHEMA + 1))

    found = situation_by(settings, now=datetime.now(UTC))

    log.close()
    if locking is not None:
        locking.close()
    (fault,) = found.faults
    said_of = {"damaged": "backup", "locked": "another program keeps it locked", "of a later version": "use the version that wrote it"}
    assert said_of[way] in fault
    assert dict(found.counts) == {}
    assert found.latest_run is not None
    assert found.latest_run.is_under_way
    assert concerns_of(found)[0].is_grave


def test_the_folder_of_another_account_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.paths.logs.mkdir()

    def refuse(_folder: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied", str(settings.paths.logs))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert "Permission denied" in situation_by(settings, now=NOW).faults[0]


def test_the_whole_configuration_gives_the_same(settings: Settings) -> None:
    configuration = replace(read_configuration(ROOT), settings=settings)
    ours, theirs = situation_by(settings, now=NOW), situation_of(configuration, now=NOW)
    assert replace(ours, disk_free_bytes=0, disk_share_free=0.0) == replace(theirs, disk_free_bytes=0, disk_share_free=0.0)


def test_programs_get_plain_json(settings: Settings) -> None:
    with book_of(settings) as book:
        enter(book, 1)
        Pauses(book).pause(EVERYTHING, by="anna", why="upgrade")
    log = run_log.set_up(settings.paths.logs, console=False)
    event(Action.RUN_BEGUN, "Kollega 1, mode decide")
    log.close()

    record = json.loads(json.dumps(record_of(situation_by(settings, now=NOW))))

    assert record["schema"] == 1
    assert record["counts"]["submitted"] == 1
    assert record["pauses"][0]["why"] == "upgrade"
    assert record["latest_run"]["folder"].startswith(str(settings.paths.logs))
    assert record["at"] == "2026-03-04T12:00:00+00:00"


# --- the whole --------------------------------------------------------------------------------------------------------


def test_far_more_hand_offs_than_usual_are_to_be_seen_to(settings: Settings) -> None:
    before = [(Ending.HANDED_OFF if number % 10 == 0 else Ending.DECIDED, NOW - timedelta(days=2)) for number in range(100)]
    now = [(Ending.HANDED_OFF if number % 2 else Ending.DECIDED, NOW - timedelta(hours=1)) for number in range(30)]
    rows = [
        {"case_id": f"aid:EA-{number}", "reference": f"EA-{number}", "month": "2026-03", "state": CaseState.ENDED, "submitted_at": at, "ended_at": at}
        | {"outcome": {"ending": ending, "codes": []}}
        for number, (ending, at) in enumerate((*before, *now))
    ]
    with book_of(settings) as book, book.engine.begin() as connection:
        # In one go: nobody waits for the disk 130 times.
        connection.execute(CASES.insert(), rows)

    found = situation_by(settings, now=NOW)
    (concern,) = concerns_of(found)
    assert (concern.is_grave, said(found, (concern,))) == (True, "1 thing to see to")
    assert concern.sentence.startswith("10 of the latest 20 cases were handed off (50%); in the 30 days before it was 14% of 110. See the reason")
    assert json.loads(json.dumps(record_of(found)))["outlook"]["hand_offs"]["handed_off"] == 10

    # What is over is told no more: of a day without a case nothing can be told.
    assert concerns_of(situation_by(settings, now=NOW + timedelta(days=2))) == ()


@pytest.mark.parametrize(
    ("days", "words"), [(15, ""), (14, "expires on 2026-03-18, in 14 days"), (0, "expires today"), (-1, "expired on 2026-03-03")]
)
def test_a_password_that_expires_soon_by_the_day_that_is_set_is_to_be_seen_to(settings: Settings, days: int, words: str) -> None:
    here = replace(settings, alerts=replace(settings.alerts, passwords_expire={"case_system": NOW.date() + timedelta(days=days)}))

    concerns = concerns_of(situation_by(here, now=NOW))

    assert len(concerns) == bool(words)
    for one in concerns:
        assert one.is_grave
        assert one.sentence.startswith(f"The robot's password in case_system {words}, by alerts.passwords_expire of config/kollega.yaml. Change it")


def test_a_password_that_a_system_says_expires_soon_is_to_be_seen_to_until_it_says_so_no_more(settings: Settings) -> None:
    def ran(*notices: str) -> None:
        log = run_log.set_up(settings.paths.logs, console=False)
        event(Action.RUN_BEGUN, "Kollega 1, mode decide")
        event(Action.LOG_IN, system="case_system")
        for words in notices:
            event(Action.PASSWORD_EXPIRING, words, system="case_system", level="WARNING")
        event(Action.RUN_ENDED, "exit code 0")
        log.close()
        # Folders of the same second would have no order.
        number = len(list(settings.paths.logs.glob("2*")))
        log.folder.rename(log.folder.with_name(f"20000101T0000{number:02}Z-{log.folder.name.rpartition('-')[2]}"))

    ran("the password expires in 10 days")
    (concern,) = concerns_of(situation_by(settings, now=datetime.now(UTC)))
    assert "case_system says at the log-in that the robot's password expires soon (the password expires in 10 days). Change it" in concern.sentence

    ran()
    assert concerns_of(situation_by(settings, now=datetime.now(UTC))) == ()


def test_what_is_to_be_seen_to_of_the_whole_stands_in_the_log_of_the_run_and_on_its_page(settings: Settings) -> None:
    here = replace(settings, alerts=replace(settings.alerts, passwords_expire={"case_system": NOW.date()}))
    log = run_log.set_up(settings.paths.logs, console=False)
    event(Action.RUN_BEGUN, "Kollega 1, mode decide")
    tell(outlook_of(here, run_began_at=NOW, notices={}, now=NOW))
    event(Action.RUN_ENDED, "exit code 0")
    log.close()

    html = run_page.make(log.folder).read_text(encoding="utf-8")

    assert "An operator must act" in html
    assert "The robot&#39;s password in case_system expires today" in html
    run = situation_by(here, now=NOW).latest_run
    assert run is not None
    assert [(line.action, line.system, line.level) for line in run.errors] == [(Action.CONCERN, "case_system", "WARNING")]


# --- the log ----------------------------------------------------------------------------------------------------------


def test_the_latest_run_is_told_from_its_log(settings: Settings) -> None:
    earlier = run_log.set_up(settings.paths.logs, console=False)
    event(Action.RUN_BEGUN, "Kollega 1, mode decide")
    event(Action.SYSTEM_HELD, "it was another one", system="e_service", level="ERROR")
    earlier.close()
    earlier.folder.rename(settings.paths.logs / "20260101T000000Z-000000")
    log = run_log.set_up(settings.paths.logs, console=False)
    event(Action.RUN_BEGUN, "Kollega 1, mode shadow")
    for number in range(30):
        event(Action.RETRY, f'"level": "ERROR", try {number}', system="case_system", step="read case", level="WARNING", seconds=1.5)
    event(Action.SYSTEM_HELD, "ScreenChanged: a button is gone", system="case_system", level="ERROR")
    for action, count in ((Action.DECIDED, 3), (Action.PROPOSED, 2), (Action.HANDED_OFF, 1)):
        for _ in range(count):
            event(action)
    with (log.folder / "events.jsonl").open("ab") as torn:
        torn.write(b'{"at": "2026-11-2')

    running = situation_by(settings, now=datetime.now(UTC)).latest_run

    assert running is not None
    assert (running.run_id, running.folder, running.mode) == (log.run_id, log.folder, "shadow")
    assert (running.is_under_way, running.ended_at, running.exit_code) == (True, None, None)
    assert dict(running.ended) == {"decided": 3, "proposed": 2, "handed off": 1}
    assert len(running.errors) == 20
    assert (running.errors[-1].level, running.errors[-1].message) == ("ERROR", "ScreenChanged: a button is gone")
    assert (running.errors[0].message, running.errors[0].seconds) == ('"level": "ERROR", try 11', 1.5)

    with (log.folder / "events.jsonl").open("ab") as torn:
        torn.write(b"\n")
    event(Action.RUN_ENDED, "3 decided; 0 wait; exit code 4")
    log.close()
    # A command that is no run has a log too.
    run_log.set_up(settings.paths.logs, console=False).close()
    found = situation_by(settings, now=datetime.now(UTC))

    assert found.latest_run is not None
    assert (found.latest_run.run_id, found.latest_run.is_under_way, found.latest_run.exit_code) == (log.run_id, False, 4)
    assert {one.name: one.held_why for one in found.systems if one.held_why} == {"case_system": "ScreenChanged: a button is gone"}
    assert [one.sentence for one in concerns_of(found)] == ["case_system is held: ScreenChanged: a button is gone"]


def test_a_service_that_is_gone_is_to_be_seen_to(settings: Settings) -> None:
    log = run_log.set_up(settings.paths.logs / "service", console=False)
    event(Action.SERVICE_BEGUN)
    event(Action.SERVICE_RUN, "exit code 1: a fault", level="ERROR")
    up = situation_by(settings, now=datetime.now(UTC))
    log.close()
    gone = situation_by(settings, now=datetime.now(UTC))

    assert up.service is not None
    assert up.service.is_up
    assert [line.message for line in up.service.errors] == ["exit code 1: a fault"]
    assert concerns_of(up) == ()
    assert gone.service is not None
    assert not gone.service.is_up
    assert "The service is not there" in concerns_of(gone)[0].sentence


def ended_service(settings: Settings) -> None:
    log = run_log.set_up(settings.paths.logs / "service", console=False)
    event(Action.SERVICE_BEGUN)
    event(Action.SERVICE_ENDED)
    log.close()


def ran(settings: Settings, message: str = "1 decided; exit code 0", *, at: datetime | None = None, held: str = "") -> None:
    """Have a run happen, or have happened at a time, with the log that it keeps."""
    log = run_log.set_up(settings.paths.logs, console=False)
    event(Action.RUN_BEGUN, "Kollega 1, mode decide")
    if held:
        event(Action.SYSTEM_HELD, "it can't be used", system=held, level="ERROR")
    if message:
        event(Action.RUN_ENDED, message)
    log.close()
    if at is not None:
        file = log.folder / "events.jsonl"
        lines = [json.dumps({**json.loads(line), "at": at.isoformat()}) for line in file.read_text(encoding="utf-8").splitlines()]
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        log.folder.rename(log.folder.with_name(f"{at:%Y%m%dT%H%M%SZ}-{log.run_id}"))


def scheduled(settings: Settings, line: str, root: Path, *, set_at: datetime) -> Settings:
    file = root / "config" / "kollega.yaml"
    file.parent.mkdir(exist_ok=True)
    file.touch()
    os.utime(file, (set_at.timestamp(), set_at.timestamp()))
    return replace(settings, root=root, schedule=Schedule(runs=(CronLine.parse(line),)))


def test_a_service_that_was_ended_as_asked_is_a_remark_until_a_timer_has_begun_a_run(settings: Settings) -> None:
    ended_service(settings)
    (remark,) = concerns_of(situation_by(settings, now=datetime.now(UTC)))
    assert not remark.is_grave
    assert "The service was ended" in remark.sentence

    ran(settings)

    assert concerns_of(situation_by(settings, now=datetime.now(UTC))) == ()


def test_the_log_of_a_service_that_is_just_being_made_is_no_fault(settings: Settings) -> None:
    (settings.paths.logs / "service" / "20260101T000000Z-000000").mkdir(parents=True)
    found = situation_by(settings, now=NOW)
    assert (found.service, found.faults) == (None, ())


def test_a_run_that_was_due_and_has_not_begun_is_to_be_seen_to(settings: Settings, tmp_path: Path) -> None:
    due = datetime(2026, 3, 4, 4, 30, tzinfo=UTC)
    mine = scheduled(settings, "30 5 * * *", tmp_path, set_at=due - timedelta(days=1))
    ran(mine, at=due - timedelta(days=1))
    assert situation_by(mine, now=due + timedelta(minutes=29)).missed_at is None
    found = situation_by(mine, now=due + timedelta(minutes=31))
    assert found.missed_at == due
    assert "A run was due at 05:30 and has not begun" in concerns_of(found)[0].sentence
    # A schedule that was set later was not to be kept to then.
    assert situation_by(scheduled(settings, "30 5 * * *", tmp_path, set_at=due), now=due + timedelta(hours=1)).missed_at is None

    ran(mine, at=due - timedelta(seconds=30))

    assert situation_by(mine, now=due + timedelta(minutes=31)).missed_at is None


def test_a_run_that_another_machine_has_begun_is_not_missing(settings: Settings, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    mine = scheduled(settings, "* * * * *", tmp_path, set_at=now - timedelta(days=3))
    ran(mine, at=now - timedelta(days=2))
    # A casebook that is not there yet knows of no other machine.
    assert situation_by(mine, now=now).missed_at is not None
    with book_of(mine) as book:
        Workers(book.engine).begin("vm-2", machine="elsewhere", process=1, version="1", mode="decide")
    assert situation_by(mine, now=now).missed_at is None


def test_what_a_clock_that_was_ahead_has_left_is_not_the_latest(settings: Settings) -> None:
    ran(settings, "exit code 1", at=NOW - timedelta(hours=1))
    ran(settings, at=NOW + timedelta(days=900))
    found = situation_by(settings, now=NOW).latest_run
    assert found is not None
    assert found.exit_code == 1


def test_a_state_that_could_not_be_used_is_no_system_and_told_all_the_same(settings: Settings) -> None:
    ran(settings, "0 decided; exit code 3", held="state")
    assert "exit code 3" in concerns_of(situation_by(settings, now=datetime.now(UTC)))[0].sentence


def test_a_held_system_does_not_hide_a_fault_of_the_robots_own(settings: Settings) -> None:
    ran(settings, "SystemFault: the program ended with exit code 3; exit code 1", held="case_system")
    told = [one.sentence for one in concerns_of(situation_by(settings, now=datetime.now(UTC)))]
    assert any("exit code 1" in one for one in told)
    assert any("case_system is held" in one for one in told)


def test_nobody_is_late_with_what_a_shadow_run_would_have_handed_over(settings: Settings) -> None:
    shadow = with_mode(settings, RunMode.SHADOW)
    with book_of(shadow) as book:
        end(book, 1, Ending.HANDED_OFF, at=NOW - timedelta(days=9), due_on=date(2026, 2, 1))
    found = situation_by(shadow, now=NOW)
    assert (found.counts[CaseState.ENDED], found.handed_off_open, found.overdue) == (1, 0, 0)


HOLDS_AND_HIDES = """
import os, sys
from pathlib import Path
from robots import run_log
from robots.run_log import Action, event

run_log.set_up(Path(sys.argv[1]), console=False)
event(Action.RUN_BEGUN, "Kollega 1, mode decide")
for path in Path(sys.argv[1]).rglob("*"):
    os.chown(path, 65534, 65534)
# From then on the system hides what it has open from every account but root's, as it does of a robot that has read its accounts.
os.setgid(65534)
os.setuid(65534)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can work as two accounts")
def test_a_run_that_hides_its_files_from_its_own_account_is_seen_to_be_under_way() -> None:
    with tempfile.TemporaryDirectory() as made:
        logs = Path(made) / "logs"
        for folder in (Path(made), logs):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
        command = [sys.executable, "-c", HOLDS_AND_HIDES, str(logs)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as robot:
            assert robot.stdout is not None
            assert robot.stdout.readline() == "held\n"
            os.seteuid(65534)
            try:
                run = latest_log.latest_run(logs, now=datetime.now(UTC), quiet_seconds=60)
                with pytest.raises(PermissionError):
                    list(Path(f"/proc/{robot.pid}/fd").iterdir())
                robot.communicate("")
                ended = latest_log.latest_run(logs, now=datetime.now(UTC), quiet_seconds=60)
            finally:
                os.seteuid(0)

    assert run is not None
    assert run.is_under_way
    assert ended is not None
    assert not ended.is_under_way


def test_on_a_share_the_age_of_the_last_event_tells_whether_a_run_is_under_way(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    ran(settings, "", at=now)

    def is_under_way(*, seconds: float) -> bool:
        found = situation_by(settings, now=now + timedelta(seconds=seconds)).latest_run
        assert found is not None
        return found.is_under_way

    assert not is_under_way(seconds=0)
    device = settings.paths.logs.stat().st_dev
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"36 35 {os.major(device)}:{os.minor(device)} / /logs rw,noatime shared:1 - nfs4 server:/logs rw\n", encoding="utf-8")
    monkeypatch.setattr(latest_log, "_MOUNTS", mounts)

    # A robot on another machine can have it open.
    assert is_under_way(seconds=0)
    assert not is_under_way(seconds=settings.run.quiet_seconds + 1)


def test_a_run_that_tells_nothing_any_more_is_a_remark(settings: Settings) -> None:
    log = run_log.set_up(settings.paths.logs, console=False)
    event(Action.RUN_BEGUN, "Kollega 1, mode decide")
    found = situation_by(settings, now=datetime.now(UTC) + timedelta(minutes=31))
    log.close()
    assert any("has told nothing for 31 min" in one.sentence for one in concerns_of(found))


def test_who_has_been_told_of_a_log_goes_on_with_that_while_another_thread_reads_on(settings: Settings) -> None:
    log = run_log.set_up(settings.paths.logs, console=False)
    event(Action.RUN_BEGUN, "Kollega 1, mode decide")
    first = latest_log.latest_run(settings.paths.logs, now=datetime.now(UTC), quiet_seconds=60)
    told = latest_log._follow(log.folder / "events.jsonl")
    errors = iter(told.errors)
    event(Action.RETRY, "again", level="WARNING")
    latest_log._follow(log.folder / "events.jsonl")
    log.close()

    assert first is not None
    # Who has been told goes on with it, whatever another one reads meanwhile.
    assert (list(errors), len(told.errors)) == ([], 0)


# --- robots -----------------------------------------------------------------------------------------------------------


@pytest.mark.durable
def test_a_robot_at_work_shows_with_its_case_and_at_once_when_it_is_killed(settings: Settings) -> None:
    command = [sys.executable, "-c", ROBOT, str(settings.paths.state), str(settings.paths.logs)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as robot:
        assert robot.stdout is not None
        try:
            assert robot.stdout.readline() == "at hand\n"
            alive = situation_by(settings, now=datetime.now(UTC))
        finally:
            robot.kill()
            robot.wait()
    killed = situation_by(settings, now=datetime.now(UTC))

    (worker,) = alive.workers
    assert (worker.worker, worker.mode, worker.is_alive) == ("vm-1", "decide", True)
    assert [(one.reference, one.step) for one in worker.cases] == [("EA-1", "read case")]
    assert timedelta(0) <= alive.at - worker.cases[0].since < timedelta(minutes=1)
    assert alive.latest_run is not None
    assert alive.latest_run.is_under_way
    assert concerns_of(alive) == ()

    (worker,) = killed.workers
    assert not worker.is_alive
    assert [one.reference for one in worker.cases] == ["EA-1"]
    assert killed.latest_run is not None
    assert (killed.latest_run.is_under_way, killed.latest_run.is_complete) == (False, False)
    assert killed.latest_run.ended_at == killed.latest_run.errors[-1].at
    told = [one.sentence for one in concerns_of(killed) if one.is_grave]
    assert any("ended by force with 1 case at hand" in one for one in told)
    assert any("did not come to its end" in one for one in told)
    assert -robot.returncode == signal.SIGKILL


def test_a_robot_on_another_machine_is_dead_when_it_was_silent_for_too_long(shared: Settings) -> None:
    from robots.casebook.tables import WORKERS

    with book_of(shared) as book:
        workers = Workers(book.engine)
        for name in ("vm-1", "vm-2", "vm-3"):
            workers.begin(name, machine="elsewhere", process=os.getpid(), version="1", mode="decide")
        long_ago = datetime.now(UTC) - timedelta(seconds=shared.run.lifeless_seconds + 5)
        with book.engine.begin() as connection:
            connection.execute(sa.update(WORKERS).where(WORKERS.c.worker == "vm-2").values(seen_at=long_ago))
            connection.execute(sa.update(WORKERS).where(WORKERS.c.worker == "vm-3").values(seen_at=long_ago - timedelta(days=2)))

    found = situation_by(shared, now=datetime.now(UTC))

    assert [(one.worker, one.is_alive) for one in found.workers] == [("vm-1", True), ("vm-2", False)]
