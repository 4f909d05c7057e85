"""What the law and the municipality say: pure functions; every rule cites its section."""

from __future__ import annotations

from functools import partial

from robots.case import Answer, Assessment, CaseFile, Finding, Month
from robots.rules import expenses, household, incomes, obligations
from robots.rules.calculation import calculate
from robots.rules.gates import GATES, adults, day_of_law
from robots.rules.grounds import Grounds, Situation, answers_of
from robots.rules.law import Law

__all__ = ["RULES", "Law", "assess"]

#: Every rule, in the order in which its findings stand.
RULES = (*household.RULES, *incomes.RULES, *expenses.RULES, *obligations.RULES)


def assess(case: CaseFile, law: Law) -> Assessment:
    """Return all findings and the calculation of a case.

    The gates are asked in order; at the first that does not open, nothing more is looked at. Then all rules answer, and
    the calculation is done whatever they find, as long as every figure is known.

    Args:
        case: everything that was collected.
        law: parameters and guidelines; those in force on the first day of the month apply.
    """
    findings: list[Finding] = []
    day = day_of_law(case)
    for subject, gate in GATES:
        found = answers_of(gate.__name__, law.section(subject, day), partial(gate, case, law))
        findings += found
        if any(finding.answer is not Answer.MET for finding in found):
            return _assessment(case, findings[-len(found) :])
    situation = _situation(case, law)
    for rule in RULES:
        section = law.section(rule.subject, situation.day)
        findings += answers_of(rule.ask.__name__, section, partial(rule.ask, situation))
    calculation, found = calculate(situation, Grounds(calculate.__name__, law.section("norm", situation.day)))
    return Assessment(reference=case.application.reference, month=situation.month, findings=(*findings, *found), calculation=calculation)


def _assessment(case: CaseFile, findings: list[Finding]) -> Assessment:
    """Return the assessment of a case that stops at a gate; the gates before it say nothing that a person needs."""
    month: Month | None = case.application.month.value
    return Assessment(reference=case.application.reference, month=month, findings=tuple(findings), calculation=None)


def _situation(case: CaseFile, law: Law) -> Situation:
    record = case.case
    last_calculation = record.last_calculation.value if record is not None else None
    if record is None or last_calculation is None:
        raise RuntimeError("the gates let only cases with a calculation for the month before through")
    return Situation(
        application=case.application,
        population=case.population,
        benefits=case.benefits,
        record=record,
        last_calculation=last_calculation,
        parties=adults(case, Grounds("adults", "")),
        month=case.application.month.need(),
        law=law,
    )
