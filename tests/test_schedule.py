"""When runs are due, when systems are open, and when no new case is begun: on plain days, on holidays and on the nights when the clock is changed."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots.case import SWEDEN
from robots.errors import Actor, SystemClosed
from robots.schedule import CronLine, Opening, Schedule, WorkingHours, parse_clock


def at(text: str, *, fold: int = 0) -> datetime:
    """Return the moment when a clock in Sweden shows `2026-11-23 05:30`; fold 1 is the second time in October."""
    return datetime.fromisoformat(text).replace(tzinfo=SWEDEN, fold=fold).astimezone(UTC)


def schedule(*lines: str, **settings: object) -> Schedule:
    return Schedule(runs=tuple(CronLine.parse(line) for line in lines), **settings)  # type: ignore[arg-type]  # as each test needs


def dues(plan: Schedule, since: datetime, until: datetime) -> list[str]:
    found, due = [], plan.next_due(since)
    while due is not None and due <= until:
        found.append(f"{due.astimezone(SWEDEN):%d %H:%M %Z}")
        due = plan.next_due(due)
    return found


def test_a_run_is_due_on_the_days_of_its_line_in_swedish_time() -> None:
    plan = schedule("30 5 * * mon-fri")
    # Friday the 20th to Tuesday the 24th of November 2026
    assert dues(plan, at("2026-11-20 05:29"), at("2026-11-24 12:00")) == ["20 05:30 CET", "23 05:30 CET", "24 05:30 CET"]
    assert plan.next_due(at("2026-11-20 05:30")) == at("2026-11-23 05:30")
    assert plan.latest_due(at("2026-11-23 05:29")) == at("2026-11-20 05:30")
    assert plan.latest_due(at("2026-11-23 05:30")) == at("2026-11-23 05:30")


def test_of_several_lines_the_next_counts_and_the_same_time_is_one_run() -> None:
    plan = schedule("30 5 * * *", "0 13 * * mon", "30 5 * * mon")
    assert dues(plan, at("2026-11-22 20:00"), at("2026-11-24 06:00")) == ["23 05:30 CET", "23 13:00 CET", "24 05:30 CET"]


def test_without_lines_nothing_is_due() -> None:
    now = at("2026-11-22 20:00")
    assert (Schedule().next_due(now), Schedule().latest_due(now), Schedule().count_due(now, now + timedelta(days=9))) == (None, None, 0)


def test_a_time_that_the_clock_jumps_over_in_march_is_due_once_when_it_has_jumped() -> None:
    # 2026-03-29, 02:00 CET is followed by 03:00 CEST
    assert dues(schedule("30 2 * * *"), at("2026-03-28 12:00"), at("2026-03-30 12:00")) == ["29 03:00 CEST", "30 02:30 CEST"]
    assert dues(schedule("*/20 2 * * *"), at("2026-03-28 12:00"), at("2026-03-29 12:00")) == ["29 03:00 CEST"]
    assert dues(schedule("30 2 * * *", "0 3 * * *"), at("2026-03-28 12:00"), at("2026-03-29 12:00")) == ["29 03:00 CEST"]
    assert schedule("30 2 * * *").latest_due(at("2026-03-29 03:10")) == at("2026-03-29 03:00")


def test_a_time_that_comes_twice_in_october_is_due_the_first_time_only() -> None:
    # 2026-10-25, 03:00 CEST is followed by 02:00 CET
    plan = schedule("30 2 * * *")
    assert dues(plan, at("2026-10-24 12:00"), at("2026-10-26 12:00")) == ["25 02:30 CEST", "26 02:30 CET"]
    again = at("2026-10-25 02:30", fold=1)
    assert plan.next_due(again - timedelta(seconds=1)) == at("2026-10-26 02:30")
    assert plan.latest_due(again) == at("2026-10-25 02:30")
    assert dues(schedule("30 * * * *"), at("2026-10-25 01:00"), at("2026-10-25 04:00")) == ["25 01:30 CEST", "25 02:30 CEST", "25 03:30 CET"]


@given(st.timedeltas(timedelta(0), timedelta(days=730)), st.sampled_from(["30 2 * * *", "*/7 1-4 * * *", "0 5 1 * mon"]))
def test_the_next_due_time_is_later_and_is_then_the_latest(since: timedelta, line: str) -> None:
    now, plan = datetime(2026, 1, 1, tzinfo=UTC) + since, schedule(line)
    due = plan.next_due(now)
    assert due is not None
    assert due > now
    assert plan.latest_due(due) == due
    before = plan.latest_due(now)
    assert before is not None
    assert before <= now
    assert plan.next_due(before) == due


def test_missed_runs_are_counted_up_to_a_limit() -> None:
    plan = schedule("*/5 * * * *")
    assert plan.count_due(at("2026-11-22 06:00"), at("2026-11-22 06:20")) == 4
    assert plan.count_due(at("2026-01-01 06:00"), at("2026-11-22 06:20")) == 100


def test_holidays_and_their_eves_can_be_left_out() -> None:
    plan = schedule("30 5 * * *", skip_holidays=True)
    # Christmas eve, Christmas day and boxing day 2026 are Thursday to Saturday; the Sunday after is an ordinary one
    assert dues(plan, at("2026-12-22 12:00"), at("2026-12-28 12:00")) == ["23 05:30 CET", "27 05:30 CET", "28 05:30 CET"]
    assert plan.latest_due(at("2026-12-26 12:00")) == at("2026-12-23 05:30")
    assert dues(schedule("30 5 * * *"), at("2026-12-23 12:00"), at("2026-12-24 12:00")) == ["24 05:30 CET"]


def test_a_line_that_is_due_on_holidays_only_is_told() -> None:
    plan = schedule("0 5 25 12 *", "0 5 * * *", skip_holidays=True)
    assert [line.text for line in plan.unmet_runs()] == ["0 5 25 12 *"]
    assert schedule("0 5 25 12 *").unmet_runs() == ()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("", "must be a cron line"),
        ("30 5 * *", "must be a cron line"),
        ("0 30 5 * * *", "must be a cron line"),
        ("@daily", "must be a cron line"),
        ("61 5 * * *", "61 is no minute"),
        ("30 24 * * *", "24 is no hour"),
        ("30 5 0 * *", "0 is no day of the month"),
        ("30 5 * 13 *", "13 is no month"),
        ("30 5 * * 8", "8 is no weekday"),
        ("30 5 * * mån-fre", "mån-fre is no weekday"),
        ("30 5 * * mon#2", "mon#2 is no weekday"),
        ("30 5 l * *", "l is no day of the month"),
        ("H 5 * * *", "h is no minute"),
        ("r 5 * * *", "r is no minute"),
        ("*/0 5 * * *", "[*]/0 is no minute"),
        ("-5 5 * * *", "-5 is no minute"),
        ("30-10 5 * * *", "30-10 is no minute"),
        ("*/70 5 * * *", "[*]/70 is no minute"),
        ("1,,3 5 * * *", "1,,3 is no minute"),
        ("0 5 * * sat-5", "sat-5 is no weekday"),
        ("² 5 * * *", "² is no minute"),
        ("0 5 30 2 *", "is never due"),
        ("0 5 31 4,6,9,11 *", "is never due"),
    ],
)
def test_an_impossible_cron_line_says_what_is_wrong(text: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        CronLine.parse(text)


@pytest.mark.parametrize("text", ["30 5 * * Mon-Fri", "*/15 6-20 * * 1-5", "0 5 29 2 *", "0,30 5 1,15 jan-jun *", "0 22 * * 7"])
def test_a_cron_line_as_operators_write_it_is_read(text: str) -> None:
    assert schedule(text).next_due(at("2026-11-22 12:00")) is not None


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("*/30 5 * 1-2 mon,sun", ((0, 30), (5,), None, (1, 2), (0, 1))),
        ("5-5 5 1 1 mon-mon", ((5,), (5,), (1,), (1,), (1,))),
        ("50/5 6-20/7 10-12,1 nov-feb sat-sun", ((50, 55), (6, 13, 20), (1, 10, 11, 12), (1, 2, 11, 12), (0, 6))),
        ("0-59 */1 1-31 jan-dec 0-7", (None, None, None, None, None)),
        ("0 0 * jan/3 5-7", ((0,), (0,), None, (1, 4, 7, 10), (0, 5, 6))),
        ("0 0 * * 7", ((0,), (0,), None, None, (0,))),
        ("0 0 * * fri-mon", ((0,), (0,), None, None, (0, 1, 5, 6))),
        ("0 0 * * 1-sat/2", ((0,), (0,), None, None, (1, 3, 5))),
    ],
)
def test_the_fields_of_a_line_are_numbers(text: str, fields: tuple[tuple[int, ...] | None, ...]) -> None:
    assert CronLine.parse(text).fields == fields


def test_a_command_that_reads_the_settings_does_not_wait_for_the_library_of_the_schedule() -> None:
    code = "import sys; from pathlib import Path; from robots import settings; settings.load(Path()); sys.exit('croniter' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent.parent, check=False).returncode == 0


FIELDS = st.one_of(st.just("*"), st.lists(st.integers(0, 23).map(str), min_size=1, max_size=3).map(",".join), st.just("*/7"), st.just("3-9/2"))


@given(FIELDS, FIELDS, st.sampled_from(["*", "mon-fri", "sat-sun", "2,7"]), st.integers(0, 7 * 24 * 60))
def test_a_line_is_due_at_the_next_minute_that_its_fields_name(minute: str, hour: str, weekday: str, minutes: int) -> None:
    line = CronLine.parse(f"{minute} {hour} * * {weekday}")
    since = shown = datetime(2026, 11, 2) + timedelta(minutes=minutes)  # noqa: DTZ001 - a reading of the clock
    readings = (shown := shown + timedelta(minutes=1) for _ in range(10 * 24 * 60))
    minutes_due, hours_due, days, months, weekdays = line.fields
    assert (days, months) == (None, None)
    expected = next(
        one
        for one in readings
        if (minutes_due is None or one.minute in minutes_due)
        and (hours_due is None or one.hour in hours_due)
        and (weekdays is None or one.isoweekday() % 7 in weekdays)
    )
    assert next(line.after(since)) == expected


# --- hours ------------------------------------------------------------------------------------------------------------

HOURS = Schedule(hours={"case_system": (Opening.parse("mon-fri 06:00-22:00"), Opening.parse("sat 08:00-12:00"))})


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-23 05:59", "06:00"),
        ("2026-11-23 06:00", None),
        ("2026-11-23 21:59", None),
        ("2026-11-23 22:00", "Tuesday 2026-11-24 06:00"),
        ("2026-11-27 22:00", "Saturday 2026-11-28 08:00"),
        ("2026-11-28 08:00", None),
        ("2026-11-28 12:00", "Monday 2026-11-30 06:00"),
    ],
)
def test_a_system_is_closed_outside_its_hours_until_the_next_opening(now: str, until: str | None) -> None:
    closed = HOURS.closed("case_system", at(now))
    assert (closed and str(closed)) == (until and f"case_system: closed until {until}; its cases wait")


def test_a_system_without_hours_is_always_open() -> None:
    assert HOURS.closed("e_service", at("2026-11-22 03:00")) is None


def test_being_closed_asks_nobody_to_act() -> None:
    assert (SystemClosed.next_actor, SystemClosed.exit_code) == (Actor.NOBODY, 0)


def test_midnight_belongs_to_the_next_day() -> None:
    night = Schedule(hours={"case_system": (Opening.parse("mon 20:00-24:00"), Opening.parse("tue 00:00-04:00"))})
    assert [night.closed("case_system", at(f"2026-11-{moment}")) is None for moment in ("23 23:59", "24 00:00", "24 04:00", "25 00:00")] == [
        True,
        True,
        False,
        False,
    ]


def test_hours_follow_the_clock_on_the_nights_when_it_is_changed() -> None:
    plan = Schedule(hours={"case_system": (Opening.parse("sun 02:30-05:00"),)})
    march, october = plan.closed("case_system", at("2026-03-29 01:59")), plan.closed("case_system", at("2026-10-25 01:59"))
    assert march is not None
    assert "closed until 03:00" in str(march)
    assert october is not None
    assert "closed until 02:30" in str(october)
    assert plan.closed("case_system", at("2026-03-29 03:00")) is None
    assert plan.closed("case_system", at("2026-10-25 02:45", fold=1)) is None


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("mon-fri", "must be weekdays and hours"),
        ("mon-fri 6-22", "must be weekdays and hours"),
        ("mon-fri 06:00 - 22:00", "must be weekdays and hours"),
        ("mon-fri 06:00-22:00 sat", "must be weekdays and hours"),
        ("mån-fre 06:00-22:00", "mån is no weekday; known are mon, tue, wed, thu, fri, sat, sun"),
        ("mon-fri-sun 06:00-22:00", "fri-sun is no weekday"),
        ("mon, 06:00-22:00", " is no weekday"),
        ("fri-mon 06:00-22:00", "fri-mon ends before it begins"),
        ("mon 22:00-06:00", "22:00-06:00 ends before it begins"),
        ("mon 06:00-06:00", "06:00-06:00 ends before it begins"),
        ("mon 06:00-24:01", "24:01 is no time of day"),
        ("mon 06:60-22:00", "06:60 is no time of day"),
    ],
)
def test_hours_that_can_not_be_understood_say_what_is_wrong(text: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        Opening.parse(text)


@pytest.mark.parametrize(
    ("one", "other", "overlaps"),
    [
        ("mon-fri 06:00-22:00", "fri 21:00-23:00", True),
        ("mon-fri 06:00-22:00", "sat 06:00-22:00", False),
        ("mon 06:00-12:00", "mon 12:00-22:00", False),
    ],
)
def test_hours_that_overlap_are_known(one: str, other: str, *, overlaps: bool) -> None:
    assert Opening.parse(one).overlaps(Opening.parse(other)) is overlaps
    assert Opening.parse(other).overlaps(Opening.parse(one)) is overlaps


# --- when the robot stops ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "takes"),
    [
        ("2026-11-23 05:29", False),  # still the end of Friday's working time
        ("2026-11-23 05:30", True),
        ("2026-11-23 21:29", True),
        ("2026-11-23 21:30", False),
        ("2026-11-24 00:10", False),
        ("2026-11-28 12:00", False),  # a Saturday, begun by hand
    ],
)
def test_no_new_case_is_begun_from_the_stop_time_until_the_next_run_is_due(now: str, *, takes: bool) -> None:
    assert schedule("30 5 * * mon-fri", last_case_at=time(21, 30)).takes_new(at(now)) is takes


@pytest.mark.parametrize(("now", "takes"), [("23 21:59", False), ("23 22:00", True), ("24 04:59", True), ("24 05:00", False)])
def test_the_stop_time_of_a_run_in_the_evening_is_in_the_night(now: str, *, takes: bool) -> None:
    assert schedule("0 22 * * *", last_case_at=time(5)).takes_new(at(f"2026-11-{now}")) is takes


@pytest.mark.parametrize(("now", "takes"), [("00:00", True), ("21:29", True), ("21:30", False), ("23:59", False)])
def test_without_lines_the_stop_time_holds_until_midnight(now: str, *, takes: bool) -> None:
    assert Schedule(last_case_at=time(21, 30)).takes_new(at(f"2026-11-23 {now}")) is takes


def test_from_the_time_when_everything_stops_no_system_is_used_and_no_case_begun() -> None:
    plan = schedule("30 5 * * mon-fri", stop_at=time(22))
    assert plan.closed("e_service", at("2026-11-23 21:59")) is None
    closed = plan.closed("e_service", at("2026-11-23 22:00"))
    assert "the robot stops at 22:00 and rests until the next run is due, Tuesday 2026-11-24 05:30; its cases wait" in str(closed)
    assert not plan.takes_new(at("2026-11-23 22:00"))
    assert plan.takes_new(at("2026-11-24 05:30"))
    assert "tomorrow" in str(Schedule(stop_at=time(22)).closed("e_service", at("2026-11-23 22:00")))


def test_without_a_stop_time_new_cases_are_always_taken() -> None:
    assert schedule("30 5 * * mon-fri").takes_new(at("2026-11-22 03:00"))


@pytest.mark.parametrize("text", ["24:00", "9:30", "21.30", "21:60", "nine"])
def test_a_time_of_day_is_read_strictly(text: str) -> None:
    assert parse_clock("21:30") == time(21, 30)
    with pytest.raises(ValueError, match="must be a time of day as in 21:30"):
        parse_clock(text)


# --- as a run asks it -------------------------------------------------------------------------------------------------


def test_a_system_is_closed_when_one_that_it_needs_is() -> None:
    hours = WorkingHours(HOURS, parts={"e_service": ("case_system",)}, clock=lambda: at("2026-11-23 05:00"))
    assert str(hours.closed("e_service")) == "case_system: closed until 06:00; its cases wait"
    assert hours.closed("benefits_register") is None
    assert list(hours.closings) == ["case_system"]
    assert hours.sentences == ("case_system: closed until 06:00; its cases wait.",)


def test_a_run_that_was_not_hindered_tells_nothing_of_hours() -> None:
    hours = WorkingHours(HOURS, parts={}, clock=lambda: at("2026-11-23 07:00"))
    assert (hours.closed("case_system"), hours.takes_new(), hours.sentences) == (None, True, ())


@pytest.mark.parametrize(
    ("plan", "until"),
    [
        (schedule("30 5 * * mon-fri", last_case_at=time(21, 30)), "the next run is due, Tuesday 2026-11-24 05:30"),
        (Schedule(last_case_at=time(21, 30)), "midnight"),
    ],
)
def test_a_run_that_begins_no_case_says_until_when(plan: Schedule, until: str) -> None:
    hours = WorkingHours(plan, parts={}, clock=lambda: at("2026-11-23 22:00"))
    assert not hours.takes_new()
    assert hours.sentences == (f"By config/kollega.yaml no new case is begun at this time; new ones wait until {until}.",)
