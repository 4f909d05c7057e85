"""The page of the follow-up: the answers first, then what is behind each of them."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from robots import pages
from robots.board_report import sentences, tables
from robots.board_report.tables import Report
from robots.plots import Bars, Intervals, Layers, interval_lines, layered_bars, lying_bars, standing_bars
from robots.tabulation import Cell, Kind, Table, written
from robots.texts import Texts

#: so many reasons and groups are drawn
_DRAWN = 12
_HUNDRED = 100
_SHARES = ("by_origin", "by_type", "by_part")


def page(report: Report, texts: Texts) -> str:
    """Return the page as HTML: the same report gives the same bytes."""
    figures = report.figures
    return pages.render(
        "board_report.html",
        texts,
        written=lambda cell, kind: written(cell, kind, texts),
        opening=sentences.opening(report, texts),
        has_cases=bool(figures.received or figures.shadow_cases),
        has_received=bool(figures.received),
        tiles=sentences.tiles(report, texts) if figures.received else (),
        months=tables.months(report, texts),
        months_plot=_months(report, texts),
        afterwards=texts.say(
            "report.months_table.afterwards", cases=texts.number(figures.came_to_person), decided=texts.number(figures.decided_afterwards)
        ),
        reasons=tables.reasons(report, texts),
        reasons_lead=texts.say("report.reasons.lead", cases=texts.number(figures.came_to_person)),
        reasons_plot=_reasons(report, texts),
        reasons_by_month=tables.reasons_by_month(report, texts),
        lead=tables.lead_times(report, texts),
        lead_lead=texts.say("report.lead.lead", days=sentences.days_in_words(figures.promise_working_days, texts)),
        lead_plot=_lead(report, texts),
        lead_by_month=tables.lead_by_month(report, texts),
        spared=tables.spared(report, texts),
        spared_if=tables.spared_if(report, texts),
        spared_sentences=sentences.spared_sentences(report, texts),
        spared_plot=_spared(report, texts),
        go_live=sentences.go_live_sentences(report, texts),
        agreement_sentences=sentences.agreement_sentences(report, texts),
        agreement=tables.agreement_tables(report, texts),
        agreement_plot=_agreement(report, texts),
        agreement_caption=texts.say("report.agreement.caption", target=texts.number(report.settings.target_agreement_percent)),
        left=tables.left_tables(report, texts),
        samples=sentences.samples_sentence(report, texts),
        corrections=tables.corrections(report, texts),
        corrections_lead=texts.say("report.corrections.lead", cases=sentences.cases_in_words(figures.corrected_cases, report, texts)),
        faults=tables.faults(report, texts),
        limits=sentences.limits(report, texts),
    )


def _markup(drawn: str) -> Markup:
    return Markup(drawn)  # noqa: S704 - a plot of our own, whose words are escaped


def _spoken(rows: list[tuple[str, str]], texts: Texts) -> str:
    return " ".join(texts.say("report.spoken", label=label, value=value) for label, value in rows)


def _months(report: Report, texts: Texts) -> Markup:
    table = tables.months(report, texts)
    # Without the sum, and without what is withheld.
    rows = {str(row[0]): [count if isinstance(count, int) else 0 for count in row[2:6]] for row in table.rows[:-1]}
    if not any(any(counts) for counts in rows.values()):
        return Markup()
    layers = {column.heading: [counts[place] for counts in rows.values()] for place, column in enumerate(table.columns[2:6])}
    spoken = [
        (f"{month}, {heading}", texts.number(counts[place]))
        for place, month in enumerate(rows)
        for heading, counts in layers.items()
        if counts[place]
    ]
    return _markup(
        layered_bars(
            Layers(
                name="months",
                title=texts.say("report.months_table.title"),
                description=_spoken(spoken, texts),
                labels=list(rows),
                layers=layers,
                write=texts.number,
            )
        )
    )


def _reasons(report: Report, texts: Texts) -> Markup:
    rows = [(str(row[1]), row[2]) for row in tables.reasons(report, texts).rows]
    told = sorted(((label, count) for label, count in rows if isinstance(count, int)), key=lambda row: -row[1])[:_DRAWN]
    if not told:
        return Markup()
    return _bars("reasons", texts.say("report.reasons.title"), [(label, count, 0) for label, count in told], texts, suffix="")


def _spared(report: Report, texts: Texts) -> Markup:
    rows = [(texts.say(f"report.spared.{one.name}"), round(one.hours)) for one in report.figures.shares]
    if not any(hours for _, hours in rows):
        return Markup()
    return _bars("spared", texts.say("report.spared.title"), [(label, hours, hours) for label, hours in rows], texts, suffix="")


def _bars(name: str, title: str, rows: list[tuple[str, int, int]], texts: Texts, *, suffix: str) -> Markup:
    def write(value: int) -> str:
        return f"{texts.number(value)}{suffix}"

    bars = Bars(
        name=name,
        title=title,
        description=_spoken([(label, write(value)) for label, value, _ in rows], texts),
        labels=[label for label, _, _ in rows],
        values=[value for _, value, _ in rows],
        signs=[(sign > 0) - (sign < 0) for _, _, sign in rows],
        write=write,
    )
    return _markup(lying_bars(bars))


def _lead(report: Report, texts: Texts) -> Markup:
    target = report.settings.target_within_promise_percent
    rows = [(str(row[0]), row[3]) for row in tables.lead_by_month(report, texts).rows]
    drawn = [(month, _HUNDRED * part) for month, part in rows if isinstance(part, Decimal)]
    if not drawn:
        return Markup()
    bars = Bars(
        name="lead",
        title=texts.say("report.lead.title"),
        description=_spoken([(month, texts.say("format.percent", number=texts.number(part, decimals=0))) for month, part in drawn], texts),
        labels=[month for month, _ in drawn],
        # Rounded down: what misses the target by a hair does not look as if it met it.
        values=[int(part) for _, part in drawn],
        signs=[1 if part >= target else -1 for _, part in drawn],
        write=lambda value: texts.say("format.percent", number=texts.number(value)),
        most=_HUNDRED,
    )
    return _markup(standing_bars(bars))


def _agreement(report: Report, texts: Texts) -> Markup:
    found = tables.agreement_tables(report, texts)
    rows = [row for name in _SHARES for row in _told(found.get(name))][: 2 * _DRAWN]
    if not rows:
        return Markup()
    labels = [str(row[0]) for row in rows]
    shares, lows, highs = ([float(_HUNDRED * cell) for row in rows if isinstance(cell := row[place], Decimal)] for place in (3, 4, 5))
    spoken = [(label, written(row[3], Kind.SHARE, texts)) for label, row in zip(labels, rows, strict=True)]
    return _markup(
        interval_lines(
            Intervals(
                name="agreement",
                title=texts.say("report.agreement.title"),
                description=_spoken(spoken, texts),
                labels=labels,
                values=shares,
                lows=lows,
                highs=highs,
                at_least=float(report.settings.target_agreement_percent),
                write=lambda value: texts.say("format.percent", number=texts.number(Decimal(str(round(value, 1))))),
            )
        )
    )


def _told(table: Table | None) -> list[tuple[Cell, ...]]:
    return [] if table is None else [row for row in table.rows if isinstance(row[3], Decimal)]
