"""Past cases for tests: case files put into a casebook as the robot leaves a case that has ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from robots.assessment import Assessment, Authority, Ending, Mode, Outcome, RunMode
from robots.authority import Delegation, who_decides
from robots.case import CaseFile
from robots.casebook import Casebook, DocumentKind
from robots.casebook.tables import ABOUT, TABLES
from robots.decision_record import DecisionRecord, Told, record_of
from robots.records import to_record
from robots.rule_set import rule_set_of
from robots.rules import Law, assess
from tests.case_files import DELEGATION, LAW

ENDED_AT = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
DECIDED_ON = date(2026, 11, 3)
_ENDINGS = {Mode.DECIDE: Ending.DECIDED, Mode.PROPOSE: Ending.PROPOSED, Mode.HAND_OFF: Ending.HANDED_OFF}


def numbered(*cases: CaseFile) -> tuple[CaseFile, ...]:
    """Return the case files with the references EA-26-00001, EA-26-00002 and so on."""
    return tuple(replace(case, application=replace(case.application, reference=f"EA-26-{number:05d}")) for number, case in enumerate(cases, start=1))


def keep(state: Path, *cases: CaseFile, law: Law = LAW, delegation: Delegation = DELEGATION) -> Path:
    """Put the cases into the casebook of a state folder as ended, each assessed by the law, and return the casebook's path."""
    file = state / "casebook.sqlite"
    keep_in(file, *cases, law=law, delegation=delegation)
    return file


def keep_in(where: Path | str, *cases: CaseFile, law: Law = LAW, delegation: Delegation = DELEGATION) -> None:
    """Put the cases into the casebook of that path or address; see `keep`."""
    rules = rule_set_of(law, delegation)
    with Casebook(where) as book:
        _hurry(book)
        book.keep_rule_set(rules.hash, rules.record)
        for case in cases:
            assessment = assess(case, law, decided_on=DECIDED_ON)
            authority = who_decides(assessment, delegation, on=DECIDED_ON)
            outcome = _outcome(case, assessment, authority)
            book.open_case(outcome.case_id, reference=outcome.reference, month=str(outcome.month or "unreadable"))
            record = record_of(
                outcome, case=case, assessment=assessment, delegation=delegation, rule_set=rules, told=Told(), decided_on=None, payment=""
            )
            book.keep(outcome.case_id, DocumentKind.CASE_FILE, to_record(CaseFile, case))
            book.keep(outcome.case_id, DocumentKind.ASSESSMENT, to_record(Assessment, assessment))
            book.keep(outcome.case_id, DocumentKind.AUTHORITY, to_record(Authority, authority))
            book.keep(outcome.case_id, DocumentKind.DECISION_RECORD, to_record(DecisionRecord, record))
            book.close_case(outcome)


def empty(book: Casebook) -> Casebook:
    """Take everything out of a casebook, so that a test need not wait for one to be made, and return it."""
    _hurry(book)
    with book._engine.begin() as connection:
        for table in reversed(TABLES.sorted_tables):
            if table is not ABOUT:
                connection.execute(table.delete())
    return book


def _hurry(book: Casebook) -> None:
    """Let SQLite leave it to the machine when it writes to the disk: what a test lays out need not outlast a power cut."""
    if book._engine.dialect.name == "sqlite":
        with book._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=OFF")


def case_id_of(case: CaseFile) -> str:
    """Return the id under which a case is kept."""
    return f"ekonomiskt-bistand:{case.application.reference}:{case.application.month.value or 'unreadable'}"


def _outcome(case: CaseFile, assessment: Assessment, authority: Authority) -> Outcome:
    amount = None if authority.mode is Mode.HAND_OFF or assessment.calculation is None else assessment.calculation.amount
    return Outcome(
        case_id=case_id_of(case),
        reference=case.application.reference,
        month=assessment.month,
        ending=_ENDINGS[authority.mode],
        amount=amount,
        codes=assessment.codes,
        because=(),
        done=(),
        left=(),
        due_on=None,
        authority=authority,
        ended_at=ENDED_AT,
        run_mode=RunMode.DECIDE,
    )
