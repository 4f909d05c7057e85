"""Whom the search looks for: every person of the households, what leads to one, and the passwords of the robot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from robots.practice.world import Household


@dataclass(kw_only=True)
class Wanted:
    """What is looked for: folded texts and runs of figures, each with what it is."""

    #: {family name, street: what it is}: single words that stand nowhere else, however they go on
    words: dict[str, str] = field(default_factory=dict)
    #: {whole text: what it is}: several words
    phrases: dict[str, str] = field(default_factory=dict)
    #: {figures: what it is}
    figures: dict[str, str] = field(default_factory=dict)
    #: {exact text: what it is}
    exact: dict[str, str] = field(default_factory=dict)
    #: of phrases; few texts have any, and the others need not be compared with each phrase
    first_words: set[str] = field(default_factory=set)
    #: of figures
    lengths: set[int] = field(default_factory=set)
    #: how many persons these are; the same number with another name and address is another one
    persons: int = 0

    def add(self, households: Iterable[Household]) -> None:
        """Look for everybody in these households too."""
        for one in households:
            self.persons += len(one.persons)
            for person in one.persons:
                self.figures |= {person.personnummer: "personnummer", person.personnummer[2:]: "personnummer"}
                self.words[folded(person.family_name)] = "family name"
                self.phrases[folded(f"{person.given_name} {person.family_name}")] = "name"
            for entry in one.population:
                self._add_address(entry.address)
            accounts = {one.application.account, one.case.account if one.case is not None else ""}
            self.figures |= {figures: "account" for text in accounts if len(figures := re.sub(r"\D", "", text)) > _SHORT_ACCOUNT}
            if one.case is not None:
                self._add_address(one.case.address)
                self.phrases[folded(one.case.case_number)] = "case number"
        self.first_words = {re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", phrase)[0] for phrase in self.phrases}
        self.lengths = {len(figures) for figures in self.figures}

    def add_passwords(self, environment: Mapping[str, str]) -> None:
        """Look for the passwords of the robot's accounts too."""
        self.exact |= {text: "password" for name, text in environment.items() if name.endswith("_PASSWORD")}

    def _add_address(self, address: str) -> None:
        if match := re.match(r"(\D+?)\s+(\d+)", address):
            self.words[folded(match[1])] = "street"
            self.phrases[folded(match[0])] = "address"


_SHORT_ACCOUNT = 8


def folded(text: str) -> str:
    """Return the text as it is compared: case folded, every run of blanks one."""
    return " ".join(text.casefold().split())


def wanted_of(households: Sequence[Household], *environments: Mapping[str, str]) -> Wanted:
    """Return what is looked for after a run in these households."""
    wanted = Wanted()
    wanted.add(households)
    wanted.add_passwords(dict(chain.from_iterable(one.items() for one in environments)))
    return wanted
