"""The whole of the board's follow-up: read, reckon, write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

from robots import pages
from robots.assessment import DecisionType, Mode
from robots.authority import Delegation
from robots.board_report import decisions, tables, workbook
from robots.board_report.figures import figures
from robots.board_report.material import read
from robots.board_report.page import page
from robots.board_report.tables import Report
from robots.case import SWEDEN, Month
from robots.errors import SetupError
from robots.report_settings import ReportSettings
from robots.tabulation import Cell, Kind, Table
from robots.texts import Texts

PAGE, WORKBOOK = "uppfoljning.html", "uppfoljning.xlsx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be followed up."""

    #: of runs that write, path or address; and of shadow runs
    casebook: Path | str
    shadow: Path | str
    #: the first and the last month in which applications came in; None for all
    months: tuple[Month, Month] | None = None
    #: list of what people decided; None for none
    decisions: Path | None = None
    promise_working_days: int


def make(question: Question, settings: ReportSettings, delegation: Delegation, *, now: datetime) -> Report:
    """Return the follow-up.

    Args:
        question: what is to be followed up.
        settings: what is assumed, aimed at and hidden.
        delegation: the register; the kinds of decision that it leaves to the robot today are those of the figure for going live.
        now: aware time.

    Raises:
        SetupError: a casebook can't be read, or the list of decisions is wrong.
    """
    today = now.astimezone(SWEDEN).date()
    listed = {} if question.decisions is None else decisions.read(question.decisions)
    material = read(question.casebook, question.shadow, months=question.months, decisions=listed)
    delegated = _delegated(delegation, today)
    counted = figures(
        material,
        settings,
        promise_working_days=question.promise_working_days,
        today=today,
        # A full grant is what a board can delegate first, and what the delivered register does.
        go_live_types=delegated or (DecisionType.GRANT.value,),
        months=question.months,
    )
    return Report(figures=counted, settings=settings, made_at=now, is_delegated=bool(delegated), has_list=question.decisions is not None)


def _delegated(delegation: Delegation, today: date) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line.decision_type.value for line in delegation.lines if line.mode is Mode.DECIDE and line.holds_on(today)))


def write(folder: Path, report: Report, texts: Texts) -> tuple[Path, ...]:
    """Write page and workbook into the folder, for their owner alone to read, and return their paths.

    Raises:
        SetupError: the folder can't be written to.
    """
    paths = folder / PAGE, folder / WORKBOOK
    try:
        pages.write(paths[0], page(report, texts))
        workbook.write(paths[1], report, texts)
    except OSError as error:
        raise SetupError(f"the follow-up can't be written to {folder} ({type(error).__name__}). Give another folder with --to") from None
    return paths


def record_of(report: Report, texts: Texts) -> dict[str, Any]:
    """Return the figures as plain JSON types, for programs; what is hidden from people is from them too."""
    figures = report.figures
    low, high = figures.agreement.go_live.bounds
    go_live = figures.agreement.go_live
    found = {
        "months": tables.months(report, texts),
        "reasons": tables.reasons(report, texts),
        "reasons_by_month": tables.reasons_by_month(report, texts),
        "lead_times": tables.lead_times(report, texts),
        "lead_by_month": tables.lead_by_month(report, texts),
        "spared": tables.spared(report, texts),
        "spared_if": tables.spared_if(report, texts),
        **tables.agreement_tables(report, texts),
        **tables.left_tables(report, texts),
        "corrections": tables.corrections(report, texts),
        "faults": tables.faults(report, texts),
    }
    least = report.settings.hide_below
    words = {texts.say("report.hidden", least=texts.number(least)): f"<{least}", texts.say("report.withheld"): "withheld"}

    def plain(cell: Cell, kind: Kind) -> Any:
        if isinstance(cell, str) and kind is not Kind.WORDS:
            return words.get(cell)
        return float(cell) if isinstance(cell, Decimal) else cell

    def rows(table: Table) -> list[dict[str, Any]]:
        return [{column.key: plain(cell, column.kind) for column, cell in zip(table.columns, row, strict=True)} for row in table.rows]

    return {
        "schema": 1,
        "months": None if figures.months is None else [str(month) for month in figures.months],
        "received": figures.received,
        "came_to_person": figures.came_to_person,
        "decided_afterwards": figures.decided_afterwards,
        "promise_working_days": figures.promise_working_days,
        "hours_spared": round(figures.hours_spared, 1),
        "hours_spared_between": [round(hours, 1) for hours in figures.hours_if],
        "go_live": {
            "decision_types": list(figures.agreement.go_live_types),
            "is_delegated": report.is_delegated,
            "decisions": f"<{least}" if 0 < go_live.decisions < least else go_live.decisions,
            "agreed": go_live.agreed if go_live.decisions >= report.settings.few else None,
            "lowest": float(tables.share(low, ROUND_FLOOR)) if go_live.decisions >= report.settings.few else None,
            "highest": float(tables.share(high, ROUND_CEILING)) if go_live.decisions >= report.settings.few else None,
        },
        "samples": {"drawn": figures.samples.drawn, "as_proposed": figures.samples.as_proposed, "otherwise": figures.samples.otherwise},
        "unanswered": figures.unanswered,
        "shadow_cases": figures.shadow_cases,
        "listed": {"decisions": figures.listed, "known": figures.listed_known, "own": figures.listed_own},
        "tables": {name: rows(table) for name, table in found.items()},
    }
