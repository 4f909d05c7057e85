"""The outside systems: accounts, whether they answer, log-in and screens; and those that people are told by."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from robots import doors
from robots.accounts import SecretsSource, account_variables, look_up, which_are_there
from robots.case import SWEDEN
from robots.configuration import Configuration
from robots.doctor.asking import Answer, ask_all
from robots.doctor.findings import Finding, fault, look, unseen, well
from robots.errors import SetupError
from robots.screens.drift import SystemCheck, Verdict, said
from robots.settings import Settings, SystemSettings
from robots.situation import Situation

_LEAST_ERROR_STATUS = 500
_SHOWN_ELEMENTS = 3


def see_accounts(settings: Settings, today: date) -> Iterator[Finding]:
    """See that there is a name and a password for every system, and leave them where they are."""
    there = which_are_there(settings.secrets, settings.systems)
    missing = [name for name, (user, has_password) in there.items() if not user or not has_password]
    for name in missing:
        lacks = [variable for variable, is_there in zip(account_variables(name), (bool(there[name][0]), there[name][1]), strict=True) if not is_there]
        how = (
            f"set {' and '.join(lacks)} in the environment"
            if settings.secrets.source is SecretsSource.ENVIRONMENT
            else f"kollega accounts set {name}"
        )
        yield fault("accounts", f"the robot has no account in {name}", how)
    if not missing:
        yield well("accounts", f"there is one for each of {len(settings.systems)} systems, from the {settings.secrets.source}")
    for name, day in settings.alerts.passwords_expire.items():
        left = (day - today).days
        if left < 0:
            yield fault("accounts", f"the password in {name} expired {day}, by alerts.passwords_expire", "change it, then note its new day")
        elif left <= settings.alerts.password_days:
            yield look("accounts", f"the password in {name} expires {day}, by alerts.passwords_expire", "change it, then note its new day")


def see_addresses(settings: Settings) -> Iterator[Finding]:
    """Ask every system on the web for its first page."""
    asked = [system for system in settings.systems.values() if system.address]
    answers = ask_all((system.address for system in asked), trust=settings.trust)
    for system in asked:
        yield _of_answer(system, answers[system.address])


def _of_answer(system: SystemSettings, answer: Answer) -> Finding:
    advice = f"see that the system is up, and systems.{system.name}.address and the firewall"
    if answer.mistrust is not None:
        return fault(system.name, f"the certificate of {system.address} is not believed: {answer.mistrust}", answer.mistrust.advice)
    if answer.fault:
        return fault(system.name, f"{system.address} does not answer ({answer.fault})", advice)
    if answer.status >= _LEAST_ERROR_STATUS:
        return fault(system.name, f"{system.address} answers with error {answer.status}", advice)
    return well(system.name, f"{system.address} answers")


def see_screens(configuration: Configuration, situation: Situation, folder: Path) -> Iterator[Finding]:
    """Log in to every system that is open, and walk through its views read-only, as `kollega screens check`."""
    at_work = [worker.worker for worker in situation.workers if worker.is_alive]
    if at_work:
        yield unseen("screens", f"{', '.join(at_work)} is at work with the accounts; look again when it has ended")
        return
    names = []
    for system in situation.systems:
        if system.is_open:
            names.append(system.name)
        else:
            yield unseen(system.name, f"it is closed at this hour, by systems.{system.name}.open or the schedule")
    try:
        # One that lacks its account is told of by its account.
        look_up(configuration.settings.secrets, names)
    except SetupError:
        yield unseen("screens", "an account is missing")
        return
    if names:
        for check in asyncio.run(doors.check_screens(configuration, folder=folder, systems=names)):
            yield _of_check(check)


def _of_check(check: SystemCheck) -> Finding:
    subject = f"{check.system} screens"
    found = [
        f"{view.view}.{name} ({said(view.sightings[name])})"
        for view in check.views
        for name in (*view.faults, *(view.drifted if check.verdict is Verdict.DRIFT else ()))
    ]
    shown = ", ".join(found[:_SHOWN_ELEMENTS]) + (f" and {len(found) - _SHOWN_ELEMENTS} more" if len(found) > _SHOWN_ELEMENTS else "")
    mend = f"kollega screens check {check.system} shows all of it, kollega screens suggest {check.system} may know how to mend it"
    match check.verdict:
        case Verdict.SOUND:
            return well(subject, f"the log-in works, and all on {sum(view.was_walked for view in check.views)} views is found")
        case Verdict.DRIFT:
            return look(subject, f"found by a later way: {shown}", mend)
        case Verdict.FAULT if found:
            return fault(subject, f"not as the selector file says: {shown}", mend)
        case _:
            return fault(subject, str(check.error))


def see_schedule(situation: Situation) -> Iterator[Finding]:
    """See whether a run is due at any time, and whether the service that would begin it is there."""
    if situation.next_due_at is None:
        advice = "set schedule.runs, or have a timer begin kollega run"
        yield look("schedule", "no run is due at any time", advice)
    elif situation.service is None or not situation.service.is_up:
        yield look(
            "schedule",
            "runs are due, and kollega serve is not at work on this machine",
            "systemctl start kollega, if no timer begins the runs; kollega install shows both",
        )
    else:
        yield well(
            "schedule", f"the next run is due {situation.next_due_at.astimezone(SWEDEN):%Y-%m-%d %H:%M}, Swedish time, and the service is at work"
        )
