"""The case system's own database: cases, what caseworkers have saved in them, and the effect log of the office."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict, astuple
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from robots.practice.case_calculation import EARNINGS, Entry, Refused, Sums
from robots.practice.office import Effect, connect, local_time
from robots.practice.world import CaseEntry, Household

SYSTEM = "case_system"

SCHEMA = """
CREATE TABLE cases (
    case_number TEXT PRIMARY KEY, applicant TEXT NOT NULL, co_applicant TEXT NOT NULL, name TEXT NOT NULL, facts TEXT NOT NULL
);
CREATE INDEX cases_by_applicant ON cases (applicant);
CREATE INDEX cases_by_co_applicant ON cases (co_applicant);
CREATE TABLE calculations (
    id INTEGER PRIMARY KEY, case_number TEXT NOT NULL, month TEXT NOT NULL, amount TEXT NOT NULL, entry TEXT NOT NULL,
    saved_by TEXT NOT NULL, saved_at TEXT NOT NULL
);
CREATE TABLE decisions (
    id INTEGER PRIMARY KEY, case_number TEXT NOT NULL, month TEXT NOT NULL, kind TEXT NOT NULL, amount TEXT NOT NULL,
    motivation TEXT NOT NULL, saved_by TEXT NOT NULL, saved_at TEXT NOT NULL
);
CREATE TABLE payments (
    id INTEGER PRIMARY KEY, case_number TEXT NOT NULL, month TEXT NOT NULL, amount TEXT NOT NULL, account TEXT NOT NULL,
    pay_on TEXT NOT NULL, saved_by TEXT NOT NULL, saved_at TEXT NOT NULL
);
CREATE TABLE notes (
    id INTEGER PRIMARY KEY, case_number TEXT NOT NULL, heading TEXT NOT NULL, text TEXT NOT NULL, saved_by TEXT NOT NULL, saved_at TEXT NOT NULL
);
CREATE TABLE watches (
    id INTEGER PRIMARY KEY, case_number TEXT NOT NULL, due_on TEXT NOT NULL, text TEXT NOT NULL, saved_by TEXT NOT NULL, saved_at TEXT NOT NULL
);
"""

# Columns of what a caseworker saves, besides the case, the saver and the time.
_COLUMNS = {
    "calculations": ("month", "amount", "entry"),
    "decisions": ("month", "kind", "amount", "motivation"),
    "payments": ("month", "amount", "account", "pay_on"),
    "notes": ("heading", "text"),
    "watches": ("due_on", "text"),
}


def _calculations(case: CaseEntry) -> list[tuple[str, dict[str, list[dict[str, str]]]]]:
    """Return (month, what stands in it) of every calculation that the case has from the beginning, oldest first."""
    found = [
        (one.month, {"incomes": _incomes(one.children_incomes), "expenses": list[dict[str, str]](), "special": list[dict[str, str]]()})
        for one in case.earlier_calculations
    ]
    if case.last_month:
        expenses = [{"kind": kind, "approved": approved} for kind, approved in case.last_expenses]
        incomes = _incomes((*case.last_incomes, *case.last_children_incomes))
        found.append((case.last_month, {"incomes": incomes, "expenses": expenses, "special": []}))
    return found


def _incomes(rows: Iterable[tuple[str, str, str]]) -> list[dict[str, str]]:
    return [{"party": party, "kind": kind, "amount": amount} for party, kind, amount in rows]


def _kronor(text: str) -> Decimal:
    return Decimal(text.replace(" ", "").replace(",", ".")) if text else Decimal(0)


class CaseStore:
    """The database file; every call is one transaction on a connection of its own, so any thread may call."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def add_cases(self, households: Iterable[Household]) -> None:
        """Load the cases of the households; a household without a case is passed over."""
        with connect(self._database) as db:
            for household in households:
                if household.case is not None:
                    self._add_case(db, household.case, household)

    def _add_case(self, db: sqlite3.Connection, case: CaseEntry, household: Household) -> None:
        name = next((f"{one.family_name}, {one.given_name}" for one in household.persons if one.personnummer == case.applicant), "")
        facts = json.dumps(asdict(case), default=str, ensure_ascii=False)
        db.execute("insert into cases values (?, ?, ?, ?, ?)", (case.case_number, case.applicant, case.co_applicant, name, facts))
        for month, entry in _calculations(case):
            db.execute(
                "insert into calculations (case_number, month, amount, entry, saved_by, saved_at) values (?, ?, '', ?, ?, ?)",
                (case.case_number, month, json.dumps(entry, ensure_ascii=False), "handläggare", f"{month}-01 09:00"),
            )
        for month in case.decided_months:
            db.execute(
                "insert into decisions (case_number, month, kind, amount, motivation, saved_by, saved_at) values (?, ?, 'bifall', '', '', ?, ?)",
                (case.case_number, month, "handläggare", f"{month}-01 09:00"),
            )

    def cases_of(self, personnummer: str) -> list[tuple[str, bool]]:
        """Return (case number, is open) of every case where the person is applicant or co-applicant."""
        with connect(self._database) as db:
            rows = db.execute(
                "select case_number, facts from cases where applicant = ? or co_applicant = ? order by case_number", (personnummer, personnummer)
            )
            return [(row["case_number"], json.loads(row["facts"])["is_open"]) for row in rows]

    def facts(self, case_number: str) -> dict[str, Any]:
        """Return the fields of `CaseEntry` and the applicant's name; `Refused` when there is no such case."""
        with connect(self._database) as db:
            row = db.execute("select name, facts from cases where case_number = ?", (case_number,)).fetchone()
        if row is None:
            raise Refused("Ärendet finns inte.")
        return {**json.loads(row["facts"]), "name": row["name"]}

    def saved(self, table: str, case_number: str) -> list[dict[str, Any]]:
        """Return everything saved in the case: of `calculations`, `decisions`, `payments`, `notes` or `watches`, oldest first."""
        columns = _COLUMNS[table]
        with connect(self._database) as db:
            rows = db.execute(
                f"select {', '.join(columns)}, saved_by, saved_at from {table} where case_number = ? order by id",  # noqa: S608 - names from above
                (case_number,),
            ).fetchall()
        found = [dict(row) for row in rows]
        for one in found:
            if "entry" in one:
                one["entry"] = json.loads(one["entry"])
        return found

    def save(self, table: str, case_number: str, user: str, values: dict[str, str], effect: dict[str, str]) -> int:
        """Save a row of one of the tables of `saved`, and its effect in the same transaction.

        Args:
            table: name of the table.
            case_number: the case, which is the effect's reference too.
            user: who saves.
            values: text of every column.
            effect: kind, month, amount and details for the effect log.

        Returns:
            The row's number.
        """
        columns = _COLUMNS[table]
        marks = ", ".join("?" for _ in range(len(columns) + 3))
        now = datetime.now(UTC)
        row = Effect(at=now, who=user, system=SYSTEM, reference=case_number, **effect)
        with connect(self._database) as db:
            cursor = db.execute(
                f"INSERT INTO {table} (case_number, {', '.join(columns)}, saved_by, saved_at) VALUES ({marks})",  # noqa: S608 - names from above
                (case_number, *(values[column] for column in columns), user, local_time(now)),
            )
            db.execute("INSERT INTO effects VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (now.isoformat(), *astuple(row)[1:]))
            return int(cursor.lastrowid or 0)

    def save_calculation(self, case_number: str, user: str, entry: Entry, sums: Sums) -> int:
        """Save the calculation with its sums; return its number."""
        kept = json.dumps({**asdict(entry), "sums": asdict(sums)}, default=str, ensure_ascii=False)
        values = {"month": entry.month, "amount": str(sums.amount), "entry": kept}
        effect = {"kind": "calculation", "month": entry.month, "amount": str(sums.amount), "details": f"norm {sums.norm}, saldo {sums.balance}"}
        return self.save("calculations", case_number, user, values, effect)

    def jobbstimulans(self, case_number: str) -> tuple[tuple[str, date, date], ...]:
        """Return the decisions on the special rule of calculation as (party, from, until)."""
        rows = self.facts(case_number)["jobbstimulans"]
        return tuple((party, date.fromisoformat(first), date.fromisoformat(last)) for party, first, last in rows)

    def leftover_deduction(self, case_number: str) -> Decimal:
        """Return what somebody has left in the calculation draft; usually nothing."""
        return _kronor(str(self.facts(case_number)["leftover_deduction"]))

    def children(self, case_number: str) -> frozenset[str]:
        """Return the personnummer of the case's children."""
        return frozenset(child["personnummer"] for child in self.facts(case_number)["children"])

    def earned(self, case_number: str, before: str) -> dict[tuple[str, int], Decimal]:
        """Return the earnings of each child by (personnummer, calendar year) in the calculations for the months before the given one.

        An income is paid in the month before the one that is calculated; of several calculations for a month the latest holds.
        """
        found: dict[tuple[str, int], Decimal] = {}
        entries = {one["month"]: one["entry"] for one in self.saved("calculations", case_number) if one["month"] < before}
        for month, entry in entries.items():
            year = int(month[:4]) - month.endswith("-01")
            for row in entry["incomes"]:
                if row["party"].isdecimal() and row["kind"] in EARNINGS:
                    found[row["party"], year] = found.get((row["party"], year), Decimal(0)) + _kronor(row["amount"])
        return found
