"""The page of a replay: what is changed in the rules, what would change for the cases, and what such figures can't say."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from robots import pages
from robots.case import Month
from robots.plots import Bars, lying_bars, standing_bars
from robots.replay import tables
from robots.replay.tables import Report
from robots.tabulation import written
from robots.texts import Texts

#: so many kinds of household are drawn
_DRAWN_HOUSEHOLDS = 10
_HASH_SHOWN = 16


def page(report: Report, texts: Texts) -> str:
    """Return the page as HTML: the same report gives the same bytes."""
    figures = report.figures
    changes_of_amounts = any(figures.differences.values())
    all_codes, shown = len(figures.reasons), tables.reasons(report, texts, all_codes=False)
    return pages.render(
        "replay.html",
        texts,
        written=lambda cell, kind: written(cell, kind, texts),
        opening=tables.opening(report, texts),
        summary=tables.summary(report, texts),
        changes=tables.changes(report, texts),
        outcomes=tables.outcomes(report, texts),
        counts=texts.say(
            "replay.outcomes.counts",
            outcome=texts.number(figures.other_outcome),
            amount=texts.number(figures.other_amount),
            codes=texts.number(figures.other_codes),
        ),
        calculated=texts.number(figures.calculated),
        differences=_differences(report, texts) if changes_of_amounts else "",
        by_month=_by_month(report, texts) if changes_of_amounts and len(figures.months) > 1 else "",
        months=tables.months(report, texts),
        commonest=tables.commonest(report, texts),
        reasons=shown,
        other_reasons=_other_reasons(all_codes - len(shown.rows), texts, has_any=bool(all_codes)),
        by_household=_by_household(report, texts) if changes_of_amounts else "",
        households=tables.households(report, texts),
        limits=tables.limits(texts),
        left_out=tables.left_out(figures.not_assessed, texts),
        rules=_rules(report, texts),
    )


def _other_reasons(unchanged: int, texts: Texts, *, has_any: bool) -> str:
    if not has_any:
        return texts.say("replay.reasons.none")
    return texts.say("replay.reasons.unchanged", codes=texts.number(unchanged)) if unchanged else ""


def _rules(report: Report, texts: Texts) -> tuple[str, ...]:
    before = report.rules_before
    first = (
        texts.say("replay.rules.before", hash=before[0][:_HASH_SHOWN])
        if len(before) == 1
        else texts.say("replay.rules.as_decided", count=texts.number(len(before)))
    )
    after = texts.say("replay.rules.after", hash=report.rules_after[:_HASH_SHOWN])
    return first, after, texts.say("replay.rules.program", program=report.program)


def _differences(report: Report, texts: Texts) -> Markup:
    steps = list(report.figures.differences.items())
    used = [place for place, (_, cases) in enumerate(steps) if cases]
    bars = _bars(
        "differences",
        texts.say("replay.amounts.differences_title"),
        [(tables.step_in_words(sign, upto, texts), cases, sign) for (sign, upto), cases in steps[used[0] : used[-1] + 1]],
        texts,
        is_change=False,
    )
    return Markup(lying_bars(bars))  # noqa: S704 - a plot of our own, whose words are escaped


def _by_month(report: Report, texts: Texts) -> Markup:
    found = {Month.parse(str(month)): int(difference) for month, difference in report.figures.months["difference"].items() if month}
    # Months without a case too: what lies a year apart must not stand side by side.
    rows = [(str(month), found.get(month, 0)) for month in _months_between(min(found), max(found))]
    bars = _bars("months", texts.say("replay.amounts.months_title"), [(month, kronor, kronor) for month, kronor in rows], texts, is_change=True)
    return Markup(standing_bars(bars))  # noqa: S704 - a plot of our own, whose words are escaped


def _months_between(first: Month, last: Month) -> list[Month]:
    months = [last]
    while months[-1] > first:
        months.append(months[-1].previous)
    return months[::-1]


def _by_household(report: Report, texts: Texts) -> Markup:
    rows = [
        (tables.household_in_words(str(kind), texts), int(kronor))
        for kind, kronor in report.figures.households["difference"].head(_DRAWN_HOUSEHOLDS).items()
        if kronor
    ]
    bars = _bars("households", texts.say("replay.households.title"), [(kind, kronor, kronor) for kind, kronor in rows], texts, is_change=True)
    return Markup(lying_bars(bars)) if rows else Markup()  # noqa: S704 - a plot of our own, whose words are escaped


def _bars(name: str, title: str, rows: Iterable[tuple[str, int, int]], texts: Texts, *, is_change: bool) -> Bars:
    """Return bars of label, value and sign, with a description that says every one of them."""

    def write(value: int) -> str:
        return tables.change(value, texts) if is_change else texts.number(value)

    drawn = list(rows)
    spoken = " ".join(texts.say("replay.amounts.spoken", label=label, value=write(value)) for label, value, _ in drawn)
    return Bars(
        name=name,
        title=title,
        description=spoken,
        labels=[label for label, _, _ in drawn],
        values=[value for _, value, _ in drawn],
        signs=[sign for _, _, sign in drawn],
        write=write,
    )
