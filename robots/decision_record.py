"""The decision record: who decided what about a case, on what ground and by which rules, and what the applicant was told.

Content after förvaltningslagen 27 and 31–33 §§, socialtjänstlagen 14 kap. 3 § and kommunallagen 6 kap. 37–40 §§. The facts, each with where
and when it was read, and the findings, each with what it rests on, stand in the case file and the assessment that are kept with
the record; it names both by hash, so that nothing can be exchanged without its being seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from robots.assessment import Assessment, Authority, DecisionType, Ending, Outcome, RunMode
from robots.authority import Delegation, DelegationLine
from robots.case import SWEDEN, CaseFile, Month, Party
from robots.errors import ReasonCode
from robots.explanation import Sentence, communication
from robots.records import from_record, to_record
from robots.rule_set import RuleSet, canonical, restore
from robots.rules import assess

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was written about the decision, word for word; empty when it was not written."""

    #: the reasons of the decision, each sentence with the rules that it rests on
    reasons: tuple[Sentence, ...] = ()
    note: str = ""
    message_subject: str = ""
    message_body: str = ""
    #: SHA-256 of the information on how to appeal that the message carries
    appeal_information: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """Everything that must be known of how one case ended, apart from what the case file and the assessment hold."""

    schema: int
    case_id: str
    #: the e-service's number of the application
    reference: str
    submitted_on: date | None
    month: Month | None
    #: of the case system; None when no case was found or read
    case_number: str | None
    #: `sökande`, `medsökande`, `barn 1` …; who they are stands in the case file
    household: tuple[str, ...]
    ending: Ending
    run_mode: RunMode
    decision_type: DecisionType | None
    #: section of the decision, e.g. `12 kap. 1 § SoL`
    section: str
    #: act and version that the section is of, e.g. `Socialtjänstlag (2025:400) as it stood in April 2026`; empty in records of the first days
    act: str = ""
    #: kronor granted or proposed
    amount: Decimal | None
    codes: tuple[ReasonCode, ...]
    ended_at: datetime
    #: day on which the decision was registered; None when the robot decided nothing
    decided_on: date | None
    #: the automated function when it decided, empty when a person does
    decided_by: str
    #: the automated function when it prepared what a person decides
    proposed_by: str
    #: others who took part in the final handling: nobody does in what the robot decides
    took_part: tuple[str, ...]
    #: line of the delegation register that the function acted under
    delegation: DelegationLine | None
    #: why the robot did not decide, or the minute of the board, as in `Authority.ground`
    ground: str
    told: Told
    #: why the applicant was not asked before the decision (FL 25 §), as key of the catalogue of texts; empty when nothing was decided
    communication: str
    #: name of the effect that registered the payment; empty when nothing was paid
    payment: str
    #: who approved the payment
    payment_approved_by: str
    #: SHA-256 of the rule set in the casebook, of the program's rules, of the case file and of the assessment
    rule_set: str
    rules: str
    case_file: str
    assessment: str
    #: name and version of the program
    program: str
    #: (system, name of the account that the robot worked under there), one for each system; none in records of the first days
    accounts: tuple[tuple[str, str], ...] = ()


def record_of(
    outcome: Outcome,
    *,
    case: CaseFile | None,
    assessment: Assessment | None,
    delegation: Delegation,
    rule_set: RuleSet,
    told: Told,
    decided_on: date | None,
    payment: str,
    accounts: Mapping[str, str] = MappingProxyType({}),
) -> DecisionRecord:
    """Return the record of a case that has ended.

    Args:
        outcome: how it ended.
        case: what was collected; None when the application itself could not be read.
        assessment: what the rules answered; None when it did not come to that.
        delegation: the register on the day of the decision.
        rule_set: that the assessment followed.
        told: what was written about the decision.
        decided_on: day on which the decision was registered.
        payment: name of the effect that registered the payment.
        accounts: {system: name of the robot's account there}.
    """
    authority = outcome.authority
    calculation = None if assessment is None else assessment.calculation
    # The day on which it was seen who decides, of which the section and the line are; a proposal may end on a later one.
    seen_on = (None if assessment is None else assessment.cited_on) or decided_on or outcome.ended_at.astimezone(SWEDEN).date()
    function = f"automatiserad beslutsfunktion ({rule_set.program})"
    is_decided = decided_on is not None
    return DecisionRecord(
        schema=SCHEMA,
        case_id=outcome.case_id,
        reference=outcome.reference,
        submitted_on=None if case is None else case.application.submitted_on.value,
        month=outcome.month,
        case_number=None if case is None or case.case is None else case.case.case_number.value,
        household=() if case is None else _roles(case),
        ending=outcome.ending,
        run_mode=outcome.run_mode,
        decision_type=None if authority is None else authority.decision_type,
        section="" if authority is None else authority.section,
        act="" if authority is None else delegation.act_of(authority.decision_type, seen_on),
        # A decision that stands is one of that amount, also when the case went to a person before it was paid.
        amount=calculation.amount if is_decided and calculation is not None else outcome.amount,
        codes=outcome.codes,
        ended_at=outcome.ended_at,
        decided_on=decided_on,
        decided_by=function if is_decided else "",
        proposed_by=function if outcome.ending is Ending.PROPOSED and outcome.run_mode.writes else "",
        took_part=_took_part(case),
        delegation=None if authority is None else _line(authority, delegation, decided_on, seen_on),
        ground="" if authority is None else authority.ground,
        told=told,
        communication=communication(assessment) if is_decided and assessment is not None else "",
        payment=payment,
        payment_approved_by=function if payment else "",
        rule_set=rule_set.hash,
        rules=rule_set.rules_hash,
        case_file="" if case is None else hash_of(to_record(CaseFile, case)),
        assessment="" if assessment is None else hash_of(to_record(Assessment, assessment)),
        program=rule_set.program,
        accounts=tuple(sorted(accounts.items())),
    )


def hash_of(record: Any) -> str:
    """Return the SHA-256 of a record of plain JSON types, hexadecimal."""
    return hashlib.sha256(canonical(record)).hexdigest()


def reassess(case_file: Any, rule_set: Any, *, cited_on: date | None) -> Any:
    """Assess a kept case again by a kept rule set, and return the assessment as a record of plain JSON types.

    With the case file, the rule set and the rules that the decision record names, the result has the hash that it names too.

    Args:
        case_file: record of the case file.
        rule_set: record of the rule set.
        cited_on: the assessment's own day, by whose numbering it cites the sections of law.

    Raises:
        ValueError: one of them is not of this version of the program.
    """
    law, _ = restore(rule_set)
    return to_record(Assessment, assess(from_record(CaseFile, case_file), law, decided_on=cited_on))


def _took_part(case: CaseFile | None) -> tuple[str, ...]:
    """Return who has corrected facts that the decision rests on, without deciding themselves (FL 31 §)."""
    facts = () if case is None else case.facts()
    return tuple(dict.fromkeys(fact.source.by for _, fact in facts if fact.source.by))


def _roles(case: CaseFile) -> tuple[str, ...]:
    adults = (Party.APPLICANT.value, *((Party.CO_APPLICANT.value,) if case.application.co_applicant.value is not None else ()))
    return (*adults, *(f"barn {number}" for number, _ in enumerate(case.application.children.value or (), start=1)))


def _line(authority: Authority, delegation: Delegation, *days: date | None) -> DelegationLine | None:
    """Return the line that the authority was drawn from, as it held on the first of the days on which one did.

    None when the ground is another than a line's minute.
    """
    drawn_from = (authority.decision_type, authority.section, authority.ground)
    lines = [line for line in delegation.lines if (line.decision_type, line.section, line.minute) == drawn_from]
    held = (line for day in days if day is not None for line in lines if line.holds_on(day))
    return next(held, None)
