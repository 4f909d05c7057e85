"""Being told: what stands is looked at, held against what was told before, and what is new goes out by mail and webhook.

It is looked at in the end of each run, each minute by the service, and by `kollega alerts check`, which a timer begins: that no run has begun is told
also when nothing of the robot is alive. Whatever goes wrong here, no run ends or waits for it longer than the delivery of one message may take.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from robots.alerts.causes import Verdict, judge
from robots.alerts.channels import DELIVERY_SECONDS, Channel, Secrets, channels_of, deliver
from robots.alerts.ledger import (
    ChannelRecord,
    Ledger,
    Standing,
    alone,
    news_for,
    read_ledger,
    set_aside,
    with_channels,
    with_failure,
    with_schedule,
    with_sent,
    with_verdict,
    write_ledger,
)
from robots.alerts.message import message_of, trial_message
from robots.alerts.observing import alerts_folder, make_alerts_folder, observe
from robots.configuration import read_configuration
from robots.errors import SetupError
from robots.run_log import Action, event
from robots.settings import Settings

__all__ = ["Looked", "look", "mistakes_of", "send_test", "standing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What one look has come to."""

    #: what stands
    standing: tuple[Standing, ...]
    #: by channel, why nothing went out; empty for one that has told
    told: dict[str, str]
    #: another process was looking at the same moment, and tells
    is_left_to_other: bool = False
    #: what was told can't be remembered, so that nothing was told; empty when it can
    fault: str = ""


def look(settings: Settings, secrets: Secrets, *, now: datetime, mistakes: str = "", seconds: float = DELIVERY_SECONDS) -> Looked:
    """Look at what stands, and tell what is new, what is to be told again and what is over; never raises for what it finds.

    Args:
        settings: of the installation.
        secrets: of the channels.
        now: aware time.
        mistakes: of the configuration, one a line.
        seconds: in which all that is to be told must be delivered.
    """
    folder = alerts_folder(settings.paths.state)
    try:
        make_alerts_folder(settings.paths.state)
        with alone(folder) as is_mine:
            if not is_mine:
                return Looked(standing=(), told={}, is_left_to_other=True)
            return _look(settings, secrets, folder, now=now, mistakes=mistakes, seconds=seconds)
    except OSError as error:
        fault = (
            f"what was told can't be remembered in {folder} ({error.strerror}), so nothing is told; give the robot's account the folder, with room"
        )
        event(Action.ALERT_FAILED, fault, level="ERROR")
        return Looked(standing=(), told={}, fault=fault)


def _look(settings: Settings, secrets: Secrets, folder: Path, *, now: datetime, mistakes: str, seconds: float) -> Looked:
    ledger, is_sound = read_ledger(folder)
    if not is_sound:
        set_aside(folder)
        event(
            Action.ALERT_FAILED,
            "what was told before can't be read and is set aside as ledger.damaged.json: what stands is told anew",
            level="WARNING",
        )
    before, channels = ledger, channels_of(settings.alerts, secrets)
    ledger = with_channels(with_schedule(ledger, schedule_text(settings), now=now), tuple(channel.name for channel in channels))
    ledger = with_verdict(ledger, _judged(settings, ledger, now=now, mistakes=mistakes), now=now)
    if ledger != before:
        write_ledger(folder, ledger)
    ledger, told = _tell(ledger, channels, settings, folder, now=now, seconds=seconds)
    return Looked(standing=tuple(ledger.standing.values()), told=told)


def _judged(settings: Settings, ledger: Ledger, *, now: datetime, mistakes: str) -> Verdict:
    return judge(observe(settings, now=now, scheduled_since=ledger.scheduled_since, mistakes=mistakes))


def _tell(
    ledger: Ledger, channels: tuple[Channel, ...], settings: Settings, folder: Path, *, now: datetime, seconds: float
) -> tuple[Ledger, dict[str, str]]:
    repeat = timedelta(hours=settings.alerts.repeat_hours)
    found = {
        channel: news_for(ledger, channel.name, now=now, repeat=repeat, messages_per_hour=settings.alerts.messages_per_hour) for channel in channels
    }
    news = {channel.name: one for channel, one in found.items() if one is not None}
    sendings = [
        (channel, message_of(news[channel.name], machine=platform.node(), mode=settings.run.mode, now=now))
        for channel in channels
        if channel.name in news
    ]
    if not sendings:
        return ledger, {}
    # Before anything goes out: what can't be remembered would go out again and again.
    write_ledger(folder, ledger)
    told = deliver(sendings, seconds=seconds)
    for channel, message in sendings:
        one = told[channel.name]
        if one.has_arrived:
            ledger = with_sent(ledger, channel.name, news[channel.name], now=now)
            event(Action.ALERT_SENT, f"{channel.name}: {message.subject}")
        else:
            ledger = with_failure(ledger, channel.name, one.why, now=now)
        if one.why:
            # Who has got it is not to get it again and again because somebody else did not.
            event(Action.ALERT_FAILED, f"{channel.name}: {one.why}{'' if one.has_arrived else '; it is tried again'}", level="WARNING")
    write_ledger(folder, ledger)
    return ledger, {name: one.why for name, one in told.items()}


def standing(settings: Settings, *, now: datetime, mistakes: str = "") -> tuple[tuple[Standing, ...], dict[str, ChannelRecord]]:
    """Return what stands now, with since when it is known, and what each channel has told; nothing is told or remembered."""
    folder = alerts_folder(settings.paths.state)
    try:
        ledger, _ = read_ledger(folder)
    except OSError:
        ledger = Ledger()
    names = tuple(channel.name for channel in channels_of(settings.alerts, Secrets()))
    # Without a ledger nobody has looked before, and what was due before now is nobody's to miss.
    ledger = with_channels(with_schedule(ledger, schedule_text(settings), now=now), names)
    ledger = with_verdict(ledger, _judged(settings, ledger, now=now, mistakes=mistakes), now=now)
    return tuple(one for one in ledger.standing.values() if one.gone_since is None), dict(ledger.channels)


def send_test(settings: Settings, secrets: Secrets, *, now: datetime) -> dict[str, str]:
    """Send a test on every channel, and return {channel: why it failed}, empty for what went out."""
    message = trial_message(machine=platform.node(), mode=settings.run.mode, now=now)
    told = deliver([(channel, message) for channel in channels_of(settings.alerts, secrets)])
    return {name: one.why for name, one in told.items()}


def mistakes_of(root: Path, *, read: Callable[[Path], object] = read_configuration) -> str:
    """Return the mistakes of the whole configuration, one a line; empty when a run can begin with it."""
    try:
        read(root)
    except SetupError as error:
        return str(error)
    return ""


def schedule_text(settings: Settings) -> str:
    """Return what tells one schedule from another."""
    lines = ", ".join(line.text for line in settings.schedule.runs)
    return f"{lines}{', no holidays' if settings.schedule.skip_holidays else ''}"
