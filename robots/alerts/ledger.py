"""What was told of what, where and when, so that an alert is told once as it begins, now and then while it stands, and once when it is over.

Every channel has a record of its own: one that is down is told later what the other was told at once.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from robots.alerts.causes import Alert, Cause, Severity, Verdict
from robots.alerts.observing import write_private

SCHEMA = 1
#: causes that are looked at anew each time may come and go from one look to the next: they are over when they have been gone for so long
_CALM = timedelta(minutes=10)
_MAY_FLUTTER = frozenset({Cause.DISK_LOW, Cause.WORKER_LIFELESS, Cause.OVERDUE, Cause.RECORD, Cause.SERVICE_GONE, Cause.RUN_MISSING})
#: nothing is over about a case that a person has got
_NEVER_OVER = frozenset({Cause.CASE_SET_ASIDE})
_HOUR = timedelta(hours=1)
_MOST_WAIT_MINUTES = 60
#: of what came and went while a channel was down, the latest
MOST_TOLD_OVER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An alert that stands; times are aware UTC."""

    alert: Alert
    since: datetime
    #: since when it has not been seen; None while it is
    gone_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """An alert that stood, and does no more."""

    alert: Alert
    since: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRecord:
    """What one channel has told."""

    #: by the key of the alert, when it was told last
    told: Mapping[str, datetime] = field(default_factory=dict)
    #: messages of the last hour
    sent: tuple[datetime, ...] = ()
    #: what is to be told as over
    over: tuple[Over, ...] = ()
    #: tries in a row that failed
    failures: int = 0
    #: none is made before
    next_try_at: datetime | None = None
    #: why the last one failed
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All that is remembered between two looks."""

    standing: Mapping[str, Standing] = field(default_factory=dict)
    channels: Mapping[str, ChannelRecord] = field(default_factory=dict)
    #: the schedule as it was seen last, and since when it has been so
    schedule: str = ""
    scheduled_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one message is to tell."""

    begun: tuple[Standing, ...]
    #: told before
    still: tuple[Standing, ...]
    over: tuple[Over, ...]
    #: the last message of the hour: what comes now is told together later
    is_last_of_hour: bool = False

    @property
    def worst(self) -> Severity:
        """The severity of the message."""
        return Severity.ERROR if any(one.alert.severity is Severity.ERROR for one in (*self.begun, *self.still)) else Severity.WARNING


def with_schedule(ledger: Ledger, text: str, *, now: datetime) -> Ledger:
    """Return the ledger with the schedule as it is; a new one holds from now on."""
    if ledger.scheduled_since is not None and ledger.schedule == text:
        return ledger
    return replace(ledger, schedule=text, scheduled_since=now)


def with_verdict(ledger: Ledger, verdict: Verdict, *, now: datetime) -> Ledger:
    """Return the ledger with what begins, stands and ends by what was judged now."""
    seen = {alert.key: alert for alert in verdict.alerts}
    standing: dict[str, Standing] = {}
    over: list[Over] = []
    for key, one in ledger.standing.items():
        if key in seen:
            standing[key] = replace(one, alert=seen[key], gone_since=None)
        elif verdict.leaves_open(one.alert):
            standing[key] = one
        elif one.alert.cause in _MAY_FLUTTER and now - (one.gone_since or now) < _CALM:
            standing[key] = replace(one, gone_since=one.gone_since or now)
        else:
            over.append(Over(alert=one.alert, since=one.since, ended_at=one.gone_since or now))
    for key, alert in seen.items():
        standing.setdefault(key, Standing(alert=alert, since=now))
    channels = {name: _with_over(record, over) for name, record in ledger.channels.items()}
    return replace(ledger, standing=standing, channels=channels)


def _with_over(record: ChannelRecord, over: list[Over]) -> ChannelRecord:
    # Also what a channel that was down, or had told enough, has never told: it happened.
    ended = {one.alert.key for one in over}
    told = {key: at for key, at in record.told.items() if key not in ended}
    return replace(record, told=told, over=(*record.over, *(one for one in over if one.alert.cause not in _NEVER_OVER))[-MOST_TOLD_OVER:])


def news_for(ledger: Ledger, channel: str, *, now: datetime, repeat: timedelta, messages_per_hour: int) -> News | None:
    """Return what the channel is to tell now; None for nothing, or not yet."""
    record = ledger.channels.get(channel, ChannelRecord())
    sent = [at for at in record.sent if timedelta() <= now - at < _HOUR]
    # A clock that was set back must not silence anybody for long.
    is_waiting = record.next_try_at is not None and now < record.next_try_at <= now + 2 * _MOST_WAIT_MINUTES * timedelta(minutes=1)
    if is_waiting or len(sent) >= messages_per_hour:
        return None
    here = [one for one in ledger.standing.values() if one.gone_since is None]
    begun = tuple(one for one in here if one.alert.key not in record.told)
    still = tuple(one for one in here if one.alert.key in record.told)
    is_to_repeat = any(not timedelta() <= now - record.told[one.alert.key] < repeat for one in still)
    if not begun and not record.over and not is_to_repeat:
        return None
    return News(begun=begun, still=still, over=record.over, is_last_of_hour=len(sent) + 1 >= messages_per_hour)


def with_sent(ledger: Ledger, channel: str, news: News, *, now: datetime) -> Ledger:
    """Return the ledger after the channel has told the news; all that stands is in each message, and so told anew."""
    record = ledger.channels.get(channel, ChannelRecord())
    told = {**record.told, **{one.alert.key: now for one in (*news.begun, *news.still)}}
    sent = (*(at for at in record.sent if timedelta() <= now - at < _HOUR), now)
    return _with_channel(ledger, channel, ChannelRecord(told=told, sent=sent))


def with_failure(ledger: Ledger, channel: str, why: str, *, now: datetime) -> Ledger:
    """Return the ledger after the channel could not tell; it is tried again after a growing wait, an hour at most."""
    record = ledger.channels.get(channel, ChannelRecord())
    failures = record.failures + 1
    wait = timedelta(minutes=min(_MOST_WAIT_MINUTES, 2 ** min(failures, 10)))
    return _with_channel(ledger, channel, replace(record, failures=failures, next_try_at=now + wait, why=why))


def with_channels(ledger: Ledger, names: tuple[str, ...]) -> Ledger:
    """Return the ledger with just these channels; a new one tells all that stands."""
    return replace(ledger, channels={name: ledger.channels.get(name, ChannelRecord()) for name in names})


def _with_channel(ledger: Ledger, channel: str, record: ChannelRecord) -> Ledger:
    return replace(ledger, channels={**ledger.channels, channel: record})


# --- on disk ----------------------------------------------------------------------------------------------------------


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Yield whether this process alone looks and tells now; another one that does so tells the same.

    Raises:
        OSError: the folder is not there, or can't be written to.
    """
    descriptor = os.open(folder / "ledger.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def read_ledger(folder: Path) -> tuple[Ledger, bool]:
    """Return what is remembered, and whether it could be understood; nothing is remembered where there is nothing, or it is damaged.

    Raises:
        OSError: the file is there and can't be read.
    """
    try:
        written = (folder / "ledger.json").read_bytes()
    except FileNotFoundError:
        return Ledger(), True
    try:
        return _from_record(json.loads(written)), True
    except (ValueError, KeyError, TypeError, AttributeError):
        return Ledger(), False


def set_aside(folder: Path) -> None:
    """Keep a damaged file for who wants to see it."""
    with suppress(OSError):
        (folder / "ledger.json").replace(folder / "ledger.damaged.json")


def write_ledger(folder: Path, ledger: Ledger) -> None:
    """Remember, for this account alone.

    Raises:
        OSError: not even in the room that the file has already.
    """
    # Padded, so that it can be written over where it stands when the disk is full: that is just what may have to be told.
    text = json.dumps(_to_record(ledger), ensure_ascii=False)
    padded = text + " " * (-len(text.encode()) % 8192)
    try:
        write_private(folder / "ledger.json", padded)
    except OSError:
        with (folder / "ledger.json").open("r+b") as file:
            file.write(padded.encode())
            file.truncate()
            file.flush()
            os.fsync(file.fileno())


def _to_record(ledger: Ledger) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "schedule": ledger.schedule,
        "scheduled_since": _text(ledger.scheduled_since),
        "standing": [
            {**_alert_record(one.alert), "since": _text(one.since), "gone_since": _text(one.gone_since)} for one in ledger.standing.values()
        ],
        "channels": {
            name: {
                "told": {key: _text(at) for key, at in record.told.items()},
                "sent": [_text(at) for at in record.sent],
                "over": [{**_alert_record(one.alert), "since": _text(one.since), "ended_at": _text(one.ended_at)} for one in record.over],
                "failures": record.failures,
                "next_try_at": _text(record.next_try_at),
                "why": record.why,
            }
            for name, record in ledger.channels.items()
        },
    }


def _from_record(record: Any) -> Ledger:
    if record["schema"] != SCHEMA:
        raise ValueError("another version's")
    standing = [Standing(alert=_alert(one), since=_time(one["since"]), gone_since=_time_or_none(one["gone_since"])) for one in record["standing"]]
    return Ledger(
        standing={one.alert.key: one for one in standing},
        channels={
            str(name): ChannelRecord(
                told={str(key): _time(at) for key, at in one["told"].items()},
                sent=tuple(_time(at) for at in one["sent"]),
                over=tuple(Over(alert=_alert(over), since=_time(over["since"]), ended_at=_time(over["ended_at"])) for over in one["over"]),
                failures=int(one["failures"]),
                next_try_at=_time_or_none(one["next_try_at"]),
                why=str(one["why"]),
            )
            for name, one in record["channels"].items()
        },
        schedule=str(record["schedule"]),
        scheduled_since=_time_or_none(record["scheduled_since"]),
    )


def _alert_record(alert: Alert) -> dict[str, str]:
    return {"cause": alert.cause, "subject": alert.subject, "severity": alert.severity, "what": alert.what, "do": alert.do}


def _alert(record: Any) -> Alert:
    return Alert(
        cause=Cause(record["cause"]),
        subject=str(record["subject"]),
        severity=Severity(record["severity"]),
        what=str(record["what"]),
        do=str(record["do"]),
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _time_or_none(text: str | None) -> datetime | None:
    return None if text is None else _time(text)
