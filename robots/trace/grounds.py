"""What findings and figures rest on, resolved: section, dated values, rule in words, and facts with where and when they were read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from robots.assessment import Basis
from robots.case import CaseFile, Fact
from robots.citations import cited, in_words, name_in_words
from robots.errors import ParameterNotInForce
from robots.figures import member_in_words
from robots.parameters import Status
from robots.rules import Law
from robots.statutes import Statutes
from robots.texts import Texts
from robots.trace.records import CitedRule, CitedSection, CitedValue, Ground, ReadFact
from robots.trace.values import in_lines

#: the list whose order numbers the children
_CHILDREN = "application.children"


def held_in_words(first: date, last: date | None, texts: Texts) -> str:
    """Return from when to when something holds."""
    if last is None:
        return texts.say("trace.from_on", first=first.isoformat())
    return texts.say("trace.from_until", first=first.isoformat(), last=last.isoformat())


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Where everything is looked up that a case cites."""

    law: Law
    statutes: Statutes
    texts: Texts
    #: by whose numbering sections are cited
    cited_on: date
    #: of the case file, by place
    facts: dict[str, Fact[Any]]

    @classmethod
    def of(cls, case: CaseFile | None, *, law: Law, statutes: Statutes, texts: Texts, cited_on: date) -> Library:
        """Return the library for a case."""
        facts = {} if case is None else dict(case.facts())
        return cls(law=law, statutes=statutes, texts=texts, cited_on=cited_on, facts=facts)

    def ground(self, basis: Basis, rule: str) -> Ground:
        """Return what a finding or a figure rests on.

        Raises:
            ValueError: it cites a value or a fact that neither rule set nor case file holds.
            SettingsInvalid: it cites a section that config/statutes.yaml lacks.
        """
        return Ground(
            section=self.section(basis.law),
            rule=self.rule(rule),
            values=tuple(self._value(key) for key in basis.parameters),
            facts=tuple(self.fact(place) for place in basis.facts),
        )

    def section(self, citation: str) -> CitedSection:
        """Return a section as it was in force on the day; one cited without a day is the newest."""
        try:
            found = self.statutes.section(citation, self.cited_on)
        except ParameterNotInForce:
            found = self.statutes.section(citation, date.max)
        return CitedSection(
            citation=citation,
            title=found.title,
            says=found.says,
            act=found.act_name,
            sfs=found.sfs,
            valid_from=found.valid_from,
            valid_until=found.valid_until,
            source=found.source,
            status=found.status.value,
            status_in_words=self._status(found.status),
        )

    def rule(self, name: str) -> CitedRule:
        """Return a rule in words; one that the catalogue does not know has its name alone."""
        texts = self.texts.texts
        return CitedRule(name=name, title=texts.get(f"rule.{name}.title", name), text=texts.get(f"rule.{name}.text", ""))

    def fact(self, place: str) -> ReadFact:
        """Return the fact at a place of the case file.

        Raises:
            ValueError: the case file has no such place.
        """
        if place not in self.facts:
            raise ValueError(f"{place} is cited but not in the case file")
        fact = self.facts[place]
        source, known = fact.source, fact.is_known
        value = in_lines(fact.value, self.texts) if known else ()
        if place == _CHILDREN and fact.value:
            # The calculation names them so.
            value = tuple(f"{member_in_words(f'barn {number}', self.texts)}: {line}" for number, line in enumerate(value, start=1))
        return ReadFact(
            place=place,
            name=self.place_in_words(place),
            value=value,
            unknown_because="" if known else self.texts.say(f"reason.{fact.unknown_code}"),
            system=source.system,
            system_name=self.system(source.system),
            view=source.view,
            element=source.element,
            read_at=source.read_at,
            corrected_by=source.by,
            corrected_from=self._stood(source.stood),
        )

    def _stood(self, stood: str) -> str:
        parts = (part.partition(": ") for part in stood.split(", ") if part)
        unknown = self.texts.say("trace.label.stood_unknown")
        return "; ".join(f"{self.texts.texts.get(f'correction.{name}', name)}: {value or unknown}" for name, _, value in parts)

    def place_in_words(self, place: str) -> str:
        """Return `kontot i ansökan`, `adressen i folkbokföringen (sökanden)`."""
        part, _, name = place.partition(".")
        party, _, rest = name.rpartition(".")
        words = self.texts.texts.get(f"place.{part}.{rest}", place)
        return f"{words} ({self.texts.say(f'party.{party}')})" if party else words

    def system(self, name: str) -> str:
        """Return what people call a system."""
        return self.texts.texts.get(f"system.{name}", name)

    def _value(self, key: str) -> CitedValue:
        one = cited(key, self.law)
        return CitedValue(
            key=key,
            name=name_in_words(one, self.texts),
            value=one.value,
            unit="" if one.unit is None else one.unit.value,
            in_words=in_words(one, self.texts),
            source=one.source,
            status=one.status.value,
            status_in_words=self._status(one.status),
            valid_from=one.valid_from,
            valid_until=one.valid_until,
        )

    def _status(self, status: Status) -> str:
        return self.texts.say(f"cited.status.{status.value}")
