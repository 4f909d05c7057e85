"""What caseworkers have entered in the case system, read from its requests: taken as it is, or refused in the screen's words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from robots.practice.case_calculation import PARTIES, Cost, Entry, Income, Member, Refused

INCOME_KINDS = frozenset(
    [
        "a-kassa",
        "aktivitetsersättning",
        "aktivitetsstöd",
        "avgångsvederlag",
        "barnbidrag",
        "bostadsbidrag",
        "bostadstillägg",
        "etableringsersättning",
        "extra tillägg",
        "flerbarnstillägg",
        "föräldrapenning",
        "gåva",
        "handikappersättning",
        "jobbpremie",
        "livränta",
        "lån",
        "lön",
        "merkostnadsersättning",
        "omvårdnadsbidrag",
        "pension",
        "rehabiliteringspenning",
        "sjukersättning",
        "sjukpenning",
        "skatteåterbäring",
        "studiemedel",
        "swish",
        "tillfällig föräldrapenning",
        "underhållsbidrag",
        "underhållsstöd",
        "utvecklingsersättning",
        "vårdbidrag",
        "äldreförsörjningsstöd",
        "övrigt",
    ]
)
EXPENSE_KINDS = frozenset(
    [
        "a-kasseavgift",
        "arbetsresor",
        "barnomsorgsavgift",
        "boendekostnad",
        "bredband",
        "fackavgift",
        "hemförsäkring",
        "hushållsel",
        "umgängeskostnad",
        "övrigt",
    ]
)
SPECIAL_KINDS = frozenset(["glasögon", "läkarvård", "medicin", "sjukresor", "tandvård", "övrigt"])


def text_of(body: dict[str, Any], name: str, label: str, *, longest: int = 200) -> str:
    """Return a text that must be there, without the blanks round it."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{label} måste anges.")
    if len(value) > longest:
        raise Refused(f"{label} är för lång.")
    return value.strip()


def amount_of(text: object, label: str) -> Decimal:
    """Return kronor written as `5000,00`, never below zero."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,7}(,\d{1,2})?", text.strip()):
        raise Refused(f"{label} skrivs som 5000,00.")
    try:
        return Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        raise Refused(f"{label} skrivs som 5000,00.") from None


def month_of(text: object) -> str:
    """Return a month written as `2026-03`."""
    if not isinstance(text, str) or not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        raise Refused("Månad skrivs som 2026-03.")
    return text


def day_of(text: object, label: str) -> date:
    """Return a day written as `2026-02-25`."""
    written = text if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else ""
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Refused(f"{label} skrivs som 2026-02-25.") from None


def one_of(text: object, allowed: Iterable[str], label: str) -> str:
    """Return a word that the system knows."""
    if not isinstance(text, str) or text not in allowed:
        raise Refused(f"{label} finns inte i registret.")
    return text


def _count(text: object, label: str) -> int:
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,2}", text):
        raise Refused(f"{label} ska vara ett antal.")
    return int(text)


def _cost(row: dict[str, Any], kinds: frozenset[str]) -> Cost:
    cost = Cost(
        kind=one_of(row.get("kind"), kinds, "Kostnadstyp"),
        applied=amount_of(row.get("applied"), "Sökt belopp"),
        approved=amount_of(row.get("approved"), "Godkänt belopp"),
    )
    if cost.approved > cost.applied:
        raise Refused("Godkänt belopp är högre än sökt belopp.")
    return cost


def _income(row: dict[str, Any], children: Collection[str]) -> Income:
    party = row.get("party")
    return Income(
        # A personnummer is also taken with its hyphen, as the windows show it.
        party=one_of(party.replace("-", "") if isinstance(party, str) else None, (*PARTIES, *children), "Part"),
        kind=one_of(row.get("kind"), INCOME_KINDS, "Inkomsttyp"),
        paid_on=day_of(row.get("paid_on"), "Datum"),
        amount=amount_of(row.get("amount"), "Belopp"),
        note=str(row.get("note", ""))[:200],
    )


def _member(row: dict[str, Any]) -> Member:
    return Member(who=str(row["who"]), interval=str(row["interval"]), days=str(row["days"]), is_included=row["included"] == "Ja")


def entry_of(body: dict[str, Any], *, children: Collection[str]) -> Entry:
    """Return what stands in the calculation window; an income is an adult's or one of the case's children's.

    Raises:
        Refused: something is missing, or is written as the system does not take it.
    """
    try:
        return Entry(
            month=month_of(body["month"]),
            members=tuple(_member(row) for row in body["members"]),
            household_size=_count(body["household_size"], "Antal i hushållet"),
            persons_in_dwelling=_count(body["persons_in_dwelling"], "Antal i bostaden"),
            incomes=tuple(_income(row, children) for row in body["incomes"]),
            expenses=tuple(_cost(row, EXPENSE_KINDS) for row in body["expenses"]),
            special=tuple(_cost(row, SPECIAL_KINDS) for row in body["special"]),
        )
    except (KeyError, TypeError, AttributeError):
        raise Refused("Beräkningen är inte fullständig.") from None
