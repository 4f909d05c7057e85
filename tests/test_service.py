"""The service by a clock of its own: when it begins runs, what it makes up for, what it goes on after, and what it tells the service manager."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from robots import run_log
from robots.case import SWEDEN
from robots.errors import SetupError
from robots.run_process import EXIT_CODES, Patience, Pulse, RunReport, run_as_process, signs_given
from robots.schedule import CronLine, Schedule
from robots.service import Service, Watch, notifier, watchdog_fed

LONG = Patience(hung_seconds=300, stop_seconds=300)
EVERY_MORNING = Schedule(runs=(CronLine.parse("30 5 * * *"),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SWEDEN).astimezone(UTC)


@dataclass
class World:
    """A clock that runs as the test lets it, runs that end as it says, and what the service did."""

    folder: Path
    now: datetime
    #: what the schedule is, or the mistake in its file
    schedule: Schedule | SetupError = EVERY_MORNING
    #: how the runs end, one after the other; the last for all that follow
    exit_codes: Sequence[int] = (0,)
    #: whether those that end in the midst of their cases do so since they hang
    hangs: bool = False
    #: the number of the run in the midst of which the service is told to stop
    stopped_in: int = 0
    run_takes: timedelta = timedelta(minutes=10)
    begun: list[str] = field(default_factory=list)
    notified: list[str] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    #: the clock's readings so far
    looks: int = 0
    #: before the look of this number, something happens
    happens: dict[int, Callable[[], None]] = field(default_factory=dict)
    until: datetime = datetime.max.replace(tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def read_schedule(self) -> Schedule:
        self.looks += 1
        if self.looks in self.happens:
            self.happens[self.looks]()
        if isinstance(self.schedule, SetupError):
            raise self.schedule
        return self.schedule

    async def begin_run(self, stop: asyncio.Event) -> RunReport:
        assert stop is self.stop
        self.begun.append(f"{self.now.astimezone(SWEDEN):%d %H:%M}")
        self.now += self.run_takes
        if len(self.begun) == self.stopped_in:
            self.stop.set()
        code = self.exit_codes[min(len(self.begun), len(self.exit_codes)) - 1]
        return RunReport(exit_code=code, cut_off_by="it hung and was ended" if self.hangs and code else "")

    async def serve_until(self, end: str, *, begins_now: bool = False) -> list[str]:
        """Let the service wait by this clock; return when it began runs."""
        service = Service(
            read_schedule=self.read_schedule,
            begin_run=self.begin_run,
            watch=Watch(self.folder),
            clock=self.clock,
            notify=self.notified.append,
        )
        self.until = at(end)
        await service.serve(self.stop, begins_now=begins_now)
        return self.begun


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a world in which waiting moves its clock on instead of taking time."""
    made = World(folder=tmp_path, now=at("2026-11-23 05:00"))

    async def wait(_: Service, due: datetime | None, stop: asyncio.Event) -> None:
        made.now = min(made.now + timedelta(minutes=30), due or made.until)
        if made.now > made.until:
            stop.set()

    monkeypatch.setattr(Service, "_wait", wait)
    return made


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Callable[[], list[tuple[str, str, str]]]]:
    """Return a function that gives action, level and sentence of the events so far."""
    made = run_log.set_up(tmp_path / "logs", console=False)

    def read() -> list[tuple[str, str, str]]:
        events = [json.loads(line) for line in (made.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()]
        return [(one["action"], one["level"], one["message"]) for one in events]

    yield read
    made.close()


Events = Callable[[], list[tuple[str, str, str]]]


async def test_a_run_begins_at_each_time_that_is_due(world: World, log: Events) -> None:
    assert await world.serve_until("2026-11-25 12:00") == ["23 05:30", "24 05:30", "25 05:30"]
    assert [action for action, _, _ in log()] == ["service_begun", "service_run", "service_run", "service_run", "service_ended"]


async def test_a_run_can_begin_at_once(world: World) -> None:
    assert await world.serve_until("2026-11-23 12:00", begins_now=True) == ["23 05:00", "23 05:30"]


async def test_a_run_that_failed_is_told_and_the_next_begins_at_its_time(world: World, log: Events) -> None:
    world.exit_codes = (3, -9, 6, 0)
    assert await world.serve_until("2026-11-25 12:00") == ["23 05:30", "24 05:30", "24 06:10", "25 05:30"]
    runs = [(level, sentence) for action, level, sentence in log() if action == "service_run"]
    assert [level for level, _ in runs] == ["ERROR", "ERROR", "WARNING", "INFO"]
    assert [sentence.partition(":")[0] for _, sentence in runs] == ["exit code 3", "exit code -9", "exit code 6", "exit code 0"]
    assert "an operator must act" in runs[0][1]
    assert "killed by signal 9" in runs[1][1]


async def test_a_run_that_is_killed_is_followed_by_others_but_not_for_ever(world: World) -> None:
    world.exit_codes = (-9,)
    begun = await world.serve_until("2026-11-23 23:00")
    assert begun == ["23 05:30", "23 06:10", "23 06:50", "23 07:30", "23 08:10", "23 08:50"]


@pytest.mark.parametrize("code", [-9, 130])
async def test_a_run_that_hung_is_told_as_an_error_and_followed_by_another(world: World, log: Events, code: int) -> None:
    world.exit_codes, world.hangs = (code, 0), True
    assert await world.serve_until("2026-11-23 12:00") == ["23 05:30", "23 06:10"]
    runs = [(level, sentence) for action, level, sentence in log() if action == "service_run"]
    assert runs[0] == ("ERROR", f"exit code {code}: it hung and was ended; another run goes on with its cases")


async def test_when_runs_are_cut_off_again_and_again_it_is_told_that_none_follows(world: World, log: Events) -> None:
    world.exit_codes = (-9,)
    await world.serve_until("2026-11-23 23:00")
    told = [(level, sentence) for action, level, sentence in log() if action == "service_run"]
    assert told[-1] == ("ERROR", "6 runs in a row were cut off; the next one begins when it is due")
    assert not Watch(world.folder).has_run_under_way


# One that was killed is followed by a pause, in which this clock goes on by half an hour.
@pytest.mark.parametrize(("code", "again"), [(130, "23 05:40"), (-9, "23 06:10")])
async def test_a_run_that_was_not_through_when_the_service_was_stopped_is_gone_on_with_by_the_next_service(
    world: World, log: Events, code: int, again: str
) -> None:
    world.exit_codes, world.stopped_in = (code, 0), 1
    assert await world.serve_until("2026-11-23 12:00") == ["23 05:30"]
    world.stop.clear()
    assert await world.serve_until("2026-11-24 05:00") == ["23 05:30", again]
    assert [sentence for action, _, sentence in log() if action == "service_missed"] == [
        "the last run was not through when the service ended; one run now goes on with its cases"
    ]
    world.stop.clear()
    assert await world.serve_until("2026-11-24 05:00") == ["23 05:30", again]


async def test_a_run_in_the_midst_of_which_the_power_was_cut_is_gone_on_with(world: World) -> None:
    Watch(world.folder).keep(at("2026-11-23 04:00"))
    Watch(world.folder).note_run(is_through=False)
    assert await world.serve_until("2026-11-23 05:20") == ["23 05:00"]


async def test_a_run_that_somebody_stopped_beside_the_service_is_left_to_the_next_due_time(world: World) -> None:
    world.exit_codes = (130,)
    await world.serve_until("2026-11-23 12:00")
    assert not Watch(world.folder).has_run_under_way


async def test_runs_that_were_due_while_one_was_under_way_are_one_run_afterwards(world: World, log: Events) -> None:
    world.schedule = Schedule(runs=(CronLine.parse("*/10 5 * * *"),))
    world.run_takes = timedelta(minutes=35)
    assert await world.serve_until("2026-11-23 12:00") == ["23 05:10", "23 05:45", "23 06:20"]
    missed = [sentence for action, _, sentence in log() if action == "service_missed"]
    assert missed == [
        "runs due meanwhile: 3, the latest at 2026-11-23 05:40; one run now makes up for them",
        "runs due meanwhile: 1, the latest at 2026-11-23 05:50; one run now makes up for them",
    ]


async def test_runs_that_were_due_while_the_machine_was_off_are_one_run_at_the_start(world: World, log: Events) -> None:
    Watch(world.folder).keep(at("2026-11-19 22:00"))
    assert await world.serve_until("2026-11-24 12:00") == ["23 05:00", "23 05:30", "24 05:30"]
    assert [sentence for action, _, sentence in log() if action == "service_missed"] == [
        "runs due meanwhile: 3, the latest at 2026-11-22 05:30; one run now makes up for them"
    ]


async def test_the_first_start_makes_up_for_nothing(world: World, log: Events) -> None:
    world.now = at("2026-11-23 05:31")
    assert await world.serve_until("2026-11-23 20:00") == []
    assert "service_missed" not in {action for action, _, _ in log()}


async def test_a_start_after_a_stop_without_a_due_time_between_makes_up_for_nothing(world: World) -> None:
    await world.serve_until("2026-11-23 12:00")
    world.stop.clear()
    assert await world.serve_until("2026-11-23 20:00") == ["23 05:30"]


async def test_an_unreadable_note_of_the_last_look_is_as_good_as_none(world: World) -> None:
    (world.folder / "looked_at").write_text("yesterday\n", encoding="ascii")
    assert await world.serve_until("2026-11-23 12:00") == ["23 05:30"]


async def test_a_file_that_is_broken_is_told_once_and_the_run_is_left_out_until_it_is_mended(world: World, log: Events) -> None:
    def broken() -> None:
        world.schedule = SetupError("config/kollega.yaml:40: schedule.runs[0]: 25 is no hour")

    def mended() -> None:
        world.schedule = EVERY_MORNING

    # Looked at 05:00, at 05:30 when the first run begins, after it, and every half an hour from then on.
    world.happens = {4: broken, 60: mended}
    assert await world.serve_until("2026-11-25 12:00") == ["23 05:30", "25 05:30"]
    told = [sentence for action, _, sentence in log() if action == "service_setup"]
    assert told == [
        "no run is begun until this is set right: config/kollega.yaml:40: schedule.runs[0]: 25 is no hour",
        "a run was due and not begun, since the configuration can't be used",
        "the configuration can be used again",
    ]


async def test_a_schedule_that_is_changed_holds_from_then_on_and_makes_up_for_nothing(world: World) -> None:
    def changed() -> None:
        world.schedule = Schedule(runs=(CronLine.parse("0 4,13 * * *"),))

    world.happens = {4: changed}
    assert await world.serve_until("2026-11-24 05:00") == ["23 05:30", "23 13:00", "24 04:00"]


@pytest.mark.parametrize("schedule", [SetupError("config/kollega.yaml:1: wrong"), Schedule()])
async def test_a_service_without_times_does_not_begin(world: World, schedule: Schedule | SetupError) -> None:
    world.schedule = schedule
    with pytest.raises(SetupError, match="kollega.yaml"):
        await world.serve_until("2026-11-23 12:00")
    assert world.notified == []


async def test_after_the_clock_was_set_back_the_times_since_then_count_again(world: World) -> None:
    def set_back() -> None:
        world.now = at("2026-11-22 20:00")

    world.happens = {6: set_back}
    assert await world.serve_until("2026-11-23 12:00") == ["23 05:30", "23 05:30"]


async def test_after_the_clock_was_set_forward_one_run_makes_up_for_what_was_jumped_over(world: World) -> None:
    def set_forward() -> None:
        world.now = at("2026-11-26 08:00")

    world.happens = {2: set_forward}
    assert await world.serve_until("2026-11-26 12:00") == ["26 08:00"]


async def test_a_stop_ends_the_waiting_at_once(tmp_path: Path) -> None:
    stop, told = asyncio.Event(), asyncio.Event()

    async def no_run(_: asyncio.Event) -> RunReport:
        raise AssertionError

    def notify(state: str) -> None:
        if state.startswith("STATUS="):
            told.set()

    service = Service(
        read_schedule=lambda: EVERY_MORNING,
        begin_run=no_run,
        watch=Watch(tmp_path),
        clock=lambda: at("2026-11-23 12:00"),
        notify=notify,
    )
    serving = asyncio.create_task(service.serve(stop))
    await told.wait()
    stop.set()
    async with asyncio.timeout(10):
        await serving


# --- runs as processes ------------------------------------------------------------------------------------------------


def test_every_exit_code_of_a_run_has_a_meaning() -> None:
    from robots import errors, wiring

    codes = {0, wiring.INBOX_UNREAD_EXIT_CODE, wiring.OWN_FAULT_EXIT_CODE, wiring.SOURCE_DOWN_EXIT_CODE, errors.StopRequested.exit_code}
    assert set(EXIT_CODES) == codes | {errors.SetupError.exit_code, errors.ScreenChanged.exit_code}


@pytest.mark.durable
async def test_a_run_that_does_not_begin_says_why(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    report = await run_as_process(asyncio.Event(), arguments=("--root", str(tmp_path)), folder=tmp_path, patience=LONG)
    assert report.exit_code == 3
    assert "kollega.yaml can't be read" in report.sentence
    assert "kollega.yaml can't be read" in capfd.readouterr().err


async def test_a_run_that_can_not_be_begun_is_told_and_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refused)
    report = await run_as_process(asyncio.Event(), arguments=(), folder=tmp_path, patience=LONG)
    assert report.is_cut_off
    assert "exit code 3: it could not be begun (Resource temporarily unavailable): see what room and memory" in report.sentence


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Awaitable[None]]:
    """Return what moves the event loop's own clock on, which stands still otherwise: how busy the machine is does not matter to it."""
    passed_seconds = 0.0

    async def move_on(seconds: float) -> None:
        nonlocal passed_seconds
        passed_seconds += seconds
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: passed_seconds)
        for _ in range(5):
            await asyncio.sleep(0)

    return move_on


async def test_a_run_is_silent_when_no_event_of_its_own_came_for_the_time(tmp_path: Path, later: Callable[[float], Awaitable[None]]) -> None:
    await later(0)
    with Pulse.listened_to() as pulse:
        made = run_log.set_up(tmp_path, console=False, on_event=signs_given({"KOLLEGA_SIGNS": str(pulse.descriptor)}))
        silence = asyncio.create_task(pulse.fallen_silent(300))
        await later(0)
        for _ in range(10):
            run_log.event(run_log.Action.STEP_DONE)
            await later(299)
            assert not silence.done()
        for _ in range(2):
            # A library that complains for ever does no work.
            run_log.event(run_log.Action.LIBRARY)
            assert not silence.done()
            await later(151)
        assert silence.done()
        made.close()


async def test_a_sign_that_came_while_the_service_itself_stood_still_counts(later: Callable[[float], Awaitable[None]]) -> None:
    await later(0)
    with Pulse.listened_to() as pulse:
        silence = asyncio.create_task(pulse.fallen_silent(300))
        await later(0)
        signs_given({"KOLLEGA_SIGNS": str(pulse.descriptor)})()
        await later(301)
        assert not silence.done()
        await later(301)
        assert silence.done()


async def test_signs_that_nobody_reads_hold_no_run_up() -> None:
    with Pulse.listened_to() as pulse:
        give = signs_given({"KOLLEGA_SIGNS": str(pulse.descriptor)})
        for _ in range(100_000):
            give()
    give()
    signs_given({})()


# --- the service manager ----------------------------------------------------------------------------------------------


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """Return the address of a socket such as the service manager listens on, and the socket."""
    address = str(tmp_path / "notify") if request.param == "file" else f"@kollega-test-{os.getpid()}-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        listening.settimeout(10)
        yield address, listening


async def test_the_service_manager_hears_of_the_start_the_next_run_and_the_end(world: World, manager: tuple[str, socket.socket]) -> None:
    address, listening = manager
    heard: list[str] = []
    notify = notifier({"NOTIFY_SOCKET": address})

    class Both(list[str]):
        def append(self, state: str) -> None:
            notify(state)
            heard.append(listening.recv(1000).decode())

    world.notified = Both()
    await world.serve_until("2026-11-23 12:00")
    assert heard == ["READY=1", "STATUS=a run is under way", "STOPPING=1"]


def test_without_a_service_manager_nobody_is_told() -> None:
    notifier({})("READY=1")


def test_a_manager_that_does_not_listen_is_no_fault(tmp_path: Path) -> None:
    notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})("READY=1")


def test_a_manager_that_does_not_read_what_it_is_told_holds_nobody_up(manager: tuple[str, socket.socket]) -> None:
    notify = notifier({"NOTIFY_SOCKET": manager[0]})
    for _ in range(2000):
        notify("WATCHDOG=1")
    assert manager[1].recv(1000) == b"WATCHDOG=1"


async def test_the_watchdog_is_fed_twice_in_each_interval(manager: tuple[str, socket.socket]) -> None:
    address, listening = manager
    heard: list[str] = []
    async with watchdog_fed({"WATCHDOG_USEC": "20000", "WATCHDOG_PID": str(os.getpid())}, notifier({"NOTIFY_SOCKET": address})):
        while len(heard) < 3:
            heard.append((await asyncio.to_thread(listening.recv, 1000)).decode())
    assert heard == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize("environment", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "20000", "WATCHDOG_PID": "1"}])
async def test_a_watchdog_that_is_not_ours_is_not_fed(environment: dict[str, str]) -> None:
    told: list[str] = []
    async with watchdog_fed(environment, told.append):
        await asyncio.sleep(0)
    assert told == []
