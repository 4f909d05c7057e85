"""Be told: alerts, metrics and health."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import AsJson, Root, print_json, print_lines

if TYPE_CHECKING:
    from robots.alerts.ledger import ChannelRecord, Standing

alerts = typer.Typer(no_args_is_help=True, help="What operators are told by mail and webhook; see alerts in config/kollega.yaml.")

_NOBODY = "Nobody is told: config/kollega.yaml sets neither alerts.mail nor alerts.webhook."
#: nothing could go out, or something stands that somebody must act on
_FAILED = 3


@alerts.command()
def check(*, root: Root = Path()) -> None:
    """Look at what stands, and tell what is new; for a timer, on this machine or another one that sees the state.

    Exit code 0: looked at, and told where something was to be told. 3: a message could not go out, and is tried again.
    """
    from robots import alerts as telling
    from robots.alerts.channels import PATIENT_SECONDS, secrets_of
    from robots.alerts.last_settings import settings_to_tell_by

    here, mistakes = settings_to_tell_by(root)
    looked = telling.look(
        here, secrets_of(here.secrets), now=datetime.now(UTC), mistakes=mistakes or telling.mistakes_of(root), seconds=PATIENT_SECONDS
    )
    if looked.is_left_to_other:
        print_lines(["Another process is just looking; it tells."])
        return
    lines = [] if here.alerts.mail or here.alerts.webhook else [_NOBODY]
    lines += [f"{name}: {f'not told, {why}' if why else 'told'}." for name, why in looked.told.items()]
    count = len(looked.standing)
    lines.append(f"{count} alert{'s stand' if count > 1 else ' stands'}." if count else "Nothing stands.")
    if looked.fault:
        lines = [looked.fault]
    print_lines(lines)
    sys.exit(_FAILED if looked.fault or any(looked.told.values()) else 0)


@alerts.command("test")
def send_test(*, root: Root = Path()) -> None:
    """Send a test on every channel that is set, and say of each whether it went out.

    Exit code 0: all went out. 3: one did not, or none is set.
    """
    from robots import alerts as telling
    from robots import settings
    from robots.alerts.channels import secrets_of

    here = settings.load(root)
    told = telling.send_test(here, secrets_of(here.secrets), now=datetime.now(UTC))
    print_lines([f"{name}: {why or 'sent'}." for name, why in told.items()] or [_NOBODY])
    sys.exit(_FAILED if not told or any(told.values()) else 0)


@alerts.command("list")
def list_standing(*, root: Root = Path(), as_json: AsJson = False) -> None:
    """Show what stands now, and what each channel has told. Tells nobody, and changes nothing."""
    from robots import alerts as telling
    from robots import settings

    standing, channels = telling.standing(settings.load(root), now=datetime.now(UTC), mistakes=telling.mistakes_of(root))
    if as_json:
        print_json({"schema": 1, "standing": [_record(one) for one in standing], "channels": {name: _told(one) for name, one in channels.items()}})
        return
    lines: list[str] = []
    for one in standing:
        lines += [f"{one.alert.severity:<8} {one.alert.what}", f"{'':<8} {one.alert.do}", f"{'':<8} since {one.since:%Y-%m-%d %H:%M} UTC"]
    lines = lines or ["Nothing stands: all is well."]
    for name, channel in channels.items():
        lines.append(f"{name}: {f'not through, {channel.why} ({channel.failures} tries)' if channel.failures else 'works as far as is known'}.")
    print_lines(lines if channels else [*lines, _NOBODY])


def metrics(
    *,
    root: Root = Path(),
    file: Annotated[
        Path | None, typer.Option("--file", help="Write them into this file in one act, for the node exporter's textfile collector.", dir_okay=False)
    ] = None,
) -> None:
    """Print how things stand as Prometheus reads it."""
    from robots import settings
    from robots.metrics import metrics_text, write_metrics
    from robots.situation import situation_by

    text = metrics_text(situation_by(settings.load(root), now=datetime.now(UTC)))
    if file is None:
        sys.stdout.write(text)
    else:
        write_metrics(file, text)


def health(*, root: Root = Path(), as_json: AsJson = False) -> None:
    """Say whether all is well, by what operators are told of.

    Exit code 0: all is well. 1: somebody must act. 3: the settings can't be read.
    """
    from robots import alerts as telling
    from robots import settings
    from robots.health import health_of

    found = health_of(settings.load(root), now=datetime.now(UTC), mistakes=telling.mistakes_of(root))
    if as_json:
        # One line, as monitoring programs want it.
        sys.stdout.write(json.dumps(found.record, ensure_ascii=True) + "\n")
    else:
        print_lines(["All is well." if found.is_well else "Somebody must act:", *found.because, *found.beside])
    sys.exit(0 if found.is_well else 1)


def _record(one: Standing) -> dict[str, str]:
    alert = one.alert
    return {
        "cause": alert.cause,
        "subject": alert.subject,
        "severity": alert.severity,
        "what": alert.what,
        "do": alert.do,
        "since": one.since.isoformat(),
    }


def _told(one: ChannelRecord) -> dict[str, object]:
    return {"told": {key: at.isoformat() for key, at in one.told.items()}, "failures": one.failures, "why": one.why}
