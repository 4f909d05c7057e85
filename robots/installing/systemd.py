"""The units for systemd: a service that stays, or, instead of it, a timer that begins single runs.

No unit starts a display. The robot gives every desktop program a private Xvfb of its own and ends it with the run, so that no other program can
take the keyboard from it, and nothing is left to go wrong between two runs.
"""

from __future__ import annotations

import re
import shlex
from itertools import chain
from pathlib import Path

from robots.accounts import SecretsSource, account_variables
from robots.errors import SetupError
from robots.installing import File, Place, Plan, folders_written_to, own_folders, render, schedule_of
from robots.schedule import CronLine

UNITS = Path("/etc/systemd/system")
#: outside the project and read by root alone; systemd gives what stands in it to the robot
ACCOUNTS = Path("/etc/kollega/accounts.env")
_FILES = ("kollega-alerts.service", "kollega-alerts.timer", "kollega.service", "kollega-run.service", "kollega-run.timer")
_NAMES = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
# A unit gives these a meaning of its own, each key another one. Blanks and letters of any alphabet are no trouble.
_SPECIAL = re.compile(r"[\x00-\x1f\x7f\"'\\$%]")
#: so much longer than a run has for its last steps; the service itself kills one that takes longer, and tells so
_AFTER_RUN_SECONDS = 30


def plan(place: Place, *, to: Path = UNITS) -> Plan:
    """Return the units of an installation.

    Raises:
        SetupError: no run is ever due, or a path can't stand in a unit.
    """
    settings, schedule = place.settings, schedule_of(place.settings)
    folders = folders_written_to(settings)
    for path in (settings.root, place.python, *folders):
        if _SPECIAL.search(str(path)):
            raise SetupError(f"the path {path} has a quote, a backslash, $ or %, which mean something else in a unit; use another folder")
    values = {
        "user": place.user,
        "root": settings.root,
        "program": f'"{place.python}" -P -m robots.cli',
        "root_quoted": f'"{settings.root}"',
        "accounts": ACCOUNTS,
        "written": " ".join(f'"{path}"' for path in folders),
        "stop_seconds": round(settings.run.stop_seconds + _AFTER_RUN_SECONDS),
        "calendar": tuple(dict.fromkeys(chain.from_iterable(calendar_of(line) for line in schedule.runs))),
        "skips_holidays": schedule.skip_holidays,
        "with_dashboard": place.with_dashboard,
    }
    texts = {name: render(f"{name}.jinja", **values) for name in _FILES}
    remarks = ["Use the service or the timer, not both: enabling the timer stops the service."]
    if schedule.skip_holidays:
        remarks.append("The timer can't skip holidays as schedule.skip_holidays wants; the service does.")
    return Plan(
        files=tuple(File(path=to / name, content=text.encode(), text=text) for name, text in texts.items()),
        commands=_commands(place),
        remarks=tuple(remarks),
    )


def calendar_of(line: CronLine) -> tuple[str, ...]:
    """Return what `OnCalendar=` of a timer says for a cron line, in Swedish time; two, where either a day or a weekday will do."""
    minutes, hours, days, months, weekdays = line.fields
    clock = f"{_listed(hours)}:{_listed(minutes)}:00 Europe/Stockholm"
    by_day = f"*-{_listed(months)}-{_listed(days)} {clock}"
    if weekdays is None:
        return (by_day,)
    # The week of systemd begins on Monday.
    by_weekday = f"{','.join(_NAMES[day] for day in sorted(weekdays, key=lambda day: (day + 6) % 7))} *-{_listed(months)}-* {clock}"
    return (by_weekday,) if days is None else (by_day, by_weekday)


def _listed(numbers: tuple[int, ...] | None) -> str:
    return "*" if numbers is None else ",".join(f"{number:02}" for number in numbers)


def _commands(place: Place) -> tuple[str, ...]:
    user = shlex.quote(place.user)
    own, shared = own_folders(place.settings), [one for one in folders_written_to(place.settings) if one not in own_folders(place.settings)]
    # Others are in that one, so that it is made when it is missing, and otherwise left as it is.
    for_shared = [
        line
        for quoted in (shlex.quote(str(folder)) for folder in shared)
        for line in (
            f"[ -d {quoted} ] || install -d -m 2770 -o {user} -g {user} {quoted}",
            f"# {user} and the caseworkers must be able to write in {quoted}",
        )
    ]
    variables = " ".join(name for system in place.settings.systems for name in account_variables(system))
    accounts = shlex.quote(str(ACCOUNTS))
    if place.settings.secrets.source is SecretsSource.ENVIRONMENT:
        for_accounts = [f"# Write the robot's accounts into {ACCOUNTS}, a line NAME='value' for each of", f"# {variables}"]
    else:
        kept = place.settings.secrets.path or "its keyring"
        for_accounts = [f"# {ACCOUNTS} stays empty: the robot's accounts are in {kept}, where kollega accounts set puts them"]
    return (
        f"id {user} >/dev/null 2>&1 || useradd --system --user-group --shell /usr/sbin/nologin {user}",
        f"install -d -m 0700 -o {user} -g {user} {' '.join(shlex.quote(str(folder)) for folder in own)}",
        *for_shared,
        f"install -d -m 0700 {shlex.quote(str(ACCOUNTS.parent))}",
        f"[ -e {accounts} ] || install -m 0600 /dev/null {accounts}",
        *for_accounts,
        "systemctl daemon-reload",
        "systemctl enable --now kollega.service",
        "# or, to have single runs begun by a timer instead of the service:",
        "# systemctl enable --now kollega-run.timer",
        "# To be told of trouble, also when the service is gone, with alerts.mail or alerts.webhook set in config/kollega.yaml:",
        "# systemctl enable --now kollega-alerts.timer",
    )
