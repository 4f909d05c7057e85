"""The law and the guidelines as the rules ask for them: by subject and day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from robots.errors import ParameterNotInForce
from robots.guidelines import Guidelines
from robots.parameters import Parameters, Remembering

_NORM = "riksnorm."
_SECTIONS = "sections."
#: the tables that a calculation can rest on
_NEEDED_TABLES = (_NORM, "ages.", "jobbstimulans.", "jobbstimulans_time.", "prisbasbelopp.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Law(Remembering):
    """Everything dated that the rules use."""

    parameters: Parameters
    guidelines: Guidelines

    def section(self, subject: str, day: date | None) -> str:
        """Return where the law speaks of the subject, e.g. `SoL 12 kap. 7 §`.

        Args:
            subject: name in config/parameters/sections.yaml.
            day: a day in the case; None when no day is known, which gives the newest section, as does a day before the first law
                of config.

        Raises:
            ParameterNotInForce: the law of that day says nothing of the subject yet, or no longer.
        """
        question = (subject, day)
        if question not in self.memory:
            parameter = self.parameters.section(f"{_SECTIONS}{subject}")
            is_known_day = day is not None and day >= self._first_day
            self.memory[question] = parameter.on(day).value if is_known_day and day is not None else parameter.newest.value
        return self.memory[question]  # type: ignore[no-any-return]  # a memory holds answers of every type

    def sections_for(self, day: date, *, cited_on: date) -> Mapping[str, str]:
        """Return the section of every subject that the law of the day has.

        Args:
            day: a day in the case, whose law applies.
            cited_on: the day by whose numbering the sections are cited, as a rule that of the decision. A month can be decided before it
                begins: a subject which the law of that day has not as yet is cited as on `day`.
        """
        question = ("sections", day, cited_on)
        if question not in self.memory:
            subjects = [name.removeprefix(_SECTIONS) for name in self.parameters.sections if name.startswith(_SECTIONS)]
            self.memory[question] = {
                subject: self.section(subject, cited_on if self.speaks_of(subject, cited_on) else day)
                for subject in subjects
                if self.speaks_of(subject, day)
            }
        return self.memory[question]  # type: ignore[no-any-return]  # a memory holds answers of every type

    def speaks_of(self, subject: str, day: date) -> bool:
        """Whether the law of the day has the subject: the activity requirement is one that has not always been there."""
        try:
            self.parameters.section(f"{_SECTIONS}{subject}").on(day)
        except ParameterNotInForce:
            return False
        return True

    def norm_day(self, day: date) -> date:
        """Return the day whose norm applies to a month that begins on the day.

        That is the day itself, unless the municipality has brought the next year's norm forward: then it is the first day
        of that year. Only the norm is moved; ages, price base amount and sections stay those of the day.
        """
        for one in self.guidelines.norm_brought_forward:
            if one.applies_from <= day < one.norm_of:
                return one.norm_of
        return day

    def needed_on(self, day: date) -> None:
        """Check that everything a calculation can need is in force for a month that begins on the day.

        Raises:
            ParameterNotInForce: the first that is not.
        """
        if day in self.memory:
            return
        guidelines, norm_day = self.guidelines, self.norm_day(day)
        for name, parameter in self.parameters.amounts.items():
            if name.startswith(_NEEDED_TABLES):
                parameter.on(norm_day if name.startswith(_NORM) else day)
        dated = (
            guidelines.rent_ceiling,
            guidelines.expenses,
            guidelines.incomes,
            guidelines.calculation,
            guidelines.sample,
            guidelines.activity_requirement,
        )
        for guideline in dated:
            guideline.on(day)
        self.memory[day] = True

    @property
    def _first_day(self) -> date:
        """The first day of the law that config holds."""
        if _SECTIONS not in self.memory:
            firsts = (parameter.values[0].valid_from for name, parameter in self.parameters.sections.items() if name.startswith(_SECTIONS))
            self.memory[_SECTIONS] = min(firsts)
        return self.memory[_SECTIONS]  # type: ignore[no-any-return]  # a memory holds answers of every type
