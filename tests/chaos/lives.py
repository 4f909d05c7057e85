"""One robot's folder and systems, and its lives one after the other until all cases have ended."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from robots.casebook import Casebook, CaseState
from robots.practice.municipality import Municipality
from robots.practice.world import Household
from tests.chaos.plan import BROWSER, PROGRAM, ROBOT, Blow, Death, Plan, moved
from tests.chaos.points import was_broken_off_before
from tests.chaos.processes import MARK, Process, Watch, kill, part_of_robot, server_of
from tests.chaos.robot import DIED, PASSED, PLAN, STACKS, lines_of
from tests.installation import install

ROOT = Path(__file__).parent.parent.parent
#: a robot that passes no point for so long hangs
HANG_SECONDS = 150.0
#: robots that end one after the other without a death, and without a case ended
MOST_IDLE_LIVES = 5
_GONE_SECONDS = 30.0
_LOOK_SECONDS = 0.05
#: deaths at one step after which a case is set aside: these are the plan's fault and not the case's
_NEVER_POISON = 999
#: the least that the settings allow: the practice systems are at work on a write for less
_LATE_SECONDS = 25


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One kill that took place."""

    at: datetime
    life: int
    #: ROBOT, BROWSER, PROGRAM, or a system
    target: str
    #: where the plan's; empty for one from outside
    point: str = ""
    reference: str = ""


@dataclass(kw_only=True)
class Lives:
    """What has come of the robot's lives."""

    root: Path
    households: Sequence[Household]
    plan: Plan
    kills: list[Kill] = field(default_factory=list)
    #: of the lives that ended by themselves, by exit code
    endings: Counter[int] = field(default_factory=Counter)
    lives: int = 0
    seconds: float = 0.0
    #: from the start of a robot to the first point that it passes
    first_point_seconds: list[float] = field(default_factory=list)
    #: what was printed by the lives that ended with another code than 0
    printed: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    outlived: dict[str, dict[str, float]] = field(default_factory=dict)
    left_for_ever: list[Process] = field(default_factory=list)
    #: files and folders that dead robots have left among the temporary ones
    litter: list[str] = field(default_factory=list)

    @property
    def practice(self) -> Path:
        """The folder of the practice systems' databases."""
        return self.root.parent / "practice"

    @property
    def passed(self) -> list[dict[str, Any]]:
        """All points that were passed, in that order."""
        return lines_of(self.root.parent / PASSED)

    @property
    def unused(self) -> list[Death | Blow]:
        """What stood in the plan and never came."""
        died = {(one.reference, one.point) for one in self.kills}
        deaths = [one for one in self.plan.deaths if (one.reference, one.point) not in died]
        return [*deaths, *self.plan.blows[sum(1 for one in self.kills if not one.point) :]]

    @property
    def forestalled(self) -> set[tuple[str, str]]:
        """The deaths of the plan, application and point, that another kill has kept from coming by striking in the midst of the same write.

        What was sent off by then is found done, and not sent again: the points after that are never passed. The same is true of a step whose result
        was stored just then.
        """
        killed = {one.life for one in self.kills}
        passed: dict[tuple[int, str], set[str]] = {}
        for line in self.passed:
            if line["life"] in killed:
                passed.setdefault((line["life"], line["reference"]), set()).add(line["point"])
        died = {(one.reference, one.point) for one in self.kills}
        return {
            (one.reference, one.point)
            for one in self.plan.deaths
            if (one.reference, one.point) not in died
            for (_, reference), names in passed.items()
            if reference == one.reference and was_broken_off_before(one.point, names)
        }


class _Outside(threading.Thread):
    """Kills the robot and what it works with from outside, as the plan says, until the last life is over."""

    def __init__(self, lives: Lives) -> None:
        super().__init__(daemon=True)
        self._lives = lives
        self.robot: subprocess.Popen[bytes] | None = None
        self.mark = ""
        self.is_over = threading.Event()
        #: so that nobody waits for a robot, and its number is given to another process, while it is being killed
        self.lock = threading.Lock()

    def run(self) -> None:
        for blow in self._lives.plan.blows:
            if self.is_over.wait(blow.after_seconds):
                return
            while not self._strike(blow.target):
                if self.is_over.wait(_LOOK_SECONDS * 4):
                    return

    def _strike(self, target: str) -> bool:
        with self.lock:
            robot = self.robot
            if robot is None or robot.poll() is not None:
                return False
            if target == ROBOT:
                process_id = robot.pid
            elif target in (BROWSER, PROGRAM):
                process_id = part_of_robot(self.mark, target)
            else:
                process_id = server_of(target, self._lives.practice)
            if not kill(process_id):
                return False
            self._lives.kills.append(Kill(at=datetime.now(UTC), life=self._lives.lives, target=target))
            return True


def live(folder: Path, households: Sequence[Household], plan: Plan, **settings: object) -> Lives:
    """Start the robot again and again until all its cases have ended, and have it and its systems killed as the plan says.

    Args:
        folder: for the robot's installation, the practice systems, and the plan; short, as sockets lie in it.
        households: the applications.
        plan: what is killed.
        settings: keys of `run` in config/kollega.yaml with other values.
    """
    folder.mkdir(parents=True)
    lives = Lives(root=folder / "robot", households=households, plan=plan)
    install(lives.root)
    (folder / "tmp").mkdir()
    plan.save(folder / PLAN)
    begun = time.monotonic()
    prefix = f"{os.getpid()}-{folder.name}-"
    with Municipality.start(lives.practice, households, is_kept=True) as municipality, Watch(prefix) as watch:
        configure(lives.root, municipality, **settings)
        outside = _Outside(lives)
        outside.start()
        try:
            _live_on(lives, municipality, outside, watch, prefix)
        finally:
            outside.is_over.set()
            outside.join()
            lives.left_for_ever = watch.wait_for_none(_GONE_SECONDS)
    lives.outlived = watch.outlived
    lives.litter = sorted(path.name for path in (folder / "tmp").iterdir())
    lives.seconds = time.monotonic() - begun
    return lives


def configure(root: Path, municipality: Municipality, **settings: object) -> None:
    """Set the installation to work in these systems, with no case ever taken for one that kills robots."""
    path = root / "config" / "kollega.yaml"
    text = path.read_text(encoding="utf-8")
    for port, system in enumerate(("e_service", "population_register", "benefits_register", "case_system"), start=8701):
        text = text.replace(f"http://127.0.0.1:{port}", municipality.addresses[system])
    # `deaths` may be left out of the file.
    text = re.sub(r"(?m)^  deaths: .*$", f"  deaths: {_NEVER_POISON}", text)
    for key, value in {"first_wait_seconds": 1, "late_seconds": _LATE_SECONDS, **settings}.items():
        text, times = re.subn(rf"(?m)^  {key}: .*$", f"  {key}: {value}", text)
        if times != 1:
            raise ValueError(f"config/kollega.yaml has no {key} under run")
    path.write_text(text, encoding="utf-8")


def _live_on(lives: Lives, municipality: Municipality, outside: _Outside, watch: Watch, prefix: str) -> None:
    idle = 0
    while idle < MOST_IDLE_LIVES:
        lives.lives += 1
        ended = len(over_and_begun(lives.root)[0])
        code, printed = _one_life(lives, municipality, outside, watch, f"{prefix}{lives.lives}")
        if code == -signal.SIGKILL:
            continue
        lives.endings[code] += 1
        over, begun = over_and_begun(lives.root)
        if code == 0 and len(over) == len(lives.households):
            return
        lives.printed.append(f"life {lives.lives} ended with {code}:\n{printed}")
        idle = idle + 1 if len(over) == ended else 0
        lives.plan = moved(lives.plan, _died(lives), over, begun, lives.households)
        lives.plan.save(lives.root.parent / PLAN)


def _one_life(lives: Lives, municipality: Municipality, outside: _Outside, watch: Watch, mark: str) -> tuple[int, str]:
    folder = lives.root.parent
    over, begun = over_and_begun(lives.root)
    lives.plan = moved(lives.plan, _died(lives), over, begun, lives.households)
    lives.plan.save(folder / PLAN)
    # Should this very process be killed, no robot is to work on.
    guarded = ["setpriv", "--pdeathsig", "KILL", "--", sys.executable]
    command = [*guarded, "-m", "tests.chaos.robot", str(folder), str(lives.lives), "run"]
    environment = {**os.environ, **municipality.environment, MARK: mark, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp")}
    printed = folder / "printed.txt"
    begun_at, before = time.monotonic(), _size(folder / PASSED)
    with printed.open("wb") as output:
        robot = subprocess.Popen(command, cwd=lives.root, env=environment, stdout=output, stderr=subprocess.STDOUT)
    outside.mark, outside.robot = mark, robot
    has_passed, size, moved_at = False, before, begun_at
    while (code := _ended(robot, outside)) is None:
        time.sleep(_LOOK_SECONDS)
        now, size_now = time.monotonic(), _size(folder / PASSED)
        if size_now > size:
            size, moved_at = size_now, now
            if not has_passed:
                lives.first_point_seconds.append(now - begun_at)
                has_passed = True
        if now - moved_at > HANG_SECONDS:
            _end_hanging(lives, robot, folder)
    watch.note_death(mark)
    for line in lines_of(folder / DIED)[sum(1 for one in lives.kills if one.point) :]:
        at = datetime.fromisoformat(line["at"])
        lives.kills.append(Kill(at=at, life=line["life"], target=ROBOT, point=line["point"], reference=line["reference"]))
    return code, printed.read_text(encoding="utf-8", errors="replace")


def _ended(robot: subprocess.Popen[bytes], outside: _Outside) -> int | None:
    with outside.lock:
        return robot.poll()


def _end_hanging(lives: Lives, robot: subprocess.Popen[bytes], folder: Path) -> None:
    robot.send_signal(signal.SIGUSR1)
    time.sleep(1)
    stacks = (folder / STACKS).read_text(encoding="utf-8") if (folder / STACKS).exists() else ""
    lives.hangs.append(f"life {lives.lives} passed nothing for {HANG_SECONDS:.0f} s:\n{stacks[-4000:]}")
    robot.kill()
    robot.wait()


def over_and_begun(root: Path) -> tuple[set[str], set[str]]:
    """Return the references of the cases that have ended, and of those that have begun and not ended."""
    file = root / "logs" / "state" / "casebook.sqlite"
    if not file.exists():
        return set(), set()
    with Casebook(file) as casebook:
        entries = casebook.cases()
    over = {one.reference for one in entries if one.state is CaseState.ENDED}
    return over, {one.reference for one in entries if one.taken_at is not None} - over


def _died(lives: Lives) -> list[Death]:
    return [Death(reference=one["reference"], point=one["point"]) for one in lines_of(lives.root.parent / DIED)]


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
