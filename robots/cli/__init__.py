"""The commands: parse, call one function, print, exit code. Imports that take time wait until a command needs them."""

from __future__ import annotations

import sys

import typer

from robots.cli import (
    accounts,
    alerting,
    backup,
    doctor,
    explaining,
    faults,
    installing,
    law,
    log,
    practising,
    queue,
    records,
    reporting,
    rules,
    running,
    screens,
    serving,
    watching,
    workbook,
    workers,
)
from robots.errors import KollegaError, StopRequested

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Robots that handle applications on the screens you already have.",
)
app.command()(running.run)
app.command()(serving.serve)
app.command()(installing.install)
app.add_typer(queue.queue, name="queue")
app.add_typer(workbook.workbook, name="workbook")
app.add_typer(log.log, name="log")
app.command()(workers.workers)
app.add_typer(alerting.alerts, name="alerts")
app.command()(alerting.metrics)
app.command()(alerting.health)
app.command()(watching.watch)
app.command()(watching.dashboard)
app.command()(running.check)
app.add_typer(accounts.accounts, name="accounts")
app.command()(doctor.doctor)
app.command()(law.assess)
app.command()(explaining.explain)
app.add_typer(rules.rules, name="rules")
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(reporting.report)
app.add_typer(records.retention, name="retention")
app.add_typer(records.person, name="person")
app.add_typer(records.audit, name="audit")
app.add_typer(screens.screens, name="screens")
app.command()(practising.demo)
app.add_typer(practising.practice, name="practice")


def main() -> None:
    """Run a command; what the product itself reports becomes lines on stderr and the exit code of its class."""
    faults.tell_without_values()
    try:
        app()
    except KollegaError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code or 1)
    except (KeyboardInterrupt, StopRequested):
        sys.exit(StopRequested.exit_code)
    except Exception as error:  # noqa: BLE001 - the library of the commands would print it with its text
        faults.tell(error)
        sys.exit(1)
