"""The walk through a system's screens, step by step: what it presses, where it goes on after a fault, and what it never does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pytest

from robots.errors import ElementMissing, LogInRefused, ScreenChanged, SessionLost, SystemUnavailable
from robots.screens import Screen
from robots.screens.drift import SystemCheck, Verdict, exit_code_of, walk
from robots.screens.selector_file import SelectorFile, load
from robots.screens.sighting import Sighting, State

TEXT = """
schema: 1
system: program
driver: desktop
window: Program
checked: {on: 2026-11-21, version: "1"}
views:
  log_in:
    landmark: user
    elements:
      user: {find: [{accessible: text, id: user}]}
  main:
    landmark: tabs
    elements:
      tabs: {find: [{accessible: page tab list, id: tabs}]}
      open: {find: [{accessible: push button, id: open}]}
      write: {find: [{accessible: push button, id: write}]}
      maybe: {find: [{accessible: push button, id: maybe}], optional: true}
  opening:
    reach: {from: main, press: main.open}
    check: {leave: cancel}
    landmark: number
    elements:
      number: {find: [{accessible: text, id: number}]}
      go: {find: [{accessible: push button, id: go}]}
      cancel: {find: [{accessible: push button, id: cancel}]}
  case:
    check: {from: opening, press: opening.go, enter: {number: "{case_number}"}}
    landmark: title
    elements:
      title: {find: [{accessible: label, id: title}]}
  beside:
    landmark: title
    elements:
      title: {find: [{accessible: label, id: beside}]}
  writing:
    reach: {from: main, press: main.write}
    check: {after: case, leave: cancel}
    landmark: text
    elements:
      text: {find: [{accessible: text, id: text}]}
      save: {find: [{accessible: push button, id: save}]}
      cancel: {find: [{accessible: push button, id: cancel}]}
  saved:
    reach: {from: writing, press: writing.save}
    check: {never: its button saves}
    landmark: receipt
    elements:
      receipt: {find: [{accessible: label, id: receipt}]}
  perhaps:
    reach: {from: main, press: main.maybe}
    landmark: text
    elements:
      text: {find: [{accessible: label, id: perhaps}]}
"""


class FakeProgram:
    """A program whose views come as the file says; keeps what was done with it in all its sessions."""

    def __init__(self, selectors: SelectorFile) -> None:
        self.selectors = selectors
        self.done: list[str] = []
        self.states: dict[str, State] = {}
        self.errors: dict[str, list[Exception]] = {}
        self.sessions = 0

    async def open_screen(self) -> Screen:
        self.sessions += 1
        return cast("Screen", FakeScreen(self))

    async def log_in(self, screen: Screen) -> None:
        self.raise_next("log_in")
        cast("FakeScreen", screen).shown = ["main", "beside"]

    def raise_next(self, step: str) -> None:
        if self.errors.get(step):
            raise self.errors[step].pop(0)

    async def walked(self, **samples: str) -> SystemCheck:
        return await walk(self.selectors, open_screen=self.open_screen, log_in=self.log_in, samples=samples)


class FakeScreen:
    """One session of the program."""

    def __init__(self, program: FakeProgram) -> None:
        self.program = program
        self.shown = ["log_in"]

    async def showing(self, view: str) -> bool:
        # A dialog covers the window below it.
        return view in self.shown and not (self.shown[-1] in {"opening", "writing"} and view != self.shown[-1])

    async def wait_for(self, *views: str) -> str:
        self.program.raise_next(views[0])
        if not await self.showing(views[0]):
            raise ElementMissing("the view does not show", view=views[0])
        return views[0]

    async def sightings(self, view: str) -> dict[str, Sighting]:
        names = [f"{view}.{element}" for element in self.program.selectors.views[view].elements]
        return {name.partition(".")[2]: Sighting(state=self.program.states.get(name, State.FIRST_WAY), way=1) for name in names}

    async def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        self.program.done += [f"{name} = {text}" for name, text in values.items()]
        return dict(values)

    async def press(self, element: str, *, then: str) -> None:
        self.program.done.append(element)
        self.program.raise_next(then)
        if then in {"opening", "writing"}:
            self.shown.append(then)
        elif then == "case":
            self.shown = ["main", "beside", "case"]

    async def press_for(self, element: str, *, then: tuple[str, ...]) -> str:
        self.program.done.append(element)
        self.shown.pop()
        return then[0]

    async def picture(self) -> str:
        return "picture.jpg"

    async def close(self) -> None:
        self.program.done.append("close")


@pytest.fixture
def program(tmp_path: Path) -> FakeProgram:
    path = tmp_path / "program.yaml"
    path.write_text(TEXT, encoding="utf-8")
    program = FakeProgram(load(path))
    program.states["main.maybe"] = State.ABSENT
    return program


def because(checked: SystemCheck, view: str) -> str:
    return next(one.because for one in checked.views if one.view == view)


async def test_only_the_steps_of_the_file_are_taken_and_dialogs_are_left(program: FakeProgram) -> None:
    checked = await program.walked(case_number="EB-1")

    assert program.done == [
        *("main.open", "opening.number = EB-1", "opening.go"),
        *("main.write", "writing.cancel"),
        "close",
    ]
    assert (checked.verdict, checked.fault, exit_code_of([checked])) == (Verdict.SOUND, None, 0)
    assert {one.view for one in checked.views if one.was_walked} == {"log_in", "main", "opening", "case", "beside", "writing"}
    assert because(checked, "saved") == "never brought up by a check: its button saves"
    assert because(checked, "perhaps") == "it is reached by main.maybe, which is not there now"


async def test_without_a_sample_nothing_is_entered_and_what_needs_it_is_not_opened(program: FakeProgram) -> None:
    checked = await program.walked()

    assert program.done == ["main.open", "opening.cancel", "close"]
    assert because(checked, "case") == "there is no sample of case_number; set the environment variable KOLLEGA_SAMPLE_CASE_NUMBER"
    assert because(checked, "writing") == "it comes after case, which was not looked at"
    assert checked.verdict is Verdict.SOUND


async def test_nothing_is_pressed_that_was_seen_to_be_missing_or_there_twice(program: FakeProgram) -> None:
    program.states["main.write"] = State.FOUND_TWICE

    checked = await program.walked(case_number="EB-1")

    assert "main.write" not in program.done
    assert because(checked, "writing") == "it is reached from main, which has a fault"
    assert (checked.verdict, type(checked.fault).__name__, exit_code_of([checked])) == (Verdict.FAULT, "ElementAmbiguous", 4)
    assert checked.fault is not None
    assert (checked.fault.view, checked.fault.element, checked.fault.picture) == ("main", "write", "picture.jpg")


async def test_a_lost_session_is_opened_anew_and_the_case_in_it_too(program: FakeProgram) -> None:
    program.errors["writing"] = [SessionLost("gone")]

    checked = await program.walked(case_number="EB-1")

    again = program.done[program.done.index("close") :]
    assert again == ["close", "main.open", "opening.number = EB-1", "opening.go", "main.write", "writing.cancel", "close"]
    assert (checked.verdict, program.sessions) == (Verdict.SOUND, 2)


async def test_a_system_that_does_not_answer_twice_ends_the_walk_and_is_no_fault_of_the_screens(program: FakeProgram) -> None:
    program.errors["opening"] = [SystemUnavailable("down"), SystemUnavailable("down")]

    checked = await program.walked(case_number="EB-1")

    assert (checked.verdict, checked.fault, exit_code_of([checked])) == (Verdict.NO_ANSWER, None, 5)
    assert because(checked, "writing") == "the walk ended before it"
    assert program.done[-1] == "close"


async def test_a_refused_log_in_is_tried_once(program: FakeProgram) -> None:
    program.errors["log_in"] = [LogInRefused("no"), LogInRefused("no")]

    checked = await program.walked()

    assert (checked.verdict, exit_code_of([checked]), len(program.errors["log_in"])) == (Verdict.REFUSED, 3, 1)
    assert isinstance(checked.fault, LogInRefused)


async def test_a_view_that_does_not_come_is_a_fault_and_the_others_are_looked_at(program: FakeProgram) -> None:
    program.errors["opening"] = [ScreenChanged("another view is up")]
    program.states["opening.number"] = State.NOT_FOUND

    checked = await program.walked(case_number="EB-1")

    assert [one.view for one in checked.views if one.faults] == ["opening"]
    assert because(checked, "case") == "it is reached from opening, which has a fault"
    assert "opening.number = EB-1" not in program.done


async def test_the_most_serious_verdict_of_several_systems_gives_the_exit_code(program: FakeProgram) -> None:
    sound = await program.walked()
    program.states["main.tabs"] = State.LATER_WAY
    drifted = await program.walked()
    program.states["main.tabs"] = State.NOT_FOUND
    broken = await program.walked()

    assert [one.verdict for one in (sound, drifted, broken)] == [Verdict.SOUND, Verdict.DRIFT, Verdict.FAULT]
    assert [exit_code_of(several) for several in ([sound, drifted], [sound, broken], [])] == [0, 4, 0]
