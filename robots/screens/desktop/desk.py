"""A private desk for one robot: its own X screen, window manager and session bus, and the program that works there.

Everything on the desk ends with the desk, and also when the robot's process dies.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from robots.accounts import environment_of_programs
from robots.errors import ProgramMissing, SystemUnavailable
from robots.screens.desktop.hands import Hands
from robots.screens.desktop.waiting import Clock, Deadline
from robots.screens.desktop.x_screen import XScreen

WIDTH_PIXELS, HEIGHT_PIXELS = 1280, 1024
_START_SECONDS = 15.0
_END_SECONDS = 3.0
#: for the real desk's magnification: a program that draws larger tells other places than those to click at
_SCALES = ("GDK_SCALE", "GDK_DPI_SCALE", "QT_SCALE_FACTOR", "QT_SCREEN_SCALE_FACTORS", "QT_AUTO_SCREEN_SCALE_FACTOR", "QT_FONT_DPI")
#: not passed on to the program: the real desk's addresses and magnification; secrets are left out before
_NOT_INHERITED = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "AT_SPI_BUS_ADDRESS", *_SCALES)
_ACCESSIBILITY_LAUNCHERS = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")
_NEEDED = {"Xvfb": "xvfb", "openbox": "openbox", "dbus-daemon": "dbus", "setpriv": "util-linux"}


class Desk:
    """Xvfb, its keyboard and mouse, openbox, a session bus and one program; the program is started last."""

    def __init__(self, clock: Clock) -> None:
        """Start an empty desk.

        Raises:
            ProgramMissing: a part of the desk is not installed.
            SystemUnavailable: a part of the desk does not start.
        """
        _check_installed()
        self._parts: list[subprocess.Popen[str]] = []
        self._program: subprocess.Popen[str] | None = None
        self._environment = {name: value for name, value in environment_of_programs().items() if name not in _NOT_INHERITED}
        deadline = clock.deadline(_START_SECONDS)
        try:
            self.display = self._start_x_server()
            self.x_screen = XScreen(self.display)
            self._environment |= {"DISPLAY": self.display, "XAUTHORITY": "/dev/null", "XDG_SESSION_TYPE": "x11"}
            self.x_screen.admit_only_this_user()
            if self.x_screen.size != (WIDTH_PIXELS, HEIGHT_PIXELS):
                raise SystemUnavailable("the private screen has another size than asked for; check the installed Xvfb")  # noqa: TRY301 - closed below
            self.hands = Hands(self.x_screen)
            self.bus_address = self._start_session_bus()
            self._environment["DBUS_SESSION_BUS_ADDRESS"] = self.bus_address
            self._parts.append(_start(["openbox", "--sm-disable"], self._environment, end_signal="TERM"))
            self._wait_for_window_manager(deadline)
        except BaseException:
            self.close()
            raise

    def start_program(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start the program on the desk, with these variables besides the desk's own.

        Raises:
            ProgramMissing: there is no such program.
        """
        if shutil.which(command[0]) is None:
            raise ProgramMissing(f"the program {os.path.basename(command[0])} is not installed, or not at the configured path")  # noqa: PTH119 - a word, not a path
        # The desk's own addresses win: a program must not land on another screen or bus by a stray variable.
        desk_names = {"DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS"}
        extra = {name: value for name, value in environment.items() if name not in desk_names}
        self._program = _start(list(command), {**self._environment, **extra}, end_signal="KILL")

    @property
    def program_process_id(self) -> int | None:
        """The process id of the program; None when there is none."""
        return self._program.pid if self._program is not None else None

    def is_of_program(self, process_id: int) -> bool:
        """Whether the process is the program's, or was started by it."""
        while process_id and process_id != self.program_process_id:
            process_id = _parent(process_id)
        return process_id != 0

    @property
    def program_has_ended(self) -> bool:
        """Whether the program was started and is no more."""
        return self._program is not None and self._program.poll() is not None

    def wait_for_end(self, seconds: float) -> None:
        """Give a program that is just ending so long to be gone."""
        if self._program is not None and seconds:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._program.wait(seconds)

    @property
    def has_ended(self) -> bool:
        """Whether a part of the desk, or the program, is no more."""
        return self.program_has_ended or any(part.poll() is not None for part in self._parts)

    def close(self) -> None:
        """End the program and the desk; never raises."""
        processes = [*self._parts, *([self._program] if self._program else [])]
        if hasattr(self, "x_screen"):
            self.x_screen.close()
        for process in reversed(processes):
            _end(process)
        self._parts.clear()
        self._program = None

    def _start_x_server(self) -> str:
        reading_end, writing_end = os.pipe()
        try:
            command = ["Xvfb", "-displayfd", str(writing_end), "-screen", "0", f"{WIDTH_PIXELS}x{HEIGHT_PIXELS}x24", "-nolisten", "tcp", "-noreset"]
            self._parts.append(_start(command, self._environment, end_signal="TERM", pass_fds=(writing_end,)))
        except BaseException:
            os.close(reading_end)
            raise
        finally:
            os.close(writing_end)
        # A whole line is read: the server dies if the pipe closes after the digits. No line comes when it can't start.
        with os.fdopen(reading_end, encoding="ascii") as lines:
            number = lines.readline().strip()
        if not number.isdigit():
            raise SystemUnavailable("the private screen (Xvfb) does not start; run `Xvfb -displayfd 1` by hand to see why")
        return f":{number}"

    def _start_session_bus(self) -> str:
        command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"]
        bus = _start(command, self._environment, end_signal="TERM", stdout=subprocess.PIPE)
        self._parts.append(bus)
        lines: IO[str] | None = bus.stdout
        address = lines.readline().strip() if lines else ""
        if not address:
            raise SystemUnavailable("the private session bus (dbus-daemon) does not start; run it by hand to see why")
        return address

    def _wait_for_window_manager(self, deadline: Deadline) -> None:
        while not self.x_screen.window_manager_answers():
            if self.has_ended or not deadline.pause():
                raise SystemUnavailable("the window manager (openbox) of the private screen does not start; run it by hand to see why")


def _parent(process_id: int) -> int:
    """Return the process that started this one; 0 when there is none, or the process is gone."""
    try:
        status = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    # The name before it, in brackets, may hold blanks.
    return int(status.rpartition(")")[2].split()[1])


def _check_installed() -> None:
    missing = [package for program, package in _NEEDED.items() if shutil.which(program) is None]
    if not any(os.path.exists(path) for path in _ACCESSIBILITY_LAUNCHERS):  # noqa: PTH110 - fixed places, not configured ones
        missing.append("at-spi2-core")
    if missing:
        raise ProgramMissing(f"the desktop driver needs programs that are not installed: apt-get install -y {' '.join(missing)}")


def _start(
    command: list[str], environment: Mapping[str, str], *, end_signal: str, stdout: int = subprocess.DEVNULL, pass_fds: tuple[int, ...] = ()
) -> subprocess.Popen[str]:
    # setpriv has the kernel send the signal when the starting thread ends, so that nothing is left when the robot is killed.
    guarded = ["setpriv", "--pdeathsig", end_signal, "--", *command]
    return subprocess.Popen(
        guarded,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        pass_fds=pass_fds,
    )


def _end(process: subprocess.Popen[str]) -> None:
    """End the process and everything in its session group."""
    for end_signal in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, end_signal)
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        break
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdout:
        process.stdout.close()
