"""What the case system shows of a case, in its own words, whichever form it has: fields, tables, sums, and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: the fields of the tab Översikt: (name, label); left column and right column
OVERVIEW = (
    (
        ("co_applicant", "Medsökande"),
        ("civil_status", "Civilstånd"),
        ("address", "Adress"),
        ("housing_form", "Boendeform"),
    ),
    (
        ("persons_in_dwelling", "Antal i bostaden"),
        ("account", "Konto"),
        ("has_open_overpayment", "Överbetalning"),
    ),
)

#: {name: (title, headers)}
TABLES = {
    "children": ("Barn", ("Personnummer", "Boende", "Dagar", "Lunch")),
    "assets": ("Tillgångar", ("Typ", "Belopp")),
    "vehicles": ("Fordon", ("Registreringsnummer",)),
    "calculations": ("Beräkningar", ("Månad", "Belopp", "Sparad av", "Sparad")),
    "calculated_incomes": ("Inkomster i beräkningar", ("Månad", "Part", "Typ", "Belopp")),
    "calculated_expenses": ("Utgifter i beräkningar", ("Månad", "Typ", "Godkänt belopp")),
    "plans": ("Planer", ("Part", "Typ", "Från", "Till")),
    "jobbstimulans": ("Jobbstimulans", ("Part", "Från", "Till")),
    "spread_incomes": ("Periodiserade inkomster", ("Part", "Typ", "Belopp per månad", "Från månad", "Till månad")),
    "frame_incomes": ("Referensramens inkomster", ("Part", "Typ", "Lägst", "Högst")),
    "frame_expenses": ("Referensramens utgifter", ("Typ", "Högst")),
    "decisions": ("Beslut", ("Månad", "Beslutstyp", "Belopp", "Motivering", "Sparat av", "Sparat")),
    "payments": ("Utbetalningar", ("Månad", "Belopp", "Konto", "Utbetalningsdag", "Sparad av", "Sparad")),
    "notes": ("Journal", ("Rubrik", "Anteckning", "Sparad av", "Sparad")),
    "watches": ("Bevakningar", ("Bevakas till", "Text", "Sparad av", "Sparad")),
}

#: what a calculation comes to: (name, label)
SUMS = (
    ("norm", "Riksnorm"),
    ("expenses", "Utgifter"),
    ("incomes", "Inkomster"),
    ("disregarded", "Jobbstimulans, avräknas ej"),
    ("children_disregarded", "Barns arbetsinkomster, avräknas ej"),
    ("deduction", "Övriga avdrag"),
    ("balance", "Underskott (-) / överskott"),
    ("special", "Levnadskostnader i övrigt"),
    ("amount", "Belopp"),
)


def swedish(amount: str) -> str:
    """Write an amount as the system does, `5000,00`; a text that is no amount stays as it is."""
    text = amount.replace(" ", "").replace("\N{NO-BREAK SPACE}", "").replace(",", ".")
    whole, _, parts = text.partition(".")
    if not whole.removeprefix("-").isdecimal() or not (parts == "" or parts.isdecimal()):
        return amount
    return f"{whole},{(parts + '00')[:2]}"


def person(personnummer: str) -> str:
    """Write a personnummer with its hyphen."""
    return f"{personnummer[:8]}-{personnummer[8:]}" if len(personnummer) == len("YYYYMMDDNNNC") else personnummer


def fields_of(case: dict[str, Any]) -> dict[str, str]:
    """Return what the fields of the head and the tabs show of the case."""
    names = ("case_number", "name", *(name for column in OVERVIEW for name, _ in column))
    return {
        **{name: str(case[name]) for name in names},
        "applicant": person(case["applicant"]),
        "co_applicant": person(case["co_applicant"]),
        "status": "Öppet" if case["is_open"] else "Avslutat",
        "has_open_overpayment": "Ja" if case["has_open_overpayment"] else "Nej",
        "frame_until": case["frame_until"] or "",
        "last_month": max((one["month"] for one in case["calculations"]), default=""),
    }


def rows_of(case: dict[str, Any], written: Callable[[str], str]) -> dict[str, list[list[str]]]:
    """Return what every table shows of the case, by the names of `TABLES`; `written` writes an amount."""
    calculations = case["calculations"]
    incomes = [(one["month"], row) for one in calculations for row in one["entry"]["incomes"]]
    expenses = [(one["month"], row) for one in calculations for row in (*one["entry"]["expenses"], *one["entry"]["special"])]
    return {
        "children": [[person(one["personnummer"]), one["residence"], str(one["days"]), one["lunch"]] for one in case["children"]],
        "assets": [[kind, written(amount)] for kind, amount in case["assets"]],
        "vehicles": [[one] for one in case["vehicles"]],
        "calculations": [[one["month"], written(one["amount"]), one["saved_by"], one["saved_at"]] for one in calculations],
        "calculated_incomes": [[month, person(row["party"]), row["kind"], written(row["amount"])] for month, row in incomes],
        "calculated_expenses": [[month, row["kind"], written(row["approved"])] for month, row in expenses],
        "plans": [[one["party"], one["kind"], one["valid_from"], one["valid_until"]] for one in case["plans"]],
        "jobbstimulans": [list(one) for one in case["jobbstimulans"]],
        "spread_incomes": [[party, kind, written(amount), first, last] for party, kind, amount, first, last in case["spread_incomes"]],
        "frame_incomes": [[party, kind, written(lowest), written(highest)] for party, kind, lowest, highest in case["frame_incomes"]],
        "frame_expenses": [[kind, written(highest)] for kind, highest in case["frame_expenses"]],
        "decisions": [
            [one["month"], one["kind"], written(one["amount"]), one["motivation"], one["saved_by"], one["saved_at"]] for one in case["decisions"]
        ],
        "payments": [
            [one["month"], written(one["amount"]), one["account"], one["pay_on"], one["saved_by"], one["saved_at"]] for one in case["payments"]
        ],
        "notes": [[one["heading"], one["text"], one["saved_by"], one["saved_at"]] for one in case["notes"]],
        "watches": [[one["due_on"], one["text"], one["saved_by"], one["saved_at"]] for one in case["watches"]],
    }
