"""A run's log as one page: what is seen at once as HTML, each case's events as compact JSON that a script shows on demand."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from robots.case import SWEDEN
from robots.run_log import Action
from robots.run_page.advice import meaning_of
from robots.run_page.lines import LEVELS, Line
from robots.run_page.pictures import Album, Picture
from robots.run_page.record import ENDINGS, CaseRecord, RunRecord, Standing, SystemRecord
from robots.run_page.time_line import time_line_of
from robots.run_page.verdict import verdict_on

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

#: of the events of all cases; with the texts and the pictures a page stays below 5 MB
ROOM_CHARACTERS = 2_200_000
TEXT_ROOM_CHARACTERS = 1_000_000
_NO_ROOM = "(no room in this page; run.log has it)"
#: how often the page of a run under way is looked at anew by itself
RENEWED_SECONDS = 15
_MOST_STEPS = 40
MOST_DRIFT = 100
#: of the events that belong to no case, the latest
MOST_OWN_LINES = 2000
#: says in a page that its run was under way when it was made
UNDER_WAY_MARK = '<html lang="en" data-is-under-way="yes"'

_TILES: Mapping[Standing, str] = {
    Standing.DECIDED: "decided by the robot",
    Standing.PROPOSED: "proposed to a caseworker",
    Standing.HANDED_OFF: "handed off, in the workbook",
    Standing.WAITS: "wait for the next run",
    Standing.FAILED: "stopped by a fault",
    Standing.AT_WORK: "at work",
    Standing.QUEUED: "in the queue",
}
#: of a run that is over
_LEFT: Mapping[Standing, str] = {Standing.AT_WORK: "cut off, go on in the next run", Standing.QUEUED: "not begun, wait for the next run"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Written:
    head: str
    events: str


class Pages:
    """Makes the page of one run, again and again as its log grows; what has not changed is not written anew."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._album = Album(folder)
        self._texts: dict[str, int] = {"": 0}
        self._text_characters = 0
        self._cases: dict[str, _Written] = {}
        #: times are told from here; earlier ones, after a clock was set back, are negative
        self._start: datetime | None = None

    def page(self, record: RunRecord, *, is_under_way: bool, made_at: datetime, unreadable: int, has_half_a_line: bool) -> str:
        """Return the page as HTML.

        Args:
            record: what was read so far; its `fresh` is cleared.
            is_under_way: whether a robot still writes the log.
            made_at: aware.
            unreadable: how many lines could not be understood.
            has_half_a_line: whether the log ends in the midst of a line.
        """
        pictures = self._album.look(record.pictures)
        of_case: dict[str, list[int]] = {}
        for place, picture in enumerate(pictures):
            of_case.setdefault(picture.line.case, []).append(place)
        verdict = verdict_on(record, is_under_way=is_under_way)
        counts = record.counts()
        stored = self._json(record, pictures, of_case)
        style, script = _part("run.css"), _part("run.js")
        words = _TILES if is_under_way else {**_TILES, **_LEFT}
        tiles = [(standing, counts[standing], told) for standing, told in words.items() if counts[standing] or standing in ENDINGS]
        return (
            _environment()
            .get_template("run.html")
            .render(
                record=record,
                verdict=verdict,
                is_under_way=is_under_way,
                tiles=tiles,
                known=sum(counts.values()) - counts[Standing.TOLD_OF],
                through=sum(counts[ending] for ending in ENDINGS),
                line=time_line_of(record),
                systems=[_system_row(record.systems[name]) for name in sorted(record.systems, key=lambda one: (one.startswith("("), one))],
                steps=_step_rows(record),
                drift=[line for line in record.faults if line.action == Action.DRIFT][:MOST_DRIFT],
                drift_count=sum(1 for line in record.faults if line.action == Action.DRIFT),
                pictures=pictures,
                picture_of=_picture_of(pictures),
                untaken=len(record.pictures) - len(pictures),
                standings=[str(standing) for standing in Standing if counts[standing]],
                names=sorted({line_system for case in record.cases.values() for line_system in case.systems}),
                made_at=made_at,
                unreadable=unreadable,
                has_half_a_line=has_half_a_line,
                renewed_seconds=RENEWED_SECONDS,
                folder_name=self._folder.name,
                style=style,
                script=script,
                style_hash=_hash_of(style),
                script_hash=_hash_of(script),
                stored=stored,
                moment=_moment,
                clock=_clock,
                lasted=lasted,
            )
        )

    def _json(self, record: RunRecord, pictures: tuple[Picture, ...], of_case: Mapping[str, list[int]]) -> str:
        """Return all cases and events, safe to stand in an element of HTML."""
        start = self._start = self._start or record.began_at or datetime.now(UTC)
        for reference in record.fresh:
            if reference:
                self._cases[reference] = self._written(record.cases[reference], start, of_case.get(reference, []))
        record.fresh.clear()
        room = ROOM_CHARACTERS
        order = sorted(record.cases.values(), key=lambda case: (-case.errors, -case.warnings, case.standing in ENDINGS))
        left_out = set()
        for case in order:
            needed = len(self._cases[case.reference].events)
            # One case that fills a page alone, as by retries without end, is not to keep all others out of it.
            if needed > room:
                left_out.add(case.reference)
            else:
                room -= needed
        written = ((reference, self._cases[reference]) for reference in record.cases)
        cases = ",\n".join(f"[{one.head},{0 if reference in left_out else one.events}]" for reference, one in written)
        own = self._events(record.own_lines[-MOST_OWN_LINES:], start)
        actions = {line for line in self._texts if meaning_of(line)}
        plain = {
            "start": int(start.timestamp() * 1000),
            "standings": [str(standing) for standing in Standing],
            "levels": list(LEVELS),
            "meanings": {str(self._texts[action]): meaning_of(action) for action in sorted(actions)},
            "pictures": [[picture.name, picture.link] for picture in pictures],
            "texts": list(self._texts),
        }
        whole = f'{json.dumps(plain, separators=(",", ":"))[:-1]},\n"own":{own},\n"cases":[\n{cases}\n]}}'
        return whole.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

    def _written(self, case: CaseRecord, start: datetime, pictures: list[int]) -> _Written:
        began = None if case.began_at is None else _milliseconds(case.began_at, start)
        head = [
            case.reference,
            list(Standing).index(case.standing),
            None if case.wall_seconds is None else round(case.wall_seconds, 2),
            case.steps,
            case.warnings,
            case.errors,
            [self._text(system) for system in case.systems],
            began,
            pictures,
        ]
        return _Written(head=json.dumps(head, separators=(",", ":"))[1:-1], events=self._events(case.lines, start))

    def _events(self, lines: list[Line], start: datetime) -> str:
        rows = [
            [
                _milliseconds(line.at, start),
                LEVELS.index(line.level),
                self._text(line.action),
                self._text(line.system),
                self._text(line.step),
                line.seconds,
                self._text("" if line.message == meaning_of(line.action) else line.message),
            ]
            for line in lines
        ]
        return json.dumps(rows, separators=(",", ":"))

    def _text(self, text: str) -> int:
        place = self._texts.get(text)
        if place is not None:
            return place
        if self._text_characters + len(text) > TEXT_ROOM_CHARACTERS:
            text = _NO_ROOM
        elif text:
            self._text_characters += len(text)
        return self._texts.setdefault(text, len(self._texts))


def _milliseconds(at: datetime, start: datetime) -> int:
    return round((at - start).total_seconds() * 1000)


def _system_row(system: SystemRecord) -> dict[str, object]:
    did = system.actions
    return {
        "name": system.name,
        "steps": did[Action.STEP_DONE],
        "seconds": sum(system.step_seconds),
        "median": system.median_seconds,
        "written": did[Action.EFFECT_DONE],
        "found": did[Action.EFFECT_FOUND_DONE],
        "unknown": did[Action.EFFECT_UNKNOWN],
        "retries": did[Action.RETRY],
        "failed": did[Action.STEP_FAILED],
        "log_ins": did[Action.LOG_IN],
        "lost": did[Action.SESSION_LOST],
        "drift": did[Action.DRIFT],
        "dialogs": did[Action.DIALOG_CLOSED],
        "held_at": system.held_at,
        "paused_why": system.paused_why,
    }


def _step_rows(record: RunRecord) -> list[tuple[str, int, float, float, float]]:
    """Return the steps that took the most time: times done, median, longest and all of it, in seconds."""
    rows = [(name, len(all_), sorted(all_)[len(all_) // 2], max(all_), sum(all_)) for name, all_ in record.steps.items()]
    return sorted(rows, key=lambda row: -row[-1])[:_MOST_STEPS]


def _picture_of(pictures: tuple[Picture, ...]) -> dict[tuple[str, str], int]:
    """Return the latest picture of each case and system."""
    return {(picture.line.case, picture.line.system): place for place, picture in enumerate(pictures)}


def _moment(at: datetime) -> str:
    return at.astimezone(SWEDEN).strftime("%Y-%m-%d %H:%M:%S")


def _clock(at: datetime) -> str:
    return at.astimezone(SWEDEN).strftime("%H:%M:%S")


def lasted(seconds: float) -> str:
    """Return a length of time for people: `4 s`, `3 min 10 s`, `7 h 5 min`."""
    whole = int(seconds)
    minutes, hours = whole // 60, whole // 3600
    if not minutes:
        return f"{seconds:.1f} s"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min {whole % 60} s"


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(loader=PackageLoader("robots", "run_page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _part(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


@cache
def _hash_of(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}"
