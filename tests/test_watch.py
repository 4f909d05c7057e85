"""`kollega watch` in a real terminal: what it shows, that its keys pause and resume, and that the terminal is as it was however it ends."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from robots.casebook import Casebook, CaseState
from robots.casebook.pauses import EVERYTHING, Pause, Pauses, scope_of_case, scope_of_system
from robots.cli import app
from robots.errors import SetupError
from robots.latest_log import LatestRun, LogLine
from robots.settings import load
from robots.situation import CaseAtHand, Situation, WorkerSituation, situation_by
from robots.watch import Dialog
from robots.watch.terminal import Keys
from robots.watch.view import view
from tests.installation import install

ROOT = Path(__file__).resolve().parent.parent
KOLLEGA = Path(sys.executable).parent / "kollega"
NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ALTERNATE_ON, ALTERNATE_OFF, CURSOR_ON = "\x1b[?1049h", "\x1b[?1049l", "\x1b[?25h"
#: what takes longer than this hangs, also on a machine with much else to do
SECONDS = 120


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return install(tmp_path)


@pytest.fixture
def book(folder: Path) -> Iterator[Casebook]:
    with Casebook(load(folder).paths.state / "casebook.sqlite") as casebook:
        casebook.open_case("aid:EA-1:2026-03", reference="EA-1", month="2026-03")
        yield casebook


# --- the picture ------------------------------------------------------------------------------------------------------


@pytest.fixture
def quiet(tmp_path: Path) -> Situation:
    here = load(ROOT)
    return situation_by(replace(here, paths=replace(here.paths, state=tmp_path / "state", logs=tmp_path / "logs", database="")), now=NOW)


def drawn(situation: Situation, *, width: int = 120, height: int | None = None, **more: str) -> str:
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None, force_terminal=False)
    console.print(view(situation, width=width, height=height, **more))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def bad_night(quiet: Situation) -> Situation:
    case = CaseAtHand(reference="EA-26-00017", step="read case", since=NOW - timedelta(minutes=12))
    worker = WorkerSituation(worker="vm-1", machine="vm-1", mode="decide", began_at=NOW, seen_at=NOW, is_alive=True, cases=(case,))
    line = LogLine(at=NOW, level="ERROR", action="system_held", case="EA-26-00017", system="case_system", step="s", seconds=None, message="a button")
    run = LatestRun(
        run_id="abc123",
        folder=Path("/logs/run"),
        mode="decide",
        began_at=NOW - timedelta(hours=1),
        heard_at=NOW,
        ended_at=None,
        is_under_way=True,
        is_complete=False,
        exit_code=None,
        ended={"decided": 3, "proposed": 0, "handed off": 9},
        errors=tuple(replace(line, message=f"fault number {number}") for number in range(20)),
        held={"case_system": "a button is gone"},
    )
    systems = tuple(replace(one, held_why="a button is gone") if one.name == "case_system" else one for one in quiet.systems)
    pause = Pause(scope=scope_of_system("e_service"), paused_at=NOW, paused_by="anna", why="\x1b[31mupgrade\x1b[2J")
    return replace(quiet, workers=(worker,), latest_run=run, systems=systems, pauses=(pause,), counts={state: 4 for state in CaseState})


def test_whether_all_is_well_stands_first(quiet: Situation) -> None:
    assert "Nothing has run yet" in drawn(quiet).splitlines()[0]
    assert "2 things to see to" in drawn(bad_night(quiet)).splitlines()[0]


def test_it_tells_who_does_what_what_is_held_and_the_last_errors(quiet: Situation) -> None:
    lines = drawn(bad_night(quiet)).splitlines()

    assert any(re.search(r"vm-1 +EA-26-00017 +12 min +read case", line) for line in lines)
    assert any("case_system is held: a button is gone" in line for line in lines)
    assert any(re.search(r"4 +case_system +held: a button is gone", line) for line in lines)
    assert any("has been in the step read case for 12 min" in line for line in lines)
    assert "fault number 19" in lines[-1]


@pytest.mark.parametrize(("width", "height"), [(120, 45), (80, 40), (60, 45), (80, 16)])
def test_it_fits_the_terminal_with_the_newest_errors_last(quiet: Situation, width: int, height: int) -> None:
    lines = drawn(bad_night(quiet), width=width, height=height, keys=" p pause ").rstrip("\n").splitlines()

    assert len(lines) <= height
    assert max(map(len, lines)) <= width
    assert "p pause" in lines[-1]
    assert height < 40 or "fault number 19" in lines[-2]


def test_no_words_of_anybody_command_the_terminal(quiet: Situation) -> None:
    assert "\x1b" not in drawn(bad_night(quiet))


# --- the keys ---------------------------------------------------------------------------------------------------------


class Steered:
    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []

    def pause(self, scope: str, why: str) -> str:
        self.done.append(("pause", scope, why))
        return "done"

    def resume(self, scope: str) -> str:
        self.done.append(("resume", scope))
        return "done"


def typed(dialog: Dialog, keys: str, situation: Situation) -> list[bool]:
    return [dialog.hear(key, situation) for key in keys]


def test_a_pause_wants_a_number_and_a_reason(quiet: Situation) -> None:
    steered = Steered()
    dialog = Dialog(steering=steered)

    typed(dialog, "p", quiet)
    assert "0 everything" in dialog.notice
    assert "4 case_system" in dialog.notice
    typed(dialog, "x4\r \rupgarde\x7f\x7f\x7f\x7f\x1b", quiet)
    assert steered.done == []
    typed(dialog, "p4upgarde\x7f\x7f\x7f\x7frade\r", quiet)

    assert steered.done == [("pause", scope_of_system("case_system"), "upgrade")]
    assert dialog.notice == "done"


def test_what_is_paused_is_resumed_by_its_number_and_q_leaves(quiet: Situation) -> None:
    steered = Steered()
    dialog = Dialog(steering=steered)
    pauses = tuple(Pause(scope=scope, paused_at=NOW, paused_by="anna", why="") for scope in (EVERYTHING, scope_of_case("aid:EA-1:2026-03")))

    assert all(typed(dialog, "r", quiet))
    assert dialog.notice == "Nothing is paused."
    typed(dialog, "r2", replace(quiet, pauses=pauses))

    assert steered.done == [("resume", "case:aid:EA-1:2026-03")]
    assert typed(dialog, "q", quiet) == [False]


def test_a_pause_that_can_not_be_kept_is_told(quiet: Situation) -> None:
    class Broken(Steered):
        def pause(self, scope: str, why: str) -> str:
            raise SetupError("the casebook cannot be used")

    dialog = Dialog(steering=Broken())
    typed(dialog, "p0why\r", quiet)
    assert dialog.notice == "Nothing was changed: the casebook cannot be used"


# --- the terminal -----------------------------------------------------------------------------------------------------


class Terminal:
    """A pseudo-terminal with `kollega watch` in it."""

    def __init__(self, folder: Path, *, columns: int, lines: int, **environment: str) -> None:
        self._mine, self._its = pty.openpty()
        self.resize(columns, lines, tells=False)
        self.before = termios.tcgetattr(self._its)
        whole = {**os.environ, "TERM": "xterm-256color", **environment}
        self.process = subprocess.Popen(
            [KOLLEGA, "watch"], cwd=folder, env=whole, stdin=self._its, stdout=self._its, stderr=self._its, start_new_session=True
        )
        self.shown = ""

    def resize(self, columns: int, lines: int, *, tells: bool = True) -> None:
        fcntl.ioctl(self._its, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        if tells:
            # The kernel tells those in the foreground of a session's own terminal; this one is nobody's.
            self.process.send_signal(signal.SIGWINCH)

    def type(self, keys: str) -> None:
        os.write(self._mine, keys.encode())

    def wait_for(self, is_so: Callable[[], bool], *, until: float = SECONDS) -> None:
        ends = time.monotonic() + until
        while not is_so():
            assert time.monotonic() < ends, self.shown[-3000:]
            self.read(0.05)

    def wait_to_see(self, words: str) -> None:
        """Return when the words are drawn from now on."""
        self.shown = ""
        self.wait_for(lambda: words in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown))

    def wait_for_end(self) -> int:
        self.wait_for(lambda: self.process.poll() is not None)
        self.read(0.05)
        return self.process.returncode

    def read(self, seconds: float) -> None:
        while select.select([self._mine], [], [], seconds)[0]:
            self.shown += os.read(self._mine, 65536).decode(errors="replace")
            seconds = 0

    @property
    def is_as_before(self) -> bool:
        return termios.tcgetattr(self._its) == self.before

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._mine)
        os.close(self._its)


@contextmanager
def terminal(folder: Path, *, columns: int = 120, lines: int = 40, **environment: str) -> Iterator[Terminal]:
    one = Terminal(folder, columns=columns, lines=lines, **environment)
    try:
        yield one
    finally:
        one.close()


@pytest.mark.durable
def test_keys_pause_and_resume_for_real_and_the_picture_follows_the_casebook(folder: Path, book: Casebook) -> None:
    with terminal(folder) as window:
        window.wait_to_see("1 wait, 0 at hand")
        assert not window.is_as_before
        book.open_case("aid:EA-2:2026-03", reference="EA-2", month="2026-03")
        window.wait_to_see("2 wait, 0 at hand")

        window.type("p")
        window.wait_to_see("Pause what?")
        window.type("4")
        window.wait_to_see("Pause case_system. Why?")
        window.type("uppgradering å\r")
        window.wait_for(lambda: bool(Pauses(book).standing()))
        (pause,) = Pauses(book).standing()
        assert (pause.scope, pause.why) == (scope_of_system("case_system"), "uppgradering å")
        window.wait_to_see("paused: uppgradering å")

        window.resize(70, 30)
        window.wait_to_see(" p pause   r resume   q leave ")
        # An arrow is no Esc, and what comes with it is heard.
        window.type("\x1b[Ar")
        window.wait_to_see("Resume what?")
        window.type("1")
        window.wait_for(lambda: not Pauses(book).standing())

        window.type("q")
        assert window.wait_for_end() == 0
        assert window.is_as_before
        assert window.shown.rfind(ALTERNATE_OFF) > window.shown.rfind(ALTERNATE_ON)


@pytest.mark.durable
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_the_terminal_as_it_was(folder: Path, book: Casebook, number: signal.Signals) -> None:
    with terminal(folder) as window:
        window.wait_to_see("1 wait")
        # Until it has ended, since one that comes late is the one that would end it in another way.
        while window.process.poll() is None:
            window.process.send_signal(number)
            window.read(0.02)
        assert window.wait_for_end() == 130
        assert window.is_as_before
        assert ALTERNATE_OFF in window.shown
        assert CURSOR_ON in window.shown
        assert "Traceback" not in window.shown


@pytest.mark.durable
def test_a_fault_of_its_own_leaves_the_terminal_as_it_was_and_is_told(folder: Path, book: Casebook) -> None:
    with terminal(folder) as window:
        window.wait_to_see("1 wait")
        # What it did not reckon with: the time of a pause that is none.
        with book.engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO pauses (scope, paused_at, paused_by, why) VALUES ('all', 'no time', 'anna', '')")
        assert window.wait_for_end() == 1
        assert window.is_as_before
        assert window.shown.rfind("ValueError") > window.shown.rfind(ALTERNATE_OFF) > 0


@pytest.mark.durable
def test_in_a_pipe_it_prints_once(folder: Path, book: Casebook) -> None:
    done = subprocess.run([KOLLEGA, "watch"], cwd=folder, capture_output=True, text=True, check=True, timeout=SECONDS)
    assert "1 wait, 0 at hand" in done.stdout
    assert "\x1b" not in done.stdout
    assert json.loads(CliRunner().invoke(app, ["watch", "--json", "--root", str(folder)]).stdout)["counts"]["submitted"] == 1


@pytest.mark.durable
@pytest.mark.parametrize("letters", ["utf-8", "latin-1"])
def test_a_terminal_that_can_not_draw_anew_gets_it_once(folder: Path, book: Casebook, letters: str) -> None:
    with terminal(folder, TERM="dumb", PYTHONIOENCODING=letters) as window:
        assert window.wait_for_end() == 0
        assert "1 wait, 0 at hand" in window.shown
        assert "\x1b" not in window.shown


@pytest.mark.durable
def test_nothing_can_be_paused_where_nothing_has_run(folder: Path) -> None:
    with terminal(folder) as window:
        window.wait_to_see("Nothing has run yet")
        window.type("p0upgrade\r")
        window.wait_to_see("Nothing was changed: no robot has worked here yet")
        window.type("q")
        assert window.wait_for_end() == 0
    assert not (folder / "logs" / "state").exists()


def test_a_bell_that_is_gone_rings_nothing() -> None:
    heard, rung = os.pipe()
    other, into_other = os.pipe()
    keys = Keys(heard, heard, rung)
    keys.end()
    # What is opened next may get the number of the bell.
    os.dup2(into_other, rung)

    keys.ring()

    os.set_blocking(other, False)
    with pytest.raises(BlockingIOError):
        os.read(other, 1)
    for end in (other, into_other, rung):
        os.close(end)
