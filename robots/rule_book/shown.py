"""An example as the book shows it: the household in words and as data, what was expected, what came out, and the calculation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from robots.assessment import Mode
from robots.case import Asset, JobSeeker, Month, Party, RegisteredMember, Residence
from robots.errors import ReasonCode
from robots.examples import ExampleHousehold, Expected, Supposed, Tried
from robots.examples.household import Child, Cost, Income
from robots.explanation import because, ground_of
from robots.figures import figures
from robots.guidelines import ActivityRequirement
from robots.records import to_record
from robots.texts import Texts


def example_record(one: Tried, texts: Texts) -> dict[str, Any]:
    """Return an example that was run."""
    example, calculation = one.example, one.assessment.calculation
    return {
        "name": example.name,
        "title": example.titles[texts.language],
        "shows": [{"name": rule, "title": texts.say(f"rule.{rule}.title")} for rule in example.shows],
        "decided_on": example.decided_on.isoformat(),
        "supposed": list(_supposed(example.supposed, texts)),
        "household": list(_household(example.household, texts)),
        "described": to_record(ExampleHousehold, example.household),
        "arithmetic": [part.strip().replace("-", "\N{MINUS SIGN}") for part in example.arithmetic.split(";") if part.strip()],
        "expected": _outcome(example.expected, texts),
        "found": _outcome(one.found, texts),
        "ground": "" if one.authority.mode is Mode.HAND_OFF else ground_of(one.authority, texts, month=one.example.household.month),
        "is_as_expected": one.is_as_expected,
        "because": list(because(one.assessment, texts, authority=one.authority)) if one.found.codes else [],
        "calculation": [
            {
                "label": figure.label,
                "amount": texts.amount(figure.amount),
                "note": figure.note,
                "is_sum": figure.is_sum,
                "is_income": figure.is_income,
            }
            for figure in (figures(calculation, texts) if calculation is not None else ())
        ],
    }


def _outcome(outcome: Expected, texts: Texts) -> dict[str, Any]:
    codes = ", ".join(outcome.codes)
    if outcome.mode is Mode.HAND_OFF:
        words = texts.say("book.examples.answer_hand_off", codes=codes)
        if outcome.amount is not None:
            words = f"{words}; {texts.say('book.examples.prepared', amount=texts.amount(outcome.amount))}"
    else:
        mode = texts.say(f"book.examples.mode_{outcome.mode.name.lower()}")
        decision = texts.say(f"decision.{outcome.decision_type}")
        amount = texts.say("book.examples.no_calculation") if outcome.amount is None else texts.amount(outcome.amount)
        words = texts.say("book.examples.answer", mode=mode, decision=decision, amount=amount)
        if codes:
            words = texts.say("book.examples.answer_codes", answer=words, codes=codes)
    return {
        "mode": outcome.mode.value,
        "decision": None if outcome.decision_type is None else outcome.decision_type.value,
        "amount": None if outcome.amount is None else str(outcome.amount),
        "codes": [code.value for code in outcome.codes],
        "words": words,
    }


def _supposed(supposed: Supposed, texts: Texts) -> Iterator[str]:
    if supposed.sample_percent is not None:
        yield texts.say("book.examples.supposed_sample", percent=str(supposed.sample_percent))
    if supposed.activity_requirement is ActivityRequirement.PERSON:
        yield texts.say("book.examples.supposed_activity")
    elif supposed.activity_requirement is ActivityRequirement.PLAN:
        yield texts.say("book.examples.supposed_activity_plan")
    if supposed.norm_brought_forward is not None:
        norm_of, applies_from = supposed.norm_brought_forward.norm_of, supposed.norm_brought_forward.applies_from
        yield texts.say("book.examples.supposed_norm", norm_of=texts.day(norm_of), applies_from=texts.day(applies_from))


# --- the household in words -------------------------------------------------------------------------------------------


def _household(household: ExampleHousehold, texts: Texts) -> Iterator[str]:
    yield texts.month(household.month)
    yield _say(f"adults_{household.civil_status}", texts)
    for child in household.children:
        yield _child(child, household.month, texts)
    standard_persons = household.adults + sum(child.is_in_application for child in household.children)
    if household.persons_in_dwelling != standard_persons:
        yield _say("persons", texts, persons=str(household.persons_in_dwelling))
    yield from (_income(income, household.month, texts) for income in household.incomes)
    yield from (_cost(cost, texts) for cost in household.costs)
    yield from _recorded(household, texts)
    if not household.has_case:
        yield _say("no_case", texts)
    elif not household.calculated_months:
        yield _say("calculated_none", texts)
    if household.has_earlier_application:
        yield _say("earlier_application", texts)
    for place, value in household.differs.items():
        yield _say("differs", texts, place=_place(place, texts), value=_value(value, texts))
    for place, code in household.unknown.items():
        yield _say("unknown_source" if code is ReasonCode.SRC_DOWN else "unknown_value", texts, place=_place(place, texts))


def _child(child: Child, month: Month, texts: Texts) -> str:
    age = month.year - child.born.year - ((month.month, 1) < (child.born.month, child.born.day))
    parts = [_say("child_unborn", texts, born=texts.day(child.born)) if age < 0 else _say("child", texts, age=str(age))]
    if child.residence is not Residence.FULL_TIME:
        parts.append(_say("visits", texts, residence=_say(f"residence_{child.residence}", texts), days=str(child.days)))
    if child.case_days != child.days:
        parts.append(_say("case_days", texts, days=str(child.case_days)))
    if not child.lunch_at_home:
        parts.append(_say("lunch_away", texts))
    if not child.is_in_application:
        parts.append(_say("not_in_application", texts))
    if not child.is_in_case:
        parts.append(_say("not_in_case", texts))
    if not child.is_registered and child.residence is Residence.FULL_TIME:
        parts.append(_say("not_registered", texts))
    for income in child.incomes:
        parts.append(_say("child_income", texts, kind=income.kind, amount=texts.amount(income.amount)))
        parts += _other_day(income.paid_on, month, texts)
    if child.earned_before:
        parts.append(_say("earned_before", texts, amount=texts.amount(sum((one.amount for one in child.earned_before), Decimal(0)))))
    return ", ".join(parts)


def _income(income: Income, month: Month, texts: Texts) -> str:
    amounts = []
    if income.stated is not None:
        amounts.append(_say("stated", texts, amount=texts.amount(income.stated)))
    if income.registered is not None and income.agency is not None:
        amounts.append(_say("registered", texts, agency=income.agency.value, amount=texts.amount(income.registered)))
    amounts.append(_say("not_last", texts) if income.last is None else _say("last", texts, amount=texts.amount(income.last)))
    amounts += _other_day(income.paid_on, month, texts)
    return _say("income", texts, kind=income.kind, party=_party(income.party, texts), amounts=", ".join(amounts))


def _other_day(paid_on: date, month: Month, texts: Texts) -> list[str]:
    """Return the day of a payment outside the control month; which day of that month it was does not matter."""
    return [] if paid_on in month.previous else [_say("paid_on", texts, day=texts.day(paid_on))]


def _cost(cost: Cost, texts: Texts) -> str:
    amounts = [] if cost.applied is None else [_say("applied", texts, amount=texts.amount(cost.applied))]
    amounts.append(_say("not_last", texts) if cost.last is None else _say("approved", texts, amount=texts.amount(cost.last)))
    return _say("cost", texts, kind=cost.kind, amounts=", ".join(amounts))


def _recorded(household: ExampleHousehold, texts: Texts) -> Iterator[str]:
    for decision in household.jobbstimulans:
        first, last = texts.day(decision.valid_from), texts.day(decision.valid_until)
        yield _say("jobbstimulans", texts, party=_party(decision.party, texts), first=first, last=last)
    for one in household.spread_incomes:
        months = {"first": texts.month(one.first_month), "last": texts.month(one.last_month)}
        yield _say("spread", texts, kind=one.kind, party=_party(one.party, texts), amount=texts.amount(one.monthly_amount), **months)
    if household.frame is not None:
        parts = [_say("frame", texts, day=texts.day(household.frame.valid_until))]
        for income in household.frame.incomes:
            limits = {"lowest": texts.amount(income.lowest), "highest": texts.amount(income.highest)}
            parts.append(_say("frame_income", texts, kind=income.kind, party=_party(income.party, texts), **limits))
        parts += [_say("frame_cost", texts, kind=cost.kind, highest=texts.amount(cost.highest)) for cost in household.frame.expenses]
        yield ", ".join(parts)
    if household.names_plans:
        for plan in household.plans:
            days = {"first": texts.day(plan.valid_from), "last": texts.day(plan.valid_until)}
            yield _say("plan", texts, party=_party(plan.party, texts), kind=plan.kind, **days)


def _place(place: str, texts: Texts) -> str:
    part, _, rest = place.partition(".")
    return texts.say(f"place.{part}.{rest.rpartition('.')[2]}")


def _value(value: object, texts: Texts) -> str:
    if value is None:
        return _say("value_none", texts)
    if isinstance(value, bool):
        return _say("value_yes" if value else "value_no", texts)
    if isinstance(value, date):
        return texts.day(value)
    if isinstance(value, tuple):
        return ", ".join(_value(one, texts) for one in value)
    if isinstance(value, Asset):
        return f"{value.kind} {texts.amount(value.amount)}"
    if isinstance(value, RegisteredMember):
        return f"{value.personnummer} ({value.relation})"
    if isinstance(value, JobSeeker):
        registered, reported = _value(value.is_registered, texts), _value(value.latest_activity_report_on, texts)
        return _say("job_seeker", texts, registered=registered, reported=reported)
    return str(value)


def _party(party: Party, texts: Texts) -> str:
    return texts.say(f"party.{party}")


def _say(key: str, texts: Texts, **values: str) -> str:
    return texts.say(f"book.household.{key}", **values)
