"""The figures as tables, from which page, workbook and record are made: the same in all, and nothing in them that could point at a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from math import isnan

from robots.assessment import Ending
from robots.board_report.agreement import Rate
from robots.board_report.figures import ALL, STANDINGS, Figures, Share
from robots.board_report.hiding import rows_to_withhold, rows_told_as_one
from robots.corrections import FIELDS
from robots.errors import ReasonCode
from robots.report_settings import ReportSettings
from robots.tabulation import Cell, Column, Kind, Table, written
from robots.texts import Texts

_WIDE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that page and workbook tell."""

    figures: Figures
    settings: ReportSettings
    #: aware UTC
    made_at: datetime
    #: whether the kinds of decision of the figure for going live are those that the delegation register leaves to the robot
    is_delegated: bool
    #: whether a list of decisions was given
    has_list: bool


def hidden(count: int, report: Report, texts: Texts) -> Cell:
    """Return the count, or the words for one that could point at a person; that there is none may be told."""
    least = report.settings.hide_below
    return texts.say("report.hidden", least=texts.number(least)) if 0 < count < least else count


def hidden_row(counts: Sequence[int], report: Report, texts: Texts) -> tuple[Cell, ...]:
    """Return counts whose sum is told elsewhere: beside what is hidden another is withheld, or all are, so that none can be worked out."""
    least = report.settings.hide_below
    small = [place for place, count in enumerate(counts) if 0 < count < least]
    if not small or sum(counts) < least:
        # Of few in all the sum is hidden as well.
        return tuple(hidden(count, report, texts) for count in counts)
    withheld: Sequence[int] = range(len(counts))
    others = [place for place, count in enumerate(counts) if count >= least]
    if others:
        # The nearest: that it is the smallest or the largest would say how large it is. And also where several small ones could be many numbers:
        # else, that one is withheld would say that they can be but one.
        nearest = min(others, key=lambda place: (abs(place - small[0]), -place))
        if sum(counts[place] for place in (*small, nearest)) - least > len(small):
            withheld = [nearest]
    return tuple(texts.say("report.withheld") if place in withheld else hidden(count, report, texts) for place, count in enumerate(counts))


def share(part: float, rounding: str = ROUND_HALF_EVEN) -> Decimal:
    """Return a part of one with as many decimals as are shown."""
    return Decimal(str(part)).quantize(Decimal("0.001"), rounding=rounding)


def share_of(part: int, whole: int) -> Decimal | None:
    """Return a part of a whole; None of nothing."""
    return share(part / whole) if whole else None


def percent(part: Decimal, texts: Texts) -> str:
    """Return a part of one in percent."""
    return written(part, Kind.SHARE, texts)


def _heading(name: str, texts: Texts) -> str:
    return texts.say(f"report.column.{name}")


def _columns(texts: Texts, first: str, *others: tuple[str, Kind], width: int = 14) -> tuple[Column, ...]:
    return (
        Column(heading=_heading(first, texts), width=width, key=first),
        *(Column(heading=_heading(name, texts), kind=kind, width=max(14, len(_heading(name, texts)) + 1), key=name) for name, kind in others),
    )


def months(report: Report, texts: Texts) -> Table:
    """Return the applications of each month by how they ended."""
    table = report.figures.by_month
    names = ("received", *STANDINGS)
    received, withheld = _received(report, texts), _endings_withheld(report, texts)
    rows: list[tuple[Cell, ...]] = []
    for label, row in (*table.iterrows(), (_heading("sum", texts), table.sum())):
        counts = {name: int(row[name]) for name in names}
        told: dict[str, Cell] = {**counts, **dict.fromkeys(withheld.get(str(label), ()), texts.say("report.withheld"))}
        part = share_of(counts[Ending.DECIDED], counts["received"]) if isinstance(told[Ending.DECIDED], int) else None
        rows.append((str(label), received.get(str(label), counts["received"]), *(told[name] for name in STANDINGS), part))
    numbers = [(name, Kind.NUMBER) for name in ("received", "decided", "proposed", "handed_off", "open")]
    return Table(columns=_columns(texts, "month", *numbers, ("share_decided", Kind.SHARE)), rows=tuple(rows), has_sum=True)


def _received(report: Report, texts: Texts) -> dict[str, Cell]:
    """Return what is told of how many came in, by month; their sum is told."""
    counts = {str(month): int(count) for month, count in report.figures.by_month["received"].items()}
    if sum(map(bool, counts.values())) == 1:
        # What is told in all is that month.
        return dict(counts)
    told = dict(zip(counts, hidden_row(list(counts.values()), report, texts), strict=True))
    # Of an empty month the endings beside it tell as much.
    return told | {month: 0 for month, count in counts.items() if not count}


def _months_hidden(report: Report, texts: Texts) -> list[int]:
    return [place for place, cell in enumerate(_received(report, texts).values()) if isinstance(cell, str)]


def _endings_withheld(report: Report, texts: Texts) -> dict[str, tuple[str, ...]]:
    """Return of each month the endings of which is not told how many had them: two at a time, as one alone would be the rest of those that came in.

    The most frequent ending goes with the rarest, so that together they are seldom few; where two are few together, all four are withheld.
    """
    table, least = report.figures.by_month, report.settings.hide_below
    sums = table.sum().to_dict()
    rarest, second, third, most = sorted(STANDINGS, key=lambda standing: int(sums[standing]))
    pairs = [table[pair].to_numpy().tolist() for pair in ([rarest, most], [second, third])]
    wholly = rows_told_as_one([(sum(one), sum(other)) for one, other in zip(*pairs, strict=True)], least, _months_hidden(report, texts))
    found: dict[str, tuple[str, ...]] = {}
    for pair, rows in zip(((rarest, most), (second, third)), pairs, strict=True):
        # An ending that one month alone has is told by the sums; of a month that is withheld wholly it would give the others away.
        for place in wholly | rows_told_as_one(rows, least, wholly):
            month = str(table.index[place])
            found[month] = (*found.get(month, ()), *pair)
    return found


def reasons(report: Report, texts: Texts) -> Table:
    """Return the reasons, the most important first."""
    figures = report.figures
    withheld = _reasons_withheld(report)
    rows: list[tuple[Cell, ...]] = []
    for code, cases in figures.reasons["cases"].items():
        shown = texts.say("report.withheld") if code in withheld else _of_reason(str(code), int(cases), report, texts)
        part = share_of(int(cases), figures.came_to_person) if shown == cases else None
        rows.append((_code(str(code)), texts.say(f"reason.{code}"), shown, part))
    columns = (
        Column(heading=_heading("code", texts), width=18, key="code"),
        *_columns(texts, "meaning", ("cases", Kind.NUMBER), ("share", Kind.SHARE), width=_WIDE),
    )
    return Table(columns=columns, rows=tuple(rows))


def _of_reason(code: str, cases: int, report: Report, texts: Texts) -> Cell:
    # That somebody was drawn says nothing of them, and how many were is told of the samples.
    return cases if code == ReasonCode.SAMPLE else hidden(cases, report, texts)


def _reasons_withheld(report: Report) -> frozenset[str]:
    """Return the reasons of which no number is told: whoever was handed over was so for one reason at least, and how many were is told."""
    whole = int(report.figures.by_month[Ending.HANDED_OFF].sum()) + report.figures.decided_afterwards
    return _withheld(report, ["cases"], [whole], ())


def faulty_cases(report: Report, texts: Texts) -> Cell:
    """Return how many cases had a fault; it is withheld with the reason that most of them have."""
    if _reasons_withheld(report) & report.figures.faults.keys():
        return texts.say("report.withheld")
    return hidden(report.figures.faulty_cases, report, texts)


def _months_withheld(report: Report) -> frozenset[str]:
    """Return the reasons of which no number of any month is told, since months have their sums as well."""
    names = [name for name in report.figures.reasons.columns if name != "cases"]
    handed_off = report.figures.by_month[Ending.HANDED_OFF].to_dict()
    return _withheld(report, names, [handed_off[name] for name in names], _reasons_withheld(report))


def _withheld(report: Report, names: Sequence[str], wholes: Sequence[int], already: Collection[str]) -> frozenset[str]:
    table = report.figures.reasons
    codes = [str(code) for code in table.index if code != ReasonCode.SAMPLE]
    columns = [table[name].to_dict() for name in names]
    counts = [[int(column[code]) for column in columns] for code in codes]
    places = rows_to_withhold(counts, wholes, report.settings.hide_below, [codes.index(code) for code in already])
    return frozenset(codes[place] for place in places)


def _code(code: str) -> str:
    # Why a case is nobody's but a caseworker's is told in no list.
    return "" if code == ReasonCode.PROTECTED else code


def reasons_by_month(report: Report, texts: Texts) -> Table:
    """Return the reasons of each month."""
    table = report.figures.reasons
    names = [name for name in table.columns if name != "cases"]
    withheld = _months_withheld(report)

    def shown(code: str, counts: Sequence[int]) -> tuple[Cell, ...]:
        if code in withheld:
            return (texts.say("report.withheld"),) * len(counts)
        return tuple(counts) if code == ReasonCode.SAMPLE else hidden_row(counts, report, texts)

    rows = tuple(
        (_code(str(code)), texts.say(f"reason.{code}"), *shown(str(code), [int(row[name]) for name in names])) for code, row in table.iterrows()
    )
    columns = (Column(heading=_heading("code", texts), width=18, key="code"), Column(heading=_heading("meaning", texts), width=_WIDE, key="meaning"))
    return Table(columns=(*columns, *(Column(heading=str(name), kind=Kind.NUMBER, key=str(name)) for name in names)), rows=rows)


def lead_times(report: Report, texts: Texts) -> Table:
    """Return how soon applications were settled, by how they ended."""
    rows: list[tuple[Cell, ...]] = []
    headings = {**dict(zip(STANDINGS, ("decided", "proposed", "handed_off", "open"), strict=True)), ALL: "all"}
    withheld = _standings_told_as_one(report)
    for standing, row in report.figures.lead_times.iterrows():
        heading = _heading(headings[str(standing)], texts)
        if standing in withheld:
            rows.append((heading, *(texts.say("report.withheld") for _ in range(4)), None, None, None))
            continue
        within, late = int(row["within"]), int(row["late"])
        spread = [None if isnan(row[name]) else Decimal(str(row[name])) for name in ("median", "slow")]
        counts = (int(row["settled"]), within, late, int(row["not_due"]))
        rows.append((heading, *counts, share_of(within, within + late), *spread))
    numbers = [(name, Kind.NUMBER) for name in ("settled", "within", "late", "not_due")]
    others = (("share_within", Kind.SHARE), ("median", Kind.DECIMAL), ("slow", Kind.DECIMAL))
    return Table(columns=_columns(texts, "standing", *numbers, *others, width=24), rows=tuple(rows), has_sum=True)


def _standings_told_as_one(report: Report) -> frozenset[str]:
    """Return the endings of which nothing is told of how soon they came; the counts of all of them are told, and how many there are of each."""
    table, rows = report.figures.lead_times, []
    for standing in STANDINGS:
        settled, within, late, not_due = (int(table[name][standing]) for name in ("settled", "within", "late", "not_due"))
        # And what follows from two of them: settled late, and not settled at all.
        rows.append((within, late, not_due, settled - within, within + late + not_due - settled))
    return frozenset(STANDINGS[place] for place in rows_told_as_one(rows, report.settings.hide_below))


def lead_by_month(report: Report, texts: Texts) -> Table:
    """Return how many were settled within the promise, month by month."""
    received, found = report.figures.by_month["received"].to_dict(), report.figures.lead_by_month
    counts = {str(month): (int(received[month]), int(row["judged"]), int(row["within"])) for month, row in found.iterrows()}
    # Those that are not judged as yet are the rest of those that came in.
    rows = [(within, judged - within, came_in - judged) for came_in, judged, within in counts.values()]
    withheld = rows_told_as_one(rows, report.settings.hide_below, _months_hidden(report, texts))
    hidden_cells: tuple[Cell, ...] = (texts.say("report.withheld"), texts.say("report.withheld"), None)
    told = tuple(
        (month, *(hidden_cells if place in withheld else (judged, within, share_of(within, judged))))
        for place, (month, (_, judged, within)) in enumerate(counts.items())
    )
    others = (("judged", Kind.NUMBER), ("within", Kind.NUMBER), ("share_within", Kind.SHARE))
    return Table(columns=_columns(texts, "month", *others), rows=told)


def spared(report: Report, texts: Texts) -> Table:
    """Return what spared and cost time, by the assumptions."""
    figures = report.figures
    rows: list[tuple[Cell, ...]] = [
        (texts.say(f"report.spared.{one.name}"), one.cases, one.minutes, _one_decimal(one.hours)) for one in figures.shares
    ]
    rows.append((_heading("sum", texts), None, None, _one_decimal(figures.hours_spared)))
    others = (("cases", Kind.NUMBER), ("minutes", Kind.CHANGE), ("hours", Kind.DECIMAL))
    return Table(columns=_columns(texts, "what", *others, width=40), rows=tuple(rows), has_sum=True)


def spared_if(report: Report, texts: Texts) -> Table:
    """Return what the sum would be if one assumption were half as large, or half as large again."""
    figures = report.figures

    def changed(one: Share, factor: float) -> Decimal:
        return _one_decimal(figures.hours_spared + (factor - 1) * one.hours)

    rows = tuple((texts.say(f"report.spared.{one.name}"), changed(one, 0.5), changed(one, 1.5)) for one in figures.shares)
    return Table(columns=_columns(texts, "what", ("half", Kind.DECIMAL), ("double", Kind.DECIMAL), width=40), rows=rows)


def _one_decimal(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.1"))


def agreement_tables(report: Report, texts: Texts) -> dict[str, Table]:
    """Return how often people decided as proposed, by what it is broken down by; empty ones are left out."""
    found = report.figures.agreement
    tables = {
        "by_origin": rates(_named(found.by_origin, "report.agreement.origin", texts), report, texts),
        "by_type": rates(_kinds(found.by_decision_type, report, texts), report, texts),
        "by_part": rates(_named(found.by_part, "report.agreement.part", texts), report, texts, withheld=_parts_withheld(report, texts)),
        "by_code": rates(_codes(found.by_code, texts), report, texts, withheld=_codes_withheld(report, texts)),
        "by_rule": rates(_rules(found.by_rule, texts), report, texts),
    }
    return {name: table for name, table in tables.items() if table.rows}


def left_tables(report: Report, texts: Texts) -> dict[str, Table]:
    """Return how often people decided what the robot had reckoned in the cases that it left to them; empty ones are left out."""
    found = report.figures.agreement
    tables = {
        "left_by_code": rates(_codes(found.left_by_code, texts), report, texts),
        "left_by_rule": rates(_rules(found.left_by_rule, texts), report, texts),
    }
    return {name: table for name, table in tables.items() if table.rows}


def _kinds(found: Mapping[str, Rate], report: Report, texts: Texts) -> dict[str, Rate]:
    """Return the kinds of decision, the small ones as one: how many decisions there are in all is told, and so would be how many of a small kind."""
    small = [rate for rate in found.values() if rate.decisions < report.settings.hide_below]
    others = Rate(decisions=sum(rate.decisions for rate in small), agreed=sum(rate.agreed for rate in small))
    named = _named({name: rate for name, rate in found.items() if rate not in small}, "decision", texts)
    return named | ({texts.say("report.agreement.other_kinds"): others} if small else {})


def _parts_withheld(report: Report, texts: Texts) -> frozenset[str]:
    """Return of those with and those without incomes the larger group where the other is small: they are all that there are."""
    two = {name: report.figures.agreement.by_part[name] for name in ("no_incomes", "incomes") if name in report.figures.agreement.by_part}
    small = [name for name, rate in two.items() if rate.decisions < report.settings.hide_below]
    return frozenset(_named({name: rate for name, rate in two.items() if name not in small}, "report.agreement.part", texts) if small else ())


def _codes_withheld(report: Report, texts: Texts) -> frozenset[str]:
    """Return the codes of which the small ones could be worked out, as most proposals have one or none."""
    found = {code: rate for code, rate in report.figures.agreement.by_code.items() if code != ReasonCode.SAMPLE}
    shown = hidden_row([rate.decisions for rate in found.values()], report, texts)
    is_withheld = dict(zip(_codes(found, texts), (cell == texts.say("report.withheld") for cell in shown), strict=True))
    return frozenset(label for label, is_so in is_withheld.items() if is_so)


def _named(found: Mapping[str, Rate], prefix: str, texts: Texts) -> dict[str, Rate]:
    return {_capital(texts.say(f"{prefix}.{name}")): rate for name, rate in found.items()}


def _codes(found: Mapping[str, Rate], texts: Texts) -> dict[str, Rate]:
    none = texts.say("report.agreement.no_code")
    return {f"{texts.say(f'reason.{code}')} ({code})" if code else none: rate for code, rate in found.items()}


def _rules(found: Mapping[str, Rate], texts: Texts) -> dict[str, Rate]:
    return {texts.say(f"rule.{name}.title"): rate for name, rate in found.items()}


def rates(found: Mapping[str, Rate], report: Report, texts: Texts, *, withheld: frozenset[str] = frozenset()) -> Table:
    """Return a table of rates with their bounds; a small group is hidden, one of `withheld` too, and of a group too few for a share none is told."""
    rows: list[tuple[Cell, ...]] = []
    for label, rate in found.items():
        decisions = hidden(rate.decisions, report, texts)
        if label in withheld:
            rows.append((label, texts.say("report.withheld"), None, None, None, None))
        elif decisions != rate.decisions:
            rows.append((label, decisions, None, None, None, None))
        elif rate.decisions < report.settings.few:
            # As many as would tell the share are told neither.
            rows.append((label, decisions, None, texts.say("report.too_few"), None, None))
        else:
            low, high = rate.bounds
            rows.append((label, decisions, rate.agreed, share(rate.share), share(low, ROUND_FLOOR), share(high, ROUND_CEILING)))
    others = (("decisions", Kind.NUMBER), ("agreed", Kind.NUMBER), ("share", Kind.SHARE), ("low", Kind.SHARE), ("high", Kind.SHARE))
    return Table(columns=_columns(texts, "group", *others, width=_WIDE), rows=tuple(rows))


def corrections(report: Report, texts: Texts) -> Table:
    """Return how often each field was corrected."""
    rows = tuple(
        (FIELDS[str(name)].label(texts) if str(name) in FIELDS else str(name), hidden(int(count), report, texts))
        for name, count in report.figures.corrections.items()
    )
    return Table(columns=_columns(texts, "field", ("corrections", Kind.NUMBER), width=_WIDE), rows=rows)


def faults(report: Report, texts: Texts) -> Table:
    """Return the cases that stopped at a fault."""
    withheld = _reasons_withheld(report)
    rows = tuple(
        (texts.say(f"reason.{code}"), texts.say("report.withheld") if code in withheld else hidden(cases, report, texts))
        for code, cases in report.figures.faults.items()
        if cases
    )
    return Table(columns=_columns(texts, "fault", ("cases", Kind.NUMBER), width=_WIDE), rows=rows)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
