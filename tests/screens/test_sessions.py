from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from robots.errors import (
    CaseNeedsPerson,
    ElementMissing,
    KollegaError,
    LogInRefused,
    OutcomeUnknown,
    PersonNotFound,
    ReasonCode,
    SessionLost,
    StopRequested,
    SystemTooSlow,
    SystemUnavailable,
)
from robots.screens import Screen
from robots.screens.noting import NotingScreen
from robots.screens.sessions import Sessions, stopwatch


class FakeScreen:
    """A screen that only knows whether it is open."""

    def __init__(self) -> None:
        self.is_logged_in = False
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True


class FakeSystem:
    """Opens screens and logs them in, as it is told."""

    def __init__(self) -> None:
        self.opened: list[Any] = []
        self.log_ins = 0
        self.open_errors: list[BaseException] = []
        self.log_in_errors: list[BaseException] = []
        self.log_in_seconds = 0.0

    async def open_screen(self) -> Screen:
        if self.open_errors:
            raise self.open_errors.pop(0)
        self.opened.append(FakeScreen())
        return cast("Screen", self.opened[-1])

    async def log_in(self, screen: Screen) -> None:
        self.log_ins += 1
        await asyncio.sleep(self.log_in_seconds)
        if self.log_in_errors:
            raise self.log_in_errors.pop(0)
        cast("FakeScreen", screen).is_logged_in = True

    def sessions(self, limit: int) -> Sessions:
        return Sessions("register", self.open_screen, self.log_in, limit)


def behind(screen: Screen) -> Screen:
    """The screen that was opened, behind the one that notes evidence."""
    return cast("NotingScreen", screen)._screen


@pytest.fixture
def system() -> FakeSystem:
    return FakeSystem()


class FakeClock:
    """Goes on as the test says, and by nothing that the machine does."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    made = FakeClock()
    monkeypatch.setattr("robots.screens.sessions.time", made)
    return made


async def test_sessions_that_lie_ready_are_given_up_with_one_whose_browser_or_server_has_died(system: FakeSystem) -> None:
    sessions = system.sessions(3)
    async with sessions.session(), sessions.session(), sessions.session():
        pass
    with pytest.raises(SystemUnavailable):
        async with sessions.session():
            raise SystemUnavailable("gone")
    assert [one.is_closed for one in system.opened] == [True, True, True]
    async with sessions.session() as screen:
        assert behind(screen) is system.opened[3]


async def test_nothing_is_opened_before_it_is_needed(system: FakeSystem) -> None:
    sessions = system.sessions(3)
    assert system.opened == []
    async with sessions.session() as screen:
        assert (behind(screen) is system.opened[0], system.opened[0].is_logged_in) == (True, True)
    assert not system.opened[0].is_closed


async def test_the_session_used_last_is_lent_first(system: FakeSystem) -> None:
    sessions = system.sessions(2)
    async with sessions.session() as first, sessions.session() as second:
        assert first is not second
    async with sessions.session() as again:
        assert again is first
    assert (len(system.opened), system.log_ins) == (2, 2)


async def test_no_more_sessions_than_the_limit_are_open_at_once(system: FakeSystem) -> None:
    sessions = system.sessions(2)
    in_use = 0

    async def work() -> int:
        nonlocal in_use
        async with sessions.session():
            in_use += 1
            most = in_use
            await asyncio.sleep(0.005)
            in_use -= 1
            return most

    most = max(await asyncio.gather(*(work() for _ in range(10))))
    assert (most, len(system.opened)) == (2, 2)


@pytest.mark.parametrize(
    "error",
    [
        SystemUnavailable("gone"),
        SystemTooSlow("slow"),
        SessionLost("lost"),
        ElementMissing("changed"),
        OutcomeUnknown("unknown", codes=(ReasonCode.OUTCOME_UNKNOWN,)),
        RuntimeError("a mistake in the code"),
        StopRequested(),
    ],
)
async def test_a_screen_whose_use_failed_is_closed_and_opened_anew(system: FakeSystem, error: BaseException) -> None:
    sessions = system.sessions(1)
    with pytest.raises(type(error)) as caught:
        async with sessions.session():
            raise error
    assert caught.value is error
    assert system.opened[0].is_closed
    async with sessions.session() as screen:
        assert (behind(screen) is system.opened[1], system.opened[1].is_logged_in) == (True, True)


@pytest.mark.parametrize("kind", [CaseNeedsPerson, PersonNotFound])
async def test_a_case_for_a_person_says_nothing_against_the_screen(system: FakeSystem, kind: type[CaseNeedsPerson]) -> None:
    sessions = system.sessions(1)
    with pytest.raises(kind):
        async with sessions.session():
            raise kind("look", codes=(ReasonCode.NO_PERSON,))
    async with sessions.session() as screen:
        assert behind(screen) is system.opened[0]
    assert len(system.opened) == 1


async def test_a_cancelled_use_closes_the_screen_and_frees_its_place(system: FakeSystem) -> None:
    sessions = system.sessions(1)

    async def work() -> None:
        async with sessions.session():
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert system.opened[0].is_closed
    async with sessions.session() as screen:
        assert behind(screen) is system.opened[1]


async def test_a_cancelled_wait_takes_no_place(system: FakeSystem) -> None:
    sessions = system.sessions(1)

    async def work() -> None:
        async with sessions.session():
            pass

    async with sessions.session():
        waiting = asyncio.create_task(work())
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await asyncio.wait_for(work(), 1)
    assert len(system.opened) == 1


async def test_a_cancelled_log_in_closes_the_screen_and_frees_its_place(system: FakeSystem) -> None:
    sessions = system.sessions(1)
    system.log_in_seconds = 60
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01), sessions.session():
            pytest.fail("no session was to be had")
    assert system.opened[0].is_closed
    system.log_in_seconds = 0
    async with sessions.session() as screen:
        assert behind(screen) is system.opened[1]


@pytest.mark.parametrize("error", [SystemUnavailable("gone"), ElementMissing("changed")])
async def test_a_log_in_that_fails_is_tried_anew_the_next_time(system: FakeSystem, error: KollegaError) -> None:
    sessions = system.sessions(1)
    system.open_errors = [SystemUnavailable("no browser")]
    system.log_in_errors = [error]
    with pytest.raises(SystemUnavailable):
        async with sessions.session():
            pytest.fail("no session was to be had")
    with pytest.raises(type(error)):
        async with sessions.session():
            pytest.fail("no session was to be had")
    assert system.opened[0].is_closed
    async with sessions.session() as screen:
        assert behind(screen) is system.opened[1]


async def test_a_refused_log_in_is_never_tried_a_second_time(system: FakeSystem) -> None:
    sessions = system.sessions(3)
    system.log_in_errors = [LogInRefused("wrong password", system="register")]
    system.log_in_seconds = 0.01

    async def work() -> KollegaError:
        with pytest.raises(LogInRefused) as caught:
            async with sessions.session():
                pytest.fail("no session was to be had")
        return caught.value

    errors = await asyncio.gather(*(work() for _ in range(5)))
    errors.append(await work())
    assert {str(error) for error in errors} == {"register: wrong password"}
    assert (system.log_ins, len(system.opened), system.opened[0].is_closed) == (1, 1, True)


async def test_closing_ends_free_sessions_now_and_others_when_they_come_back(system: FakeSystem) -> None:
    sessions = system.sessions(2)
    async with sessions.session() as kept:
        async with sessions.session() as free:
            pass
        await sessions.close()
        assert [screen.is_closed for screen in system.opened] == [screen is behind(free) for screen in system.opened]
        assert kept is not free
    assert all(screen.is_closed for screen in system.opened)
    with pytest.raises(SystemUnavailable):
        async with sessions.session():
            pytest.fail("no session was to be had")


async def test_waiting_and_use_are_measured_for_each_case_by_itself(system: FakeSystem, clock: FakeClock) -> None:
    sessions = system.sessions(1)

    async def case(seconds: float) -> tuple[float, float]:
        with stopwatch() as times:
            async with sessions.session():
                clock.seconds += seconds
        return times.waiting_seconds, times.used_seconds

    first, second = await asyncio.gather(case(5), case(7))
    assert (first, second) == ((0, 5), (5, 7))


async def test_steps_in_tasks_of_their_own_are_measured_with_their_case(system: FakeSystem, clock: FakeClock) -> None:
    sessions = system.sessions(2)
    have_begun, are_over = asyncio.Barrier(3), asyncio.Barrier(3)

    async def step() -> None:
        async with sessions.session():
            await have_begun.wait()
            await are_over.wait()

    with stopwatch() as times:
        async with asyncio.TaskGroup() as group:
            group.create_task(step())
            group.create_task(step())
            await have_begun.wait()
            clock.seconds += 3
            await are_over.wait()
    assert (times.used_seconds, times.waiting_seconds) == (6, 0)


async def test_a_use_that_fails_is_measured_as_well(system: FakeSystem, clock: FakeClock) -> None:
    sessions = system.sessions(1)

    async def work() -> None:
        async with sessions.session():
            clock.seconds += 3
            raise SystemTooSlow("slow")

    with stopwatch() as times, pytest.raises(SystemTooSlow):
        await work()
    assert times.used_seconds == 3


def test_a_pool_without_places_is_refused(system: FakeSystem) -> None:
    with pytest.raises(ValueError, match="at least one"):
        system.sessions(0)
