"""A run's page on disk: made anew while the run is under way, by a thread that can't disturb it, and once more at its end."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from robots import pages
from robots.log_keeping import is_held
from robots.run_log import Action, event
from robots.run_page.lines import LOG_NAME, LogTail
from robots.run_page.page import UNDER_WAY_MARK, Pages
from robots.run_page.record import RunRecord

PAGE_NAME = "run.html"
#: from one page to the next; the first follow faster, since a run can be short
FIRST_SECONDS, MOST_SECONDS = 2.0, 15.0
#: a page is made anew after this even when nothing has come: it says that the run is alive
SIGN_SECONDS = 60.0
#: making pages takes at most this share of the time
_SHARE = 0.04
#: of a folder of a run: its time and its id
_FOLDER = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}")
_HEAD_BYTES = 65536


class RunPage:
    """The page of the run that has its log in a folder."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / PAGE_NAME
        self._folder = folder
        self._tail = LogTail(folder)
        self._record = RunRecord()
        self._pages = Pages(folder)

    def look(self) -> bool:
        """Read what is new in the log, and return whether there is anything.

        Raises:
            OSError: the log is there and can't be read.
        """
        lines = self._tail.read()
        for line in lines:
            self._record.add(line)
        return bool(lines)

    def write(self, *, is_under_way: bool) -> Path:
        """Write the page for the robot's account alone, whole or not at all, and return its path.

        Raises:
            OSError: it can't be written.
        """
        page = self._pages.page(
            self._record,
            is_under_way=is_under_way,
            made_at=datetime.now(UTC),
            unreadable=self._tail.unreadable,
            has_half_a_line=self._tail.has_half_a_line and not is_under_way,
        )
        pages.write(self.path, page)
        return self.path


@contextmanager
def kept(folder: Path) -> Iterator[None]:
    """Have the page of the run's folder made at once, while the block runs, and after it, however it ends.

    What goes wrong with it is told once in the log, and nothing else comes of it. The page of the run before, if that one was killed, is
    made for the last time too.
    """
    page, over = RunPage(folder), threading.Event()
    told: list[str] = []

    def make(*, is_under_way: bool) -> None:
        try:
            page.look()
            page.write(is_under_way=is_under_way)
        except Exception as error:  # noqa: BLE001 - a page is no reason for a run to end, whatever is wrong with it
            if not told:
                told.append(type(error).__name__)
                event(Action.LIBRARY, f"the run's page could not be made ({type(error).__name__}); kollega log page makes it later", level="WARNING")

    def go_on() -> None:
        make(is_under_way=True)
        with suppress(Exception):
            _finish_before(folder)
        pause, made_at = FIRST_SECONDS, time.monotonic()
        while not over.wait(pause):
            began = time.monotonic()
            try:
                has_more = page.look()
            except Exception:  # noqa: BLE001 - told by the making of the page, which reads the log too
                has_more = True
            if has_more or began - made_at > SIGN_SECONDS:
                make(is_under_way=True)
                made_at = time.monotonic()
            pause = max(min(pause * 1.5, MOST_SECONDS), (time.monotonic() - began) / _SHARE)

    maker = threading.Thread(target=go_on, name="the run's page", daemon=True)
    maker.start()
    try:
        yield
    finally:
        over.set()
        maker.join()
        make(is_under_way=False)


def make(folder: Path) -> Path:
    """Make the page of a run that is over, was killed, or is under way, and return its path.

    Raises:
        OSError: the log can't be read, or the page not be written.
    """
    page = RunPage(folder)
    page.look()
    return page.write(is_under_way=is_under_way(folder))


def newest_run(logs: Path) -> Path | None:
    """Return the folder of the run that began last, without those of other commands that have a log; None when there is none."""
    for folder in _folders(logs):
        with suppress(OSError), (folder / LOG_NAME).open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if (folder / PAGE_NAME).exists() or b'"run_begun"' in head or b'"run_ended"' in head:
                return folder
    return None


def is_under_way(folder: Path) -> bool:
    """Whether a robot still writes the log of the folder: it holds it until it ends, however it ends."""
    try:
        # A share without locks: the page says when it was made, and that has to do.
        return is_held(folder / LOG_NAME)
    except OSError:
        return False


def _folders(logs: Path) -> list[Path]:
    return sorted((path for path in logs.glob("*T*Z-*") if _FOLDER.fullmatch(path.name)), reverse=True)


def _finish_before(folder: Path) -> None:
    """Make the page of the run before this one for the last time, if it was killed and its page says that it is under way."""
    before = next((path for path in _folders(folder.parent) if path.name < folder.name and (path / PAGE_NAME).exists()), None)
    if before is None or is_under_way(before):
        return
    with (before / PAGE_NAME).open(encoding="utf-8") as file:
        says_under_way = UNDER_WAY_MARK in file.read(_HEAD_BYTES)
    if says_under_way:
        make(before)
