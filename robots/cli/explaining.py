"""Explain a case: the way from law to screen, as text, as JSON and as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines

if TYPE_CHECKING:
    from robots.casebook import Casebook, CaseEntry


def explain(
    case: Annotated[str, typer.Argument(help="Number of the application, as EA-26-00017, or the case's id.")],
    *,
    root: Root = Path(),
    state: Annotated[
        Path | None, typer.Option("--state", help="Folder that holds the casebook; that of config/kollega.yaml when left out.", file_okay=False)
    ] = None,
    as_json: AsJson = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page here instead, for its owner alone to read.", dir_okay=False)] = None,
    language: Annotated[str, typer.Option("--language", help="sv or en; that of config/kollega.yaml when left out.")] = "",
) -> None:
    """Explain a case: each figure and answer with its section, values, rule, facts, and what was typed and read back. Holds personal data."""
    from robots import assessing, pages, settings
    from robots.assessment import RunMode
    from robots.casebook import Casebook
    from robots.errors import SetupError
    from robots.records import to_record
    from robots.statutes import Statutes
    from robots.texts import Texts
    from robots.trace import Trace, trace_of
    from robots.trace.lines import lines
    from robots.trace.page import page

    configured = settings.load(root)
    law = assessing.load_law(root / "config")
    office = {"municipality": law.guidelines.municipality, "board": law.guidelines.board}
    texts = Texts.load(root / "config" / "texts", language or configured.language, **office)
    statutes = Statutes.load(root / "config" / "statutes.yaml")
    file = configured.paths.casebook_of(RunMode.DECIDE) if state is None else state / "casebook.sqlite"
    if isinstance(file, Path) and not file.is_file():
        # Opening it would make an empty one.
        raise typer.BadParameter(
            "there is no casebook in the folder; give the one that paths.state names, or a demo's state folder", param_hint="--state"
        )
    with Casebook(file) as casebook:
        entry = _entry_of(case, casebook)
        try:
            trace = trace_of(entry, casebook, law=law, statutes=statutes, texts=texts)
        except ValueError as error:
            raise SetupError(f"this version of the program can't read what was kept of the case; use the version that kept it.\n{error}") from None
    if html is not None:
        pages.write(html, page(trace, texts))
        print_lines([str(html)])
    if as_json:
        print_json(to_record(Trace, trace))
    elif html is None:
        print_lines(lines(trace, texts))


def _entry_of(case: str, casebook: Casebook) -> CaseEntry:
    found = casebook.find(case)
    if not found:
        raise typer.BadParameter("the casebook has no such case; give the application's number or the case's id as the workbook and the log have it")
    if len(found) > 1:
        ids = ", ".join(entry.case_id for entry in found)
        raise typer.BadParameter(f"the application has {len(found)} cases; give the id of one: {ids}")
    return found[0]
