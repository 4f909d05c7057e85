"""What was typed and shown in other systems, each led back to the figure, the fact or the text of the case that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from robots.assessment import Authority, Calculation, ChildIncome, CountedIncome
from robots.case import CaseFile, Party
from robots.casebook import EffectEntry
from robots.decision_record import DecisionRecord
from robots.evidence import Entered, Shown
from robots.systems.swedish_text import amount as kronor
from robots.systems.swedish_text import month as month_of
from robots.systems.swedish_text import personnummer as number_of

#: prefix of the places of figures
CALCULATION = "calculation."
_NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"

_INCOME_VIEW, _COST_VIEWS = "incomes", ("expenses", "special_costs")
#: sums that the case system works out by itself, and the figures that they are
_SUMS = {"norm": "norm_sum", "balance": "balance", "amount": "amount"}
#: tables whose new row shows the amount that was decided
_AMOUNT_TABLES = {("calculations", "rows"), ("decisions", "rows"), ("decisions", "payments")}


@dataclass(slots=True, kw_only=True)
class Origins:
    """Says what a typed or shown text is, by comparing it with what the case holds; what is not the same has no origin."""

    reference: str
    case: CaseFile | None
    calculation: Calculation | None
    authority: Authority | None
    record: DecisionRecord | None
    #: rows of the calculation that a typed row has been led back to already
    _taken: set[str] = field(default_factory=set)

    def of_fields(self, effect: EffectEntry) -> Iterator[tuple[Entered, str]]:
        """Yield every field that a write filled in, with its origin; empty when there is none."""
        entered = () if effect.evidence is None else effect.evidence.entered
        for row in _rows(entered):
            is_table_row = row[0].view in (_INCOME_VIEW, *_COST_VIEWS)
            of_row = self._of_row({one.element: one.typed for one in row}, row[0].view) if is_table_row else ""
            for one in row:
                yield one, of_row if is_table_row else self._of_field(one)

    def of_shown(self, shown: Shown) -> Iterator[tuple[str, str]]:
        """Yield the text of an element, or of each row of a table, with the figure that it shows; empty when it shows none."""
        if not shown.rows:
            yield shown.text, self._of_element(shown)
        for row in shown.rows:
            text = "; ".join(" ".join(cell.split()) for cell in row.values())
            yield text, self._of_shown_row(shown, row)

    def _of_field(self, one: Entered) -> str:
        calculation, record = self.calculation, self.record
        match (one.view, one.element):
            case ("open_case", "number"):
                return self._if_fact("case.case_number", one.typed)
            case (_, "month"):
                return "application.month" if calculation is not None and _is_month(one.typed, calculation) else ""
            case (_, "account"):
                return self._if_fact("case.account", one.typed)
            case (_, "amount"):
                return f"{CALCULATION}amount" if calculation is not None and _is_amount(one.typed, calculation.amount) else ""
            case ("decision", "kind"):
                return "decided.decision" if self.authority is not None and self.authority.decision_type.startswith(one.typed) else ""
            case ("decision", "motivation"):
                told = "" if record is None else " ".join(sentence.text for sentence in record.told.reasons)
                return "told.reasons" if _same(one.typed, told) else ""
            case ("note", "text"):
                return "told.note" if record is not None and _same(one.typed, record.told.note) else ""
            case ("note", "heading"):
                return "told.note" if one.typed.startswith(f"Kollega {self.reference}, ") else ""
            case ("watch", "text"):
                return "told.watch" if one.typed.startswith(f"Kollega {self.reference}, ") else ""
            case ("new_message", "subject"):
                subject = "" if record is None else record.told.message_subject
                return "told.message" if subject and one.typed in (subject, f"{subject} ({self.reference})") else ""
            case ("new_message", "body"):
                return "told.message" if record is not None and _same(one.typed, record.told.message_body) else ""
            case _:
                return ""

    def _if_fact(self, place: str, typed: str) -> str:
        record = None if self.case is None else self.case.case
        if record is None:
            return ""
        fact = record.case_number if place == "case.case_number" else record.account
        return place if fact.value is not None and typed == fact.value else ""

    def _of_row(self, row: Mapping[str, str], view: str) -> str:
        """Return the row of the calculation that holds the same, and has not been typed before."""
        for place, expected in self._expected(view):
            if place not in self._taken and row.keys() == expected.keys() and all(_is(row[name], value) for name, value in expected.items()):
                self._taken.add(place)
                return place
        return ""

    def _expected(self, view: str) -> Iterator[tuple[str, dict[str, str | Decimal]]]:
        """Yield every row of the calculation that belongs on a tab, with what it must hold."""
        calculation = self.calculation
        if calculation is None:
            return
        if view == _INCOME_VIEW:
            rows: list[tuple[str, str, CountedIncome | ChildIncome]] = []
            rows += [(f"incomes.{number}", str(one.party), one) for number, one in enumerate(calculation.incomes)]
            rows += [(f"children_incomes.{number}", one.personnummer, one) for number, one in enumerate(calculation.children_incomes)]
            for place, party, income in rows:
                paid_on = income.paid_on.isoformat()
                yield f"{CALCULATION}{place}", {"party": party, "kind": income.kind, "paid_on": paid_on, "amount": income.net_amount}
        for number, cost in enumerate(calculation.expenses):
            if _COST_VIEWS[cost.is_special] == view:
                applied, approved = cost.applied_amount, cost.approved_amount
                yield f"{CALCULATION}expenses.{number}", {"kind": cost.kind, "applied": applied, "approved": approved}

    def _of_element(self, shown: Shown) -> str:
        calculation = self.calculation
        if calculation is None:
            return ""
        if (shown.view, shown.element) == ("common_costs", "amount") and _is_amount(shown.text, calculation.common.amount):
            return f"{CALCULATION}common"
        if shown.view == "sums" and shown.element in _SUMS:
            figure = _SUMS[shown.element]
            return f"{CALCULATION}{figure}" if _is_amount(shown.text, getattr(calculation, figure)) else ""
        return ""

    def _of_shown_row(self, shown: Shown, row: Mapping[str, str]) -> str:
        calculation = self.calculation
        if calculation is None:
            return ""
        if (shown.view, shown.element) == ("family", "members"):
            return self._of_member(row, calculation)
        if (shown.view, shown.element) in _AMOUNT_TABLES:
            return f"{CALCULATION}amount" if _is_amount(row.get("amount", ""), calculation.amount) else ""
        for place, expected in self._expected(shown.view):
            if all(_is(row.get(name, ""), value) for name, value in expected.items()):
                return place
        return ""

    def _of_member(self, row: Mapping[str, str], calculation: Calculation) -> str:
        who = self._member(row.get("who", ""))
        for number, cost in enumerate(calculation.personal):
            if cost.member == who and _is_amount(row.get("amount", ""), cost.amount):
                return f"{CALCULATION}personal.{number}"
        return ""

    def _member(self, who: str) -> str:
        """Return `sökande`, `medsökande` or `barn 1`; the case system names a child by its number."""
        if who in {party.value for party in Party}:
            return who
        children = () if self.case is None else self.case.application.children.value or ()
        try:
            numbers = [child.personnummer for child in children]
            return f"barn {numbers.index(number_of(who)) + 1}"
        except ValueError:
            return ""


def _rows(entered: Sequence[Entered]) -> Iterator[list[Entered]]:
    """Yield the fields that were filled in together: those of one view, until one of them is filled in anew."""
    row: list[Entered] = []
    for one in entered:
        if row and (one.view != row[0].view or one.element in {earlier.element for earlier in row}):
            yield row
            row = []
        row.append(one)
    if row:
        yield row


def _is(typed: str, expected: str | Decimal) -> bool:
    return _is_amount(typed, expected) if isinstance(expected, Decimal) else typed == expected


def _is_amount(typed: str, expected: Decimal) -> bool:
    try:
        return kronor(typed) == expected
    except ValueError:
        return False


def _is_month(typed: str, calculation: Calculation) -> bool:
    try:
        return month_of(typed) == calculation.month
    except ValueError:
        return False


def _same(typed: str, told: str) -> bool:
    """Whether the text is what was told; a keyboard gives spaces that break for those that do not."""
    return bool(told) and typed.replace(_NO_BREAK_SPACE, " ").strip() == told.replace(_NO_BREAK_SPACE, " ").strip()
