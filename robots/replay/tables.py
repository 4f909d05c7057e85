"""The figures of a replay as sentences and tables, from which page and workbook are made: the same words and numbers in both."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from robots.assessment import Mode
from robots.authority import DelegationLine
from robots.case import Month
from robots.citations import Cited, in_words, name_in_words
from robots.errors import ReasonCode
from robots.replay.cases import Standing
from robots.replay.figures import STEPS, Figures, difference_of, shown_reference
from robots.replay.rule_changes import DelegationChange, RuleChange
from robots.tabulation import Cell, Column, Kind, Table, signed
from robots.texts import Texts

_HUNDRED = Decimal(100)
#: so many references are named of cases that are left out
_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that page and workbook tell."""

    figures: Figures
    changes: tuple[RuleChange, ...]
    delegation_changes: tuple[DelegationChange, ...]
    #: whether the cases stand as they were assessed when they were handled, not as the rules in force would have them
    is_as_decided: bool
    #: whether other files of rules are tried than those in force
    is_other_config: bool
    #: month whose amounts and guidelines are tried for all the cases
    law_of: Month | None
    #: hashes of the rule sets before, and of the one after
    rules_before: tuple[str, ...]
    rules_after: str
    program: str
    #: seconds by part, of all processes together; not shown to people
    spent: dict[str, float]


def opening(report: Report, texts: Texts) -> tuple[str, ...]:
    """Return what is compared with what, and for which cases."""
    law_of = report.law_of
    if report.is_as_decided:
        key = "as_decided" if law_of is None and not report.is_other_config else "decided" if law_of is None else "decided_month"
    else:
        key = "in_force" if law_of is None else "changed_month" if report.is_other_config else "in_force_month"
    against = texts.say(f"replay.against.{key}", **({} if law_of is None else {"month": texts.month(law_of)}))
    months = [Month.parse(month) for month in report.figures.months.index if month]
    if not months:
        return against, texts.say("replay.chosen.none")
    first, last = texts.month(months[0]), texts.month(months[-1])
    return against, texts.say("replay.chosen.one", first=first) if first == last else texts.say("replay.chosen.all", first=first, last=last)


def summary(report: Report, texts: Texts) -> tuple[str, ...]:
    """Return the answer in sentences."""
    figures = report.figures
    number = texts.number
    sentences = [
        texts.say(
            "replay.summary.changed",
            changed=number(figures.changes),
            assessed=number(figures.assessed),
            percent=_percent(figures.changes, figures.assessed, texts),
        )
        if figures.changes
        else texts.say("replay.summary.unchanged", assessed=number(figures.assessed))
    ]
    before, after = (texts.amount(Decimal(kronor)) for kronor in (figures.amount_before, figures.amount_after))
    if figures.difference:
        percent = _percent(figures.difference, figures.amount_before, texts, is_signed=True)
        sentences.append(
            texts.say("replay.summary.amount", before=before, after=after, difference=change(figures.difference, texts), percent=percent)
        )
    else:
        sentences.append(texts.say("replay.summary.amount_same", before=before))
    if figures.other_amount:
        lower, higher = (int(figures.households[name].sum()) for name in ("lower", "higher"))
        sentences.append(texts.say("replay.summary.direction", lower=number(lower), higher=number(higher)))
    for mode in Mode:
        now = sum(cases for (before_mode, _), cases in figures.outcomes.items() if before_mode == mode)
        then = sum(cases for (_, after_mode), cases in figures.outcomes.items() if after_mode == mode)
        if now != then:
            sentences.append(texts.say(f"replay.summary.{mode.name.lower()}", before=number(now), after=number(then)))
    for name, cases, kronor in (
        ("lost", figures.lost_calculations, figures.lost_amount),
        ("gained", figures.gained_calculations, figures.gained_amount),
    ):
        if cases:
            sentences.append(texts.say(f"replay.summary.{name}", cases=number(cases), amount=texts.amount(Decimal(kronor))))
    if left_out := figures.cases - figures.assessed:
        sentences.append(texts.say("replay.summary.not_assessed", cases=number(left_out)))
    return tuple(sentences)


def change(kronor: int, texts: Texts) -> str:
    """Return an amount with its sign: `−1 200 kr`, `+300 kr`."""
    return texts.say("format.amount", number=signed(kronor, texts)).replace(" ", "\N{NO-BREAK SPACE}")


def _percent(part: int, whole: int, texts: Texts, *, is_signed: bool = False) -> str:
    share = _HUNDRED * part / whole if whole else Decimal(0)
    return f"{'+' if is_signed and share > 0 else ''}{texts.number(share, decimals=1)}"


def changes(report: Report, texts: Texts) -> Table:
    """Return what differs in law, guidelines and delegation."""
    rows: list[tuple[Cell, ...]] = []
    for one in sorted(report.changes, key=lambda change: (change.first_month, change.last_month)):
        months = str(one.first_month) if one.first_month == one.last_month else f"{one.first_month} – {one.last_month}"
        rows.append((_capital(name_in_words(one.either, texts)), *_values(one, texts), months))
    for line in report.delegation_changes:
        rows.append((texts.say(f"replay.changes.line_{'come' if line.is_added else 'gone'}", line=_line(line.line, texts)), "", "", ""))
    names = (("what", 66), ("before", 30), ("after", 30), ("months", 20))
    return Table(columns=tuple(Column(heading=texts.say(f"replay.changes.{name}"), width=width) for name, width in names), rows=tuple(rows))


def _values(one: RuleChange, texts: Texts) -> tuple[str, str]:
    """Return the values before and after in words; of a row that holds several, only those that differ."""
    before, after = one.before, one.after
    if before is not None and after is not None and before.fields and after.fields:
        names = [name for name in (before.fields | after.fields) if before.fields.get(name) != after.fields.get(name)]
        before, after = (replace(side, fields={name: side.fields[name] for name in names if name in side.fields}) for side in (before, after))
    return _value(before, texts), _value(after, texts)


def _value(one: Cited | None, texts: Texts) -> str:
    said = "" if one is None else in_words(one, texts)
    if said or one is None:
        return said or texts.say("replay.changes.nothing")
    # What is there for the program only has no words of its own.
    return ", ".join(f"{name}: {value}" for name, value in one.fields.items()) or texts.say("replay.changes.nothing")


def _line(line: DelegationLine, texts: Texts) -> str:
    until = texts.say("replay.word.until_further") if line.valid_until is None else line.valid_until.isoformat()
    return texts.say(
        "replay.changes.line",
        decision=texts.say(f"decision.{line.decision_type}"),
        section=line.section,
        mode=mode_in_words(line.mode.value, texts),
        from_day=line.valid_from.isoformat(),
        until_day=until,
        minute=line.minute,
    )


def outcomes(report: Report, texts: Texts) -> Table:
    """Return who settles the cases, before and after."""
    counted = report.figures.outcomes
    modes = [mode.value for mode in Mode]
    rows: list[tuple[Cell, ...]] = []
    for before in modes:
        row = [counted[before, after] for after in modes]
        rows.append((_capital(mode_in_words(before, texts)), *row, sum(row)))
    columns_sums = [sum(counted[before, after] for before in modes) for after in modes]
    rows.append((texts.say("replay.word.sum"), *columns_sums, sum(columns_sums)))
    headings = [_capital(mode_in_words(mode, texts)) for mode in modes]
    columns = (Column(heading=texts.say("replay.outcomes.before"), width=28), *_numbers([*headings, texts.say("replay.outcomes.sum")], width=24))
    return Table(columns=columns, rows=tuple(rows), has_sum=True)


def differences(report: Report, texts: Texts) -> Table:
    """Return how the changes of amounts are spread."""
    rows = tuple((step_in_words(sign, upto, texts), cases) for (sign, upto), cases in report.figures.differences.items())
    return Table(columns=(Column(heading=_column("step", texts), width=32), *_numbers([_column("cases", texts)])), rows=rows)


def step_in_words(sign: int, upto: int | None, texts: Texts) -> str:
    """Return a step of the differences, e.g. `101–200 kr lägre`."""
    word = "lower" if sign < 0 else "higher"
    if upto is None:
        return texts.say(f"replay.amounts.much_{word}", above=texts.number(STEPS[-1]))
    above = ([0, *STEPS])[STEPS.index(upto)] + 1
    return texts.say(f"replay.amounts.{word}", above=texts.number(above), upto=texts.number(upto))


def reasons(report: Report, texts: Texts, *, all_codes: bool) -> Table:
    """Return the reason codes; only those that change unless all are asked for."""
    table = report.figures.reasons
    shown = table if all_codes else table[(table["gained"] > 0) | (table["lost"] > 0)]
    rows = tuple(
        (str(code), texts.say(f"reason.{ReasonCode(str(code))}"), int(row["before"]), int(row["after"]), int(row["gained"]), int(row["lost"]))
        for code, row in shown.iterrows()
    )
    columns = (Column(heading=_column("code", texts), width=16), Column(heading=_column("meaning", texts), width=56))
    return Table(columns=(*columns, *_numbers([_column(name, texts) for name in ("cases_before", "cases_after", "gained", "lost")])), rows=rows)


def households(report: Report, texts: Texts) -> Table:
    """Return the kinds of household, the greatest change first."""
    rows = _sums(report, texts, (household_in_words(str(kind), texts) for kind in report.figures.households.index), "households")
    return Table(columns=(Column(heading=_column("household", texts), width=44), *_sum_columns(texts)), rows=rows, has_sum=True)


def months(report: Report, texts: Texts) -> Table:
    """Return the months applied for."""
    rows = _sums(report, texts, (str(month) or texts.say("replay.word.no_month") for month in report.figures.months.index), "months")
    return Table(columns=(Column(heading=_column("month", texts), width=16), *_sum_columns(texts)), rows=rows, has_sum=True)


_SUMMED = ("cases", "changed", "lower", "higher", "before", "after", "difference")


def _sums(report: Report, texts: Texts, names: Iterable[str], which: str) -> tuple[tuple[Cell, ...], ...]:
    table = report.figures.households if which == "households" else report.figures.months
    rows: list[tuple[Cell, ...]] = [(name, *(int(row[column]) for column in _SUMMED)) for name, (_, row) in zip(names, table.iterrows(), strict=True)]
    rows.append((texts.say("replay.word.sum"), *(int(table[column].sum()) for column in _SUMMED)))
    return tuple(rows)


def _sum_columns(texts: Texts) -> tuple[Column, ...]:
    return (*_numbers([_column(name, texts) for name in _SUMMED[:-1]]), Column(heading=_column("difference", texts), kind=Kind.CHANGE))


def commonest(report: Report, texts: Texts) -> Table:
    """Return the ways in which most cases change."""
    rows: list[tuple[Cell, ...]] = []
    for one in report.figures.commonest:
        before, after = mode_in_words(one.before_mode, texts), mode_in_words(one.after_mode, texts)
        parts = [
            texts.say("replay.commonest.stays", mode=before) if before == after else texts.say("replay.commonest.goes", before=before, after=after)
        ]
        if one.sign:
            parts.append(texts.say(f"replay.commonest.{'higher' if one.sign > 0 else 'lower'}"))
        for word, codes in (("gained", one.gained), ("lost", one.lost)):
            if codes:
                named = ", ".join(
                    texts.say("replay.commonest.code", label=texts.say(f"reason.{ReasonCode(code)}"), code=code) for code in codes.split()
                )
                parts.append(texts.say(f"replay.commonest.{word}", codes=named))
        rows.append((_capital("; ".join(parts)), one.cases, one.difference))
    columns = (Column(heading=_column("change", texts), width=80), *_numbers([_column("cases", texts)]))
    return Table(columns=(*columns, Column(heading=_column("difference", texts), kind=Kind.CHANGE)), rows=tuple(rows))


def cases(report: Report, texts: Texts, *, at_most: int | None = None) -> Table:
    """Return the cases that change, the greatest changes first, by their references and nothing more personal."""
    rows: list[tuple[Cell, ...]] = []
    for row in report.figures.changed[:at_most]:
        reference = shown_reference(row.reference)
        rows.append(
            (
                texts.say("replay.cases.unnamed") if reference == "?" else reference,
                row.month or texts.say("replay.word.no_month"),
                household_in_words(row.household, texts),
                mode_in_words(row.before_mode, texts),
                mode_in_words(row.after_mode, texts),
                row.before_amount,
                row.after_amount,
                difference_of(row),
                row.before_codes,
                row.after_codes,
            )
        )
    widths = {"reference": 18, "month": 10, "household": 34, "before_mode": 21, "after_mode": 21}
    columns = tuple(Column(heading=_column(name, texts), width=width) for name, width in widths.items())
    numbers = (*_numbers([_column(name, texts) for name in ("before", "after")]), Column(heading=_column("difference", texts), kind=Kind.CHANGE))
    codes = tuple(Column(heading=_column(name, texts), width=30) for name in ("before_codes", "after_codes"))
    return Table(columns=(*columns, *numbers, *codes), rows=tuple(rows))


def left_out(not_assessed: dict[Standing, tuple[str, ...]], texts: Texts) -> tuple[tuple[str, str], ...]:
    """Return why cases are left out and how many, each with the first of their references."""
    found = []
    for standing, references in not_assessed.items():
        named = [reference if reference != "?" else texts.say("replay.cases.unnamed") for reference in references[:_NAMED]]
        if len(references) > _NAMED:
            named.append(texts.say("replay.not_assessed.and_more", cases=texts.number(len(references) - _NAMED)))
        found.append((texts.say(f"replay.not_assessed.{standing}", cases=texts.number(len(references))), ", ".join(named)))
    return tuple(found)


def limits(texts: Texts) -> tuple[str, ...]:
    """Return what the figures can't say."""
    return tuple(texts.say(f"replay.limits.{name}") for name in ("judgement", "behaviour", "time", "facts", "screens"))


def mode_in_words(mode: str, texts: Texts) -> str:
    """Return who settles a case."""
    return texts.say(f"replay.mode.{mode}")


def household_in_words(household: str, texts: Texts) -> str:
    """Return a kind of household as `robots.replay.cases` names it: `1+2 shared` is `en vuxen, 2 barn, fler bor i bostaden`."""
    if household == "?":
        return texts.say("replay.households.unknown")
    persons, _, shared = household.partition(" ")
    adults, _, children = persons.partition("+")
    parts = [texts.say(f"replay.households.adults_{adults}"), texts.say(f"replay.households.children_{children}")]
    return ", ".join([*parts, texts.say("replay.households.shared")] if shared else parts)


def _numbers(headings: Iterable[str], width: int = 14) -> tuple[Column, ...]:
    return tuple(Column(heading=heading, kind=Kind.NUMBER, width=width) for heading in headings)


def _column(name: str, texts: Texts) -> str:
    return texts.say(f"replay.column.{name}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
