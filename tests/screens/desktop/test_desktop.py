# ruff: noqa: ASYNC110, ASYNC240 - short looks at local files and processes, between the calls that are tested
"""The desktop driver against real Qt and Tk programs, held to what the programs themselves store."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import xcffib.xproto
from PIL import Image

from robots.errors import (
    DialogUnknown,
    ElementAmbiguous,
    ElementMissing,
    FocusLost,
    ProgramMissing,
    ScreenChanged,
    SystemFault,
    SystemUnavailable,
    ValueNotKept,
)
from robots.run_log import set_up
from robots.screens import Screen, TimeLimits
from robots.screens.desktop import DesktopScreen, open_screen
from robots.screens.desktop.desk import Desk
from robots.screens.desktop.pictures import grab, places_of
from robots.screens.desktop.waiting import Clock
from robots.screens.desktop.x_screen import XScreen
from robots.screens.selector_file import load
from robots.screens.sessions import Sessions

pytestmark = pytest.mark.desktop

HERE = Path(__file__).parent
TEXTS = ("Åsa Öberg-Lindström é", "a@b.se #1 <x> | y", "5 000,00 € – ”så”", "½ (x) = <y>; 12;50 ^~`´¨", "åäöÅÄÖ " * 20 + "slut")
LIMITS = TimeLimits(view_seconds=8, answer_seconds=3)
#: what takes longer than this hangs, also on a machine with much else to do
HANGING_SECONDS = 120


@asynccontextmanager
async def opened(kind: str, folder: Path, *, limits: TimeLimits = LIMITS) -> AsyncIterator[DesktopScreen]:
    folder.mkdir(exist_ok=True)
    screen = await open_screen(
        load(HERE / "selectors" / f"{kind}.yaml"),
        command=[sys.executable, str(HERE / f"{kind}.py"), str(folder / "store.json")],
        environment={"KOLLEGA_TEST": "given"},
        pictures=folder / "pictures",
        limits=limits,
    )
    try:
        assert isinstance(screen, DesktopScreen)
        await screen.wait_for("form")
        yield screen
    finally:
        await screen.close()


def stored(folder: Path) -> dict[str, str]:
    held: dict[str, str] = json.loads((folder / "store.json").read_text(encoding="utf-8"))
    return held


def twenty(turn: int) -> dict[str, str]:
    return {f"form.field_{number}": f"{TEXTS[(number + turn) % len(TEXTS)]} {turn}" for number in range(20)}


@contextlib.contextmanager
def thief(screen: DesktopScreen, folder: Path, seed: int) -> Iterator[Path]:
    stolen = folder / "stolen.txt"
    assert screen.display
    environment = {**os.environ, "DISPLAY": screen.display, "XAUTHORITY": "/dev/null"}
    process = subprocess.Popen([sys.executable, str(HERE / "thief.py"), str(stolen), str(seed)], env=environment)
    try:
        yield stolen
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("kind", ["qt_form", "tk_form"])
async def test_twenty_fields_are_stored_exactly_as_entered(kind: str, tmp_path: Path) -> None:
    async with opened(kind, tmp_path) as screen:
        for turn in range(3):
            values = twenty(turn)
            assert await screen.enter(values) == values
            assert await screen.read(*values) == values
        await screen.press("form.save", then="saved")
        held = stored(tmp_path)
        assert {f"form.{name}": text for name, text in held.items() if name.startswith("field_")} == twenty(2)


@pytest.mark.parametrize("kind", ["qt_form", "tk_form"])
async def test_a_window_that_steals_the_keyboard_gets_no_character_and_every_field_is_exact(kind: str, tmp_path: Path) -> None:
    async with opened(kind, tmp_path, limits=TimeLimits(view_seconds=20, answer_seconds=10)) as screen:
        with thief(screen, tmp_path, seed=7) as stolen:
            while not stolen.with_suffix(".count").exists():
                await asyncio.sleep(0.05)
            for turn in range(6):
                values = twenty(turn)
                await screen.enter(values)
                assert await screen.read(*values) == values
            steals = int(stolen.with_suffix(".count").read_text(encoding="utf-8"))
            await screen.press("form.save", then="saved")
        assert steals > 5
        assert stolen.read_text(encoding="utf-8") == ""
        assert {f"form.{name}": text for name, text in stored(tmp_path).items() if name.startswith("field_")} == twenty(5)


async def test_every_kind_of_control_is_set_and_stored(tmp_path: Path) -> None:
    values = {"form.note": "rad ett\n\tindragen\n\nåäö", "form.kind": "hyresrätt i andra hand", "form.is_open": "Ja"}
    async with opened("qt_form", tmp_path) as screen:
        held = await screen.enter({**values, "form.password": "hemligt ord"})
        # A secret comes back as the field shows it: what is returned is read from the screen, and not what was typed.
        assert held == {**values, "form.password": (await screen.read("form.password"))["form.password"]}
        assert "hemligt ord" not in held.values()
        assert await screen.read(*values) == values
        assert len((await screen.read("form.password"))["form.password"]) == len("hemligt ord")
        await screen.press("form.save", then="saved")
        held = stored(tmp_path)
        assert {name: held[name.partition(".")[2]] for name in values} == values
        assert held["password"] == "hemligt ord"
        await screen.press("saved.back", then="form")
        changed = {"form.kind": "", "form.is_open": "Nej", "form.note": ""}
        await screen.enter({**changed, "form.password": "annat"})
        await screen.press("form.save_by_key", then="saved")
        held = stored(tmp_path)
        assert (held["kind"], held["is_open"], held["note"], held["password"]) == ("", "Nej", "", "annat")


@pytest.mark.parametrize("element", ["upper", "grouped"])
async def test_a_field_that_changes_what_is_typed_is_told_with_a_picture(element: str, tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        with pytest.raises(ValueNotKept) as caught:
            await screen.enter({f"form.{element}": "ord 1000"})
        assert caught.value.element == element
        assert "ord" not in caught.value.message
        assert Path(caught.value.picture).exists()


@pytest.mark.parametrize("element", ["fixed", "disabled"])
async def test_a_field_that_no_person_could_write_in_is_not_written_in(element: str, tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        with pytest.raises(ValueNotKept):
            await screen.enter({"form.field_0": "före", f"form.{element}": "x"})
        assert await screen.read("form.field_0") == {"form.field_0": ""}


@pytest.mark.parametrize("text", ["smiley 🙂", "två\nrader", "en\ttab", "\x1b"])
async def test_a_text_that_cannot_be_typed_is_refused_before_the_first_key(text: str, tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        with pytest.raises(ValueNotKept):
            await screen.enter({"form.field_0": "före", "form.field_1": text})
        assert await screen.read("form.field_0") == {"form.field_0": ""}


async def test_the_row_out_of_sight_is_opened_by_its_texts(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        rows = await screen.rows("form.cases")
        assert len(rows) == 40
        assert rows[32] == {"number": "EB-2024-0033", "state": "öppet"}
        await screen.pick("form.cases", {"number": "EB-2024-0033", "state": "öppet"}, then="saved")
        assert await screen.read("saved.what") == {"saved.what": "EB-2024-0033"}
        await screen.press("saved.back", then="form")
        with pytest.raises(ElementAmbiguous):
            await screen.pick("form.cases", {"state": "öppet"}, then="saved")
        with pytest.raises(ElementMissing):
            await screen.pick("form.cases", {"number": "EB-2024-003"}, then="saved")


async def test_a_row_that_comes_when_the_table_shows_already_is_waited_for(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        await screen.pick("form.cases", {"number": "EB-2024-0001"}, then="saved")
        await screen.press("saved.back", then="form")
        await screen.pick("form.cases", {"number": "EB-2024-9999"}, then="saved")
        assert await screen.read("saved.what") == {"saved.what": "EB-2024-9999"}


async def test_a_table_of_several_pages_is_read_to_its_end(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        assert [row["word"] for row in await screen.rows("form.paged")] == ["ord 0", "ord 1", "ord 2", "ord 3"]


async def test_a_table_whose_pages_nothing_turns_back_is_never_read_from_the_middle(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        assert len(await screen.rows("form.paged")) == 4
        with pytest.raises(ScreenChanged, match="previous_page"):
            await screen.rows("form.paged")
        with pytest.raises(ScreenChanged, match="previous_page"):
            await screen.pick("form.paged", {"word": "ord 0"}, then="saved")


async def test_a_dialog_and_a_second_window_are_views(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        await screen.show("question")
        assert not await screen.showing("form")
        await screen.press("question.confirm", then="saved")
        assert await screen.read("saved.what") == {"saved.what": "Avslutat"}
        await screen.press("saved.back", then="form")
        await screen.press("form.second", then="second")
        await screen.enter({"second.word": "åäö"})
        await screen.press("second.close", then="form")


@pytest.mark.parametrize("kind", ["qt_form", "tk_form"])
async def test_an_unknown_dialog_is_told_with_a_picture_and_left_alone(kind: str, tmp_path: Path) -> None:
    async with opened(kind, tmp_path) as screen:
        await screen.enter({"form.field_0": "orört"})
        with pytest.raises(DialogUnknown) as caught:
            await screen.press("form.unknown", then="saved")
        assert Path(caught.value.picture).exists()
        with pytest.raises(DialogUnknown):
            await screen.enter({"form.field_0": "ändrat"})


@pytest.mark.parametrize("kind", ["qt_form", "tk_form"])
async def test_a_picture_is_found_and_pressed(kind: str, tmp_path: Path) -> None:
    async with opened(kind, tmp_path) as screen:
        await screen.press("form.mark", then="saved")
        assert await screen.showing("saved")


def test_a_picture_that_is_not_there_is_nowhere_and_one_that_is_there_twice_is_in_two_places() -> None:
    mark = HERE / "selectors" / "images" / "qt_form" / "mark.png"
    page = Image.new("RGB", (300, 200), "#eeeeee")
    desk = Desk(Clock())
    try:
        assert places_of(mark, page, desk.display) == []
        with Image.open(mark) as picture:
            page.paste(picture, (20, 30))
            assert places_of(mark, page, desk.display) == [(20, 30, 48, 20)]
            page.paste(picture, (200, 100))
        assert places_of(mark, page, desk.display) == [(20, 30, 48, 20), (200, 100, 48, 20)]
        with pytest.raises(ScreenChanged):
            places_of(mark, page.crop((0, 0, 30, 30)), desk.display)
    finally:
        desk.close()


async def test_two_matches_and_none_are_errors(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        with pytest.raises(ElementAmbiguous):
            await screen.press("form.same", then="form")
        with pytest.raises(ElementMissing):
            await screen.press("form.missing", then="form")


@pytest.mark.parametrize("kind", ["qt_form", "tk_form"])
async def test_a_killed_program_is_unavailable(kind: str, tmp_path: Path) -> None:
    async with opened(kind, tmp_path) as screen:
        process_id = screen.program_process_id
        assert process_id
        os.kill(process_id, signal.SIGKILL)
        with pytest.raises(SystemUnavailable):
            await screen.read("form.field_0")
        with pytest.raises(SystemUnavailable):
            await screen.enter({"form.field_0": "x"})


def started_here(name: str) -> set[int]:
    """Return the processes of this program that this one has started."""
    numbers = [int(number) for file in Path("/proc/self/task").glob("*/children") for number in file.read_text(encoding="utf-8").split()]
    return {number for number in numbers if Path(os.fsdecode(command_of(number).split(b"\0")[0])).name == name}


def command_of(number: int) -> bytes:
    """Return how a process was started; nothing when it has ended since it was found."""
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("victim", ["the program", "Xvfb", "openbox", "dbus-daemon"])
async def test_what_dies_in_the_midst_of_work_is_a_fault_of_the_system_and_the_next_session_works(victim: str, tmp_path: Path) -> None:
    screens: list[DesktopScreen] = []
    before = started_here(victim)

    async def open_one() -> Screen:
        screen = await open_screen(
            load(HERE / "selectors" / "qt_form.yaml"),
            command=[sys.executable, str(HERE / "qt_form.py"), str(tmp_path / "store.json")],
            environment={},
            pictures=tmp_path / "pictures",
            limits=TimeLimits(view_seconds=20, answer_seconds=10),
        )
        assert isinstance(screen, DesktopScreen)
        screens.append(screen)
        return screen

    async def log_in(screen: Screen) -> None:
        await screen.wait_for("form")

    sessions = Sessions("qt_form", open_one, log_in, 1)
    has_begun = asyncio.Event()

    async def work() -> None:
        async with sessions.session() as screen:
            for turn in itertools.count():
                await screen.enter(twenty(turn % 3))
                has_begun.set()

    working = asyncio.create_task(work())
    beginning = asyncio.create_task(has_begun.wait())
    await asyncio.wait({working, beginning}, return_when=asyncio.FIRST_COMPLETED)
    assert not working.done(), working.exception()
    (number,) = {screens[0].program_process_id or 0} if victim == "the program" else started_here(victim) - before
    os.kill(number, signal.SIGKILL)
    with pytest.raises(SystemFault):
        await working
    async with sessions.session() as screen:
        assert await screen.enter(twenty(1)) == twenty(1)
        await screen.press("form.save", then="saved")
    await sessions.close()
    assert len(screens) == 2
    assert {f"form.{name}": text for name, text in stored(tmp_path).items() if name.startswith("field_")} == twenty(1)


@pytest.mark.parametrize("kind", ["qt_form", "tk_form"])
async def test_a_window_that_keeps_the_keyboard_is_told_and_gets_no_key(kind: str, tmp_path: Path) -> None:
    async with opened(kind, tmp_path, limits=TimeLimits(view_seconds=8, answer_seconds=1)) as screen:
        assert screen.display
        manager = next(number for number in processes_on(screen.display) if b"openbox" in command_of(number))
        other = XScreen(screen.display)
        # With the window manager stopped nobody gives the keyboard back.
        os.kill(manager, signal.SIGSTOP)
        try:
            window = other.connection.generate_id()
            events = xcffib.xproto.CW.OverrideRedirect | xcffib.xproto.CW.EventMask
            other.core.CreateWindow(0, window, other.root, 5, 5, 50, 50, 0, 1, 0, events, [1, xcffib.xproto.EventMask.KeyPress])
            other.core.MapWindow(window)
            other.core.SetInputFocus(1, window, 0)
            other.sync()
            with pytest.raises(FocusLost):
                await screen.enter({"form.field_0": "text"})
            other.sync()
            assert other.connection.poll_for_event() is None
        finally:
            os.kill(manager, signal.SIGCONT)
            other.close()
        assert (await screen.read("form.field_0"))["form.field_0"] == ""


async def test_a_cancelled_call_leaves_a_working_screen(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path, limits=TimeLimits(view_seconds=HANGING_SECONDS, answer_seconds=3)) as screen:
        waiting = asyncio.create_task(screen.wait_for("saved"))
        await asyncio.sleep(0.2)
        started = time.monotonic()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert time.monotonic() - started < HANGING_SECONDS / 2
        await screen.enter({"form.field_0": "efter"})
        assert await screen.read("form.field_0") == {"form.field_0": "efter"}


async def test_two_desks_work_side_by_side(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path / "a") as one, opened("tk_form", tmp_path / "b") as other:
        assert one.display != other.display
        await asyncio.gather(*(screen.enter(twenty(turn)) for screen, turn in ((one, 1), (other, 2))))
        await asyncio.gather(one.press("form.mark", then="saved"), other.press("form.save", then="saved"))
        await one.press("saved.back", then="form")
        await one.press("form.save", then="saved")
        for folder, turn in ((tmp_path / "a", 1), (tmp_path / "b", 2)):
            assert {f"form.{name}": text for name, text in stored(folder).items() if name.startswith("field_")} == twenty(turn)


async def test_a_picture_shows_no_value(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        empty = Path(await screen.picture()).read_bytes()
        await screen.enter(twenty(0))
        filled = Path(await screen.picture())
        assert filled.read_bytes() == empty
        with Image.open(filled) as picture:
            assert len(set(picture.convert("L").tobytes())) > 10


@asynccontextmanager
async def on_the_screen_of(screen: DesktopScreen) -> AsyncIterator[XScreen]:
    assert screen.display
    watcher = XScreen(screen.display)
    try:
        yield watcher
    finally:
        watcher.close()


async def taken_of(screen: DesktopScreen) -> Image.Image:
    with Image.open(await screen.picture()) as picture:
        return picture.convert("L")


def part(picture: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    left, top, width, height = box
    return picture.crop((left, top, left + width, top + height))


def is_black(picture: Image.Image) -> bool:
    return max(picture.tobytes()) < 40


def differs(one: Image.Image, other: Image.Image) -> int:
    """Return by how much the pixel that differs most does; a picture that is kept as JPEG differs a little everywhere."""
    return max(abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True))


async def test_a_dialog_in_front_is_shown_whole_and_not_blacked_out_for_what_it_covers(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen, on_the_screen_of(screen) as watcher:
        await screen.enter(twenty(0))
        await screen.show("question")
        picture = await taken_of(screen)
        form, dialog = (box for window in watcher.windows() if (box := watcher.box(window)))
        shown = grab(watcher.display).convert("L")
    # It lies over fields of the form, and everything in it is the program's own words.
    assert form[1] < dialog[1] < dialog[1] + dialog[3] < form[1] + form[3]
    assert differs(part(picture, dialog), part(shown, dialog)) < 60
    bar = (dialog[0], dialog[1] - 12, dialog[2], 10)
    assert is_black(part(picture, bar))
    assert not is_black(part(shown, bar))


async def test_of_an_unknown_dialog_in_front_neither_title_nor_text_shows_but_its_buttons_do(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen, on_the_screen_of(screen) as watcher:
        with pytest.raises(DialogUnknown):
            await screen.press("form.unknown", then="saved")
        picture = await taken_of(screen)
        _, dialog = (box for window in watcher.windows() if (box := watcher.box(window)))
        shown = grab(watcher.display).convert("L")
    left, top, width, height = dialog
    assert is_black(part(picture, (left, top - 12, width, 10)))
    assert is_black(part(picture, (left + width // 2, top + 18, 20, 6)))
    buttons = (left + width // 2, top + height - 30, width // 2, 28)
    assert differs(part(picture, buttons), part(shown, buttons)) < 60


async def test_what_other_programs_put_over_the_form_is_in_no_picture(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen, on_the_screen_of(screen) as watcher:
        free = await taken_of(screen)
        box = (300, 100, 200, 120)
        window = watcher.connection.generate_id()
        values = [watcher.setup.roots[0].white_pixel, 1]
        watcher.core.CreateWindow(0, window, watcher.root, *box, 0, 1, 0, xcffib.xproto.CW.BackPixel | xcffib.xproto.CW.OverrideRedirect, values)
        watcher.core.MapWindow(window)
        watcher.sync()
        covered = await taken_of(screen)
    assert not is_black(part(free, box))
    assert is_black(part(covered, (box[0] + 8, box[1] + 8, box[2] - 16, box[3] - 16)))


async def test_a_picture_is_for_the_robots_account_only(tmp_path: Path) -> None:
    async with opened("qt_form", tmp_path) as screen:
        taken = Path(await screen.picture())

        assert stat.S_IMODE(taken.stat().st_mode) == 0o600
        assert stat.S_IMODE(taken.parent.stat().st_mode) == 0o700


async def test_the_log_tells_of_a_picture_by_its_name(tmp_path: Path) -> None:
    log = set_up(tmp_path / "logs", console=False)
    try:
        async with opened("qt_form", tmp_path) as screen:
            taken = Path(await screen.picture())
    finally:
        log.close()

    lines = [line for line in (log.folder / "run.log").read_text(encoding="utf-8").splitlines() if "picture_taken" in line]
    assert [taken.name in line for line in lines] == [True]


async def test_a_picture_of_a_program_without_a_tree_shows_the_title_bar_only(tmp_path: Path) -> None:
    async with opened("tk_form", tmp_path) as screen:
        empty = Path(await screen.picture()).read_bytes()
        await screen.enter(twenty(0))
        assert Path(await screen.picture()).read_bytes() == empty


async def test_a_missing_program_is_a_set_up_error(tmp_path: Path) -> None:
    with pytest.raises(ProgramMissing):
        await open_screen(load(HERE / "selectors" / "tk_form.yaml"), command=["/finns/inte"], environment={}, pictures=tmp_path, limits=LIMITS)


def processes_on(display: str) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if f"DISPLAY={display}\0".encode() in (folder / "environ").read_bytes() and (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
    return found


def test_nothing_is_left_when_the_robot_is_killed() -> None:
    code = (
        "import sys, time\nfrom robots.screens.desktop.desk import Desk\nfrom robots.screens.desktop.tree import Tree\n"
        "from robots.screens.desktop.waiting import Clock\n"
        "desk = Desk(Clock())\ntree = Tree(desk.bus_address, answer_seconds=5)\n"
        f"desk.start_program([sys.executable, {str(HERE / 'tk_form.py')!r}, '/dev/null'], {{}})\n"
        "print(desk.display, flush=True)\ntime.sleep(60)\n"
    )
    robot = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=HERE.parents[2])
    try:
        assert robot.stdout is not None
        display = robot.stdout.readline().strip()
        assert display.startswith(":")
        assert len(processes_on(display)) >= 3
        robot.kill()
        robot.wait()
        deadline = time.monotonic() + HANGING_SECONDS
        while processes_on(display) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert processes_on(display) == []
    finally:
        robot.kill()
        robot.wait()
        if robot.stdout is not None:
            robot.stdout.close()


def test_the_desk_keeps_the_robots_passwords_to_itself(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KOLLEGA_CASE_SYSTEM_PASSWORD", "hemligt")
    told = tmp_path / "environment"
    desk = Desk(Clock())
    try:
        desk.start_program(["sh", "-c", f"env > {told}.new; mv {told}.new {told}; sleep 5"], {"GIVEN": "yes", "DISPLAY": ":77"})
        deadline = time.monotonic() + HANGING_SECONDS
        while not told.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        environment = told.read_text(encoding="utf-8")
    finally:
        desk.close()
    assert "hemligt" not in environment
    assert "GIVEN=yes" in environment
    assert f"DISPLAY={desk.display}\n" in environment


def answer_of_x_server(display: str, user: str | int) -> int:
    """Return the first byte of the X server's answer to a connection by the user: 1 welcome, 0 refused."""
    code = (
        "import socket, struct\ns = socket.socket(socket.AF_UNIX)\n"
        f"s.connect('/tmp/.X11-unix/X{display[1:]}')\ns.send(struct.pack('<BxHHHHxx', 0x6C, 11, 0, 0, 0))\nprint(s.recv(8)[0])"
    )
    run = subprocess.run(
        ["/usr/bin/env", "python3", "-c", code], user=user, capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"}, check=True
    )
    return int(run.stdout)


def test_another_user_of_the_machine_cannot_see_the_desk() -> None:
    # Only the superuser can try it as somebody else.
    expected = {os.geteuid(): 1} | ({65534: 0} if os.geteuid() == 0 else {})
    desk = Desk(Clock())
    try:
        assert {user: answer_of_x_server(desk.display, user) for user in expected} == expected
    finally:
        desk.close()
