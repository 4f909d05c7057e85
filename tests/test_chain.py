"""The chain of events: whatever is changed in it afterwards is found, and what is personal can be erased from it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from robots import audit, settings
from robots.assessment import Outcome
from robots.backup import back_up
from robots.casebook import Casebook
from robots.casebook.chain import Head, New, append, digest_of, hash_of
from robots.casebook.erasing import Reason, compact, erase_cases
from robots.casebook.tables import ABOUT, CASES, EVENTS
from robots.casebook.walking import restored_after
from robots.records import to_record
from robots.run_log import Action, event, redacted, set_up
from robots.work_queue.operating import Operator
from tests.outcomes import outcome_of
from tests.postgres import postgres
from tests.test_cli import Done, installation, kollega

__all__ = ["installation", "kollega"]

ONE, TWO = "toy:EA-1:2026-03", "toy:EA-2:2026-03"


@pytest.fixture
def casebook(tmp_path: Path) -> Iterator[Casebook]:
    with Casebook(tmp_path / "casebook.sqlite") as opened:
        fill(opened)
        yield opened


def fill(casebook: Casebook) -> None:
    """Write five entries: two of cases, one of none, and two endings."""
    for case_id in (ONE, TWO):
        casebook.open_case(case_id, reference=case_id.split(":")[1], month="2026-03")
        casebook.add_event(case_id, "parked", "a system is held")
    casebook.add_event(None, "paused", "all")
    for case_id in (ONE, TWO):
        casebook.close_case(outcome_of(case_id, case_id.split(":")[1]))


def verdict(casebook: Casebook, *anchors: audit.Anchor) -> tuple[int | None, str]:
    found = audit.verify(casebook, anchors)
    return found.broken_entry, found.broken


def change(casebook: Casebook, statement: sa.Executable) -> None:
    with casebook.engine.begin() as connection:
        connection.execute(statement)


def test_a_record_that_nobody_has_touched_is_sound_and_one_without_entries_too(casebook: Casebook, tmp_path: Path) -> None:
    found = audit.verify(casebook)

    assert (found.is_sound, found.entries, found.erased) == (True, 5, 0)
    assert found.head == casebook.head().hash
    with Casebook(tmp_path / "empty.sqlite") as empty:
        assert audit.verify(empty).is_sound


TAMPERED = {
    "what it says": (EVENTS.update().where(EVENTS.c.number == 2).values(message="nothing"), 2, "what it says was changed"),
    "whose it is": (EVENTS.update().where(EVENTS.c.number == 2).values(case_id=ONE), 2, "what it says was changed"),
    "its time": (EVENTS.update().where(EVENTS.c.number == 3).values(at=datetime(2026, 1, 1, tzinfo=UTC)), 3, "it was changed, put in"),
    "one taken out": (EVENTS.delete().where(EVENTS.c.number == 2), 2, "it is missing: entry 3 stands in its place"),
    "the last one taken out": (EVENTS.delete().where(EVENTS.c.number == 5), 5, "it is missing, and so are all after it: there were 5"),
    "emptied without a certificate": (
        EVENTS.update().where(EVENTS.c.number == 1).values(case_id=None, action="", message="", salt="", erased_by="20260101-00"),
        1,
        "no later entry names it as erased",
    ),
    "called erased": (EVENTS.update().where(EVENTS.c.number == 1).values(erased_by="20260101-00"), 1, "it is called erased, and says something"),
    "an outcome": (
        CASES.update().where(CASES.c.case_id == TWO).values(outcome=sa.text("replace(outcome, 'decided', 'proposed')")),
        5,
        "the outcome of its case is not the one",
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_tampered_entry_is_found(casebook: Casebook, name: str) -> None:
    statement, entry, words = TAMPERED[name]
    change(casebook, statement)

    broken_entry, broken = verdict(casebook)

    assert broken_entry == entry
    assert words in broken


def test_an_entry_put_in_at_the_end_is_found(casebook: Casebook) -> None:
    head, at = casebook.head(), datetime.now(UTC)
    digest = digest_of("00", None, "paused", "all")
    said = {"number": head.entries + 1, "case_id": None, "at": at, "action": "paused", "message": "all", "salt": "00", "digest": digest}
    change(casebook, EVENTS.insert().values(**said, hash=hash_of(head.hash, head.entries + 1, at, digest)))

    assert verdict(casebook) == (6, "it was put in: the casebook's row knows of 5")


@pytest.mark.parametrize(("column", "value"), [("at", "'yesterday'"), ("at", "7"), ("message", "x'ff'"), ("digest", "1"), ("number", "'two'")])
def test_an_entry_that_can_not_be_read_is_found(casebook: Casebook, column: str, value: str) -> None:
    with closing(sqlite3.connect(str(casebook.engine.url.database))) as connection, connection:
        if column == "number":
            connection.executescript("ALTER TABLE events RENAME TO was; CREATE TABLE events AS SELECT * FROM was;")
        connection.execute(f"UPDATE events SET {column} = {value} WHERE number = 2")  # noqa: S608 - of fixed words

    assert verdict(casebook)[0] == 2


@pytest.mark.parametrize("outcome", ["'no json'", "'7'", "NULL"])
def test_an_outcome_that_can_not_be_read_is_found(casebook: Casebook, outcome: str) -> None:
    with closing(sqlite3.connect(str(casebook.engine.url.database))) as connection, connection:
        connection.execute(f"UPDATE cases SET outcome = {outcome} WHERE case_id = ?", (TWO,))  # noqa: S608 - of fixed words

    assert verdict(casebook) == (5, "the outcome of its case is not the one that was noted with it")


def test_a_case_that_nobody_has_ended_is_found(casebook: Casebook) -> None:
    casebook.open_case("toy:EA-3:2026-03", reference="EA-3", month="2026-03")
    made_up = to_record(Outcome, outcome_of("toy:EA-3:2026-03", "EA-3"))
    change(casebook, CASES.update().where(CASES.c.reference == "EA-3").values(state="ended", outcome=made_up, ended_at=datetime.now(UTC)))

    assert verdict(casebook) == (6, "it is missing: a case has an outcome, and no entry tells that it ended")


def test_a_case_that_was_taken_out_by_hand_is_found(casebook: Casebook) -> None:
    with closing(sqlite3.connect(str(casebook.engine.url.database))) as connection, connection:
        connection.execute("DELETE FROM cases WHERE case_id = ?", (ONE,))

    assert verdict(casebook) == (1, "its case is gone, and no certificate says so")


def test_a_casebook_whose_own_row_was_taken_out_is_found(casebook: Casebook, tmp_path: Path) -> None:
    change(casebook, ABOUT.delete())
    # Whoever opens it next gives it another row.
    with Casebook(tmp_path / "casebook.sqlite") as again:
        assert verdict(again)[0] == 1


@pytest.mark.parametrize(
    "message", ["certificate 1-a; by ann, decided: entries -", "certificate 1-a; entries 1-999999999999", "certificate 1-a; entries 5-1"]
)
def test_words_that_only_look_like_those_of_a_certificate_do_no_harm(casebook: Casebook, message: str) -> None:
    casebook.add_event(None, "erased", message)

    assert verdict(casebook) == (None, "")


def test_what_was_emptied_after_the_entry_that_names_it_is_found(casebook: Casebook) -> None:
    casebook.add_event(None, "erased", "certificate 1-a; 1 cases, by ann; entries 7")
    casebook.add_event(ONE, "parked")
    change(casebook, EVENTS.update().where(EVENTS.c.number == 7).values(case_id=None, action="", message="", salt="", erased_by="1-a"))

    assert verdict(casebook)[0] == 7


def test_entries_that_have_changed_places_are_found(casebook: Casebook) -> None:
    for before, after in ((2, 99), (3, 2), (99, 3)):
        change(casebook, EVENTS.update().where(EVENTS.c.number == before).values(number=after))

    assert verdict(casebook)[0] == 2


def test_a_chain_that_was_cut_off_or_written_anew_is_found_by_what_others_have_noted(casebook: Casebook, tmp_path: Path) -> None:
    casebook.add_event(TWO, "parked", "what is to be hidden")
    log = set_up(tmp_path / "logs", console=False)
    event(Action.RUN_ENDED, f"1 decided; exit code 0; {audit.anchor_of(casebook.head())}")
    log.close()
    (noted,) = audit.anchors_in(tmp_path / "logs", casebook.head())
    assert verdict(casebook, noted) == (None, "")

    # The end cut off, as one who can write the file would do it.
    with casebook.engine.begin() as connection:
        head = connection.execute(sa.select(EVENTS.c.hash).where(EVENTS.c.number == 5)).scalar_one()
        connection.execute(EVENTS.delete().where(EVENTS.c.number == 6))
        connection.execute(ABOUT.update().values(entries=5, head=head))
    assert audit.verify(casebook).is_sound
    assert verdict(casebook, noted)[0] == 6
    # And something else in its place.
    casebook.add_event(TWO, "parked", "nothing happened")
    assert audit.verify(casebook).is_sound
    entry, words = verdict(casebook, noted)
    assert (entry, "has another entry there: the chain was written anew, or its end cut off" in words) == (6, True)


def test_a_chain_written_anew_from_another_beginning_is_found_and_one_begun_later_is_no_fault(casebook: Casebook, tmp_path: Path) -> None:
    def run_of(head: Head, mode: str) -> None:
        log = set_up(tmp_path / "logs", console=False)
        event(Action.RUN_BEGUN, f"Kollega 1.0, mode {mode}")
        event(Action.RUN_ENDED, f"1 decided; exit code 0; {audit.anchor_of(head)}")
        log.close()

    run_of(replace(casebook.head(), origin="b" * 64), "shadow")
    assert audit.verify(casebook, audit.anchors_in(tmp_path / "logs", casebook.head())).is_sound

    run_of(replace(casebook.head(), origin="c" * 64), "decide")
    entry, words = verdict(casebook, *audit.anchors_in(tmp_path / "logs", casebook.head()))
    assert (entry, "is of another chain" in words) == (1, True)
    with Casebook(tmp_path / "later.sqlite") as later:
        fill(later)
        assert audit.verify(later, audit.anchors_in(tmp_path / "logs", later.head())).is_sound, "its first entry is later than that run"
    # The record that was in use until a backup of this one was put in its place.
    casebook.add_event(None, Action.RESTORED, restored_after(5, "from the backup of yesterday"))
    assert audit.verify(casebook, audit.anchors_in(tmp_path / "logs", casebook.head())).is_sound


def test_what_a_restored_backup_did_not_have_is_counted_as_lost_and_not_as_broken(casebook: Casebook) -> None:
    noted = audit.Anchor(where="a log", entry=9, hash="0" * 32, at=datetime.now(UTC))
    assert verdict(casebook, noted)[0] == 9

    casebook.add_event(None, Action.RESTORED, restored_after(5, "from the backup of yesterday"))

    found = audit.verify(casebook, [noted, replace(noted, at=datetime.now(UTC) + timedelta(hours=1))])
    assert (found.lost, found.broken_entry) == (1, 9), "what was noted after the restoring is no loss of it"


def test_what_is_written_in_the_log_is_never_taken_for_the_number_of_a_person(casebook: Casebook) -> None:
    heads = (replace(casebook.head(), origin="850101" * 11, hash=f"{number:08}8501012382" * 4) for number in range(200))

    assert all(redacted(words := audit.anchor_of(head)) == words for head in heads)


def test_erased_entries_say_nothing_and_the_chain_holds(casebook: Casebook) -> None:
    counts = erase_cases(casebook, [ONE], Reason(number="20261122-ab", action=Action.ERASED, words="by ann"))
    compact(casebook, is_alone=True)

    assert (counts["cases"], counts["events"]) == (1, 2)
    found = audit.verify(casebook)
    assert (found.is_sound, found.entries, found.erased) == (True, 6, 2)
    assert [case.case_id for case in casebook.cases()] == [TWO]
    assert b"EA-1" not in Path(str(casebook.engine.url.database)).read_bytes()
    # Who empties one more entry by hand is found out: no certificate names it.
    empty = {"case_id": None, "action": "", "message": "", "salt": "", "erased_by": "20261122-ab"}
    change(casebook, EVENTS.update().where(EVENTS.c.number == 2).values(**empty))
    assert verdict(casebook)[0] == 2


def test_what_operators_do_to_the_whole_queue_is_in_the_chain(casebook: Casebook) -> None:
    operator = Operator(casebook=casebook, name="ann")
    operator.pause("system:case_system", why="upgrade")
    operator.resume("system:case_system")

    with casebook.engine.connect() as connection:
        said = connection.execute(sa.select(EVENTS.c.case_id, EVENTS.c.action, EVENTS.c.message).where(EVENTS.c.number > 5)).all()
    assert [tuple(one) for one in said] == [(None, "paused", "system:case_system by ann: upgrade"), (None, "unpaused", "system:case_system by ann")]


#: the table of events as version 3 had it
EVENTS_BEFORE = """CREATE TABLE events (number INTEGER NOT NULL PRIMARY KEY, case_id TEXT NOT NULL REFERENCES cases (case_id),
    at {time} NOT NULL, action TEXT NOT NULL, message TEXT NOT NULL)"""


def make_version_3(casebook: Casebook, *, entries: int) -> None:
    """Give the casebook the form of version 3, with events that have gaps between their numbers."""
    with casebook.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE events")
        connection.exec_driver_sql(EVENTS_BEFORE.format(time="DATETIME" if connection.dialect.name == "sqlite" else "TIMESTAMP WITH TIME ZONE"))
        connection.exec_driver_sql("CREATE INDEX ix_events_case_id ON events (case_id)")
        for name in ("entries", "head", "origin"):
            connection.exec_driver_sql(f"ALTER TABLE casebook DROP COLUMN {name}")
        connection.exec_driver_sql("UPDATE casebook SET schema = 3")
        columns = [EVENTS.c.number, EVENTS.c.case_id, EVENTS.c.at, EVENTS.c.action, EVENTS.c.message]
        before = sa.table("events", *(sa.column(column.name, column.type) for column in columns))
        start = datetime(2026, 3, 1, tzinfo=UTC)
        rows = [(3 * n, ONE if n % 2 else TWO, start + timedelta(seconds=n), "parked", f"for the {n}th time") for n in range(1, entries + 1)]
        connection.execute(before.insert(), [dict(zip(("number", "case_id", "at", "action", "message"), row, strict=True)) for row in rows])


def see_taken_over(where: Path | str, *, entries: int) -> None:
    """See that the chain has the events of before and, behind them, the endings of the two cases, whose outcomes are held against it from now on."""
    entries += 2
    for _ in range(2):
        with Casebook(where) as taken_over:
            found = audit.verify(taken_over)
            assert (found.is_sound, found.broken, found.entries) == (True, "", entries)
            assert [one.message for one in taken_over.events(ONE)][:2] == ["for the 1th time", "for the 3th time"]
            assert taken_over.head().entries == entries


def test_the_events_of_the_version_before_become_a_chain_in_their_order(casebook: Casebook, tmp_path: Path) -> None:
    make_version_3(casebook, entries=2345)
    see_taken_over(tmp_path / "casebook.sqlite", entries=2345)
    with Casebook(tmp_path / "casebook.sqlite") as taken_over:
        taken_over.add_event(ONE, "parked", "once more")
        assert audit.verify(taken_over).entries == 2348
        change(taken_over, CASES.update().where(CASES.c.case_id == TWO).values(outcome=sa.text("replace(outcome, 'decided', 'proposed')")))
        assert verdict(taken_over) == (2347, "the outcome of its case is not the one that was noted with it")


WRITER = """
import sys
from robots.casebook import Casebook
with Casebook(sys.argv[1]) as casebook:
    for number in range(int(sys.argv[2])):
        casebook.add_event("toy:EA-1:2026-03", "parked", f"{sys.argv[3]} {number}")
"""


def write_at_once(where: Path | str, *, writers: int, entries: int) -> None:
    commands = [[sys.executable, "-c", WRITER, str(where), str(entries), str(number)] for number in range(writers)]
    programs = [subprocess.Popen(command) for command in commands]
    assert [program.wait(timeout=240) for program in programs] == [0] * writers


@pytest.mark.durable
def test_several_programs_write_at_once_and_the_chain_is_one(casebook: Casebook, tmp_path: Path) -> None:
    write_at_once(tmp_path / "casebook.sqlite", writers=3, entries=20)

    found = audit.verify(casebook)
    assert (found.is_sound, found.entries) == (True, 65)


@pytest.mark.durable
def test_a_chain_in_postgresql_is_the_same() -> None:
    with postgres() as address:
        where = f"{address}&schema=kollega"
        with Casebook(where) as casebook:
            fill(casebook)
            write_at_once(where, writers=3, entries=20)
            assert (audit.verify(casebook).is_sound, audit.verify(casebook).entries) == (True, 65)
            change(casebook, EVENTS.update().where(EVENTS.c.number == 30).values(message="nothing"))
            assert verdict(casebook) == (30, "what it says was changed")
            make_version_3(casebook, entries=1200)
        see_taken_over(where, entries=1200)
        with Casebook(where) as casebook:
            erase_cases(casebook, [ONE], Reason(number="20261122-ab", action=Action.ERASED, words="by ann"))
            compact(casebook, is_alone=True)
            found = audit.verify(casebook)
            assert (found.is_sound, found.erased) == (True, 601)


def test_an_entry_is_kept_with_what_it_tells_or_neither_is(casebook: Casebook) -> None:
    def break_off(connection: sa.Connection) -> None:
        append(connection, [New(case_id=ONE, at=datetime.now(UTC), action="parked")])
        raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError, match="the power is gone"), casebook.engine.begin() as connection:
        break_off(connection)

    assert (audit.verify(casebook).is_sound, audit.verify(casebook).entries) == (True, 5)
    casebook.add_event(ONE, "parked", "the power is back")
    assert (audit.verify(casebook).is_sound, audit.verify(casebook).entries) == (True, 6)


def test_two_programs_in_turns_each_go_on_from_where_the_other_one_was(casebook: Casebook, tmp_path: Path) -> None:
    with Casebook(tmp_path / "casebook.sqlite") as other:
        for writer in (casebook, other, other, casebook, casebook, other):
            writer.add_event(ONE, "parked")

    assert (audit.verify(casebook).is_sound, audit.verify(casebook).entries) == (True, 11)


def test_the_record_is_verified_by_a_command(installation: Path, kollega: Callable[..., Done]) -> None:
    state = installation / "logs" / "state"
    with Casebook(state / "casebook.sqlite") as casebook:
        fill(casebook)
        head = casebook.head()
    back_up(settings.load(installation), installation / "kept.zip")

    done = kollega("audit", "verify", cwd=installation)
    assert (done.returncode, done.stdout) == (0, f"5 entries follow one another, 0 of them erased; 0 anchors fit.\n{head.hash}\n")
    done = kollega("audit", "verify", "--json", "--anchor", f"5:{head.hash}", "--anchor", head.origin, "--backup", "kept.zip", cwd=installation)
    assert (done.returncode, json.loads(done.stdout)["anchors"], json.loads(done.stdout)["is_sound"]) == (0, 3, True)
    done = kollega("audit", "verify", "--anchor", "5:0123-4567-89ab-cdef", cwd=installation)
    assert (done.returncode, done.stdout.startswith("Entry 5: --anchor")) == (1, True)

    with Casebook(state / "casebook.sqlite") as casebook:
        change(casebook, EVENTS.update().where(EVENTS.c.number == 3).values(message="nobody"))
    done = kollega("audit", "verify", "--json", cwd=installation)
    assert done.returncode == 1
    assert (json.loads(done.stdout)["broken_entry"], json.loads(done.stdout)["broken"]) == (3, "what it says was changed")
    assert kollega("audit", "verify", "--anchor", "Ann", cwd=installation).returncode == 2
