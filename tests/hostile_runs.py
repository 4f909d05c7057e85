"""Runs of the robot in hostile practice systems, judged by the effect logs and by what the robot says itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from robots.assessment import Outcome
from robots.casebook import Casebook, CaseEntry, CaseState, EffectState
from robots.practice import hostility_thief
from robots.practice.examination import EFFECTS_OF, WITHOUT_MONTH, Result, examine
from robots.practice.households import generate
from robots.practice.municipality import Municipality
from robots.practice.office import Effect
from robots.practice.world import Household
from tests.installation import install

ROOT = Path(__file__).parent.parent
KOLLEGA = Path(sys.executable).parent / "kollega"
RUN_SECONDS = 600
#: the codes of a case that a hostile system has made a person's
OF_FAULTS = {"SRC-DOWN", "OUTCOME-UNKNOWN", "SYS-DIFF"}
_EFFECT_NAMES = {"message": "e_service.message"}


@dataclass(frozen=True, kw_only=True)
class HostileRun:
    """What has come of one or more runs in the same systems."""

    households: Sequence[Household]
    exit_code: int
    printed: str
    log: str
    root: Path
    seconds: float
    outcomes: dict[str, Outcome]
    entries: tuple[CaseEntry, ...]
    #: names of the writes that were begun and never proven, by case id
    unproven: dict[str, tuple[str, ...]]
    #: names of the writes that were proven, by case id
    proven: dict[str, tuple[str, ...]]
    effects: tuple[Effect, ...]
    thief: dict[str, int]

    @property
    def as_worked_out(self) -> list[str]:
        """References of the cases that ended exactly as worked out by hand, also in the effect logs."""
        results = {
            reference: Result(ending=one.ending.value, amount=None if one.amount is None else int(one.amount), codes=tuple(one.codes))
            for reference, one in self.outcomes.items()
        }
        verdicts = examine(self.households, results, self.effects)
        return [one.application.reference for one in self.households if not verdicts[one.application.reference]]

    @property
    def handed_off(self) -> list[str]:
        """References of the cases that a fault has made a person's, with a code that says so."""
        others = set(self.outcomes) - set(self.as_worked_out)
        return sorted(one for one in others if self.outcomes[one].ending.value == "handed off" and set(self.outcomes[one].codes) & OF_FAULTS)

    @property
    def waiting(self) -> list[str]:
        """References of the cases that wait for a later run, which they may do only when a system is held."""
        held = self.exit_code == 4 and "is held" in self.printed
        return sorted({one.reference for one in self.entries if one.state is not CaseState.ENDED}) if held else []

    @property
    def wrong(self) -> list[str]:
        """References of the cases that ended in none of these ways."""
        return sorted({one.application.reference for one in self.households} - {*self.as_worked_out, *self.handed_off, *self.waiting})

    @property
    def doubles(self) -> list[str]:
        """What stands in the effect logs more than once."""
        written = Counter((effect.kind, effect.reference, effect.month) for effect in self.effects)
        return sorted(f"{times} × {kind} {reference}" for (kind, reference, _), times in written.items() if times > 1)

    @property
    def halves(self) -> list[str]:
        """Decided and proposed cases that lack a write, and writes in the logs that the robot's account of the case is silent about."""
        found = []
        ids = {entry.reference: entry.case_id for entry in self.entries}
        for household in self.households:
            reference = household.application.reference
            outcome, case_id = self.outcomes.get(reference), ids.get(reference, "")
            there = {kind for kind in EFFECTS_OF["decided"] | EFFECTS_OF["proposed"] if self._times(household, kind)}
            if outcome is not None and outcome.ending.value in ("decided", "proposed"):
                found += [f"{reference} lacks {kind}" for kind in EFFECTS_OF[outcome.ending.value] if kind not in there]
            names = {_EFFECT_NAMES.get(kind, f"case_system.{kind}"): kind for kind in there}
            found += [f"{reference}: {kind} unknown to the robot" for name, kind in names.items() if name not in self._known(case_id)]
            is_told = outcome is None or "OUTCOME-UNKNOWN" in outcome.codes
            found += [f"{reference}: {name} is not told of" for name in self.unproven.get(case_id, ()) if not is_told]
            found += [f"{reference}: {name} is not there" for name in self.proven.get(case_id, ()) if name not in names]
        return found

    def _known(self, case_id: str) -> tuple[str, ...]:
        return (*self.unproven.get(case_id, ()), *self.proven.get(case_id, ()))

    def _times(self, household: Household, kind: str) -> int:
        case_number = household.case.case_number if household.case is not None else ""
        reference = household.application.reference if kind == "message" else case_number
        month = "" if kind in WITHOUT_MONTH else household.application.month
        return sum(1 for one in self.effects if (one.kind, one.reference, one.month) == (kind, reference, month))

    def row(self, switch: str) -> str:
        """Return the line of the table of all switches."""
        right = len(self.households) - len(self.wrong)
        counts = (len(self.households), right, len(self.as_worked_out), len(self.handed_off), len(self.waiting), len(self.doubles), len(self.halves))
        return f"{switch:<44}" + "".join(f"{count:>9}" for count in counts) + f"{self.seconds:>9.0f}"


HEAD = f"{'switch':<44}" + "".join(f"{word:>9}" for word in ("cases", "right", "as exp.", "handed", "waiting", "doubles", "halves", "seconds"))


def mixed(decided: int, proposed: int, handed_off: int, *, seed: int = 21) -> list[Household]:
    """Return households of these expected endings, each of another kind."""
    wanted = {"decided": decided, "proposed": proposed, "handed off": handed_off}
    chosen: list[Household] = []
    for household in generate(seed, 80):
        if wanted[household.expected.ending] and household.kind not in {one.kind for one in chosen} and _is_short(household):
            wanted[household.expected.ending] -= 1
            chosen.append(household)
    assert not any(wanted.values()), wanted
    return chosen


def _is_short(household: Household) -> bool:
    """Whether the case is of few persons: many cost time and try nothing more."""
    return len(household.persons) <= 3


def run(
    folder: Path, households: Sequence[Household], hostile: Sequence[str], *, runs: int = 1, on_web: bool = False, **settings: object
) -> HostileRun:
    """Have the robot handle the applications in hostile systems.

    Args:
        folder: for the robot's installation and the practice systems.
        households: the applications.
        hostile: switches.
        runs: how often the robot is started, as a scheduler starts it; what has ended stays.
        on_web: the robot works in the case system's pages instead of its program.
        settings: keys of `run` in config/kollega.yaml with other values.
    """
    root = folder / "robot"
    install(root)
    begun = time.monotonic()
    with Municipality.start(folder / "practice", households, hostile=hostile) as municipality:
        configure(root, municipality, on_web=on_web, **settings)
        for _ in range(runs):
            code, printed = start(root, municipality)
        return judged(root, municipality, households, code, printed, time.monotonic() - begun)


def configure(root: Path, municipality: Municipality, *, on_web: bool = False, **settings: object) -> None:
    """Set the installation to work in these systems."""
    path = root / "config" / "kollega.yaml"
    text = path.read_text(encoding="utf-8")
    for port, system in enumerate(("e_service", "population_register", "benefits_register", "case_system"), start=8701):
        text = text.replace(f"http://127.0.0.1:{port}", municipality.addresses[system])
    for key, value in {"first_wait_seconds": 1, "late_seconds": 25, **settings}.items():
        text, times = re.subn(rf"(?m)^  {key}: .*$", f"  {key}: {value}", text)
        assert times == 1, key
    if on_web:
        text, times = re.subn(r"selectors: (case_system|person_lookup)\.yaml", r"selectors: \1_web.yaml", text)
        assert times == 2
    path.write_text(text, encoding="utf-8")


def start(root: Path, municipality: Municipality) -> tuple[int, str]:
    """Run `kollega run` to its end; return its exit code and what it printed."""
    done = subprocess.run(
        [str(KOLLEGA), "run"],
        cwd=root,
        env={**os.environ, **municipality.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )
    return done.returncode, done.stdout


def judged(root: Path, municipality: Municipality, households: Sequence[Household], code: int, printed: str, seconds: float) -> HostileRun:
    """Return what has come of the runs so far."""
    with Casebook(root / "logs" / "state" / "casebook.sqlite") as casebook:
        entries = casebook.cases()
        return HostileRun(
            households=households,
            exit_code=code,
            printed=printed,
            log="".join(path.read_text(encoding="utf-8") for path in sorted((root / "logs").glob("*/run.log"))),
            root=root,
            seconds=seconds,
            outcomes={outcome.reference: outcome for outcome in casebook.outcomes()},
            entries=entries,
            unproven={entry.case_id: casebook.unproven_effects(entry.case_id) for entry in entries},
            proven={entry.case_id: tuple(one.name for one in casebook.effects(entry.case_id) if one.state is EffectState.DONE) for entry in entries},
            effects=tuple(municipality.effects()),
            thief=hostility_thief.totals(municipality.folder),
        )


def paid(effects: Sequence[Effect]) -> Decimal:
    """Return the sum of all payments in the effect logs."""
    return sum((Decimal(one.amount) for one in effects if one.kind == "payment"), Decimal(0))
