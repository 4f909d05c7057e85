"""Look at everything that the robot needs."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines

if TYPE_CHECKING:
    from robots.doctor import Finding

_SUBJECT_WIDTH = 26


def doctor(
    *,
    root: Root = Path(),
    screens: Annotated[bool, typer.Option("--screens/--no-screens", help="Log in to every system and look at its screens, read-only.")] = True,
    as_json: AsJson = False,
) -> None:
    """Look at configuration, machine, files, database, workbook, mail and every system; each line is ok or says what to do.

    Run it as the robot's account. Exit code 0: the robot can work. 3: it can't, or not as it must.
    """
    from robots import run_log, settings
    from robots.doctor import Verdict, examine, machine
    from robots.errors import SetupError

    log, why_no_folder = None, "not asked for"
    if screens:
        why_no_folder = "the walk's log can't be kept as this account; see to what is said above first"
        # What is wrong with the settings, or with the folder of the logs, is what the doctor is asked for.
        with suppress(SetupError, OSError):
            configured = settings.load(root)
            # Another account would leave a folder behind that the robot can't remove.
            if machine.of_another_account(configured) is None:
                log = run_log.set_up(configured.paths.logs, console=False)
    findings = []
    try:
        folder = None if log is None else log.folder
        for finding in examine(root, now=datetime.now(UTC), folder=folder, why_no_folder=why_no_folder):
            findings.append(finding)
            if not as_json:
                print_lines(_lines(finding))
                sys.stdout.flush()
    finally:
        if log is not None:
            log.close()
    faults = sum(1 for one in findings if one.verdict is Verdict.FAULT)
    exit_code = SetupError.exit_code if faults else 0
    if as_json:
        print_json({"schema": 1, "exit_code": exit_code, "findings": [_record(one) for one in findings]})
    else:
        looks = sum(1 for one in findings if one.verdict is Verdict.LOOK)
        print_lines(
            [f"{faults} {'fault' if faults == 1 else 'faults'}, {looks} to look at, {sum(1 for one in findings if one.verdict is Verdict.OK)} ok"]
        )
    sys.exit(exit_code)


def _lines(finding: Finding) -> list[str]:
    lines = [f"{finding.verdict.upper():<13} {finding.subject:<{_SUBJECT_WIDTH}} {finding.what}"]
    if finding.do:
        lines.append(f"{'':<13} {'':<{_SUBJECT_WIDTH}} -> {finding.do}")
    return lines


def _record(finding: Finding) -> dict[str, str]:
    return {"subject": finding.subject, "verdict": finding.verdict.value, "what": finding.what, "do": finding.do}
