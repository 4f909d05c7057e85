"""What one rule looks at and answers: the place where facts are used, noted, and found to be unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar, cast

from robots.assessment import Answer, Basis, Finding
from robots.case import Application, BenefitAnswers, CaseFile, CaseRecord, Fact, FactIsUnknown, LastCalculation, Month, Party, PopulationRecord
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
    #: the month before: its incomes count
    control_month: Month
    #: the day whose law applies and on which ages are counted, the first of the month
    day: date
    law: Law
    #: where the law speaks of each subject, e.g. `SoL 12 kap. 7 §`
    sections: Mapping[str, str]
    #: what one rule has worked out of the facts, for the calculation or another rule that needs the same
    memory: dict[str, Any] = field(default_factory=dict)

    def section(self, subject: str) -> str:
        """Return where the law speaks of the subject."""
        return self.sections[subject]


class NoFigure(Exception):
    """A figure of the calculation is missing: a row of the norm for an age, or the income of the month."""

    def __init__(self, text: str, code: ReasonCode) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class Grounds:
    """The facts and parameters that one rule, or one figure of the calculation, has used so far; makes the rule's findings."""

    __slots__ = ("_facts", "_of", "_parameters", "_places", "_unknown", "law", "rule")

    def __init__(self, rule: str, law: str, places: Mapping[int, str], *, of: Grounds | None = None) -> None:
        """Begin with nothing used.

        Args:
            rule: name of the rule's function.
            law: section that it rests on.
            places: of the case's facts, by the identity of each, from `places_of`.
            of: the grounds of the rule that a figure is a part of, which rests on all that the figure rests on.
        """
        self.rule = rule
        self.law = law
        self._places = places
        self._of = of
        self._facts: dict[str, None] = {}
        self._parameters: dict[str, None] = {}
        #: place and code of each fact that is unknown, with its system
        self._unknown: dict[tuple[str, ReasonCode], str] = {} if of is None else of._unknown

    def of_rule(self, rule: str, law: str) -> Grounds:
        """Return the grounds of the next rule, which have used nothing."""
        return Grounds(rule, law, self._places)

    def part(self, law: str) -> Grounds:
        """Return the grounds of one figure, which rests on a section of its own; what it uses, the rule has used too."""
        return Grounds(self.rule, law, self._places, of=self)

    def afresh(self) -> Grounds:
        """Return grounds of the same rule that have used nothing, for a finding that must not tell what was looked at."""
        return Grounds(self.rule, self.law, self._places)

    def need(self, fact: Fact[T]) -> T:
        """Return the fact's value and note that the rule rests on it.

        Raises:
            FactIsUnknown: the fact is not known; the rule ends and is undetermined.
        """
        # The innermost of all: asked some two hundred times for each case.
        place = self._places[id(fact)]
        self._facts[place] = None
        if self._of is not None:
            self._of._facts[place] = None
        if fact.unknown_code is None:
            return fact.value  # type: ignore[return-value]  # a known fact has a value of its type, which may be None
        self._unknown.setdefault((place, fact.unknown_code), fact.source.system)
        raise FactIsUnknown(cast("Fact[object]", fact))

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

    def cannot_understand(self, fact: Fact[Any]) -> FactIsUnknown:
        """Note that a value in the fact makes no sense to the rule, and return what to raise."""
        self._unknown.setdefault((self._places[id(fact)], ReasonCode.UNREADABLE), fact.source.system)
        return FactIsUnknown(fact)

    def use(self, parameter: Parameter[V], day: date) -> V:
        """Return the parameter's value on the day and note it.

        Raises:
            ParameterNotInForce: there is none.
        """
        found = parameter.on(day)
        self._note_parameter(found.key)
        return found.value

    def note(self, parameter: Parameter[V], day: date, row: str) -> None:
        """Note which row of a table of the guidelines was used."""
        self._note_parameter(f"{parameter.on(day).key}#{row}")

    def rest_on(self, basis: Basis) -> None:
        """Note all that a figure rests on which has been worked out before."""
        for place in basis.facts:
            self._facts[place] = None
        for key in basis.parameters:
            self._parameters[key] = None

    def basis(self) -> Basis:
        """Return what has been used so far."""
        return _basis(self.law, tuple(self._facts), tuple(self._parameters))

    def answer(self, *against: Finding) -> tuple[Finding, ...]:
        """Return what speaks against, or one finding that the rule is met when nothing does."""
        return against or _met(self.rule, self.law, tuple(self._facts), tuple(self._parameters))

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
        return tuple(self.undetermined(texts.get(code, "value_not_understood"), code, system=system) for (_, code), system in self._unknown.items())

    def _note_parameter(self, key: str) -> None:
        self._parameters[key] = None
        if self._of is not None:
            self._of._parameters[key] = None

    def _finding(self, answer: Answer, text: str, codes: tuple[ReasonCode, ...], values: dict[str, str]) -> Finding:
        return Finding(rule=self.rule, answer=answer, basis=self.basis(), codes=codes, text=f"finding.{text}" if text else "", values=values)


class Unnoted(Grounds):
    """Grounds that note nothing but what is unknown, for thousands of assessments of which nobody will follow the way from law to screen."""

    __slots__ = ()

    def __init__(self, rule: str, law: str, places: Mapping[int, str], *, of: Grounds | None = None) -> None:  # noqa: ARG002 - made as the others are
        """Begin with nothing used."""
        self.rule = rule
        self.law = law
        self._unknown = {} if of is None else of._unknown

    def basis(self) -> Basis:
        """Return the section alone."""
        return _basis(self.law, (), ())

    def answer(self, *against: Finding) -> tuple[Finding, ...]:
        """Return what speaks against, or one finding that the rule is met when nothing does."""
        return against or _met(self.rule, self.law, (), ())

    def of_rule(self, rule: str, law: str) -> Grounds:
        """Turn to the next rule: nothing is noted that could be taken along."""
        self.rule = rule
        self.law = law
        if self._unknown:
            self._unknown = {}
        return self

    def part(self, law: str) -> Grounds:
        """Return the grounds of one figure."""
        return Unnoted(self.rule, law, {}, of=self)

    def afresh(self) -> Grounds:
        """Return grounds of the same rule."""
        return Unnoted(self.rule, self.law, {})

    def need(self, fact: Fact[T]) -> T:
        """Return the fact's value.

        Raises:
            FactIsUnknown: the fact is not known.
        """
        if fact.unknown_code is None:
            return fact.value  # type: ignore[return-value]  # a known fact has a value of its type, which may be None
        self._unknown.setdefault((f"{id(fact)}", fact.unknown_code), fact.source.system)
        raise FactIsUnknown(cast("Fact[object]", fact))

    def need_all(self, *facts: Fact[Any]) -> None:
        """Look at all the facts, so that a rule that lacks several names each of them.

        Raises:
            FactIsUnknown: at least one is not known.
        """
        for fact in facts:
            if fact.unknown_code is not None:
                super().need_all(*facts)

    def cannot_understand(self, fact: Fact[Any]) -> FactIsUnknown:
        """Note that a value in the fact makes no sense to the rule, and return what to raise."""
        self._unknown.setdefault((f"{id(fact)}", ReasonCode.UNREADABLE), fact.source.system)
        return FactIsUnknown(fact)

    def use(self, parameter: Parameter[V], day: date) -> V:
        """Return the parameter's value on the day; ParameterNotInForce when there is none."""
        return parameter.on(day).value

    def note(self, parameter: Parameter[V], day: date, row: str) -> None:
        """Note nothing."""


# Bases and met findings are the same in thousands of cases; they hold nothing of a case.
@lru_cache(maxsize=4096)
def _basis(law: str, facts: tuple[str, ...], parameters: tuple[str, ...]) -> Basis:
    return Basis(law=law, facts=facts, parameters=parameters)


@lru_cache(maxsize=4096)
def _met(rule: str, law: str, facts: tuple[str, ...], parameters: tuple[str, ...]) -> tuple[Finding, ...]:
    return (Finding(rule=rule, answer=Answer.MET, basis=_basis(law, facts, parameters), values={}),)


def places_of(case: CaseFile) -> dict[int, str]:
    """Return the place of every fact of the case by the fact's identity; of one that stands in two places, the first."""
    # The last written stands: the first, from behind.
    return {id(fact): place for place, fact in reversed(case.facts())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule and the subject of the law that it belongs to."""

    subject: str
    ask: Callable[[Situation, Grounds], tuple[Finding, ...]]
    #: whether it is asked only when nothing else speaks against the case
    is_for_standard_cases: bool = False


def answers_of(grounds: Grounds, ask: Callable[..., tuple[Finding, ...]], *about: object) -> tuple[Finding, ...]:
    """Ask a gate about a case; a fact that is unknown becomes an undetermined finding, as with the rules in `assess`."""
    try:
        return ask(*about, grounds)
    except FactIsUnknown:
        return grounds.unknown_findings()
