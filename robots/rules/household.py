"""Who belongs to the household: adults, children, where they live, and that nothing has changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from robots.assessment import Finding
from robots.case import CaseChild, CivilStatus, Fact, Party, RegisteredMember, Residence, StatedChild
from robots.errors import ReasonCode
from robots.rules.grounds import Grounds, Rule, Situation

_PARTNERS = ("make", "sambo")
_CHILD = "barn"
#: a samordningsnummer has sixty added to the day of birth
_COORDINATION_DAYS = 60


def civil_status_is_as_in_the_case(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The civil status stated is the one in the case system.

    Law: SoL 12 kap. 7 §.
    Facts: civil status in the application and in the case system.
    Undetermined: when one of them is not known.
    """
    if grounds.need(situation.application.civil_status) is not grounds.need(situation.record.civil_status):
        return (grounds.not_met("civil_status_changed", ReasonCode.HH_CHANGE),)
    return grounds.answer()


def co_applicant_is_as_in_the_case(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The co-applicant is the one in the case system, or there is none in both; husband, wife and partner apply together, others alone.

    Law: SoL 12 kap. 7 §.
    Facts: the co-applicant in the application and in the case system; the civil status in the application.
    Undetermined: when one of them is not known.
    """
    application, record = situation.application, situation.record
    grounds.need_all(application.co_applicant, record.co_applicant, application.civil_status)
    co_applicant = grounds.need(application.co_applicant)
    if co_applicant != grounds.need(record.co_applicant):
        return (grounds.not_met("co_applicant_changed", ReasonCode.HH_CHANGE),)
    if (co_applicant is None) is not (grounds.need(application.civil_status) is CivilStatus.SINGLE):
        return (grounds.not_met("co_applicant_does_not_fit", ReasonCode.HH_CHANGE),)
    return grounds.answer()


def persons_in_dwelling_are_as_in_the_case(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """As many people live in the dwelling as the case system has.

    Law: SoL 12 kap. 7 §.
    Facts: persons in the dwelling in the application and in the case system.
    Undetermined: when one of them is not known.
    """
    if grounds.need(situation.application.persons_in_dwelling) != grounds.need(situation.record.persons_in_dwelling):
        return (grounds.not_met("persons_in_dwelling_changed", ReasonCode.HH_CHANGE),)
    return grounds.answer()


def civil_status_is_as_registered(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every adult's civil status in the population register is the one in the case system.

    Law: SoL 12 kap. 7 §.
    Facts: civil status in the register, of each adult, and in the case system.
    Undetermined: when one of them is not known.
    """
    expected = grounds.need(situation.record.civil_status)
    return grounds.answer(
        *(
            grounds.not_met("registered_civil_status_differs", ReasonCode.HH_CHANGE, party=party.value)
            for party in situation.parties
            if grounds.need(situation.population[party].civil_status) is not expected
        )
    )


def partner_is_as_registered(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The applicant's husband, wife or partner in the population register is the co-applicant, or there is none in both.

    Law: SoL 12 kap. 7 §.
    Facts: the members `make` and `sambo` in the register; the co-applicant. Other members (`annan`) are no partners.
    Undetermined: when one of them is not known.
    """
    co_applicant = grounds.need(situation.application.co_applicant)
    members = grounds.need(situation.population[Party.APPLICANT].members)
    registered = {member.personnummer for member in members if member.relation in _PARTNERS}
    if registered != ({co_applicant} if co_applicant is not None else set()):
        return (grounds.not_met("registered_partner_differs", ReasonCode.HH_CHANGE),)
    return grounds.answer()


def addresses_are_as_in_the_case(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every adult is registered at the address in the case system.

    Law: SoL 12 kap. 7 §.
    Facts: the address in the register, of each adult, and in the case system.
    Undetermined: when one of them is not known.
    """
    expected = grounds.need(situation.record.address)
    return grounds.answer(
        *(
            grounds.not_met("registered_address_differs", ReasonCode.HH_CHANGE, party=party.value)
            for party in situation.parties
            if grounds.need(situation.population[party].address) != expected
        )
    )


def records_are_of_those_who_apply(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """What the registers answered is about those who apply.

    Law: FL 23 §.
    Facts: the numbers of the adults in the application and in both registers' answers.
    Undetermined: when one of them is not known.
    """
    numbers: dict[Party, Fact[Any]] = {Party.APPLICANT: situation.application.applicant, Party.CO_APPLICANT: situation.application.co_applicant}
    return grounds.answer(
        *(
            grounds.not_met("record_of_somebody_else", ReasonCode.NO_PERSON, party=party.value)
            for party in situation.parties
            for answered in (situation.population[party].personnummer, situation.benefits[party].personnummer)
            if grounds.need(answered) != grounds.need(numbers[party])
        )
    )


def case_is_of_those_who_apply(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The case has a number and belongs to the applicant or the co-applicant.

    Law: FL 23 §.
    Facts: number and applicant of the case; the adults in the application.
    Undetermined: when one of them is not known; without the number nothing could be written in the right place.
    """
    record, application = situation.record, situation.application
    grounds.need_all(record.case_number, record.applicant, application.applicant, application.co_applicant)
    if grounds.need(record.applicant) not in (grounds.need(application.applicant), grounds.need(application.co_applicant)):
        return (grounds.not_met("case_of_somebody_else", ReasonCode.NO_PERSON),)
    return grounds.answer()


def children_are_as_in_the_case(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The children, their residence, days and lunches are those in the case system.

    Days count only for children who do not stay all the time, lunches only for ages that have a norm without lunch.

    Law: SoL 12 kap. 7 §.
    Facts: the children in the application and in the case system.
    Parameters: ages.no_lunch_last, years.
    Undetermined: when one of the lists is not known, or an age can't be told.
    """
    fact = situation.application.children
    stated, recorded = grounds.need(fact), grounds.need(situation.record.children)
    stated_by_number = {child.personnummer: child for child in stated}
    recorded_by_number = {child.personnummer: child for child in recorded}
    if stated_by_number.keys() != recorded_by_number.keys() or len(stated_by_number) != len(stated) or len(recorded_by_number) != len(recorded):
        return (grounds.not_met("children_changed", ReasonCode.HH_CHILD),)
    for number, child in stated_by_number.items():
        has_lunch_row = age_of(number, situation, grounds, fact) <= age_limit("no_lunch_last", situation, grounds)
        if not _lives_alike(child, recorded_by_number[number], with_lunch=has_lunch_row):
            return (grounds.not_met("child_stay_changed", ReasonCode.HH_CHILD),)
    return grounds.answer()


def _lives_alike(stated: StatedChild, recorded: CaseChild, *, with_lunch: bool) -> bool:
    if stated.residence is not recorded.residence:
        return False
    if stated.residence is not Residence.FULL_TIME and stated.days != recorded.days:
        return False
    return not with_lunch or stated.lunch_at_home == recorded.lunch_at_home


def full_time_children_are_registered(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every child that stays all the time is registered as child of an adult of the household.

    Law: SoL 12 kap. 7 §.
    Facts: the children in the application; the members `barn` in the register, of each adult.
    Undetermined: when one of them is not known.
    """
    registered = _registered_children(situation, grounds)
    children = grounds.need(situation.application.children)
    if any(child.residence is Residence.FULL_TIME and child.personnummer not in registered for child in children):
        return (grounds.not_met("child_not_registered", ReasonCode.HH_CHILD),)
    return grounds.answer()


def registered_children_are_in_the_application(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every registered child below the age limit is in the application.

    Law: SoL 12 kap. 7 §.
    Facts: the children in the application; the members `barn` in the register, of each adult.
    Parameters: ages.child_until, years.
    Undetermined: when one of them is not known, or an age can't be told.
    """
    stated = {child.personnummer for child in grounds.need(situation.application.children)}
    limit = age_limit("child_until", situation, grounds)
    for number, fact in _registered_children(situation, grounds).items():
        if number not in stated and age_of(number, situation, grounds, fact) < limit:
            return (grounds.not_met("registered_child_missing", ReasonCode.HH_CHILD),)
    return grounds.answer()


def _registered_children(situation: Situation, grounds: Grounds) -> dict[str, Fact[Any]]:
    facts: list[Fact[tuple[RegisteredMember, ...]]] = [situation.population[party].members for party in situation.parties]
    grounds.need_all(*facts)
    children: dict[str, Fact[Any]] = {}
    for fact in facts:
        children |= {member.personnummer: fact for member in grounds.need(fact) if member.relation == _CHILD}
    return children


def children_are_below_the_age_limit(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every child in the application is born and below the age from which one applies for oneself.

    Law: SoL 12 kap. 7 §.
    Facts: the children in the application.
    Parameters: ages.child_until, years.
    Undetermined: when the children are not known, or an age can't be told.
    """
    fact = situation.application.children
    limit, last_day = age_limit("child_until", situation, grounds), situation.month.last_day
    for child in grounds.need(fact):
        born = born_on(child.personnummer, situation)
        if age_of(child.personnummer, situation, grounds, fact) >= limit:
            return (grounds.not_met("child_too_old", ReasonCode.HH_CHILD),)
        if born is not None and born > last_day:
            return (grounds.not_met("child_not_born", ReasonCode.HH_CHILD),)
    return grounds.answer()


def age_limit(name: str, situation: Situation, grounds: Grounds) -> int:
    """Return an age of config/parameters/ages.yaml, whole years."""
    return int(grounds.use(situation.law.parameters.amount(f"ages.{name}"), situation.day))


def age_of(personnummer: str, situation: Situation, grounds: Grounds, fact: Fact[Any]) -> int:
    """Return the age in whole years on the first day of the month; zero for a child born later.

    Args:
        personnummer: of twelve digits.
        situation: the case.
        grounds: of the rule that asks.
        fact: where the number was read.

    Raises:
        FactIsUnknown: the number tells no birth day.
    """
    born = born_on(personnummer, situation)
    if born is None:
        raise grounds.cannot_understand(fact)
    day = situation.day
    return max(0, day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


def born_on(personnummer: str, situation: Situation) -> date | None:
    """Return the birth day of somebody of the case, worked out once: five rules ask for every child's; see `birth_day`."""
    days: dict[str, date | None] = situation.memory.setdefault("birth days", {})
    if personnummer not in days:
        days[personnummer] = birth_day(personnummer)
    return days[personnummer]


def birth_day(personnummer: str) -> date | None:
    """Return the birth day that a personnummer or samordningsnummer of twelve digits tells, or None."""
    text = personnummer[:8]
    if not (text.isascii() and text.isdigit()):
        return None
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    try:
        return date(year, month, day - _COORDINATION_DAYS if day > _COORDINATION_DAYS else day)
    except ValueError:
        return None


RULES = (
    Rule(subject="inquiry", ask=records_are_of_those_who_apply),
    Rule(subject="inquiry", ask=case_is_of_those_who_apply),
    Rule(subject="norm", ask=civil_status_is_as_in_the_case),
    Rule(subject="norm", ask=co_applicant_is_as_in_the_case),
    Rule(subject="norm", ask=persons_in_dwelling_are_as_in_the_case),
    Rule(subject="norm", ask=civil_status_is_as_registered),
    Rule(subject="norm", ask=partner_is_as_registered),
    Rule(subject="norm", ask=addresses_are_as_in_the_case),
    Rule(subject="norm", ask=children_are_as_in_the_case),
    Rule(subject="norm", ask=full_time_children_are_registered),
    Rule(subject="norm", ask=registered_children_are_in_the_application),
    Rule(subject="norm", ask=children_are_below_the_age_limit),
)
