"""The law and the guidelines as the rules ask for them: by subject and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from robots.errors import ParameterNotInForce
from robots.guidelines import Guidelines
from robots.parameters import Parameters

#: the tables that every calculation rests on
NEEDED_TABLES = ("riksnorm.", "ages.", "jobbstimulans.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """Everything dated that the rules use."""

    parameters: Parameters
    guidelines: Guidelines

    def section(self, subject: str, day: date | None) -> str:
        """Return where the law speaks of the subject, e.g. `SoL 12 kap. 7 §`.

        Args:
            subject: name in config/parameters/sections.yaml.
            day: a day in the case; None when no day is known, which gives the newest section, as does a day before the first one.
        """
        parameter = self.parameters.section(f"sections.{subject}")
        if day is None:
            return parameter.newest.value
        try:
            return parameter.on(day).value
        except ParameterNotInForce:
            return parameter.newest.value

    def needed_on(self, day: date) -> None:
        """Check that everything a calculation can need is in force.

        Raises:
            ParameterNotInForce: the first that is not.
        """
        guidelines = self.guidelines
        for name, parameter in self.parameters.amounts.items():
            if name.startswith(NEEDED_TABLES):
                parameter.on(day)
        guidelines.rent_ceiling.on(day)
        guidelines.expenses.on(day)
        guidelines.incomes.on(day)
        guidelines.calculation.on(day)
