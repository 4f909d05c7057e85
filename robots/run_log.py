"""What the robot did, event by event: a line for the operator and the same as JSON, with nothing personal in either.

One folder per run holds `run.log` and `events.jsonl`. Every event is on disk when `event` returns. What could identify
somebody is taken out of all text on its way there (`redaction.py`): numbers of persons by their check digit, every value that `redact` was told of,
and what `redact_of_case` was told of the case at hand.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

from loguru import logger

from robots.errors import SetupError
from robots.log_keeping import LINES, RECORDS, folder_name, hold, remove_old
from robots.redaction import case_at_hand, redact, redact_of_case, redacted, redacted_name

if TYPE_CHECKING:
    from loguru import Message

__all__ = ["MEANINGS", "Action", "Level", "RunLog", "case_context", "event", "redact", "redact_of_case", "redacted", "set_up"]

# Until a run is set up events go nowhere; the library's own default is the terminal, unredacted.
logger.remove()

Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

#: libraries whose own log is taken into the run's
LIBRARIES = ("asyncio", "dbos", "playwright", "sqlalchemy", "uvicorn")


class Action(StrEnum):
    """What can happen in a run: a closed list; `MEANINGS` says what each is."""

    RUN_BEGUN = "run_begun"
    RUN_ENDED = "run_ended"
    CONCERN = "concern"
    STOP_REQUESTED = "stop_requested"
    CASE_QUEUED = "case_queued"
    CASE_TAKEN = "case_taken"
    CASE_RESUMED = "case_resumed"
    DECIDED = "decided"
    PROPOSED = "proposed"
    HANDED_OFF = "handed_off"
    ANSWERED = "answered"
    SAMPLE_HELD = "sample_held"
    SAMPLE_DIFFERED = "sample_differed"
    OVERDUE = "overdue"
    PARKED = "parked"
    TAKEN_OVER = "taken_over"
    PAUSED = "paused"
    UNPAUSED = "unpaused"
    PUT_FIRST = "put_first"
    RETRIED = "retried"
    CANCELLED = "cancelled"
    SET_ASIDE = "set_aside"
    STEP_DONE = "step_done"
    STEP_FAILED = "step_failed"
    RETRY = "retry"
    SYSTEM_HELD = "system_held"
    LOG_IN = "log_in"
    SESSION_LOST = "session_lost"
    SESSION_CLOSED = "session_closed"
    SCREENS_CHECKED = "screens_checked"
    DRIFT = "drift"
    DIALOG_CLOSED = "dialog_closed"
    PASSWORD_EXPIRING = "password_expiring"  # noqa: S105 - an event, no password
    PICTURE_TAKEN = "picture_taken"
    EFFECT_INTENDED = "effect_intended"
    EFFECT_DONE = "effect_done"
    EFFECT_FOUND_DONE = "effect_found_done"
    EFFECT_UNKNOWN = "effect_unknown"
    WORKBOOK_WRITTEN = "workbook_written"
    WORKBOOK_LOCKED = "workbook_locked"
    SERVICE_BEGUN = "service_begun"
    SERVICE_ENDED = "service_ended"
    SERVICE_RUN = "service_run"
    SERVICE_MISSED = "service_missed"
    SERVICE_HUNG = "service_hung"
    SERVICE_SETUP = "service_setup"
    SERVICE_DASHBOARD = "service_dashboard"
    ALERT_SENT = "alert_sent"
    ALERT_FAILED = "alert_failed"
    OLD_LOGS_REMOVED = "old_logs_removed"
    RETENTION = "retention"
    EXTRACTED = "extracted"
    ERASED = "erased"
    RESTORED = "restored"
    LIBRARY = "library"


MEANINGS: dict[Action, str] = {
    Action.RUN_BEGUN: "The robot has started a run.",
    Action.RUN_ENDED: "The run is over; what remains waits for the next one.",
    Action.CONCERN: "At the end of a run: what of the whole somebody must see to, far more hand-offs than usual or a password that expires soon.",
    Action.STOP_REQUESTED: "An operator wants the run to end; the steps under way are finished first.",
    Action.CASE_QUEUED: "An application was put in the queue.",
    Action.CASE_TAKEN: "The robot began with a case.",
    Action.CASE_RESUMED: "The robot went on with a case where an earlier run had stopped.",
    Action.DECIDED: "The case ended with a decision by the robot.",
    Action.PROPOSED: "The case ended with a proposal that a person decides about.",
    Action.HANDED_OFF: "The case ended with a person, with reason codes.",
    Action.ANSWERED: "A person has answered in the workbook; the robot does what the answer says.",
    Action.SAMPLE_HELD: "A person has looked through a case that was drawn as a sample, and decided as the robot proposed.",
    Action.SAMPLE_DIFFERED: "A person has looked through a case that was drawn as a sample, and decided otherwise.",
    Action.OVERDUE: "Cases that people have are past their day, or soon half a year old.",
    Action.PARKED: "The case waits for a later run.",
    Action.TAKEN_OVER: "Cases of a robot that gives no sign of life any more go on with the others that share the casebook.",
    Action.PAUSED: "An operator has paused a case, a system or everything; what it concerns waits.",
    Action.UNPAUSED: "An operator has ended a pause; what it concerned goes on.",
    Action.PUT_FIRST: "An operator wants the case taken before the others.",
    Action.RETRIED: "An operator wants the robot to take the case up again.",
    Action.CANCELLED: "An operator wants the case handled by hand; it is handed off before its next step.",
    Action.SET_ASIDE: "The robot stopped again and again in the same step of the case; the case is handed off.",
    Action.STEP_DONE: "A step is done and its result is stored.",
    Action.STEP_FAILED: "A step of a case failed for good.",
    Action.RETRY: "A step failed and is tried again after a wait.",
    Action.SYSTEM_HELD: "A system is not used until somebody has looked at it; its cases wait.",
    Action.LOG_IN: "The robot logged in to a system.",
    Action.SESSION_LOST: "A system wanted a new log-in.",
    Action.SESSION_CLOSED: "A session with a system was ended.",
    Action.SCREENS_CHECKED: "The screens of a system were compared with its selector file, or something on one was found missing or twice.",
    Action.DRIFT: "An element was found by a later way than the expected one; the selector file should be looked over.",
    Action.DIALOG_CLOSED: "A dialog that the selector file names came up unasked and was closed; the work went on.",
    Action.PASSWORD_EXPIRING: "A system says that the robot's password expires soon; it is to be changed before.",
    Action.PICTURE_TAKEN: "A picture of a screen was saved, with everything personal blacked out.",
    Action.EFFECT_INTENDED: "The robot recorded that it is about to write in a system.",
    Action.EFFECT_DONE: "What was written was read back and is right.",
    Action.EFFECT_FOUND_DONE: "The system already held what was to be written; nothing was written again.",
    Action.EFFECT_UNKNOWN: "It can't be told whether something was written; a person must look.",
    Action.WORKBOOK_WRITTEN: "The exception workbook was written.",
    Action.WORKBOOK_LOCKED: "The exception workbook was open with somebody, so that what is new waits, or it was damaged and set aside.",
    Action.SERVICE_BEGUN: "The service has started; it begins a run whenever one is due.",
    Action.SERVICE_ENDED: "The service has ended as it was asked to.",
    Action.SERVICE_RUN: "A run of the service is over; its exit code and figures.",
    Action.SERVICE_MISSED: "Runs were due while the service was not there or another run was under way; one run makes up for them.",
    Action.SERVICE_HUNG: "A run of the service gives no sign of life any more, and the service ends it.",
    Action.SERVICE_SETUP: "The service can't begin runs until the configuration is set right, or can again.",
    Action.SERVICE_DASHBOARD: "The dashboard beside the service is not there; the service goes on without it.",
    Action.ALERT_SENT: "Operators were told by mail or webhook of what stands, or is over.",
    Action.ALERT_FAILED: "Operators could not be told; it is tried again, and nothing waits for it.",
    Action.OLD_LOGS_REMOVED: "Folders of runs were removed that are older than the logs are to be kept.",
    Action.RETENTION: "What is older than the municipality's plan lets the robot keep it was deleted; how much of each kind.",
    Action.EXTRACTED: "What the robot keeps on one person was handed out to an operator.",
    Action.ERASED: "Cases of one person were erased from everything that the robot keeps, by the certificate of that number.",
    Action.RESTORED: "A backup was put back; what was erased after it was made was erased from it again.",
    Action.LIBRARY: "A library that the robot is built on warned of something.",
}

_as_json = json.JSONEncoder(ensure_ascii=False).encode
_case: ContextVar[str] = ContextVar("kollega_case", default="")

# --- events -----------------------------------------------------------------------------------------------------------


def event(action: Action, message: str = "", *, system: str = "", step: str = "", seconds: float | None = None, level: Level = "INFO") -> None:
    """Write one event; it is on disk when this returns. Nothing is written before `set_up`.

    Args:
        action: what happened.
        message: a sentence without any value from a case; the action's meaning when empty.
        system: name of the outside system, as in config/kollega.yaml.
        step: name of the step, or `view.element`.
        seconds: how long it took.
        level: DEBUG, INFO, WARNING or ERROR; those two stand out on the console.
    """
    logger.bind(action=action, case=_case.get(), system=system, step=step, seconds=seconds).log(level, message or MEANINGS[action])


@contextmanager
def case_context(reference: str) -> Iterator[None]:
    """Let every event inside, also in the tasks and threads started there, carry the case's reference.

    What `redact_of_case` is told inside is kept out of the log until the end.
    """
    token = _case.set(reference)
    try:
        with case_at_hand():
            yield
    finally:
        _case.reset(token)


class RunLog:
    """The log of one run, or of a service, which begins a new folder each day."""

    def __init__(self, folders: Path, *, console: bool, on_event: Callable[[], None], keep_days: int | None, is_of_service: bool) -> None:
        self.run_id = secrets.token_hex(3)
        self._folders = folders
        self._console = console
        self._on_event = on_event
        self._keep_days = keep_days
        self._is_of_service = is_of_service
        self._begin_folder(datetime.now(UTC))
        self._is_complaining = False
        self._sink: int | None = logger.add(self._write, format=lambda _: "", level="DEBUG", catch=False)
        self._libraries = [_Interception(name) for name in LIBRARIES]

    def _begin_folder(self, now: datetime) -> None:
        """Begin the files of a folder of its own; those before are left as they are when that can't be done."""
        folder = self._folders / folder_name(now, self.run_id)
        folder.mkdir(mode=0o700)
        self.folder, self._day, self._lines, self._records = folder, now.date(), _open_private(folder / LINES), _open_private(folder / RECORDS)

    def _begin_new_day(self, now: datetime) -> None:
        before = self._lines, self._records
        try:
            self._begin_folder(now)
        except OSError as error:
            self._complain(error)
            return
        for file in before:
            with suppress(OSError):
                file.close()
        # Not from here, where the writing of another event is under way.
        threading.Thread(target=self.remove_old, daemon=True).start()

    def remove_old(self) -> None:
        """Remove the folders of runs, and of a service's days, that are older than the logs are to be kept, and say how many."""
        if self._keep_days is None:
            return
        count = remove_old(self._folders, keep_days=self._keep_days, now=datetime.now(UTC))
        if count:
            event(Action.OLD_LOGS_REMOVED, f"{count} folders of {self._folders.name}/, with no event for {self._keep_days} days")

    def _write(self, message: Message) -> None:
        record = message.record
        if self._is_of_service and record["time"].astimezone(UTC).date() > self._day:
            self._begin_new_day(record["time"].astimezone(UTC))
        extra = record["extra"]
        if extra["action"] is not Action.LIBRARY:
            self._on_event()
        at = record["time"].astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
        level = record["level"].name
        action = str(extra["action"])
        case, system, step = redacted_name(extra["case"]), redacted_name(extra["system"]), redacted_name(extra["step"])
        sentence = redacted(record["message"])
        seconds = None if extra["seconds"] is None else round(extra["seconds"], 3)
        taken = "" if seconds is None else f"{extra['seconds']:.2f}"
        line = f"{at}  {level:<7}  {case:<12}  {system:<19}  {step:<34}  {taken:>7}  {action:<17}  {sentence}\n"
        fields: dict[str, Any] = {"at": at, "run": self.run_id, "level": level, "action": action, "case": case}
        fields |= {"system": system, "step": step, "seconds": seconds, "message": sentence}
        try:
            self._lines.write(line)
            self._records.write(_as_json(fields) + "\n")
            self._is_complaining = False
        except OSError as error:
            # A full disk must not end a case half-way: what was done in other systems stands in the casebook, not here.
            self._complain(error)
        if self._console:
            sys.stderr.write(line)

    def close(self) -> None:
        """End the log and give the libraries their own logs back; a second call does nothing."""
        if self._sink is None:
            return
        logger.remove(self._sink)
        self._sink = None
        for library in self._libraries:
            library.end()
        for file in (self._lines, self._records):
            try:
                file.close()
            except OSError as error:
                # The latest lines; the file itself is closed all the same.
                self._complain(error)

    def _complain(self, error: OSError) -> None:
        if not self._is_complaining:
            self._is_complaining = True
            sys.stderr.write(f"the run's log can't be written ({error.strerror}); free some room in {self.folder.parent}\n")


def set_up(
    folder: Path,
    *,
    console: bool,
    on_event: Callable[[], None] = lambda: None,
    keep_days: int | None = None,
    is_of_service: bool = False,
) -> RunLog:
    """Begin the log of a run in a folder of its own, `<UTC time>-<run id>`, which nobody else may enter.

    Args:
        folder: the folder of all runs; made when it is missing.
        console: whether the lines are shown on standard error too.
        on_event: called for each event of the robot's own, also when the log can't be written.
        keep_days: folders whose last event is older are removed, here and each time that a service's log begins a new one; None removes nothing.
        is_of_service: begin another folder with the first event of each day (UTC); the log of a run is one folder however long it takes.

    Raises:
        SetupError: the folder can't be made or written; a run without a log is not begun.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = RunLog(folder, console=console, on_event=on_event, keep_days=keep_days, is_of_service=is_of_service)
    except OSError as error:
        advice = "look over paths.logs in config/kollega.yaml, the folder's rights and its room"
        raise SetupError(f"the run's log can't be begun in {folder} ({error.strerror}); {advice}") from None
    log.remove_old()
    return log


def _open_private(path: Path) -> TextIO:
    # Line buffering puts each event on disk as one write, so a killed run leaves whole lines.
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
    hold(handle)
    return open(handle, "w", encoding="utf-8", errors="replace", newline="\n", buffering=1)  # noqa: PTH123 - a descriptor, not a path


# --- the libraries' own logs ------------------------------------------------------------------------------------------


class _Interception(logging.Handler):
    """Takes one library's warnings into the run's log, and gives them back at the end."""

    def __init__(self, library: str) -> None:
        super().__init__(logging.WARNING)
        self._library = logging.getLogger(library)
        self._before = (self._library.handlers[:], self._library.propagate)
        self._library.handlers[:] = [self]
        self._library.propagate = False

    def emit(self, record: logging.LogRecord) -> None:
        # A library's text may quote what was on a screen. Its fixed part, the kind of error and the place are enough to act on.
        fixed = str(record.msg) if record.args else record.getMessage()
        sentence = fixed.partition("\n")[0].partition(":")[0][:120]
        kind = f" ({record.exc_info[0].__name__})" if record.exc_info and record.exc_info[0] else ""
        level: Level = "ERROR" if record.levelno >= logging.ERROR else "WARNING"
        event(Action.LIBRARY, f"{record.name}: {sentence}{kind}, {record.filename}:{record.lineno}", level=level)

    def end(self) -> None:
        self._library.handlers[:], self._library.propagate = self._before
        self.close()
