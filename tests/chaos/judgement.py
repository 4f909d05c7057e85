"""What has come of the cases of a chaos run: held against what was worked out by hand, the effect logs, and the workbook."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from openpyxl import load_workbook

from robots.assessment import Ending, Outcome
from robots.casebook import Casebook, CaseState
from robots.handling import PROPOSAL, WRITES
from robots.practice.examination import EFFECTS_OF, WITHOUT_MONTH, Result, examine
from robots.practice.municipality import read_effects
from robots.practice.office import Effect
from robots.practice.world import Household
from robots.texts import Texts
from tests.chaos.lives import Kill, Lives
from tests.chaos.plan import ROBOT
from tests.chaos.points import EFFECT, parts
from tests.hostile_runs import HostileRun

#: the codes of a case that faults may have made a person's
OF_FAULTS = {"OUTCOME-UNKNOWN", "SRC-DOWN", "ROBOT-FAULT"}
#: a look that follows a write within so little may have been under way before it
_LOOK_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """A write of which the robot says that nobody but a person can tell."""

    reference: str
    effect: str
    #: the robot's own words
    said: str
    #: what is so, by the effect log and the kills
    why: str
    #: whether the system could have told the robot
    could_be_told: bool


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The verdict; the lists of `complaints` must be empty."""

    cases: int
    as_worked_out: int
    #: handed off because of a fault, by reference with the codes
    handed_off: Mapping[str, str]
    unknowns: Sequence[Unknown]
    #: not exactly one ended case
    lost: Sequence[str]
    #: ended in another way than is right
    wrong: Sequence[str]
    #: in the effect logs more than once
    doubles: Sequence[str]
    #: writes without a proof, and writes that nobody is told of
    halves: Sequence[str]
    #: not in the workbook as they should be
    workbook: Sequence[str]
    #: OUTCOME-UNKNOWN though the system could have told
    unfounded: Sequence[str]
    #: what had become of the write by then, for each kill between the press and its answer
    cut_presses: Sequence[str]

    @property
    def complaints(self) -> list[str]:
        """Everything that must not be, one sentence each."""
        return [f"{kind}: {one}" for kind in ("lost", "wrong", "doubles", "halves", "workbook", "unfounded") for one in getattr(self, kind)]


def judge(lives: Lives) -> Judgement:
    """Return the verdict on all cases of one robot."""
    effects = tuple(read_effects(lives.practice))
    with Casebook(lives.root / "logs" / "state" / "casebook.sqlite") as casebook:
        entries = casebook.cases()
        outcomes = {outcome.reference: outcome for outcome in casebook.outcomes()}
        run = HostileRun(
            households=lives.households,
            exit_code=0,
            printed="",
            log="",
            root=lives.root,
            seconds=lives.seconds,
            outcomes=outcomes,
            entries=entries,
            unproven={entry.case_id: casebook.unproven_effects(entry.case_id) for entry in entries},
            proven={entry.case_id: tuple(one.name for one in casebook.effects(entry.case_id) if one.state.value == "done") for entry in entries},
            effects=effects,
            thief={},
        )
    ended = Counter(entry.reference for entry in entries if entry.state is CaseState.ENDED)
    every = Counter(entry.reference for entry in entries)
    references = [household.application.reference for household in lives.households]
    verdicts = _verdicts(lives.households, outcomes, effects)
    right = {reference for reference in references if not verdicts[reference]}
    others = {reference: outcomes[reference] for reference in references if reference in outcomes and reference not in right}
    handed_off = {
        reference: " ".join(outcome.codes)
        for reference, outcome in others.items()
        if outcome.ending is Ending.HANDED_OFF and set(outcome.codes) & OF_FAULTS
    }
    texts = Texts.load(lives.root / "config" / "texts", "sv")
    unknowns = _unknowns(lives, run, effects)
    return Judgement(
        cases=len(references),
        as_worked_out=len(right),
        handed_off=handed_off,
        unknowns=unknowns,
        lost=[f"{one}: {ended[one]} ended of {every[one]}" for one in references if ended[one] != 1 or every[one] != 1],
        wrong=[f"{one}: {'; '.join(verdicts[one])}" for one in others if one not in handed_off],
        doubles=run.doubles,
        halves=[*run.halves, *_untold(lives.households, others, effects, texts), *_strays(lives.households, right, effects)],
        workbook=_workbook(lives.root / "logs" / "undantag.xlsx", outcomes),
        unfounded=[f"{one.reference} {one.effect}: {one.why}; the robot said: {one.said}" for one in unknowns if one.could_be_told],
        cut_presses=_cut_presses(lives, effects),
    )


def _verdicts(households: Sequence[Household], outcomes: Mapping[str, Outcome], effects: Sequence[Effect]) -> dict[str, tuple[str, ...]]:
    results = {
        reference: Result(ending=one.ending.value, amount=None if one.amount is None else int(one.amount), codes=tuple(one.codes))
        for reference, one in outcomes.items()
    }
    return examine(households, results, effects)


def _there(household: Household, kind: str, effects: Sequence[Effect]) -> list[Effect]:
    """Return what the effect logs hold of this write for the application."""
    number = household.case.case_number if household.case is not None else ""
    reference = household.application.reference if kind == "message" else number
    month = "" if kind in WITHOUT_MONTH else household.application.month
    return [one for one in effects if (one.kind, one.reference, one.month) == (kind, reference, month)]


def _strays(households: Sequence[Household], right: set[str], effects: Sequence[Effect]) -> list[str]:
    """Return what lies in the effect logs and is of no case, or of one that ended without it."""
    keys = Counter((one.kind, one.reference, one.month) for one in effects)
    strays = []
    for household in households:
        reference = household.application.reference
        for kind in EFFECTS_OF["decided"] | EFFECTS_OF["proposed"]:
            there = _there(household, kind, effects)
            for one in there:
                keys.pop((one.kind, one.reference, one.month), None)
            if there and reference in right and kind not in EFFECTS_OF[household.expected.ending]:
                strays.append(f"{reference} has a {kind} that it should not have")
    return [*strays, *(f"{kind} {reference} is of no case" for kind, reference, _ in keys)]


def _untold(households: Sequence[Household], others: Mapping[str, Outcome], effects: Sequence[Effect], texts: Texts) -> list[str]:
    """Return the writes of handed-off cases that the hand-off neither calls done nor has somebody look for."""
    untold = []
    for household in households:
        outcome = others.get(household.application.reference)
        if outcome is None or outcome.ending is not Ending.HANDED_OFF:
            continue
        for write in (*WRITES, PROPOSAL):
            system, _, kind = write.effect.partition(".")
            what = texts.say(f"left.{write.left}")
            to_look_for = texts.say("left.check", system=texts.say(f"system.{system}"), what=what)
            if _there(household, kind, effects) and texts.say(f"done.{write.done}") not in outcome.done and to_look_for not in outcome.left:
                untold.append(f"{outcome.reference}: the hand-off does not tell of its {kind}")
    return untold


def _unknowns(lives: Lives, run: HostileRun, effects: Sequence[Effect]) -> list[Unknown]:
    """Return each write that the robot calls unknown, with what is so."""
    households = {household.application.reference: household for household in lives.households}
    events = sorted(
        (json.loads(line) for path in (lives.root / "logs").glob("*/events.jsonl") for line in path.read_text(encoding="utf-8").splitlines()),
        key=lambda one: str(one["at"]),
    )
    found = []
    for entry in run.entries:
        outcome = run.outcomes.get(entry.reference)
        if outcome is None or "OUTCOME-UNKNOWN" not in outcome.codes:
            continue
        for effect in run.unproven.get(entry.case_id, ()):
            of_effect = [one for one in events if one["case"] == entry.reference and one["step"] == effect]
            intended = [_time(one["at"]) for one in of_effect if one["action"] == "effect_intended"]
            given_up = [one for one in of_effect if one["action"] == "effect_unknown"]
            said = given_up[-1]["message"] if given_up else "the case ended with the write begun and not proven"
            looked_at = _time(given_up[-1]["at"]) if given_up else outcome.ended_at
            there = _there(households[entry.reference], effect.rpartition(".")[2], effects)
            why, could_be_told = explained(there, min(intended, default=looked_at), looked_at, lives.kills, is_looked_at=bool(given_up))
            found.append(Unknown(reference=entry.reference, effect=effect, said=said, why=why, could_be_told=could_be_told))
    return found


def explained(there: Sequence[Effect], intended_at: datetime, looked_at: datetime, kills: Sequence[Kill], *, is_looked_at: bool) -> tuple[str, bool]:
    """Return why the outcome of a write is unknown, and whether the system could have told.

    Args:
        there: what the effect logs hold of the write.
        intended_at: when the robot first was about to make it.
        looked_at: when the robot gave up.
        kills: all of the run.
        is_looked_at: whether the robot gave up after a look; otherwise it could not look, or the case ended before.
    """
    between = [one for one in kills if intended_at - timedelta(seconds=_LOOK_SECONDS) <= one.at <= looked_at]
    causes = ", ".join(dict.fromkeys(one.point or f"{one.target} killed" for one in between))
    if not causes:
        return "nothing was killed between the intention and the look", True
    if there and there[0].at > looked_at:
        return f"it came after the look ({causes})", False
    if there and is_looked_at and (looked_at - there[0].at).total_seconds() > _LOOK_SECONDS:
        return f"the system has it, and had it {(looked_at - there[0].at).total_seconds():.1f} s before the robot gave up ({causes})", True
    if there:
        return f"the system has it, and could not be asked ({causes})", False
    if all(one.target == ROBOT and one.point and not _is_in_press(one) for one in between):
        return f"nothing can have been sent off ({causes})", True
    return f"the system has it not; what was sent off could still have come ({causes})", False


def _cut_presses(lives: Lives, effects: Sequence[Effect]) -> list[str]:
    """Say of each kill in a press whether the write was there then, came after it, or was made by a later robot."""
    households = {household.application.reference: household for household in lives.households}
    begun = {int(one["life"]): _time(one["at"]) for one in reversed(lives.passed)}
    found = []
    for kill in lives.kills:
        what, boundary = parts(kill.point)
        if boundary != EFFECT[2]:
            continue
        there = _there(households[kill.reference], what.rpartition(".")[2], effects)
        next_begun = min((at for life, at in begun.items() if life > kill.life), default=None)
        if not there:
            found.append("was never made")
        elif there[0].at <= kill.at:
            found.append("was there already")
        elif next_begun is None or there[0].at < next_begun:
            found.append("came when the robot was dead")
        else:
            found.append("was made by a later robot")
    return found


def _is_in_press(kill: Kill) -> bool:
    return parts(kill.point)[1] in EFFECT[1:5]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _workbook(path: Path, outcomes: Mapping[str, Outcome]) -> list[str]:
    """Return what the workbook lacks or has too much, by what the casebook says of the cases."""
    if not path.exists():
        return ["there is none"]
    sheets = load_workbook(path).worksheets
    rows = [[str(row[0]) for row in sheet.iter_rows(min_row=2, values_only=True) if row[0]] for sheet in sheets[:2]]
    wanted = [[one.reference for one in outcomes.values() if one.ending is ending] for ending in (Ending.HANDED_OFF, Ending.PROPOSED)]
    wrong = []
    for name, shown, expected in zip(("to do", "proposals"), rows, wanted, strict=True):
        counted = Counter(shown)
        wrong += [f"{reference} is {counted[reference]} times under {name}" for reference in expected if counted[reference] != 1]
        wrong += [f"{reference} should not be under {name}" for reference in counted if reference not in expected]
    codes = {str(row[0]): str(row[3]) for row in sheets[0].iter_rows(min_row=2, values_only=True) if row[0]}
    wrong += [
        f"{one.reference} does not say OUTCOME-UNKNOWN"
        for one in outcomes.values()
        if "OUTCOME-UNKNOWN" in one.codes and "PROTECTED" not in one.codes and "OUTCOME-UNKNOWN" not in codes.get(one.reference, "")
    ]
    return wrong
