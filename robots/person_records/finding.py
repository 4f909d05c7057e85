"""The cases of one person: which they are, what the person is in each, and what stands in the way of handing out or erasing them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from robots.assessment import Ending, RunMode
from robots.casebook import Casebook, CaseEntry, CaseState, DocumentKind
from robots.casebook.answers import Answers
from robots.casebook.database import is_there
from robots.casebook.erasing import done_before
from robots.casebook.searching import cases_naming, pattern_of, plain
from robots.errors import ReasonCode, SetupError
from robots.settings import Settings
from robots.work_queue.engine_record import cases_with_results, results_of


class Role(StrEnum):
    """What a person is in a case."""

    APPLICANT = "applicant"
    CO_APPLICANT = "co-applicant"
    CHILD = "child"
    #: somebody else in the household, or a number in something that was read or typed
    MENTIONED = "mentioned"
    #: the case was named, and nobody in it
    UNKNOWN = "not asked for"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCase:
    """A case in which the person is."""

    entry: CaseEntry
    role: Role
    #: of shadow runs, which have written nothing
    is_shadow: bool = False
    #: somebody in it has, or may have, protected personal data
    is_protected: bool = False
    #: writes in other systems that are not proven
    unproven: int = 0
    #: a person is to answer in the workbook before the case is done
    waits_for_answer: bool = False
    #: the plan lets it go
    is_past_its_time: bool = False


def find_cases(settings: Settings, casebook: Casebook, *, number: str, reference: str, latest: datetime) -> tuple[FoundCase, ...]:
    """Return the cases of the person, or those of an application, oldest first, then those of shadow runs.

    Args:
        settings: name the places.
        casebook: of the runs that write.
        number: of the person, twelve digits; empty when an application is named.
        reference: of the application, or the id of a case; empty when a person is named.
        latest: aware; a case to which nothing has happened since is past its time.
    """
    engine = settings.paths.database_of(RunMode.DECIDE) or settings.paths.state
    found = _in(casebook, engine, number=number, reference=reference, latest=latest, is_shadow=False)
    shadow = settings.paths.casebook_of(RunMode.SHADOW)
    if not is_there(shadow):
        return found
    engine = settings.paths.database_of(RunMode.SHADOW) or settings.paths.state_of(RunMode.SHADOW)
    with Casebook(shadow) as book:
        return found + _in(book, engine, number=number, reference=reference, latest=latest, is_shadow=True)


def obstacles(found: Sequence[FoundCase], *, decision: str) -> tuple[str, ...]:
    """Return why the cases may not be erased, each with who acts; empty when they may.

    Args:
        found: of one person.
        decision: who has decided that they are erased before their time; empty for nobody.
    """
    told = []
    for one in found:
        name = one.entry.case_id
        if one.is_shadow:
            continue
        if one.entry.state is not CaseState.ENDED:
            told.append(f"{name} is not ended: let a run end it, or kollega queue cancel")
        elif one.waits_for_answer:
            told.append(f"{name} waits for a caseworker: let them answer it in the workbook, and run kollega workbook sync")
        elif one.unproven and not decision:
            told.append(f"{name} has a write that is not proven: a caseworker looks; then name who decides, with --decision")
        elif not one.is_past_its_time and not decision:
            told.append(f"{name} is to be kept for now (SoL 16 kap. 1 § and the plan): name who has decided otherwise, with --decision")
    return tuple(told)


def refuse_protected(found: Sequence[FoundCase], *, approved_by: str) -> None:
    """Stop where somebody has protected personal data and nobody has approved.

    Raises:
        SetupError: says who acts.
    """
    if not approved_by and any(one.is_protected for one in found):
        raise SetupError(
            "somebody in these cases has protected personal data: who is in charge of that decides; name them with --protected-approved-by"
        )


def _in(casebook: Casebook, engine: Path | str, *, number: str, reference: str, latest: datetime, is_shadow: bool) -> tuple[FoundCase, ...]:
    pattern = pattern_of(number) if number else None
    if pattern is None:
        entries: tuple[CaseEntry, ...] = casebook.find(reference)
    else:
        # The engine has what was read until a run ends: the casebook may not have it yet, or never when the case was ended otherwise.
        ids = cases_naming(casebook, pattern) | cases_with_results(engine, lambda result: pattern.search(plain(result)) is not None)
        entries = tuple(case for case in casebook.cases() if case.case_id in ids)
    past = {case.case_id for case in done_before(casebook, latest)[0]}
    return tuple(_found(casebook, engine, entry, number, is_shadow=is_shadow, past=past) for entry in entries)


def _found(casebook: Casebook, engine: Path | str, entry: CaseEntry, number: str, *, is_shadow: bool, past: set[str]) -> FoundCase:
    outcome, kept = casebook.outcome_of(entry.case_id), casebook.document(entry.case_id, DocumentKind.CASE_FILE)
    answers = Answers(casebook)
    answer = answers.of_round(entry.case_id)
    told = [one for one in (outcome, *(one.outcome for one in answers.of_case(entry.case_id))) if one is not None]
    is_marked = _is_marked(kept) or any(_is_marked(one["result"]) for one in results_of(engine, entry.case_id))
    return FoundCase(
        entry=entry,
        role=_role(kept, number),
        is_shadow=is_shadow,
        is_protected=is_marked or any(ReasonCode.PROTECTED in one.codes for one in told),
        unproven=len(casebook.unproven_effects(entry.case_id)),
        waits_for_answer=outcome is not None and outcome.ending is not Ending.DECIDED and (answer is None or answer.kind.reopens),
        is_past_its_time=entry.case_id in past,
    )


def _is_marked(read: Any) -> bool:
    """Whether somebody in what was read is marked as protected, however deep it lies, in JSON within JSON too."""
    if isinstance(read, str):
        try:
            return '"is_protected' in read.replace("\\", "") and _is_marked(json.loads(read))
        except ValueError:
            # In a form that can't be looked through: rather asked about than handed out.
            return True
    if isinstance(read, dict):
        return _value(read.get("is_protected")) is True or any(_is_marked(one) for one in read.values())
    return isinstance(read, list) and any(_is_marked(one) for one in read)


def _role(kept: Any, number: str) -> Role:
    if not number:
        return Role.UNKNOWN
    stated = (kept or {}).get("application", {})
    if _value(stated.get("applicant")) == number:
        return Role.APPLICANT
    if _value(stated.get("co_applicant")) == number:
        return Role.CO_APPLICANT
    return Role.CHILD if number in json.dumps(_value(stated.get("children"))) else Role.MENTIONED


def _value(fact: Any) -> Any:
    return fact.get("value") if isinstance(fact, dict) else None
