"""Drift: whether every view of a system still is as its selector file says, found out by walking through them read-only.

A walk logs in, shows the views that have an address, and takes the steps by which the file says that the others are reached:
those that stand under `reach`, and for a check alone those under `check`. It enters nothing but what stands there, presses
nothing else, and leaves dialogs by the element that the file names.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum

from robots.errors import ElementAmbiguous, ElementMissing, KollegaError, ScreenChanged, SetupError, SystemFault
from robots.run_log import Action, event, redact
from robots.screens import Screen
from robots.screens.routes import PLACEHOLDER, Reach
from robots.screens.selector_file import SelectorFile, View
from robots.screens.sighting import Sighting, State
from robots.settings import SAMPLE_PREFIX

#: the view that is looked at before the log-in
LOG_IN_VIEW = "log_in"
NO_ANSWER_EXIT_CODE = 5


class Verdict(StrEnum):
    """What a walk has come to, the worst first."""

    #: the system refused the log-in: an operator must act
    REFUSED = "refused"
    #: something is missing, ambiguous or not reached: a developer must look
    FAULT = "fault"
    #: the system did not answer, so that it could not be checked
    NO_ANSWER = "no_answer"
    #: everything is found, something by a later way
    DRIFT = "drift"
    SOUND = "sound"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewCheck:
    """How one view was found."""

    view: str
    landmark: str
    #: by name; empty when the view was not looked at
    sightings: Mapping[str, Sighting] = field(default_factory=dict)
    #: why the view was not looked at; empty when it was
    because: str = ""
    #: path of the masked picture of a view with a fault; empty when there is none
    picture: str = ""

    @property
    def was_walked(self) -> bool:
        """Whether the view was looked at."""
        return not self.because

    def elements_that(self, is_so: Callable[[State], bool]) -> tuple[str, ...]:
        """Return the elements that are found so."""
        return tuple(name for name, one in self.sightings.items() if is_so(one.state))

    @property
    def faults(self) -> tuple[str, ...]:
        """The elements that the robot could not work with."""
        return self.elements_that(lambda state: state.is_fault)

    @property
    def drifted(self) -> tuple[str, ...]:
        """The elements that are found by a later way."""
        return self.elements_that(lambda state: state is State.LATER_WAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCheck:
    """How one system's views were found, in the order of the file."""

    system: str
    views: tuple[ViewCheck, ...]
    #: what ended the walk before its end
    error: KollegaError | None
    seconds: float

    @property
    def verdict(self) -> Verdict:
        """What the walk has come to."""
        if any(one.faults for one in self.views) or isinstance(self.error, ScreenChanged):
            return Verdict.FAULT
        if self.error is not None:
            return Verdict.NO_ANSWER if isinstance(self.error, SystemFault) else Verdict.REFUSED
        return Verdict.DRIFT if any(one.drifted for one in self.views) else Verdict.SOUND

    @property
    def fault(self) -> KollegaError | None:
        """Why the system is to be held; None when it can be worked with, or could not be checked."""
        for one in self.views:
            for name in one.faults[:1]:
                count = sum(len(each.faults) for each in self.views)
                message = f"the check of the screens: {said(one.sightings[name])} ({count} in all); compare the selector file with the screen"
                kind = ElementAmbiguous if one.sightings[name].state is State.FOUND_TWICE else ElementMissing
                return kind(message, system=self.system, view=one.view, element=name, picture=one.picture)
        return None if self.error is None or isinstance(self.error, SystemFault) else self.error


def exit_code_of(checks: Iterable[SystemCheck]) -> int:
    """Return what a scheduler is told: 0, or the code of the most serious thing that somebody must see to."""
    codes = {Verdict.FAULT: ScreenChanged.exit_code, Verdict.REFUSED: SetupError.exit_code, Verdict.NO_ANSWER: NO_ANSWER_EXIT_CODE}
    found = {check.verdict for check in checks}
    return next((code for verdict, code in codes.items() if verdict in found), 0)


def said(sighting: Sighting) -> str:
    """Return in words how an element is found."""
    match sighting.state:
        case State.FIRST_WAY:
            return "found by its first way"
        case State.LATER_WAY:
            return f"found by way {sighting.way}, no longer by way 1"
        case State.FOUND_TWICE:
            return f"way {sighting.way} finds more than one"
        case State.COLUMNS_WRONG:
            return f"column {', '.join(sighting.wrong_columns)} is missing or stands twice"
        case State.NOT_FOUND:
            return "no way finds it"
        case State.ABSENT:
            return "not there, and need not be"
        case State.UNSEEN:
            return "a key combination, which shows only when it is pressed"


async def walk(
    selectors: SelectorFile,
    *,
    open_screen: Callable[[], Awaitable[Screen]],
    log_in: Callable[[Screen], Awaitable[None]],
    samples: Mapping[str, str],
) -> SystemCheck:
    """Look at every view that can be reached read-only, and say how everything on it is found.

    Args:
        selectors: the system's file.
        open_screen: opens a session that is not logged in.
        log_in: logs it in; called again, once, when the session is lost on the way.
        samples: texts for placeholders, such as the number of a test person.
    """
    begun = time.monotonic()
    one = _Walk(selectors, open_screen, log_in, samples)
    error: KollegaError | None = None
    try:
        await one.go()
    except KollegaError as caught:
        error = caught
    finally:
        await one.close()
    checked = SystemCheck(system=selectors.system, views=one.views(error), error=error, seconds=time.monotonic() - begun)
    _tell(checked)
    return checked


def _tell(checked: SystemCheck) -> None:
    for view in checked.views:
        for name in (*view.faults, *view.drifted):
            is_fault = name in view.faults
            action = Action.SCREENS_CHECKED if is_fault else Action.DRIFT
            event(action, said(view.sightings[name]), system=checked.system, step=f"{view.view}.{name}", level="ERROR" if is_fault else "WARNING")
    walked = sum(1 for view in checked.views if view.was_walked)
    message = f"{checked.verdict}: {walked} of {len(checked.views)} views looked at"
    event(Action.SCREENS_CHECKED, message, system=checked.system, seconds=checked.seconds)


class _Walk:
    """One walk through one system."""

    def __init__(
        self,
        selectors: SelectorFile,
        open_screen: Callable[[], Awaitable[Screen]],
        log_in: Callable[[Screen], Awaitable[None]],
        samples: Mapping[str, str],
    ) -> None:
        self._selectors = selectors
        self._open_screen = open_screen
        self._log_in = log_in
        self._samples = dict(samples)
        self._screen: Screen | None = None
        self._checks: dict[str, ViewCheck] = {}
        self._routes = {name: _reach_of(view) for name, view in selectors.views.items()}

    def views(self, error: KollegaError | None) -> tuple[ViewCheck, ...]:
        """Return what is known of every view of the file."""
        unknown = "nothing leads to it without a case" if error is None else "the walk ended before it"
        return tuple(
            self._checks.get(view.name) or ViewCheck(view=view.name, landmark=view.landmark, because=unknown)
            for view in self._selectors.views.values()
        )

    async def close(self) -> None:
        """End the session."""
        if self._screen is not None:
            await self._screen.close()
            self._screen = None

    async def go(self) -> None:
        """Walk."""
        screen = await self._logged_in()
        await self._look_beside(screen)
        for view in self._selectors.views.values():
            if view.name not in self._checks and view.address is not None:
                await self._visit(view, ())

    # --- the session

    async def _logged_in(self) -> Screen:
        """Return the session, opened and logged in if need be; the first time, the log-in is looked at as well."""
        if self._screen is None:
            self._screen = await self._open_screen()
            view = self._selectors.views.get(LOG_IN_VIEW)
            if view is not None and view.name not in self._checks:
                with suppress(ScreenChanged):
                    await (self._screen.show(view.name) if view.address is not None else self._screen.wait_for(view.name))
                await self._look(self._screen, view)
            await self._log_in(self._screen)
            needed = {other.check.after for other in self._selectors.views.values() if other.check is not None}
            for name in [name for name, check in self._checks.items() if check.was_walked and name in needed]:
                # Such as a case that is opened in a program, without which other views can't be come to.
                await self._bring_up(self._screen, self._selectors.views[name])
        return self._screen

    # --- the views

    async def _visit(self, view: View, ancestors: tuple[str, ...]) -> None:
        """Bring the view up, look at it, go on to those that are reached from it, and leave it."""
        obstacle = self._obstacle(view)
        if obstacle:
            self._note(view, because=obstacle)
        else:
            await self._come_and_look(view, ancestors)
        for other in self._selectors.views.values():
            route = self._routes[other.name]
            if route is not None and route.view == view.name and other.name not in self._checks:
                await self._visit(other, (view.name, *ancestors))
        leave = view.check.leave if view.check is not None else ""
        if leave and self._checks[view.name].was_walked and ancestors:
            screen = await self._logged_in()
            if await screen.showing(view.name):
                await self._safely(screen.press_for(f"{view.name}.{leave}", then=ancestors))

    def _obstacle(self, view: View) -> str:
        """Return why the view is not brought up; empty when nothing is in the way."""
        if view.check is not None and view.check.never:
            return f"never brought up by a check: {view.check.never}"
        needed = view.check.after if view.check is not None else ""
        if needed and (needed not in self._checks or not self._checks[needed].was_walked):
            return f"it comes after {needed}, which was not looked at"
        route = self._routes[view.name]
        if route is not None:
            before = self._checks.get(route.view)
            if before is None or not before.was_walked:
                return f"it is reached from {route.view}, which was not looked at"
            pressed = before.sightings[route.element]
            if before.landmark in before.faults or pressed.state.is_fault:
                return f"it is reached from {route.view}, which has a fault"
            if pressed.state is State.ABSENT:
                return f"it is reached by {route.view}.{route.element}, which is not there now"
        missing = [name for name in _placeholders(view) if name not in self._samples]
        wanted = " and ".join(f"{SAMPLE_PREFIX}{name.upper()}" for name in missing)
        return f"there is no sample of {', '.join(missing)}; set the environment variable {wanted}" if missing else ""

    async def _come_and_look(self, view: View, ancestors: tuple[str, ...]) -> None:
        try:
            await self._come_and_look_once(view, ancestors)
        except SystemFault:
            # The session may be lost, or a page slow for once.
            await self.close()
            await self._come_and_look_once(view, ancestors)

    async def _come_and_look_once(self, view: View, ancestors: tuple[str, ...]) -> None:
        screen = await self._logged_in()
        try:
            await self._bring_up(screen, view)
        except ScreenChanged as error:
            await self._look(screen, view, picture=error.picture)
            if not self._checks[view.name].faults:
                # Everything is on the view, and it could not be come by all the same.
                raise
            if not await self._shows_any(screen, ancestors):
                await self.close()
        else:
            await self._look(screen, view)
            await self._look_beside(screen)

    @staticmethod
    async def _shows_any(screen: Screen, views: tuple[str, ...]) -> bool:
        for view in views:
            if await screen.showing(view):
                return True
        return False

    async def _bring_up(self, screen: Screen, view: View) -> None:
        route = self._routes[view.name]
        if route is None:
            names = {name: self._samples[name] for name in view.placeholders}
            await (screen.show(view.name, **names) if view.address is not None else screen.wait_for(view.name))
            return
        if not await screen.showing(route.view):
            await self._bring_up(screen, self._selectors.views[route.view])
        entered = view.check.enter if view.check is not None else {}
        if entered:
            await screen.enter({f"{route.view}.{element}": self._filled(text) for element, text in entered.items()})
        await screen.press(f"{route.view}.{route.element}", then=view.name)

    async def _look(self, screen: Screen, view: View, *, picture: str = "") -> None:
        sightings = await screen.sightings(view.name)
        has_fault = any(one.state.is_fault for one in sightings.values())
        if has_fault and not picture:
            with suppress(KollegaError):
                picture = await screen.picture()
        self._note(view, sightings=sightings, picture=picture if has_fault else "")
        for name, (start, table, column) in self._selectors.samples.items():
            if start == view.name and name not in self._samples and not sightings[table].state.is_fault:
                rows = await screen.rows(f"{view.name}.{table}")
                if rows and rows[0][column].strip():
                    redact(rows[0][column])
                    self._samples[name] = rows[0][column].strip()

    async def _look_beside(self, screen: Screen) -> None:
        """Look at the views that nothing leads to and that show now, and at what is reached from them."""
        for view in self._selectors.views.values():
            is_led_to = view.address is not None or self._routes[view.name] is not None
            if is_led_to or view.name in self._checks or not await screen.showing(view.name):
                continue
            await self._visit(view, ())

    def _note(self, view: View, *, because: str = "", sightings: Mapping[str, Sighting] | None = None, picture: str = "") -> None:
        self._checks[view.name] = ViewCheck(view=view.name, landmark=view.landmark, because=because, sightings=sightings or {}, picture=picture)

    def _filled(self, text: str) -> str:
        return PLACEHOLDER.sub(lambda match: self._samples[match[1]], text)

    async def _safely(self, step: Awaitable[object]) -> None:
        """Take a step back; when it fails, the next view begins with a new session."""
        try:
            await step
        except (ScreenChanged, SystemFault):
            await self.close()


def _reach_of(view: View) -> Reach | None:
    if view.check is not None and view.check.reach is not None:
        return view.check.reach
    return view.reach


def _placeholders(view: View) -> tuple[str, ...]:
    return (*view.placeholders, *(view.check.placeholders if view.check is not None else ()))
