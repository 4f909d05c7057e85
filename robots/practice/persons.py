"""Invented persons with official test numbers, invented addresses and accounts: the only persons of the practice municipality."""

from __future__ import annotations

import random
from copy import copy
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from robots.practice.world import Person

_WOMEN = (
    "Åsa", "Märta", "Görel", "Ylva", "Maj-Britt", "Ebba", "Hélène", "Sanna", "Pärla", "Örnella",
    "Agnes", "Tuva", "Lovisa", "Amira", "Signe", "Zahra", "Änglatea", "Frida", "Rönnaug", "Siv",
)  # fmt: skip
_MEN = (
    "Örjan", "Björn", "Håkan", "Måns", "Göran", "Åke", "Sören", "Märten", "Elias", "Yusuf",
    "Karl-Östen", "Tore", "Love", "Jörgen", "Hampus", "Pär", "Ängelbert", "Samir", "Viggo", "Nils",
)  # fmt: skip
_FAMILIES = (
    "Åkerprov", "Ängsexempel", "Övningsson", "Mönsterlöv", "Provsjö", "Låtsasgren", "Påhittsdotter", "Tänkeberg", "Försöksö", "Skissås",
    "Modellström", "Utkastfält", "Dummerås", "Fiktivgård", "Prövehed", "Sagolöf", "Exempelqvist", "Testblad", "Mallhäger", "Öppenprov",
)  # fmt: skip
_STREETS = (
    "Övningsgatan", "Låtsasvägen", "Provgränd", "Mönsterstigen", "Påhittsvägen", "Åskådarbacken", "Exempelgatan",
    "Ändamålsgatan", "Sagoallén", "Skissgången",
)  # fmt: skip


@cache
def carried_numbers() -> tuple[str, ...]:
    """Return the official test numbers that the project carries: twelve digits each, oldest first; no other may be used anywhere."""
    lines = Path(__file__).with_name("test-personnummer.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def age_on(personnummer: str, day: date) -> int:
    """Return how many whole years the person is on a day."""
    born = date(int(personnummer[:4]), int(personnummer[4:6]), int(personnummer[6:8]))
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


class Cast:
    """Hands out persons, addresses and accounts by a seed, each only once."""

    def __init__(self, seed: int) -> None:
        numbers, addresses, chance = _shuffled(seed)
        self.chance = copy(chance)
        self._numbers, self._addresses = list(numbers), list(addresses)
        self._accounts = 0

    def family_name(self) -> str:
        """Return an invented family name."""
        return self.chance.choice(_FAMILIES)

    def person(self, *, ages: tuple[int, int], on: date, family_name: str) -> Person:
        """Return a new person whose age on the day lies between the two ages, both included.

        Raises:
            LookupError: no number of that age is left.
        """
        number = next((number for number in self._numbers if ages[0] <= age_on(number, on) <= ages[1]), None)
        if number is None:
            raise LookupError(f"the test numbers of ages {ages[0]} to {ages[1]} are used up: ask for fewer households")
        self._numbers.remove(number)
        is_male = int(number[10]) % 2 == 1
        return Person(personnummer=number, given_name=self.chance.choice(_MEN if is_male else _WOMEN), family_name=family_name)

    def address(self) -> str:
        """Return a new address in Exempelstad; Swedish postcodes never begin with a zero, so that it is nobody's."""
        return self._addresses.pop()

    def account(self) -> str:
        """Return a new account number."""
        self._accounts += 1
        return f"8327-9940{self._accounts:06d}"


@lru_cache(maxsize=8)
def _shuffled(seed: int) -> tuple[tuple[str, ...], tuple[str, ...], random.Random]:
    """Return the numbers and the addresses in the order of a seed, and the chance as it stands then; nothing may be drawn from that one itself."""
    chance = random.Random(seed)
    numbers = list(carried_numbers())
    addresses = [f"{street} {number}, 012 {35 + place} Exempelstad" for place, street in enumerate(_STREETS) for number in range(1, 91)]
    chance.shuffle(numbers)
    chance.shuffle(addresses)
    return tuple(numbers), tuple(addresses), chance
