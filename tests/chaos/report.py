"""The tables of a chaos run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median

from tests.chaos.judgement import Judgement
from tests.chaos.lives import Kill, Lives
from tests.chaos.plan import ROBOT
from tests.chaos.points import CASE, EFFECT, STEP, WORKBOOK, parts, point, route

Run = tuple[Lives, Judgement]


def report(runs: Sequence[Run], *, seconds: float) -> str:
    """Return everything that is told of the runs, as text."""
    sections = (_verdict(runs, seconds), _kills(runs), _coverage(runs), _unknowns(runs), _handed_off(runs), _left(runs), _complaints(runs))
    return "\n\n".join(section for section in sections if section) + "\n"


def uncovered(runs: Sequence[Run]) -> list[str]:
    """Return the points that some case passed and no robot was killed at."""
    passed = {one["point"] for lives, _ in runs for one in lives.passed}
    return sorted(passed - {kill.point for kill in _all_kills(runs)})


def complaints(runs: Sequence[Run]) -> list[str]:
    """Return everything of the cases and the robots that must not be, of all runs."""
    found = []
    for lives, judgement in runs:
        found += judgement.complaints
        found += [f"a hang: {one}" for one in lives.hangs]
        found += [f"left for ever: {one.name} ({one.id})" for one in lives.left_for_ever]
        found += [f"ended badly: {one}" for one in lives.printed if _code(one) not in _SELF_HEALING]
    return found


def missed(runs: Sequence[Run]) -> list[str]:
    """Return the points that were passed, and at which a robot should have been killed and none was, or none can be."""
    found = []
    planned = {one.point for lives, _ in runs for one in lives.plan.deaths}
    known = {name for lives, _ in runs for household in lives.households for name in route(household)} | {point("workbook", one) for one in WORKBOOK}
    for name in uncovered(runs):
        if name in planned:
            found.append(f"nobody was killed at {name}")
        elif name not in known:
            found.append(f"nobody can be killed at {name}: tell tests/chaos/points.py which cases pass it")
    return found


#: exit codes of a life that a kill outside may bring about and the next life mends: all well so far, and the inbox could not be read
_SELF_HEALING = {0, 5}


def _code(printed: str) -> int:
    return int(printed.partition(":")[0].rpartition(" ")[2])


def _all_kills(runs: Sequence[Run]) -> list[Kill]:
    return [kill for lives, _ in runs for kill in lives.kills]


def _verdict(runs: Sequence[Run], seconds: float) -> str:
    kills = _all_kills(runs)
    of_robot = sum(1 for kill in kills if kill.target == ROBOT)
    first = sorted(one for lives, _ in runs for one in lives.first_point_seconds)
    judgements = [judgement for _, judgement in runs]
    endings = sum((lives.endings for lives, _ in runs), Counter[int]())
    lines = [
        ("cases", sum(one.cases for one in judgements)),
        ("kills of the robot", of_robot),
        ("kills of what it works with", len(kills) - of_robot),
        ("lost", sum(len(one.lost) for one in judgements)),
        ("doubled writes", sum(len(one.doubles) for one in judgements)),
        ("half cases", sum(len(one.halves) for one in judgements)),
        ("ended as worked out by hand", sum(one.as_worked_out for one in judgements)),
        ("handed off because of a fault", sum(len(one.handed_off) for one in judgements)),
        ("ended wrong", sum(len(one.wrong) for one in judgements)),
        ("not right in the workbook", sum(len(one.workbook) for one in judgements)),
        ("outcome unknown, and rightly so", sum(1 for one in judgements for unknown in one.unknowns if not unknown.could_be_told)),
        ("outcome unknown, and could be told", sum(len(one.unfounded) for one in judgements)),
        ("lives", sum(lives.lives for lives, _ in runs)),
        ("lives that ended by themselves, by exit code", ", ".join(f"{code}: {times}" for code, times in sorted(endings.items()))),
        ("seconds from a start to the first point, median / worst", f"{median(first or [0]):.1f} / {max(first, default=0):.1f}"),
        ("seconds in all", f"{seconds:.0f}"),
        ("of the plan, never came", sum(len(lives.unused) for lives, _ in runs)),
    ]
    return "\n".join(f"{name:<58}{value!s:>20}" for name, value in lines)


def _kills(runs: Sequence[Run]) -> str:
    counted = Counter(kill.target if not kill.point else "robot, at a point" for kill in _all_kills(runs))
    names = {ROBOT: "robot, from outside"}
    lines = [f"{names.get(target, target):<58}{times:>20}" for target, times in sorted(counted.items())]
    presses = Counter(one for _, judgement in runs for one in judgement.cut_presses)
    lines += [f"killed in the press, and the write {what:<24}{times:>20}" for what, times in sorted(presses.items())]
    return _section("KILLED", lines)


def _coverage(runs: Sequence[Run]) -> str:
    killed = Counter(kill.point for kill in _all_kills(runs) if kill.point)
    passed = {one["point"] for lives, _ in runs for one in lives.passed}
    whats = dict.fromkeys(parts(name)[0] for name in sorted(passed))
    tables = []
    for title, boundaries in (("STEP", STEP), ("WRITE", EFFECT), ("CASE", CASE), ("RUN", WORKBOOK)):
        rows = [what for what in whats if any(parts(name)[1] in boundaries for name in passed if parts(name)[0] == what)]
        head = f"KILLED AT: {title}"
        lines = [f"{head:<38}" + "".join(f"{boundary:>20}" for boundary in boundaries)]
        for what in rows:
            cells = [(killed[f"{what}: {boundary}"] if f"{what}: {boundary}" in passed else "-") for boundary in boundaries]
            lines.append(f"{what:<38}" + "".join(f"{cell!s:>20}" for cell in cells))
        tables.append("\n".join(lines))
    tables.append(f"PASSED AND NEVER KILLED AT: {', '.join(uncovered(runs)) or 'none'}")
    return "\n\n".join(tables)


def _unknowns(runs: Sequence[Run]) -> str:
    unknowns = [one for _, judgement in runs for one in judgement.unknowns]
    lines = [
        f"{one.reference}  {one.effect:<26}{'COULD BE TOLD: ' if one.could_be_told else ''}{one.why}; the robot said: {one.said}" for one in unknowns
    ]
    return _section("OUTCOME UNKNOWN", lines)


def _handed_off(runs: Sequence[Run]) -> str:
    counted = Counter(codes for _, judgement in runs for codes in judgement.handed_off.values())
    return _section("HANDED OFF BECAUSE OF A FAULT", [f"{codes:<58}{times:>20}" for codes, times in sorted(counted.items())])


def _left(runs: Sequence[Run]) -> str:
    longest: dict[str, tuple[float, int]] = {}
    for lives, _ in runs:
        for outlived in lives.outlived.values():
            for name, seconds in outlived.items():
                worst, times = longest.get(name, (0.0, 0))
                longest[name] = max(worst, seconds), times + 1
    lines = [f"{name:<38}{f'seen after {times} deaths':>30}{f'at most {seconds:.1f} s':>24}" for name, (seconds, times) in sorted(longest.items())]
    litter = Counter(name.rstrip("0123456789").rpartition("-")[0] or name for lives, _ in runs for name in lives.litter)
    lines += [f"temporary: {name}… × {times}" for name, times in litter.most_common(10)]
    return _section("WHAT OUTLIVED A KILLED ROBOT", lines)


def _complaints(runs: Sequence[Run]) -> str:
    return _section("WHAT MUST NOT BE", [*complaints(runs), *missed(runs)])


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([title, *(lines or ["none"])])
