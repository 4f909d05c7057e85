"""Examples of the rules: households described in a few lines, with the outcome worked out by hand, that a municipality can read, change and run.

They stand in config/examples.yaml. What an example does not name is standard: a household that nothing speaks against, with an open case, the month
before calculated, a plan that is followed and nothing new. Nobody real is in it: a person is a birth day and a word (`20210101-BARN1`), no number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from robots.assessment import Assessment, Authority
from robots.authority import Delegation, who_decides
from robots.examples.case_files import case_file
from robots.examples.household import Example, ExampleHousehold, Expected, Supposed
from robots.examples.reading import load
from robots.guidelines import SampleRule
from robots.parameters import Parameter, Status, Value
from robots.rules import Law, assess

V = TypeVar("V")

__all__ = ["Example", "ExampleHousehold", "Expected", "Supposed", "Tried", "case_file", "load", "supposing", "try_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """An example that was run, and what came out."""

    example: Example
    assessment: Assessment
    authority: Authority
    found: Expected

    @property
    def is_as_expected(self) -> bool:
        """Whether it ended as worked out by hand."""
        expected, found = self.example.expected, self.found
        is_right_decision = expected.decision_type in {None, found.decision_type}
        return is_right_decision and (expected.mode, expected.amount, expected.codes) == (found.mode, found.amount, found.codes)


def try_out(example: Example, law: Law, delegation: Delegation) -> Tried:
    """Run an example through the rules and the delegation register, as a case is."""
    assessment = assess(case_file(example.name, example.household), supposing(law, example.supposed), decided_on=example.decided_on)
    authority = who_decides(assessment, delegation, example.decided_on)
    calculation = assessment.calculation
    found = Expected(
        mode=authority.mode,
        decision_type=authority.decision_type,
        amount=None if calculation is None else calculation.amount,
        codes=assessment.codes or authority.codes,
    )
    return Tried(example=example, assessment=assessment, authority=authority, found=found)


def supposing(law: Law, supposed: Supposed) -> Law:
    """Return the law with the guidelines that an example supposes instead of those in force."""
    guidelines = law.guidelines
    if supposed.sample_percent is not None:
        rule = SampleRule(percent=supposed.sample_percent, seed="example")
        guidelines = replace(guidelines, sample=_always(guidelines.sample, rule))
    if supposed.activity_requirement is not None:
        guidelines = replace(guidelines, activity_requirement=_always(guidelines.activity_requirement, supposed.activity_requirement))
    if supposed.norm_brought_forward is not None:
        guidelines = replace(guidelines, norm_brought_forward=(supposed.norm_brought_forward,))
    return replace(law, guidelines=guidelines)


def _always(parameter: Parameter[V], value: V) -> Parameter[V]:
    """Return the parameter with one value for all its time; its source says that an example supposes it."""
    first = parameter.values[0]
    supposed = Value(key=first.key, valid_from=first.valid_from, valid_until=None, value=value, source="supposed", status=Status.DERIVED)
    return replace(parameter, values=(supposed,))
