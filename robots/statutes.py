"""The acts and sections that the product cites, each with the days on which it is in force, and the check that nothing else is cited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from robots.errors import ParameterNotInForce, SettingsInvalid
from robots.parameters import Status, Unit
from robots.yaml_file import Item, YamlFile

#: `7 §`, `7 a §`, `43–46 §§`, `4 a–6 a §§`, any of them after `12 kap.`, or `9 kap.` alone
_PARAGRAPHS = r"\d+( [a-z])? §|\d+( [a-z])?–\d+( [a-z])? §§"
_PLACE = re.compile(rf"\d+ kap\.( ({_PARAGRAPHS}))?|{_PARAGRAPHS}")
_SFS = re.compile(r"\d{4}:\d{1,5}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An act or ordinance."""

    #: as citations name it, e.g. `SoL`; one act may take over the short name of another
    short: str
    name: str
    sfs: str
    valid_from: date
    #: last day; None until further notice
    valid_until: date | None
    source: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section, a range of sections or a chapter of an act, or the whole act."""

    #: short name of the act
    act: str
    act_name: str
    sfs: str
    #: e.g. `12 kap. 7 §`; the act's number in brackets for the whole act
    place: str
    title: str
    #: in plain Swedish, not the text of the law; empty for a whole act
    says: str
    valid_from: date
    #: last day; None until further notice
    valid_until: date | None
    source: str
    status: Status

    def holds_on(self, day: date) -> bool:
        """Whether the section is in force on the day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statutes:
    """Everything in config/statutes.yaml."""

    #: in the order of the file
    acts: tuple[Act, ...]
    #: by short name of the act and place; oldest first
    sections: dict[tuple[str, str], tuple[Section, ...]]

    @classmethod
    def load(cls, path: Path) -> Statutes:
        """Read the file.

        Raises:
            SettingsInvalid: all mistakes, each with file and line.
        """
        file = YamlFile(path)
        top = file.top.fields("schema", "acts")
        top["schema"].schema(1)
        acts: list[Act] = []
        sections: dict[tuple[str, str], tuple[Section, ...]] = {}
        for item in top["acts"].items(may_be_empty=False):
            fields = item.fields("short", "name", "sfs", "from", "until", "source", "status", "sections")
            act = _act(item, fields)
            if any(earlier.short == act.short and _overlap(earlier, act) for earlier in acts):
                item.report(f"another act is called {act.short} at the same time")
            acts.append(act)
            for section in (_whole(act), *_sections(act, fields["sections"])):
                sections[act.short, section.place] = (*sections.get((act.short, section.place), ()), section)
        file.finish()
        return cls(acts=tuple(acts), sections=sections)

    def section(self, citation: str, day: date) -> Section:
        """Return what a citation means on a day.

        Args:
            citation: `SoL 12 kap. 7 §` or, as a decision writes it, `12 kap. 7 § SoL`; `FL (1986:223)` for a whole act.
            day: on which it is cited.

        Raises:
            SettingsInvalid: the index has no such section of any day.
            ParameterNotInForce: the section is not in force on the day.
        """
        found = self._cited(citation)
        for section in found:
            if section.holds_on(day):
                return section
        if not found:
            raise SettingsInvalid(f"{citation} is not in config/statutes.yaml. Enter it there, or cite another section")
        raise ParameterNotInForce(f"{citation} is not in force on {day}. Cite the section of that day")

    def check(self, config: Path) -> None:
        """Check that every section that config/parameters and config/delegation.yaml cite is in force for as long as it is cited.

        Args:
            config: the folder, whose files have been loaded and found right in themselves.

        Raises:
            SettingsInvalid: every citation that is wrong, each with file and line.
        """
        mistakes = []
        for path in (*sorted((config / "parameters").glob("*.yaml")), config / "delegation.yaml"):
            file = YamlFile(path)
            for citation, first, last in _citations(file.top.entries()):
                self._check(citation, first, last)
            try:
                file.finish()
            except SettingsInvalid as error:
                mistakes.append(error.message)
        if mistakes:
            raise SettingsInvalid("\n".join(mistakes))

    def _check(self, item: Item, first: date, last: date | None) -> None:
        found = self._cited(item.text())
        section = next((one for one in found if one.holds_on(first)), None)
        if not item.text():
            return
        if not found:
            item.report(f"{item.text()} is not in config/statutes.yaml. Enter it there, or cite another section")
        elif section is None:
            item.report(f"{item.text()} is not in force on {first}. Cite the section of that day")
        elif (last or date.max) > (section.valid_until or date.max):
            # Another act may have a section of the same number, on something else.
            item.report(f"{item.text()} is in force until {section.valid_until} only. Begin a new period on the day after")

    def _cited(self, citation: str) -> tuple[Section, ...]:
        first, _, rest = citation.partition(" ")
        before, _, last = citation.rpartition(" ")
        return self.sections.get((first, rest)) or self.sections.get((last, before)) or ()


def _act(item: Item, fields: dict[str, Item]) -> Act:
    act = Act(
        short=fields["short"].text(),
        name=fields["name"].text(),
        sfs=fields["sfs"].text(),
        valid_from=fields["from"].day(),
        valid_until=fields["until"].day_or_none(),
        source=fields["source"].text(),
        status=fields["status"].choice(Status),
    )
    if " " in act.short:
        fields["short"].report("must be one word, as citations name the act")
    if act.sfs and not _SFS.fullmatch(act.sfs):
        fields["sfs"].report("must be a number such as 2025:400")
    if act.valid_until is not None and act.valid_until < act.valid_from:
        item.report("ends before it begins")
    return act


def _overlap(one: Act, other: Act) -> bool:
    return one.valid_from <= (other.valid_until or date.max) and other.valid_from <= (one.valid_until or date.max)


def _whole(act: Act) -> Section:
    return Section(
        act=act.short,
        act_name=act.name,
        sfs=act.sfs,
        place=f"({act.sfs})",
        title=act.name,
        says="",
        valid_from=act.valid_from,
        valid_until=act.valid_until,
        source=act.source,
        status=Status.DERIVED,
    )


def _sections(act: Act, sections: Item) -> Iterator[Section]:
    for place, item in sections.entries().items():
        fields = item.fields("title", "says", optional=("from", "until", "source", "status"))
        section = Section(
            act=act.short,
            act_name=act.name,
            sfs=act.sfs,
            place=place,
            title=fields["title"].text(),
            says=fields["says"].text(),
            valid_from=fields["from"].day() if "from" in fields else act.valid_from,
            valid_until=fields["until"].day_or_none() if "until" in fields else act.valid_until,
            source=fields["source"].text() if "source" in fields else act.source,
            status=fields["status"].choice(Status) if "status" in fields else act.status,
        )
        if not _PLACE.fullmatch(place):
            item.report("must be a place such as 12 kap. 7 §, 7 a §, 33 kap. 1–6 §§ or 9 kap.")
        if section.valid_from < act.valid_from or (section.valid_until or date.max) > (act.valid_until or date.max):
            item.report("must be in force on days of its act only")
        if section.valid_until is not None and section.valid_until < section.valid_from:
            item.report("ends before it begins")
        yield section


def _citations(top: dict[str, Item]) -> Iterator[tuple[Item, date, date | None]]:
    """Yield each section that a file of parameters or the delegation register cites, with the first and the last day."""
    for line in top["lines"].items() if "lines" in top else ():
        fields = line.entries()
        # What else is wrong with a line is for its own reader to say.
        if {"section", "from", "until"} <= fields.keys():
            yield fields["section"], fields["from"].day(), fields["until"].day_or_none()
    is_sections = "unit" in top and top["unit"].text() == Unit.SECTION
    for period in top["periods"].items() if is_sections else ():
        fields = period.entries()
        for row in fields["rows"].entries().values():
            yield row, fields["from"].day(), fields["until"].day_or_none()
