"""Past cases assessed again under other rules: what each would have come to, beside what it comes to now.

The cases are read, assessed and forgotten by several processes at once; what is left of each is one small row without personal data.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from robots.assessment import Assessment, Authority, RunMode
from robots.authority import who_decides
from robots.case import SWEDEN, Application, CaseFile, Month
from robots.casebook import Casebook, DocumentKind, PastCase
from robots.decision_record import hash_of
from robots.errors import SetupError
from robots.records import from_json_text, to_record
from robots.replay.rule_changes import Rules
from robots.rule_set import canonical, restore, rules_hash_of_program
from robots.rules import assess

#: cases that a process takes at a time: enough to make a question to the database worth while, few enough to hold
CASES_AT_A_TIME = 250
#: below so many cases another process costs more than it gives
_CASES_PER_PROCESS = 1_000
#: so many children or more are counted together
MOST_CHILDREN = 4


class Standing(StrEnum):
    """Whether a case could be assessed again."""

    ASSESSED = "assessed"
    #: it ended before the robot had collected anything
    NO_FACTS = "no facts"
    #: the case file is of another version of the program
    UNREADABLE = "unreadable"
    #: it is not known how the case was assessed, or by which rules
    NO_RECORD = "no record"


class Row(NamedTuple):
    """One case before and after."""

    reference: str
    #: `2026-03`; empty when the application does not say
    month: str
    #: `1+2` is one adult and two children, `1+2 shared` one whose dwelling others live in too; `?` when it is not known
    household: str
    standing: str = Standing.ASSESSED.value
    #: value of `robots.assessment.Mode`
    before_mode: str = ""
    #: reason codes with a space between, in the order of the rules
    before_codes: str = ""
    #: kronor that the calculation ends in, whoever decides; None without a calculation
    before_amount: int | None = None
    after_mode: str = ""
    after_codes: str = ""
    after_amount: int | None = None
    #: whether the two assessments differ anywhere, which is looked at in a check only
    differs: bool = False
    #: the case was assessed by another version of the program's rules, which is looked at in a check only
    other_program: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What is to be assessed again, and how."""

    #: path of the SQLite file, or a PostgreSQL address
    casebook: Path | str
    #: None: as each case was assessed when it was handled
    before: Rules | None
    #: None: by the rule set that each case names, as a check that it comes to the same
    after: Rules | None
    #: first and last month applied for; None for all
    months: tuple[Month, Month] | None = None


@dataclass(slots=True, kw_only=True)
class Spent:
    """Where the processes' time went, in seconds."""

    reading: float = 0.0
    decoding: float = 0.0
    assessing: float = 0.0

    def add(self, other: Spent) -> None:
        """Add what another process has spent."""
        self.reading += other.reading
        self.decoding += other.decoding
        self.assessing += other.assessing


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """All the cases, in the order in which they ended."""

    rows: tuple[Row, ...]
    #: of all the rule sets that the cases were assessed by, when that is what they are held against
    rule_sets: tuple[str, ...] = ()
    spent: Spent = field(default_factory=Spent)
    processes: int = 1


class _Came(NamedTuple):
    """What a case comes to under one law."""

    mode: str
    codes: str
    amount: int | None


def replay(plan: Replay, *, processes: int | None = None, on_assessed: Callable[[int, int], None] | None = None) -> Replayed:
    """Assess past cases again.

    Args:
        plan: which cases, and by what.
        processes: at most so many; as many as there are cores when left out.
        on_assessed: told how many cases are done, of how many.

    Raises:
        SetupError: there is no casebook, or it is of another version.
    """
    if isinstance(plan.casebook, Path) and not plan.casebook.is_file():
        raise SetupError(f"there is no casebook at {plan.casebook}. Give the folder of the robot's state with --state")
    with closing(Casebook(plan.casebook)) as casebook:
        months = None if plan.months is None else (str(plan.months[0]), str(plan.months[1]))
        case_ids = casebook.case_ids(months=months)
    cores = processes or len(os.sched_getaffinity(0))
    used = max(1, min(cores, len(case_ids) // _CASES_PER_PROCESS))
    rows: list[Row] = []
    rule_sets: dict[str, None] = {}
    spent = Spent()
    for found, named, one in _parts(plan, case_ids, used):
        rows.extend(map(_with_shared_words, found))
        rule_sets |= dict.fromkeys(named)
        spent.add(one)
        if on_assessed is not None:
            on_assessed(len(rows), len(case_ids))
    return Replayed(rows=tuple(rows), rule_sets=tuple(rule_sets), spent=spent, processes=used)


def _with_shared_words(row: Row) -> Row:
    """Return the row with each of the few words that stand in a hundred thousand rows kept once."""
    shared: dict[str, Any] = {name: sys.intern(getattr(row, name)) for name in _REPEATED}
    return row._replace(**shared)


_REPEATED = ("month", "household", "standing", "before_mode", "before_codes", "after_mode", "after_codes")

_Part = tuple[list[Row], tuple[str, ...], Spent]


def _parts(plan: Replay, case_ids: Sequence[str], processes: int) -> Iterator[_Part]:
    """Yield the rows part by part, in the order of the cases."""
    parts = [case_ids[first : first + CASES_AT_A_TIME] for first in range(0, len(case_ids), CASES_AT_A_TIME)]
    if processes == 1:
        with closing(_Replayer(plan)) as replayer:
            yield from map(replayer.part, parts)
        return
    # Each process begins afresh: what this one holds would otherwise count, and be held, as many times over.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(plan,)) as pool:
        yield from pool.map(_part, parts)


_replayers: list[_Replayer] = []


def _begin(plan: Replay) -> None:
    _replayers[:] = [_Replayer(plan)]


def _part(case_ids: Sequence[str]) -> _Part:
    return _replayers[0].part(case_ids)


class _Replayer:
    """Reads and assesses cases in one process."""

    def __init__(self, plan: Replay) -> None:
        self._plan = plan
        self._casebook = Casebook(plan.casebook)
        #: None for a rule set that is missing or of another version
        self._rule_sets: dict[str, Rules | None] = {}

    def close(self) -> None:
        self._casebook.close()

    def part(self, case_ids: Sequence[str]) -> _Part:
        """Return a row for each of the cases, the rule sets that they name, and the time spent."""
        spent, named = Spent(), dict[str, None]()
        begun = time.perf_counter()
        kinds = [DocumentKind.CASE_FILE]
        if self._plan.before is None:
            kinds += [DocumentKind.ASSESSMENT, DocumentKind.AUTHORITY, DocumentKind.DECISION_RECORD]
        past_cases = list(self._casebook.past_cases(case_ids, kinds))
        spent.reading += time.perf_counter() - begun
        rows = [self._row(past, spent, named) for past in past_cases]
        return rows, tuple(named), spent

    def _row(self, past: PastCase, spent: Spent, named: dict[str, None]) -> Row:
        month = past.month if _is_month(past.month) else ""
        if DocumentKind.CASE_FILE not in past.texts:
            return Row(past.reference, month, "?", Standing.NO_FACTS.value)
        begun = time.perf_counter()
        try:
            case = from_json_text(CaseFile, past.texts[DocumentKind.CASE_FILE])
        except ValueError:
            return Row(past.reference, month, "?", Standing.UNREADABLE.value)
        finally:
            decoded = time.perf_counter()
            spent.decoding += decoded - begun
        household = household_of(case.application)
        try:
            if self._plan.before is not None:
                before, after = (self._comes_to(case, rules, past.ended_at) for rules in (self._plan.before, self._plan.after) if rules is not None)
                return Row(past.reference, month, household, Standing.ASSESSED.value, *before, *after)
            return self._held_against_decision(past, case, month, household, named)
        finally:
            spent.assessing += time.perf_counter() - decoded

    def _comes_to(self, case: CaseFile, rules: Rules, ended_at: datetime, run_mode: RunMode = RunMode.DECIDE) -> _Came:
        on = ended_at.astimezone(SWEDEN).date()
        return _came(assess(case, rules.law, decided_on=on, with_bases=False), rules, on, run_mode)

    def _held_against_decision(self, past: PastCase, case: CaseFile, month: str, household: str, named: dict[str, None]) -> Row:
        """Return the case as it was assessed when it was handled, beside what it comes to by other rules or by the same."""
        kept = self._kept(past)
        if kept is None:
            return Row(past.reference, month, household, Standing.NO_RECORD.value)
        assessment, authority, record = kept
        named.setdefault(record["rule_set"])
        before = _Came(authority.mode.value, " ".join(assessment.codes or authority.codes), _amount(assessment))
        run_mode = RunMode(record["run_mode"])
        if self._plan.after is not None:
            after = self._comes_to(case, self._plan.after, past.ended_at, run_mode)
            return Row(past.reference, month, household, Standing.ASSESSED.value, *before, *after)
        rules = self._rules(record["rule_set"])
        if rules is None:
            return Row(past.reference, month, household, Standing.NO_RECORD.value, *before)
        again = assess(case, rules.law, decided_on=assessment.cited_on)
        stored, facts = (json.loads(past.texts[kind]) for kind in (DocumentKind.ASSESSMENT, DocumentKind.CASE_FILE))
        # What was kept must be what the decision record names, or a case file and an assessment could have been exchanged together.
        is_as_recorded = (record.get("assessment"), record.get("case_file")) == (hash_of(stored), hash_of(facts))
        differs = not is_as_recorded or canonical(to_record(Assessment, again)) != canonical(stored)
        after = _came(again, rules, past.ended_at.astimezone(SWEDEN).date(), run_mode) if differs else before
        other_program = record.get("rules") != rules_hash_of_program()
        return Row(past.reference, month, household, Standing.ASSESSED.value, *before, *after, differs, other_program)

    def _kept(self, past: PastCase) -> tuple[Assessment, Authority, dict[str, Any]] | None:
        """Return how the case was assessed, who was to decide, and its decision record; None when that is not known."""
        try:
            assessment = from_json_text(Assessment, past.texts[DocumentKind.ASSESSMENT])
            authority = from_json_text(Authority, past.texts[DocumentKind.AUTHORITY])
            record = json.loads(past.texts[DocumentKind.DECISION_RECORD])
            RunMode(record["run_mode"])
        except (KeyError, ValueError):
            return None
        return (assessment, authority, record) if isinstance(record.get("rule_set"), str) else None

    def _rules(self, name: str) -> Rules | None:
        if name not in self._rule_sets:
            self._rule_sets[name] = kept_rules(self._casebook, name)
        return self._rule_sets[name]


def kept_rules(casebook: Casebook, name: str) -> Rules | None:
    """Return the rule set of that hash; None when it is not in the casebook, or of another version of the program."""
    record = casebook.rule_set(name)
    if record is None:
        return None
    try:
        law, delegation = restore(record)
    except ValueError:
        return None
    return Rules(law=law, delegation=delegation)


def _came(assessment: Assessment, rules: Rules, on: date, run_mode: RunMode) -> _Came:
    authority = who_decides(assessment, rules.delegation, on=on, run_mode=run_mode)
    return _Came(authority.mode.value, " ".join(assessment.codes or authority.codes), _amount(assessment))


def _amount(assessment: Assessment) -> int | None:
    return None if assessment.calculation is None else int(assessment.calculation.amount)


def household_of(application: Application) -> str:
    """Return adults and children as in `Row.household`: children as applied for, whatever their days."""
    if not application.co_applicant.is_known or not application.children.is_known:
        return "?"
    adults, children = 1 if application.co_applicant.value is None else 2, len(application.children.need())
    is_shared = (application.persons_in_dwelling.value or 0) > adults + children
    return f"{adults}+{min(children, MOST_CHILDREN)}{' shared' if is_shared else ''}"


def _is_month(text: str) -> bool:
    try:
        Month.parse(text)
    except ValueError:
        return False
    return True
