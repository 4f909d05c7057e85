"""Logs of runs that never were, line by line as a robot writes them."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from robots.run_log import MEANINGS, Action
from robots.run_page.lines import LOG_NAME

BEGAN = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
ENDINGS = (Action.DECIDED, Action.PROPOSED, Action.HANDED_OFF)
SYSTEMS = ("e_service", "population_register", "benefits_register", "case_system")
#: of a case that is decided, roughly as the real ones are
STEPS = (
    ("read application", "e_service"),
    ("read population register, sökande", "population_register"),
    ("read benefits register, sökande", "benefits_register"),
    ("read case", "case_system"),
    ("assess", ""),
    ("enter calculation", "case_system"),
    ("decide", "case_system"),
    ("register payment", "case_system"),
    ("write note", "case_system"),
    ("send message", "e_service"),
    ("archive", "case_system"),
)


def line(
    action: str, at: float, *, case: str = "", system: str = "", step: str = "", seconds: float | None = None, level: str = "INFO", message: str = ""
) -> str:
    """Return one line of `events.jsonl`; `at` is in seconds from the run's beginning."""
    moment = (BEGAN + timedelta(seconds=at)).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
    meaning = message or {str(known): text for known, text in MEANINGS.items()}.get(action, "")
    fields = {"at": moment, "run": "abc123", "level": level, "action": action, "case": case}
    return json.dumps(fields | {"system": system, "step": step, "seconds": seconds, "message": meaning}, ensure_ascii=False)


def write(folder: Path, lines: Iterable[str]) -> Path:
    """Write the log of a run that is over or was killed, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{one}\n" for one in lines)
    (folder / LOG_NAME).write_text(text, encoding="utf-8")
    (folder / "run.log").write_text(text, encoding="utf-8")
    return folder


def good_night(cases: int, *, seed: int = 1, at_once: int = 4) -> list[str]:
    """Return the log of a run in which all is well but for a retry in every fortieth case and one element that has drifted."""
    drawn = random.Random(seed)
    lines = [line(Action.RUN_BEGUN, 0, message="Kollega 0.1.0, mode decide")]
    references = [f"EA-26-{number:05}" for number in range(1, cases + 1)]
    lines += [line(Action.CASE_QUEUED, 1 + number / 1000, case=reference) for number, reference in enumerate(references)]
    free = [5.0] * at_once
    ended = dict.fromkeys(ENDINGS, 0)
    timed: list[tuple[float, str]] = []
    for number, reference in enumerate(references):
        lane = free.index(min(free))
        now = began = free[lane]
        timed.append((now, line(Action.CASE_TAKEN, now, case=reference)))
        for step, system in STEPS:
            seconds = drawn.uniform(0.2, 2.5)
            if number % 40 == 7 and step == "read case":
                told = f"{system}, case: the system did not answer; it is tried again"
                timed.append((now, line(Action.RETRY, now, case=reference, system=system, step=step, seconds=seconds, level="WARNING", message=told)))
            now += seconds
            if system == "case_system" and step != "read case":
                timed.append((now - 0.2, line(Action.EFFECT_INTENDED, now - 0.2, case=reference, system=system, step=f"{system}.{step}")))
                timed.append((now - 0.1, line(Action.EFFECT_DONE, now - 0.1, case=reference, system=system, step=f"{system}.{step}")))
            timed.append((now, line(Action.STEP_DONE, now, case=reference, system=system, step=step, seconds=round(seconds, 3))))
        ending = drawn.choice(ENDINGS)
        ended[ending] += 1
        timed.append((now, line(ending, now, case=reference, seconds=round(now - began, 3))))
        free[lane] = now + 0.05
    lines += [one for _, one in sorted(timed, key=lambda pair: pair[0])]
    told = "found by way 2, no longer by way 1; look over the selector file"
    lines.append(line(Action.DRIFT, max(free), system="e_service", step="household.name", level="WARNING", message=told))
    told = ", ".join(f"{count} {ending}".replace("_", " ") for ending, count in ended.items())
    return [*lines, line(Action.RUN_ENDED, max(free) + 1, seconds=max(free) + 1, message=f"{told}; 0 wait; exit code 0")]
