"""When the robot works: the times at which a run is due, the hours of each system, and when in the evening it stops. Swedish time, no I/O.

The two nights on which the clock is changed:

* A time that does not exist (02:30 in March) is due at 03:00, the moment when the clock has jumped: the earliest that is not before the time asked
  for, whatever minute was written. Several such times are one run.
* A time that exists twice (02:30 in October) is due the first time only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from robots.case import SWEDEN
from robots.errors import SystemClosed

if TYPE_CHECKING:
    from holidays import HolidayBase

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MINUTES_PER_DAY = 24 * 60
# What else cron lines can hold elsewhere (hashes, random times, the last Friday) no operator would see through.
_CRON_PART = re.compile(r"(?:(\*)|(\d{1,2}|[a-z]{3})(?:-(\d{1,2}|[a-z]{3}))?)(?:/(\d{1,2}))?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MOST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
#: looking for a due time that is on no holiday ends after so many days off
_MOST_DAYS_OFF = 100
HUNG_MINUTES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class _CronField:
    """One of the fields of a cron line: what it is, and what it may hold."""

    name: str
    range_of: str
    least: int
    most: int
    #: words for numbers, from `least` on
    words: tuple[str, ...] = ()

    def numbers(self, text: str) -> tuple[int, ...] | None:
        """Return the numbers that a text stands for, None for all; ValueError when it can't be understood."""
        found: set[int] = set()
        for part in text.split(","):
            found.update(self._part(part))
        return None if len(found) == self.most - self.least + 1 else tuple(sorted(found))

    def _part(self, text: str) -> Iterable[int]:
        words = _CRON_PART.fullmatch(text)
        if words is None:
            raise ValueError(text)
        star, first, last, step = words.groups()
        begin = self.least if star else self._number(first)
        end = begin if first and not (last or step) else self.most if last is None else self._number(last)
        if end < begin and last in self.words and first in self.words:
            # sat-sun and nov-feb are understood by everybody; 30-10 may be a slip.
            end += self.most - self.least + 1
        every = 1 if step is None else int(step)
        if end < begin or not 0 < every <= self.most:
            raise ValueError(text)
        return (self.least + (number - self.least) % (self.most - self.least + 1) for number in range(begin, end + 1, every))

    def _number(self, text: str) -> int:
        if text in self.words:
            return self.least + self.words.index(text)
        # Sunday is also the seventh day.
        if not text.isdecimal() or not self.least <= int(text) <= self.most + (self.name == "weekday"):
            raise ValueError(text)
        return int(text)


_CRON_FIELDS = (
    _CronField(name="minute", range_of="0 to 59", least=0, most=59),
    _CronField(name="hour", range_of="0 to 23", least=0, most=23),
    _CronField(name="day of the month", range_of="1 to 31", least=1, most=31),
    _CronField(name="month", range_of="1 to 12, or jan to dec", least=1, most=12, words=_MONTHS),
    _CronField(name="weekday", range_of="0 to 7, or mon to sun", least=0, most=6, words=("sun", *WEEKDAYS[:6])),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CronLine:
    """One line that says when runs are due, as cron reads it: with both a day of the month and a weekday either will do."""

    text: str
    #: the numbers of minute, hour, day, month and weekday (0 is Sunday); None for every one
    fields: tuple[tuple[int, ...] | None, ...]

    @classmethod
    def parse(cls, text: str) -> CronLine:
        """Return the line.

        Args:
            text: `30 5 * * mon-fri`: minute, hour, day of the month, month, weekday.

        Raises:
            ValueError: it is no cron line, or never due; the message says why.
        """
        # Read here and not by the library, which every command that reads the settings would wait for, and which takes 5-5 for every minute.
        words = text.lower().split()
        if len(words) != len(_CRON_FIELDS):
            raise ValueError("must be a cron line: minute, hour, day of the month, month and weekday, as in 30 5 * * mon-fri")
        fields: list[tuple[int, ...] | None] = []
        for word, one in zip(words, _CRON_FIELDS, strict=True):
            try:
                fields.append(one.numbers(word))
            except ValueError:
                may_be = f"may be {one.range_of}, a list such as 1,3, a range such as 1-5, * or */2"
                raise ValueError(f"{word} is no {one.name} of a cron line; {may_be}") from None
        _, _, days, months, weekdays = fields
        if days is not None and weekdays is None and all(days[0] > _MOST_DAYS[month - 1] for month in months or range(1, 13)):
            raise ValueError("is never due: there is no such day in any year")
        return cls(text=" ".join(words), fields=tuple(fields))

    def after(self, shown: datetime) -> Iterator[datetime]:
        """Yield the times on the clock after `shown`, without a time zone."""
        return self._times(shown, forwards=True)

    def until(self, shown: datetime) -> Iterator[datetime]:
        """Yield the times on the clock up to `shown`, the latest first."""
        return self._times(shown + timedelta(microseconds=1), forwards=False)

    def _times(self, shown: datetime, *, forwards: bool) -> Iterator[datetime]:
        from croniter import CroniterBadDateError, croniter

        plain = " ".join("*" if numbers is None else ",".join(str(number) for number in numbers) for numbers in self.fields)
        times = croniter(plain, shown, ret_type=datetime)
        while True:
            try:
                found: datetime = times.get_next() if forwards else times.get_prev()
            except CroniterBadDateError:
                return
            yield found


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Hours of some weekdays in which a system may be used."""

    #: 0 is Monday
    days: frozenset[int]
    #: minutes since midnight on the clock
    begins: int
    ends: int

    @classmethod
    def parse(cls, text: str) -> Opening:
        """Return the hours.

        Args:
            text: `mon-fri 06:00-22:00`, `sat,sun 08:00-12:00`; 24:00 is midnight at the end of the day.

        Raises:
            ValueError: they can't be understood; the message says why.
        """
        words = re.fullmatch(r"(\S+) +(\d\d):(\d\d)-(\d\d):(\d\d)", text.strip().lower())
        if words is None:
            raise ValueError("must be weekdays and hours, as in mon-fri 06:00-22:00")
        begins, ends = _minutes(words[2], words[3]), _minutes(words[4], words[5])
        if begins >= ends:
            raise ValueError(
                f"{words[2]}:{words[3]}-{words[4]}:{words[5]} ends before it begins; hours past midnight are two lines, the first to 24:00"
            )
        return cls(days=_weekdays(words[1]), begins=begins, ends=ends)

    def overlaps(self, other: Opening) -> bool:
        """Whether both hold at some time."""
        return bool(self.days & other.days) and self.begins < other.ends and other.begins < self.ends

    def holds(self, shown: datetime) -> bool:
        """Whether the system is open when the clock shows this."""
        return shown.weekday() in self.days and self.begins <= shown.hour * 60 + shown.minute < self.ends


def parse_clock(text: str) -> time:
    """Return a time of day.

    Args:
        text: `21:30`, on a clock of 24 hours.

    Raises:
        ValueError: it is none.
    """
    words = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text.strip())
    if words is None:
        raise ValueError("must be a time of day as in 21:30")
    return time(int(words[1]), int(words[2]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When the robot works; without anything set, whenever it is started.

    A working time begins when a run is due and ends when the clock next shows `last_case_at` (for new cases) or `stop_at` (for all), be it after
    midnight. Without `runs` it begins at midnight.
    """

    runs: tuple[CronLine, ...] = ()
    #: no run is due on a public holiday or on the eves of midsummer, Christmas and New Year
    skip_holidays: bool = False
    #: from then on no case is begun
    last_case_at: time | None = None
    #: from then on no step is begun
    stop_at: time | None = None
    #: a run of the service that gives no sign of life for so long hangs, and is ended
    hung_minutes: int = HUNG_MINUTES
    #: the hours of each system that is not always open
    hours: Mapping[str, tuple[Opening, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def next_due(self, after: datetime) -> datetime | None:
        """Return the first time after a moment at which a run is due, in UTC; None without `runs`."""
        return min((due for line in self.runs if (due := self._next_of(line, after)) is not None), default=None)

    def latest_due(self, until: datetime) -> datetime | None:
        """Return the last time up to and with a moment at which a run was due, in UTC; None without `runs`."""
        return max((due for line in self.runs if (due := self._latest_of(line, until)) is not None), default=None)

    def count_due(self, since: datetime, until: datetime, *, most: int = 100) -> int:
        """Return how many runs were due after `since` up to and with `until`; at most `most`."""
        count, due = 0, self.next_due(since)
        while due is not None and due <= until and count < most:
            count, due = count + 1, self.next_due(due)
        return count

    def unmet_runs(self) -> tuple[CronLine, ...]:
        """Return the lines of which no time is left when holidays are skipped."""
        if not self.skip_holidays:
            return ()
        long_ago = datetime(2000, 1, 1, tzinfo=UTC)
        return tuple(line for line in self.runs if self._next_of(line, long_ago) is None)

    def takes_new(self, now: datetime) -> bool:
        """Whether a case may be begun."""
        return not self._is_past(self.last_case_at, now) and not self._is_past(self.stop_at, now)

    def closed(self, system: str, now: datetime) -> SystemClosed | None:
        """Return why a system may not be used at this moment, with the time from which it may; None when it is open."""
        if self.stop_at is not None and self._is_past(self.stop_at, now):
            due = self.next_due(now)
            until = "tomorrow" if due is None else f"the next run is due, {_told(due, now)}"
            return SystemClosed(f"the robot stops at {self.stop_at:%H:%M} and rests until {until}; its cases wait", system=system)
        hours = self.hours.get(system, ())
        shown = _shown(now)
        if not hours or any(one.holds(shown) for one in hours):
            return None
        return SystemClosed(f"closed until {_told(_opens(hours, now), now)}; its cases wait", system=system)

    def _is_past(self, limit: time | None, now: datetime) -> bool:
        if limit is None:
            return False
        shown = _shown(now)
        begun = self.latest_due(now) or _moment(datetime.combine(shown.date(), time()))
        first_day = _shown(begun).date()
        ends = (_moment(datetime.combine(first_day + timedelta(days=day), limit)) for day in (0, 1))
        return now >= next(end for end in ends if end > begun)

    def _next_of(self, line: CronLine, after: datetime) -> datetime | None:
        # The clock may show the same hour again: from well before, and what is not later is passed over.
        for due in self._on_working_days(line.after(_shown(after) - timedelta(hours=2))):
            if due > after:
                return due
        return None

    def _latest_of(self, line: CronLine, until: datetime) -> datetime | None:
        for due in self._on_working_days(line.until(_shown(until) + timedelta(hours=2))):
            if due <= until:
                return due
        return None

    def _on_working_days(self, times: Iterable[datetime]) -> Iterator[datetime]:
        off: set[date] = set()
        for shown in times:
            if self.skip_holidays and shown.date() in _holidays():
                off.add(shown.date())
                if len(off) > _MOST_DAYS_OFF:
                    return
            else:
                yield _moment(shown)


class WorkingHours:
    """The schedule as one run asks it, with what it was told for the operator."""

    def __init__(self, schedule: Schedule, *, parts: Mapping[str, Sequence[str]], clock: Callable[[], datetime]) -> None:
        """Begin with nothing told.

        Args:
            schedule: of the settings.
            parts: systems that a system can't be used without.
            clock: gives an aware time.
        """
        self._schedule = schedule
        self._parts = parts
        self._clock = clock
        #: why systems were not used, by their names
        self.closings: dict[str, SystemClosed] = {}
        #: whether a case was left for the next run because no new one is begun at this time
        self.has_left_new = False

    def closed(self, system: str) -> SystemClosed | None:
        """Return why a system may not be used now, or None."""
        now = self._clock()
        for name in (system, *self._parts.get(system, ())):
            found = self._schedule.closed(name, now)
            if found is not None:
                return self.closings.setdefault(name, found)
        return None

    def takes_new(self) -> bool:
        """Whether a case may be begun now."""
        takes = self._schedule.takes_new(self._clock())
        self.has_left_new = self.has_left_new or not takes
        return takes

    @property
    def sentences(self) -> tuple[str, ...]:
        """What an operator is told of the hours at the end of the run."""
        told = [f"{closing}." for closing in self.closings.values()]
        if self.has_left_new:
            now = self._clock()
            due = self._schedule.next_due(now)
            until = "midnight" if due is None else f"the next run is due, {_told(due, now)}"
            told.append(f"By config/kollega.yaml no new case is begun at this time; new ones wait until {until}.")
        return tuple(told)


def _shown(moment: datetime) -> datetime:
    """Return what the clock shows in Sweden, without a time zone."""
    return moment.astimezone(SWEDEN).replace(tzinfo=None)


def _moment(shown: datetime) -> datetime:
    """Return when the clock shows this, in UTC: the first time if it does so twice, the end of the gap if it never does."""
    aware = shown.replace(tzinfo=SWEDEN)
    again = aware.astimezone(UTC).astimezone(SWEDEN)
    # In Sweden the clock is changed on the hour and by an hour.
    found = aware if again.replace(tzinfo=None) == shown else again.replace(minute=0, second=0, microsecond=0)
    return found.astimezone(UTC)


def _opens(hours: tuple[Opening, ...], now: datetime) -> datetime:
    today = _shown(now).date()
    beginnings = (
        _moment(datetime.combine(day, time(one.begins // 60, one.begins % 60)))
        for day in (today + timedelta(days=ahead) for ahead in range(8))
        for one in hours
        if day.weekday() in one.days
    )
    return min(moment for moment in beginnings if moment > now)


def _told(moment: datetime, now: datetime) -> str:
    shown, today = _shown(moment), _shown(now).date()
    return f"{shown:%H:%M}" if shown.date() == today else f"{_WEEKDAY_NAMES[shown.weekday()]} {shown:%Y-%m-%d %H:%M}"


def _minutes(hours: str, minutes: str) -> int:
    found = int(hours) * 60 + int(minutes)
    if int(minutes) >= 60 or found > _MINUTES_PER_DAY:  # noqa: PLR2004 - the clock
        raise ValueError(f"{hours}:{minutes} is no time of day")
    return found


def _weekdays(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        for name in (first, last or first):
            if name not in WEEKDAYS:
                raise ValueError(f"{name} is no weekday; known are {', '.join(WEEKDAYS)}")
        begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        if begin > end:
            raise ValueError(f"{part} ends before it begins; the week begins with mon")
        found.update(range(begin, end + 1))
    return frozenset(found)


@cache
def _holidays() -> HolidayBase:
    # The library takes time to load, and few schedules ask for it.
    import holidays

    return holidays.country_holidays("SE", categories=("public", "de_facto"))
