"""What one rule looks at and answers: the place where facts are used, noted, and found to be unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from robots.case import (
    Answer,
    Application,
    BenefitAnswers,
    CaseRecord,
    Fact,
    FactIsUnknown,
    Finding,
    LastCalculation,
    Month,
    Party,
    PopulationRecord,
)
from robots.errors import ReasonCode
from robots.parameters import Parameter
from robots.rules.law import Law

T = TypeVar("T")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """A case that has passed the gates: the month is known, a case is open, and everybody has been asked about."""

    application: Application
    population: dict[Party, PopulationRecord]
    benefits: dict[Party, BenefitAnswers]
    record: CaseRecord
    last_calculation: LastCalculation
    #: the adults of the household
    parties: tuple[Party, ...]
    month: Month
    law: Law

    @property
    def control_month(self) -> Month:
        """The month before the one applied for: its incomes count."""
        return self.month.previous

    @property
    def day(self) -> date:
        """The day whose law applies and on which ages are counted."""
        return self.month.first_day


@dataclass(slots=True)
class Grounds:
    """The facts and parameters that one rule has used so far; makes its findings."""

    rule: str
    law: str
    _facts: dict[str, None] = field(default_factory=dict)
    _parameters: dict[str, None] = field(default_factory=dict)
    _unknown: dict[tuple[str, ReasonCode], Fact[Any]] = field(default_factory=dict)

    def need(self, fact: Fact[T]) -> T:
        """Return the fact's value and note that the rule rests on it.

        Raises:
            FactIsUnknown: the fact is not known; the rule ends and is undetermined.
        """
        place = f"{fact.source.system}: {fact.source.view}.{fact.source.element}"
        self._facts.setdefault(place)
        if fact.unknown_code is not None:
            self._unknown.setdefault((place, fact.unknown_code), fact)
        return fact.need()

    def need_all(self, *facts: Fact[Any]) -> None:
        """Note all the facts, so that a rule that lacks several names each of them.

        Raises:
            FactIsUnknown: at least one is not known.
        """
        unknown: FactIsUnknown | None = None
        for fact in facts:
            try:
                self.need(fact)
            except FactIsUnknown as error:
                unknown = error
        if unknown is not None:
            raise unknown

    def use(self, parameter: Parameter[V], day: date) -> V:
        """Return the parameter's value on the day and note it.

        Raises:
            ParameterNotInForce: there is none.
        """
        found = parameter.on(day)
        self.note(parameter, day, f"{found.value}")
        return found.value

    def note(self, parameter: Parameter[V], day: date, value: str) -> None:
        """Note which value of a table of the guidelines was used."""
        found = parameter.on(day)
        self._parameters.setdefault(f"{parameter.name}@{found.valid_from.isoformat()} = {value} ({found.source})")

    def answer(self, *against: Finding) -> tuple[Finding, ...]:
        """Return what speaks against, or one finding that the rule is met when nothing does."""
        return against or (self._finding(Answer.MET, "", (), {}),)

    def not_met(self, text: str, *codes: ReasonCode, **values: str) -> Finding:
        """Return a finding that a person must look at.

        Args:
            text: key of the sentence under `finding.` in the catalogue of texts.
            codes: the reason codes.
            values: of the sentence; nothing personal.
        """
        return self._finding(Answer.NOT_MET, text, codes, values)

    def undetermined(self, text: str, *codes: ReasonCode, **values: str) -> Finding:
        """Return a finding that something could not be checked; see `not_met`."""
        return self._finding(Answer.UNDETERMINED, text, codes, values)

    def unknown_findings(self) -> tuple[Finding, ...]:
        """Return one undetermined finding for each unknown fact, with the fact's code."""
        texts = {ReasonCode.SRC_DOWN: "source_not_read"}
        findings = []
        for (_, code), fact in self._unknown.items():
            findings.append(self.undetermined(texts.get(code, "value_not_understood"), code, system=fact.source.system))
        return tuple(findings)

    def _finding(self, answer: Answer, text: str, codes: tuple[ReasonCode, ...], values: dict[str, str]) -> Finding:
        key = f"finding.{text}" if text else ""
        facts, parameters = tuple(self._facts), tuple(self._parameters)
        return Finding(rule=self.rule, law=self.law, answer=answer, codes=codes, text=key, values=values, facts=facts, parameters=parameters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule and the subject of the law that it belongs to."""

    subject: str
    ask: Callable[[Situation, Grounds], tuple[Finding, ...]]


def answers_of(rule: str, law: str, ask: Callable[[Grounds], tuple[Finding, ...]]) -> tuple[Finding, ...]:
    """Ask a rule; the one place where a fact that is unknown becomes an undetermined finding."""
    grounds = Grounds(rule, law)
    try:
        return ask(grounds)
    except FactIsUnknown:
        return grounds.unknown_findings()
