"""What the terminal shows of a situation, for people with ten other things to do: first whether all is well, then who does what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from robots.case import SWEDEN
from robots.casebook import CaseState
from robots.concerns import Concern, age, clock, concerns_of, said
from robots.run_process import EXIT_CODES
from robots.situation import LatestRun, LogLine, Situation, SystemSituation

GOOD, REMARK, BAD, QUIET = "bold green", "bold yellow", "bold red", "dim"
_LEVELS = {"ERROR": "red", "WARNING": "yellow"}
_LEAST_ERRORS = 3
_MOST_CONCERNS = 8
_MOST_PLACE = 36
#: two tables stand side by side from so many characters on
_WIDE = 110
_PERCENT_FULL = 100


def view(situation: Situation, *, width: int, height: int | None, notice: str = "", keys: str = "") -> RenderableType:
    """Return the picture of a situation.

    Args:
        situation: what to show.
        width: characters of a line.
        height: lines of the terminal, of which the warnings and errors get what is left; None for as many as there are.
        notice: what has just been done, or is asked.
        keys: what the keys do; empty where there are none.
    """
    concerns = concerns_of(situation)
    above: list[RenderableType] = [_head(situation, concerns), *_concerns(concerns, most=_MOST_CONCERNS if height else None), Text()]
    parts = (_robots(situation), _systems(situation))
    above += [_side_by_side(*parts), Text()] if width >= _WIDE else [parts[0], Text(), parts[1], Text()]
    above += [*_figures(situation), Text()]
    below: list[RenderableType] = [_line(notice, REMARK)] if notice else []
    below += [_line(keys, "reverse")] if keys else []
    if height is None:
        return Group(*above, _errors(situation, most=None), *below)
    # Of a line that is broken nobody knows before it is drawn: tables cut theirs, and what stands above is counted as it comes out.
    room = height - 1 - sum(_lines_of(part, width) for part in below)
    left = room - sum(_lines_of(part, width) for part in above)
    return Group(_Cropped([*above, _errors(situation, most=max(_LEAST_ERRORS, left - 1))], lines=room), *below)


class _Cropped:
    """The first lines of something that may be too high for the terminal: the keys stay in sight."""

    def __init__(self, parts: list[RenderableType], *, lines: int) -> None:
        self._parts = parts
        self._lines = max(1, lines)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for line in console.render_lines(Group(*self._parts), options.update(height=None), pad=False)[: self._lines]:
            yield Segments(line)
            yield Segment.line()


def plain(text: str) -> str:
    """Return a text without anything that a terminal would take for a command."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _line(text: str, style: str = "") -> Text:
    return Text(plain(text), style=style)


def _lines_of(part: RenderableType, width: int) -> int:
    return len(Console(width=width).render_lines(part, pad=False))


def _head(situation: Situation, concerns: tuple[Concern, ...]) -> Text:
    is_grave = any(one.is_grave for one in concerns)
    style, sign = (BAD, "✗") if is_grave else (REMARK, "!") if concerns else (GOOD, "✓")
    head = Text.assemble((f" {sign} {said(situation, concerns)} ", f"{style} reverse"), "  ")
    head.append(f"Kollega, mode {situation.mode}, {situation.at.astimezone(SWEDEN):%Y-%m-%d %H:%M:%S}", style=QUIET)
    return head


def _concerns(concerns: tuple[Concern, ...], *, most: int | None) -> Iterable[RenderableType]:
    shown = concerns[:most]
    for one in shown:
        style = BAD if one.is_grave else REMARK
        yield _hanging(Text("  ✗ " if one.is_grave else "  ! ", style=style), one.sentence)
    if len(shown) < len(concerns):
        yield _line(f"    … and {len(concerns) - len(shown)} more", QUIET)


def _columns(title: str, rows: Sequence[tuple[Text, ...]]) -> Group:
    """Return rows in columns, of which the last one alone is cut where there is no room; a table would take it from all."""
    widths = [min(_MOST_PLACE, max(len(row[place]) for row in rows)) for place in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        line = Text(no_wrap=True, overflow="ellipsis")
        for cell, width in zip(row, widths, strict=False):
            cell.truncate(width, overflow="ellipsis", pad=True)
            line.append_text(cell).append("  ")
        lines.append(line.append_text(row[-1]))
    return Group(Text(title, style="bold"), *lines)


def _side_by_side(left: RenderableType, right: RenderableType) -> Table:
    grid = Table.grid(expand=True, padding=(0, 3, 0, 0))
    grid.add_column(ratio=3)
    grid.add_column(ratio=2)
    grid.add_row(left, right)
    return grid


def _robots(situation: Situation) -> RenderableType:
    if not situation.workers:
        due = "" if situation.next_due_at is None else f"; the next run is due {clock(situation.next_due_at, situation.at)}"
        begins = situation.latest_run is not None and situation.latest_run.is_under_way
        words = "A run begins: it looks at the screens and logs in." if begins else f"No robot is at work{due}."
        return Group(Text("Robots", style="bold"), _line(words, QUIET))
    rows = []
    for worker in situation.workers:
        name = _line(worker.worker) if worker.is_alive else _line(f"{worker.worker} (dead)", BAD)
        if not worker.cases:
            rows.append((name, Text(), Text(), _line("no case at hand", QUIET)))
        for case in worker.cases:
            rows.append((name, _line(case.reference), _line(age(case.since, situation.at), QUIET), _line(case.step or "begins")))
            name = Text()
    return _columns("Robots", rows)


def _systems(situation: Situation) -> RenderableType:
    return _columns("Systems", [(_line(str(number), QUIET), _line(one.name), _state_of(one)) for number, one in enumerate(situation.systems, 1)])


def _state_of(system: SystemSituation) -> Text:
    if system.held_why:
        return _line(f"held: {system.held_why}", BAD)
    if system.paused_why:
        return _line(f"paused: {system.paused_why}", REMARK)
    return _line("open", "green") if system.is_open else _line("closed at this time", QUIET)


def _figures(situation: Situation) -> Iterable[RenderableType]:
    now, counts = situation.at, situation.counts
    if counts:
        waiting = counts[CaseState.SUBMITTED] + counts[CaseState.WAITING]
        words = f"{waiting} wait, {counts[CaseState.TAKEN]} at hand, {counts[CaseState.FAILED]} stopped by a fault, {counts[CaseState.ENDED]} ended"
        since = "" if situation.oldest_waiting_since is None else f"; the oldest waits {age(situation.oldest_waiting_since, now)}"
        yield _named("Queue", f"{words}{since}")
        ended = ", ".join(f"{count} {ending}" for ending, count in situation.ended_today.items())
        yield _named("Ended", f"{situation.ended_last_hour} in the last hour; today {ended}")
        yield _named("People", f"{situation.handed_off_open} handed off and not answered; past their day: {situation.overdue}")
    yield _named("Run", _told(situation.latest_run, situation))
    if situation.latest_run is not None:
        yield _named("Log", str(_shown(situation.latest_run.folder / "run.log")))
    if situation.service is not None or situation.next_due_at is not None:
        is_up = situation.service is not None and situation.service.is_up
        due = "no run is scheduled" if situation.next_due_at is None else f"the next run is due {clock(situation.next_due_at, now)}"
        yield _named("Service", f"{'up' if is_up else 'not started'}; {due}")
    if situation.disk_free_bytes is not None and situation.disk_share_free is not None:
        yield _named("Disk", f"{situation.disk_free_bytes / 1024**3:.0f} GB free ({situation.disk_share_free:.0%})")


def _named(name: str, words: str) -> Table:
    return _hanging(Text(f"{name:<9}", style="bold"), words)


def _hanging(mark: Text, words: str) -> Table:
    """Return the words beside the mark, also where they go on in another line."""
    grid = Table.grid()
    grid.add_column(no_wrap=True)
    grid.add_column()
    grid.add_row(mark, _line(words))
    return grid


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _told(run: LatestRun | None, situation: Situation) -> str:
    if run is None:
        return "nothing has run yet"
    ended = ", ".join(f"{count} {ending}" for ending, count in run.ended.items())
    mode = f", mode {run.mode}" if run.mode not in {"", situation.mode} else ""
    if run.is_under_way:
        return f"under way since {clock(run.began_at, situation.at)}{mode}; {ended}"
    code = "" if run.exit_code is None else f", exit code {run.exit_code} ({EXIT_CODES.get(run.exit_code, 'see its log')})"
    end = "killed or broken off" if not run.is_complete else "ended"
    until = "" if run.ended_at is None else f" {clock(run.ended_at, situation.at)}"
    return f"began {clock(run.began_at, situation.at)}, {end}{until}{code}{mode}; {ended}"


def _errors(situation: Situation, *, most: int | None) -> RenderableType:
    lines = () if situation.latest_run is None else situation.latest_run.errors
    service = () if situation.service is None else situation.service.errors
    every = sorted((*lines, *service), key=lambda line: line.at)
    if not every:
        return _line("No warnings and no errors in the latest run.", QUIET)
    return _columns("Latest warnings and errors", [_error(line, situation) for line in (every[-most:] if most else every)])


def _error(line: LogLine, situation: Situation) -> tuple[Text, ...]:
    place = " ".join(part for part in (line.case or line.system, line.step) if part)
    return _line(clock(line.at, situation.at), QUIET), _line(line.level.lower(), _LEVELS.get(line.level, "")), _line(place), _line(line.message)
