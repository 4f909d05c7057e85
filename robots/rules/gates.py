"""What must hold before anything else is looked at; the first gate that does not open is the case's only code."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from robots.assessment import Finding
from robots.case import CaseFile, Party
from robots.errors import ParameterNotInForce, ReasonCode
from robots.rules.grounds import Grounds
from robots.rules.law import Law


def nobody_is_protected(case: CaseFile, law: Law, grounds: Grounds) -> tuple[Finding, ...]:  # noqa: ARG001 - gates are asked alike
    """Nobody in the household has protected personal data: no adult and no child in the population register, no adult at Arbetsförmedlingen.

    Law: OSL 26 kap. 1 §.
    Facts: the register's marking of every adult, and of every child in the application, the register or the case; of every adult also
    Arbetsförmedlingen's. Findings against name none of them: a list must not tell why such a case is a person's.
    Undetermined: when a marking, or who the adults are, is not known. Arbetsförmedlingen is not asked when the month is unknown. Of a list of
    children that can't be read the rules on children tell; those of the other lists are looked up all the same.
    """
    answers = [answer.job_seeker.value for answer in case.benefits.values()]
    is_marked = any(record.is_protected.value for record in case.population.values()) or any(child.is_protected.value for child in case.children)
    if is_marked or any(answer.is_protected for answer in answers if answer is not None):
        return (grounds.afresh().not_met("protected", ReasonCode.PROTECTED),)
    for party in adults(case, grounds):
        record, answer = case.population.get(party), case.benefits.get(party)
        is_asked = answer is not None or not case.application.month.is_known
        is_known = record is not None and record.is_protected.is_known and (answer is None or answer.job_seeker.is_known)
        if not is_asked or not is_known:
            return (grounds.afresh().undetermined("adult_not_looked_up", ReasonCode.SRC_DOWN),)
    looked_up = {child.personnummer.value for child in case.children if child.is_protected.is_known}
    if not looked_up.issuperset(_children(case)):
        return (grounds.afresh().undetermined("child_not_looked_up", ReasonCode.SRC_DOWN),)
    return grounds.answer()


def _children(case: CaseFile) -> Iterator[str]:
    """Yield the numbers of the children in the application, the register and the case, as far as they can be read."""
    yield from (child.personnummer for child in case.application.children.value or ())
    for record in case.population.values():
        yield from (member.personnummer for member in record.members.value or () if member.relation == "barn")
    if case.case is not None:
        yield from (child.personnummer for child in case.case.children.value or ())


def adults(case: CaseFile, grounds: Grounds) -> tuple[Party, ...]:
    """Return the adults of the household.

    Raises:
        FactIsUnknown: it is not known who applies.
    """
    grounds.need_all(case.application.applicant, case.application.co_applicant)
    has_co_applicant = grounds.need(case.application.co_applicant) is not None
    return (Party.APPLICANT, Party.CO_APPLICANT) if has_co_applicant else (Party.APPLICANT,)


def month_is_readable(case: CaseFile, law: Law, grounds: Grounds) -> tuple[Finding, ...]:  # noqa: ARG001 - gates are asked alike
    """It is clear which month is applied for.

    Law: FL 23 §.
    Facts: the month in the application.
    Undetermined: when it can't be understood.
    """
    grounds.need(case.application.month)
    return grounds.answer()


def norm_is_in_force(case: CaseFile, law: Law, grounds: Grounds) -> tuple[Finding, ...]:
    """Norm and guidelines are in force for the month; those of another year are never used instead.

    Law: SoL 12 kap. 7 §.
    Facts: the month in the application.
    Undetermined: when the month is not known.
    """
    month = grounds.need(case.application.month)
    try:
        law.needed_on(month.first_day)
    except ParameterNotInForce:
        return (grounds.not_met("no_norm", ReasonCode.NO_NORM, month=str(month)),)
    return grounds.answer()


def month_is_not_handled_already(case: CaseFile, law: Law, grounds: Grounds) -> tuple[Finding, ...]:  # noqa: ARG001 - gates are asked alike
    """No other application and no decision for the month is there.

    Law: SoL 12 kap. 1 §.
    Facts: earlier applications as the inbox shows them; decisions in the case system.
    Undetermined: when it can't be read whether the month is decided.
    """
    if case.application.earlier_for_month:
        return (grounds.not_met("applied_already", ReasonCode.TWICE),)
    if case.case is not None and grounds.need(case.case.month_is_decided):
        return (grounds.not_met("decided_already", ReasonCode.TWICE),)
    return grounds.answer()


def case_continues(case: CaseFile, law: Law, grounds: Grounds) -> tuple[Finding, ...]:  # noqa: ARG001 - gates are asked alike
    """The case is open and the month before has a calculation: a person has made the first assessment.

    Law: SoL 12 kap. 1 §.
    Facts: the case's state and the calculation for the month before.
    Undetermined: when one of them can't be read.
    """
    if case.case is None:
        return (grounds.not_met("no_case", ReasonCode.NEW_CASE),)
    if not grounds.need(case.case.is_open):
        return (grounds.not_met("case_not_open", ReasonCode.NEW_CASE),)
    last = grounds.need(case.case.last_calculation)
    if last is None or last.month != grounds.need(case.application.month).previous:
        return (grounds.not_met("no_last_calculation", ReasonCode.NEW_CASE),)
    return grounds.answer()


#: In this order; each with its subject in config/parameters/sections.yaml.
GATES = (
    ("secrecy", nobody_is_protected),
    ("inquiry", month_is_readable),
    ("norm", norm_is_in_force),
    ("right", month_is_not_handled_already),
    ("right", case_continues),
)


def day_of_law(case: CaseFile) -> date | None:
    """Return the day whose law the findings cite: the month's first, without it the day of the application, or None."""
    if case.application.month.value is not None:
        return case.application.month.value.first_day
    return case.application.submitted_on.value
