"""What the case system does for whoever asks, desktop program or web page: it finds, fills in, works out, refuses and saves.

It knows nothing of robots. It refuses what no such system would take, and saves a second decision or payment for a month
as readily as the first: whoever writes must look.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from robots.practice.case_calculation import (
    COUPLE,
    COUPLE_PARTNER,
    MEMBER_FROM_DAYS,
    SINGLE,
    Entry,
    Member,
    Refused,
    Sums,
    age_on,
    common_cost,
    interval_of,
    personal_cost,
    share_of_dwelling,
    work_out,
)
from robots.practice.case_entry import amount_of, day_of, entry_of, month_of, one_of, text_of
from robots.practice.case_store import CaseStore
from robots.practice.office import is_right_password

DECISION_KINDS = ("bifall", "delavslag", "avslag", "avvisning")

_LONGEST_TEXT = 8000


def draft(facts: dict[str, Any], month: str) -> dict[str, Any]:
    """Return the calculation window as the system fills it in from the case, before anybody has typed."""
    first_day = day_of(f"{month_of(month)}-01", "Månad")
    members = [Member(who="sökande", interval=COUPLE if facts["co_applicant"] else SINGLE, days="hel månad", is_included=True)]
    if facts["co_applicant"]:
        members.append(Member(who="medsökande", interval=COUPLE_PARTNER, days="hel månad", is_included=True))
    size = len(members)
    for child in facts["children"]:
        full_time = child["residence"] == "heltid"
        interval = interval_of(age_on(child["personnummer"], first_day), lunch_at_home=child["lunch"] == "hemma")
        members.append(
            Member(
                who=child["personnummer"],
                interval=interval,
                days="hel månad" if full_time else str(child["days"]),
                is_included=bool(interval),
            )
        )
        size += bool(interval) and (full_time or child["days"] >= MEMBER_FROM_DAYS)
    rows = [
        {
            "who": one.who,
            "interval": one.interval,
            "days": one.days,
            "included": "Ja" if one.is_included else "Nej",
            "amount": str(personal_cost(month, one)),
        }
        for one in members
    ]
    dwelling = facts["persons_in_dwelling"]
    return {
        "month": month,
        "members": rows,
        "household_size": str(size),
        "persons_in_dwelling": str(dwelling),
        "share": str(share_of_dwelling(size, dwelling)),
        "common": str(common_cost(month, size, dwelling)),
    }


class CaseService:
    """The system's transactions, each of which may raise `Refused` with a sentence for the screen; all blocking, run in threads."""

    def __init__(self, store: CaseStore, database: Path) -> None:
        self._store = store
        self._database = database

    def knows(self, user: str, password: str) -> bool:
        """Say whether somebody of that name and password works here."""
        return is_right_password(self._database, user, password)

    def search(self, personnummer: str) -> dict[str, Any]:
        """Return the cases of the person as {personnummer, hits}."""
        number = re.sub(r"[-\s]", "", personnummer)
        if not re.fullmatch(r"\d{12}", number):
            raise Refused("Personnummer skrivs med tolv siffror.")
        hits = [{"case_number": case_number, "status": "Öppet" if is_open else "Avslutat"} for case_number, is_open in self._store.cases_of(number)]
        return {"personnummer": number, "hits": hits}

    def case(self, case_number: str) -> dict[str, Any]:
        """Return what the case holds, with everything that was saved in it."""
        facts = self._store.facts(case_number)
        # What lies in the draft shows first when a calculation is made from it.
        del facts["leftover_deduction"]
        tables = ("calculations", "decisions", "payments", "notes", "watches")
        return {**facts, **{table: self._store.saved(table, case_number) for table in tables}}

    def _open_case(self, case_number: str) -> dict[str, Any]:
        facts = self._store.facts(case_number)
        if not facts["is_open"]:
            raise Refused("Ärendet är avslutat.")
        return facts

    def draft(self, case_number: str, month: str) -> dict[str, Any]:
        """Return the calculation window as it opens for the month."""
        return draft(self._open_case(case_number), month)

    def work_out(self, case_number: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the sums of what stands in the calculation window."""
        return {name: str(value) for name, value in asdict(self._sums(case_number, self._entry(case_number, body))).items()}

    def _entry(self, case_number: str, body: dict[str, Any]) -> Entry:
        self._open_case(case_number)
        return entry_of(body, children=self._store.children(case_number))

    def _sums(self, case_number: str, entry: Entry) -> Sums:
        return work_out(
            entry,
            jobbstimulans=self._store.jobbstimulans(case_number),
            leftover_deduction=self._store.leftover_deduction(case_number),
            earned=self._store.earned(case_number, before=entry.month),
        )

    def save_calculation(self, case_number: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        """Save the calculation with the system's own sums; returns {receipt}, as every `save_` does."""
        entry = self._entry(case_number, body)
        return {"receipt": self._store.save_calculation(case_number, user, entry, self._sums(case_number, entry))}

    def save_decision(self, case_number: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        """Save a decision."""
        self._open_case(case_number)
        kind = one_of(body.get("kind"), DECISION_KINDS, "Beslutstyp")
        month, amount = month_of(body.get("month")), amount_of(body.get("amount"), "Belopp")
        motivation = text_of(body, "motivation", "Motivering", longest=_LONGEST_TEXT)
        if kind in {"avslag", "avvisning"} and amount:
            raise Refused("Vid avslag och avvisning är beloppet 0,00.")
        if kind in {"bifall", "delavslag"} and not amount:
            raise Refused("Vid bifall och delavslag ska ett belopp anges.")
        values = {"month": month, "kind": kind, "amount": str(amount), "motivation": motivation}
        effect = {"kind": "decision", "month": month, "amount": str(amount), "details": kind}
        return {"receipt": self._store.save("decisions", case_number, user, values, effect)}

    def save_payment(self, case_number: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        """Save a payment."""
        self._open_case(case_number)
        month, amount = month_of(body.get("month")), amount_of(body.get("amount"), "Belopp")
        if not amount:
            raise Refused("Beloppet ska vara större än noll.")
        account = text_of(body, "account", "Konto")
        if not re.fullmatch(r"\d{4}-\d{5,12}", account):
            raise Refused("Konto skrivs med clearingnummer, bindestreck och kontonummer.")
        pay_on = day_of(body.get("pay_on"), "Utbetalningsdag").isoformat()
        values = {"month": month, "amount": str(amount), "account": account, "pay_on": pay_on}
        effect = {"kind": "payment", "month": month, "amount": str(amount), "details": pay_on}
        return {"receipt": self._store.save("payments", case_number, user, values, effect)}

    def save_note(self, case_number: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        """Save a note."""
        self._store.facts(case_number)
        values = {"heading": text_of(body, "heading", "Rubrik"), "text": text_of(body, "text", "Anteckning", longest=_LONGEST_TEXT)}
        effect = {"kind": "note", "month": "", "amount": "", "details": values["heading"]}
        return {"receipt": self._store.save("notes", case_number, user, values, effect)}

    def save_watch(self, case_number: str, user: str, body: dict[str, Any]) -> dict[str, Any]:
        """Save a watch item."""
        self._store.facts(case_number)
        values = {"due_on": day_of(body.get("due_on"), "Datum").isoformat(), "text": text_of(body, "text", "Text", longest=_LONGEST_TEXT)}
        effect = {"kind": "watch", "month": "", "amount": "", "details": values["due_on"]}
        return {"receipt": self._store.save("watches", case_number, user, values, effect)}
