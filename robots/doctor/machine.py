"""The machine: programs, display, browser, clock, disk."""

from __future__ import annotations

import asyncio
import os
import pwd
import shlex
import shutil
import statistics
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from robots.doctor.asking import ask_all
from robots.doctor.findings import Finding, fault, look, unseen, well
from robots.screens.selector_file import Driver, SelectorFile
from robots.screens.ways import Value, Way, Words
from robots.settings import Settings
from robots.trust import SETTING, Trust, expired

#: deadlines are days, and what comes from several machines is put in order by time
MOST_SECONDS_OFF = 60
#: below this a run of some hundred cases with pictures can fill the disk, whatever alerts are sent about
LEAST_FREE_BYTES = 500_000_000
#: a run makes some for each of its cases
LEAST_FREE_FILES = 5_000
#: a browser so many releases from the one that the robot was tried with may do other things
_RELEASES_APART = 12


def see_programs(settings: Settings, selectors: Mapping[str, SelectorFile]) -> Iterator[Finding]:
    """Look for the programs of the desktop systems, and for the one that reads words off a picture where a selector file wants that."""
    for system in settings.systems.values():
        if not _is_on_desktop(selectors, system.name) or not system.command:
            continue
        name = Path(system.command[0]).name
        if shutil.which(system.command[0]) is None:
            advice = f"install it, or put the right path into systems.{system.name}.program of config/kollega.yaml"
            yield fault("program", f"{system.name}: the program {name} is not there, or is none", advice)
        else:
            yield well("program", f"{system.name}: {name} is there")
    if any(isinstance(way, Words | Value) for file in selectors.values() for way in _ways(file)):
        if shutil.which("tesseract") is None:
            yield fault("program", "tesseract, which reads words off pictures, is not there", "apt-get install tesseract-ocr tesseract-ocr-swe")
        else:
            yield well("program", "tesseract is there")


def see_display(selectors: Mapping[str, SelectorFile]) -> Iterator[Finding]:
    """Start a desk as a desktop system gets one: a virtual screen of the right size, a window manager, a session bus."""
    if not any(_is_on_desktop(selectors, name) for name in selectors):
        yield well("display", "none is needed: no system is a desktop program")
        return
    from robots.screens.desktop.desk import HEIGHT_PIXELS, WIDTH_PIXELS, Desk
    from robots.screens.desktop.waiting import Clock

    Desk(Clock()).close()
    yield well("display", f"a virtual screen of {WIDTH_PIXELS} by {HEIGHT_PIXELS} starts, with window manager and session bus")


def see_browser(selectors: Mapping[str, SelectorFile], trust: Trust | None = None) -> Iterator[Finding]:
    """Start the browser as a run does, and say which release it is."""
    if all(_is_on_desktop(selectors, name) for name in selectors):
        yield well("browser", "none is needed: no system is on the web")
        return
    from robots.screens.web import TRIED_WITH_RELEASE, Browser

    async def version() -> str:
        browser = await Browser.open(executable=None, trust=trust)
        try:
            return browser.version
        finally:
            await browser.close()

    found = asyncio.run(version())
    apart = abs(int(found.partition(".")[0]) - TRIED_WITH_RELEASE)
    if apart > _RELEASES_APART:
        advice = "run kollega screens check; if all is found, it is well"
        yield look("browser", f"Chromium {found} starts; the robot was tried with release {TRIED_WITH_RELEASE}", advice)
    else:
        yield well("browser", f"Chromium {found} starts")


def see_certificates(trust: Trust) -> Iterator[Finding]:
    """Say who may have signed the certificates of systems, beside the authorities that the whole world trusts."""
    authorities = trust.beside_the_world()
    if not authorities:
        yield well("certificates", f"those of the world's authorities are believed; this machine trusts no others, and {SETTING} names none")
        return
    for name, ended in expired(authorities).items():
        advice = "an administrator puts its new one where it is, unless the clock is wrong; what it has signed is not believed"
        yield look("certificates", f"the certificate of the authority {name} ended {ended}", advice)
    yield well("certificates", f"those of {len(authorities)} authorities of this machine's and {SETTING} are believed beside those of the world's")


def see_clock(settings: Settings) -> Iterator[Finding]:
    """Hold the clock against those of the systems on the web, which tell the time with every answer (RFC 9110, 6.6.1)."""
    answers = ask_all([system.address for system in settings.systems.values() if system.address], trust=settings.trust)
    # Of whole seconds, and cut: half a second more is nearer.
    told = [
        (told_at - answer.at).total_seconds() + 0.5 for answer in answers.values() if answer.at and (told_at := _time_of(answer.date)) is not None
    ]
    if not told:
        yield unseen("clock", "no system on the web told the time")
        return
    off = statistics.median(told)
    if abs(off) > MOST_SECONDS_OFF:
        way = "behind" if off > 0 else "ahead of"
        yield fault(
            "clock", f"this machine is {abs(off):.0f} s {way} the systems", "set the clock, as with timedatectl set-ntp true; see whose is right"
        )
    else:
        yield well("clock", f"within {max(1, round(abs(off)))} s of what {len(told)} systems say")


def see_disk(settings: Settings) -> Iterator[Finding]:
    """Look how much room is left where the robot writes."""
    paths = settings.paths
    places = {"state": paths.state, "logs": paths.logs, "workbook": paths.workbook.parent}
    seen: dict[int, list[str]] = {}
    there: dict[int, Path] = {}
    for name, folder in places.items():
        # What is not there yet is made where its parent is.
        place = next(place for place in (folder, *folder.parents) if _is_there(place))
        device = place.stat().st_dev
        seen.setdefault(device, []).append(name)
        there[device] = place
    alerts = settings.alerts
    for device, names in seen.items():
        total, _, free = shutil.disk_usage(there[device])
        what = f"{free / 1e9:.1f} GB are free for {', '.join(names)}"
        advice = "free some room, or shorten log.keep_days; the robot ends a run when its state can't be written"
        files = os.statvfs(there[device])
        if free < LEAST_FREE_BYTES:
            yield fault("disk", what, advice)
        # Some file systems have no such number, and say 0 of 0.
        elif files.f_files and files.f_favail < LEAST_FREE_FILES:
            yield fault("disk", f"only {files.f_favail} files more can be made for {', '.join(names)}, whatever room is free", advice)
        elif free < alerts.disk_free_gb * 1e9 or free < alerts.disk_free_share * total:
            yield look("disk", what, advice)
        else:
            yield well("disk", what)


def see_account(settings: Settings) -> Iterator[Finding]:
    """See that this is looked at as the account that the robot works under: another one sees other rights, and other secrets."""
    foreign = of_another_account(settings)
    if foreign is not None:
        advice = f"run kollega doctor as the robot's account, as with sudo -u kollega; if this is it, root gives it the folder: {given(foreign)}"
        yield fault("account", f"{foreign} belongs to another account than the one that looks", advice)
    else:
        yield well("account", "what the robot has written belongs to this account")


def of_another_account(settings: Settings) -> Path | None:
    """Return a folder of the robot's that this account did not make; None when there is none."""
    # What lies in a folder that can't be entered can't be seen: the outer one first.
    places = sorted((settings.paths.state, settings.paths.logs), key=lambda place: len(place.parts))
    return next((place for place in places if _is_there(place) and place.stat().st_uid != os.geteuid()), None)


def given(folder: Path, owner: int | None = None) -> str:
    """Return the command that gives a folder to an account; to the one that looks when left out."""
    uid = os.geteuid() if owner is None else owner
    try:
        name = pwd.getpwuid(uid).pw_name
    except KeyError:
        name = str(uid)
    return f"chown -R {name} {shlex.quote(str(folder))}"


def _is_there(place: Path) -> bool:
    try:
        return place.exists()
    except PermissionError:
        return False


def _is_on_desktop(selectors: Mapping[str, SelectorFile], system: str) -> bool:
    return system in selectors and selectors[system].driver is Driver.DESKTOP


def _ways(file: SelectorFile) -> Iterator[Way]:
    for view in file.views.values():
        for element in view.elements.values():
            yield from element.ways


def _time_of(date: str) -> datetime | None:
    try:
        return parsedate_to_datetime(date).astimezone(UTC) if date else None
    except (ValueError, TypeError, OverflowError):
        # Who writes the time as nobody reads it tells none.
        return None
