"""What the law says of a case: assess it from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines


def assess(
    case: Annotated[Path | None, typer.Argument(help="File with everything collected for one application.", dir_okay=False)] = None,
    *,
    root: Root = Path(),
    on: Annotated[str, typer.Option("--on", help="Day of the decision, as 2026-11-21; today when left out.")] = "",
    as_json: AsJson = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the format of the file as a JSON schema instead.")] = False,
) -> None:
    """Assess a case from a file, without any screen: findings, amounts, reason codes, and who may decide."""
    from datetime import date, datetime

    from robots import assessing, settings
    from robots.case import SWEDEN, CaseFile
    from robots.records import schema_of

    if schema:
        print_json(schema_of(CaseFile))
        return
    if case is None:
        raise typer.BadParameter("name the case file, or ask for its format with --schema")
    try:
        decided_on = date.fromisoformat(on) if on else datetime.now(SWEDEN).date()
    except ValueError:
        raise typer.BadParameter("a day is written as in 2026-11-21", param_hint="--on") from None
    configured = settings.load(root)
    record = assessing.assessed(case, root / "config", language=configured.language, on=decided_on)
    if as_json:
        print_json(record)
        return
    answer = "; ".join(record["codes"]) or record["authority"]["mode"]
    print_lines([f"{record['reference']}: {answer}", *record["because"], *record["calculation_lines"]])
