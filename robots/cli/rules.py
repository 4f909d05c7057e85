"""What the rules are, and what would change under others: the rule book, and past cases under other rules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, chosen_month, chosen_months, console, print_json, print_lines

if TYPE_CHECKING:
    from robots.replay.figures import Check

rules = typer.Typer(no_args_is_help=True, help="The rules as a whole: hand them out, or try others on past cases.")


@rules.command()
def book(
    *,
    root: Root = Path(),
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write to; regelbok under the logs when left out.", file_okay=False)] = None,
    language: Annotated[str, typer.Option("--language", help="sv or en; that of the settings when left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write the rule book, a page and data to hand out: every rule, value, guideline and delegation, and examples that are run for it.

    Exit code 0: done. 1: written, but an example does not end as worked out by hand. 3: an operator must act.
    """
    from datetime import UTC, datetime

    from robots import assessing, rule_book, settings
    from robots.authority import Delegation
    from robots.errors import SettingsInvalid
    from robots.texts import Texts

    configured = settings.load(root)
    config = root / "config"
    law = assessing.load_law(config)
    office = {"municipality": law.guidelines.municipality, "board": law.guidelines.board}
    texts = Texts.load(config / "texts", language or configured.language, **office)
    delegation = Delegation.load(config / "delegation.yaml", law.parameters)
    made = rule_book.make(config, law, delegation, texts, made_at=datetime.now(UTC))
    folder = to or configured.paths.logs / "regelbok"
    try:
        files = rule_book.write(made, folder, texts)
    except OSError as error:
        raise SettingsInvalid(f"the rule book can't be written: {error.strerror}. Name a folder that you can write to with --to") from None
    if as_json:
        files_written = [str(path) for path in files]
        print_json({"files": files_written, "rule_set": made.record["rule_set"], "examples": len(made.record["examples"]), "wrong": list(made.wrong)})
    else:
        print_lines([*_book_lines(made.wrong, len(made.record["examples"])), *(f"{path}" for path in files)])
    sys.exit(1 if made.wrong else 0)


def _book_lines(wrong: tuple[str, ...], examples: int) -> Iterator[str]:
    yield f"{examples - len(wrong)} of {examples} examples end as worked out by hand."
    yield from (f"{name}: ends otherwise; see the book, and set config/examples.yaml or the rules right." for name in wrong)


@rules.command()
def replay(
    *,
    root: Root = Path(),
    config: Annotated[Path | None, typer.Option("--config", help="Folder like config/ with the rules to try.", exists=True, file_okay=False)] = None,
    as_decided: Annotated[
        bool,
        typer.Option(
            "--as-decided", help="Compare with how each case was assessed when it was handled; alone, check that it still comes to the same."
        ),
    ] = False,
    law_of: Annotated[str, typer.Option("--law-of", help="Try the amounts and guidelines of this month, as 2026-01, for all cases.")] = "",
    months: Annotated[str, typer.Option("--months", help="Only cases for these months, as 2026-01..2026-06 or 2026-01.")] = "",
    state: Annotated[
        str, typer.Option("--state", help="Folder of the robot's state, or a PostgreSQL address; that of the settings when left out.")
    ] = "",
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write to; one under logs/ when left out.", file_okay=False)] = None,
    language: Annotated[str, typer.Option("--language", help="sv or en; that of the settings when left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Assess past cases again under other rules, and show what would change. Nothing is decided or written in any system.

    Exit code 0: done. 1: with --as-decided alone, a case does not come to what it did. 3: an operator must act.
    """
    from datetime import UTC, datetime

    from robots import settings
    from robots.assessment import RunMode
    from robots.replay import tables, trial
    from robots.texts import Texts

    if config is None and not law_of and not as_decided:
        raise typer.BadParameter("nothing is changed: give --config or --law-of, or check the past cases with --as-decided")
    configured = settings.load(root)
    question = trial.Question(
        config=root / "config",
        casebook=state if "://" in state else Path(state) / "casebook.sqlite" if state else configured.paths.casebook_of(RunMode.DECIDE),
        other_config=config,
        law_of=chosen_month(law_of, "--law-of") if law_of else None,
        is_as_decided=as_decided,
        months=chosen_months(months),
    )
    if question.is_check:
        with _progress() as on_assessed:
            found = trial.checked(question, on_assessed=on_assessed)
        print_json(trial.check_record(found)) if as_json else print_lines(_check_lines(found))
        sys.exit(0 if found.holds else 1)
    # Before the cases are read, so that a wrong language does not show after a minute.
    guidelines = trial.load_rules(root / "config").law.guidelines
    texts = Texts.load(root / "config" / "texts", language or configured.language, municipality=guidelines.municipality, board=guidelines.board)
    with _progress() as on_assessed:
        report = trial.tried(question, on_assessed=on_assessed)
    if report is None:
        if as_json:
            print_json({"same_rules": True})
        else:
            print_lines(["The rules to try are those in force: nothing can change, and no case was assessed."])
        return
    paths = trial.write(to or configured.paths.logs / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-replay", report, texts)
    if as_json:
        print_json({"same_rules": False, **trial.report_record(report), "files": [str(path) for path in paths]})
        return
    print_lines([*tables.opening(report, texts), *tables.summary(report, texts), *(f"{path}" for path in paths)])


def _check_lines(found: Check) -> Iterator[str]:
    yield f"{found.same} of {found.cases} past cases come to the same assessment, byte for byte."
    for reference in found.differing:
        why = " It was assessed by another version of the rules' program." if reference in found.other_program else ""
        yield f"{reference}: the assessment is another now.{why}"
    words = {
        "no facts": "ended before anything was collected, so there is nothing to check",
        "unreadable": "holds facts in a format that this version does not read",
        "no record": "has no decision record, assessment or rule set that this version can read",
    }
    for standing, references in found.not_assessed.items():
        yield from (f"{reference}: {words[standing]}." for reference in references)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Assessing past cases", total=None)
        yield lambda done, of: progress.update(bar, completed=done, total=of)
