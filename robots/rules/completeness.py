"""Whether config holds every dated value that the rules ask for by name: a row that is misspelt in every period is missing in none by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from robots.errors import ParameterNotInForce, SettingsInvalid
from robots.parameters import Parameters
from robots.rules import RULES
from robots.rules.gates import GATES

_AMOUNTS = (
    "riksnorm.single",
    "riksnorm.couple",
    "ages.no_lunch_last",
    "ages.child_until",
    "jobbstimulans.disregarded",
    "jobbstimulans_time.longest_years",
    "jobbstimulans_time.support_months",
    "prisbasbelopp.amount",
)
#: subjects of sections that single figures rest on, beside those of gates and rules
_SUBJECTS_OF_FIGURES = ("norm_table", "norm_shares", "jobbstimulans")
_COMMON = "riksnorm.common_"


def check_complete(parameters: Parameters, folder: Path) -> None:
    """Check that the rules will find what they ask for.

    Args:
        parameters: everything in config/parameters.
        folder: where it was read, for the message.

    Raises:
        SettingsInvalid: every row that is missing, and every age with no row of the norm or with two, each with its file.
    """
    mistakes = [f"{folder / name.partition('.')[0]}.yaml: {said}" for name, said in _mistakes(parameters)]
    if mistakes:
        raise SettingsInvalid("\n".join(dict.fromkeys(mistakes)))


def _mistakes(parameters: Parameters) -> Iterator[tuple[str, str]]:
    """Yield the name of each row that is wrong, and what is the matter with it."""
    subjects = (*(subject for subject, _ in GATES), *(rule.subject for rule in RULES), *_SUBJECTS_OF_FIGURES)
    sections = [f"sections.{subject}" for subject in dict.fromkeys(subjects)]
    missing = [name for name in _AMOUNTS if name not in parameters.amounts] + [name for name in sections if name not in parameters.sections]
    for name in missing:
        _, _, row = name.partition(".")
        yield name, f"the row {row} is missing; the rules ask for it"
    numbers = list(parameters.numbered(_COMMON))
    # Beyond the table each person adds the difference of its last two rows.
    if not numbers[1:] or numbers != list(range(1, len(numbers) + 1)):
        yield _COMMON, "the rows common_1 and so on must be there without a gap"
    if not missing:
        yield from _ages(parameters)


def _ages(parameters: Parameters) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the ages of children and their rows of the norm, in each period of the ages."""
    limit, last_without_lunch = parameters.amount("ages.child_until"), parameters.amount("ages.no_lunch_last")
    for period in limit.values:
        day = period.valid_from
        try:
            ages = parameters.child_ages(day)
            no_lunch_last = last_without_lunch.on(day).value
        except (ParameterNotInForce, SettingsInvalid) as error:
            yield "ages.", str(error)
            continue
        counted = sorted(age for row in ages.values() for age in row)
        if counted != list(range(int(period.value))):
            yield "ages.", f"from {day} every age below child_until must have one row child_A_B, and only one"
        needed = {row: any(age <= no_lunch_last for age in years) for row, years in ages.items()}
        for row, is_without_lunch in needed.items():
            for name in (row, f"{row}_no_lunch") if is_without_lunch else (row,):
                if f"riksnorm.{name}" not in parameters.amounts:
                    yield f"riksnorm.{name}", f"the row {name} is missing; config/parameters/ages.yaml has an age for it"
