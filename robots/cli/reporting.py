"""The board's follow-up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robots.cli.console import AsJson, Root, chosen_months, print_json, print_lines


def report(
    *,
    root: Root = Path(),
    months: Annotated[str, typer.Option("--months", help="Only applications that came in then, as 2026-01..2026-06 or 2026-01.")] = "",
    decisions: Annotated[
        Path | None,
        typer.Option("--decisions", help="List of what people decided, CSV: reference;month;amount;outcome. For shadow runs.", dir_okay=False),
    ] = None,
    state: Annotated[
        str, typer.Option("--state", help="Folder of the robot's state, or a PostgreSQL address; that of the settings when left out.")
    ] = "",
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write to; uppfoljning under the logs when left out.", file_okay=False)] = None,
    language: Annotated[str, typer.Option("--language", help="sv or en; that of the settings when left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the board's follow-up, a page and a workbook: what came in and how it ended, how soon, what it spared, and how often people agree.

    Only reads; harmless at any time. Exit code 0: done. 3: an operator must act.
    """
    from dataclasses import replace
    from datetime import UTC, datetime

    from robots import assessing, settings
    from robots.assessment import RunMode
    from robots.authority import Delegation
    from robots.board_report import report as follow_up
    from robots.board_report import sentences
    from robots.texts import Texts

    configured = settings.load(root)
    config = root / "config"
    law = assessing.load_law(config)
    texts = Texts.load(config / "texts", language or configured.language, municipality=law.guidelines.municipality, board=law.guidelines.board)
    delegation = Delegation.load(config / "delegation.yaml", law.parameters)
    paths = configured.paths
    if state:
        paths = replace(paths, database=state) if "://" in state else replace(paths, state=Path(state), database="")
    question = follow_up.Question(
        casebook=paths.casebook_of(RunMode.DECIDE),
        shadow=paths.casebook_of(RunMode.SHADOW),
        months=chosen_months(months),
        decisions=decisions,
        promise_working_days=configured.run.promise_working_days,
    )
    made = follow_up.make(question, configured.report, delegation, now=datetime.now(UTC))
    files = follow_up.write(to or configured.paths.logs / "uppfoljning", made, texts)
    if as_json:
        print_json({**follow_up.record_of(made, texts), "files": [str(path) for path in files]})
    else:
        print_lines([*sentences.summary(made, texts), *(f"{path}" for path in files)])
