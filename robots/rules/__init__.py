"""What the law and the municipality say: pure functions; every rule cites its section."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from operator import attrgetter

from robots.assessment import Answer, Assessment, Calculation, Finding
from robots.case import CaseFile, FactIsUnknown
from robots.rules import children, expenses, frame, household, incomes, obligations, sample, spread
from robots.rules.calculation import calculate
from robots.rules.gates import GATES, adults, day_of_law
from robots.rules.grounds import Grounds, Situation, Unnoted, answers_of, places_of
from robots.rules.law import Law

__all__ = ["RULES", "RULE_NAMES", "Law", "assess"]

#: Every rule, in the order in which its findings stand.
RULES = (
    *household.RULES,
    *incomes.RULES,
    *spread.RULES,
    *children.RULES,
    *frame.RULES,
    *expenses.RULES,
    *obligations.RULES,
    *sample.RULES,
)


_CODES = attrgetter("codes")

#: Names of everything that makes findings, by which findings, texts and examples point at it.
RULE_NAMES = frozenset({*(gate.__name__ for _, gate in GATES), *(rule.ask.__name__ for rule in RULES), calculate.__name__})


def assess(case: CaseFile, law: Law, *, decided_on: date | None = None, with_bases: bool = True) -> Assessment:
    """Return all findings and the calculation of a case.

    The gates are asked in order; at the first that does not open, nothing more is looked at. Then all rules answer that the
    law of the month has, and the calculation is done whatever they find, as long as every figure is known. Rules for
    standard cases, such as the random sample, answer only when nothing else speaks against the case.

    Args:
        case: everything that was collected.
        law: parameters and guidelines; those in force on the first day of the month apply.
        decided_on: day of the decision, by whose numbering the sections of law are cited; the month's first day when left out.
        with_bases: whether findings and figures tell which facts and parameters they rest on; without, only their sections,
            which is faster where thousands of cases are assessed for their outcomes alone.
    """
    grounds = Grounds("adults", "", places_of(case)) if with_bases else Unnoted("adults", "", {})
    cited_on = decided_on or day_of_law(case)
    findings: list[Finding] = []
    for subject, gate in GATES:
        found = answers_of(grounds.of_rule(gate.__name__, law.section(subject, cited_on)), gate, case, law)
        if found[0].answer is not Answer.MET:
            # The gates before it say nothing that a person needs.
            return _assessment(case, cited_on, found, None)
        findings += found
    situation = _situation(case, law, cited_on or case.application.month.need().first_day, grounds)
    calculation, figures = calculate(situation, grounds.of_rule(calculate.__name__, situation.section("norm")))
    for rule in RULES:
        if rule.subject not in situation.sections:
            continue
        if rule.is_for_standard_cases and not _is_standard(findings, figures):
            continue
        of_rule = grounds.of_rule(rule.ask.__name__, situation.sections[rule.subject])
        try:
            findings += rule.ask(situation, of_rule)
        except FactIsUnknown:
            findings += of_rule.unknown_findings()
    return _assessment(case, cited_on, (*findings, *figures), calculation)


def _is_standard(*findings: Sequence[Finding]) -> bool:
    return not any(any(map(_CODES, found)) for found in findings)


def _assessment(case: CaseFile, cited_on: date | None, findings: tuple[Finding, ...], calculation: Calculation | None) -> Assessment:
    application = case.application
    return Assessment(reference=application.reference, month=application.month.value, cited_on=cited_on, findings=findings, calculation=calculation)


def _situation(case: CaseFile, law: Law, cited_on: date, grounds: Grounds) -> Situation:
    record = case.case
    last_calculation = record.last_calculation.value if record is not None else None
    if record is None or last_calculation is None:
        raise RuntimeError("the gates let only cases with a calculation for the month before through")
    month = case.application.month.need()
    return Situation(
        application=case.application,
        population=case.population,
        benefits=case.benefits,
        record=record,
        last_calculation=last_calculation,
        parties=adults(case, grounds),
        month=month,
        control_month=month.previous,
        day=month.first_day,
        law=law,
        sections=law.sections_for(month.first_day, cited_on=cited_on),
    )
