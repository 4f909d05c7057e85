"""The robot's work held against what was expected and against the effect logs, which the robot can't write to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from robots.practice.world import Expected, Household

#: what each ending may leave behind in the practice systems, per case: exactly these, and nothing else
EFFECTS_OF = {
    "decided": Counter({"calculation": 1, "decision": 1, "payment": 1, "note": 1, "message": 1}),
    "proposed": Counter({"calculation": 1, "watch": 1}),
    "handed off": Counter[str](),
}

#: what is of an amount of money: the very amount that was worked out by hand
WITH_AMOUNT = ("calculation", "decision", "payment")

#: what belongs to a case as a whole
WITHOUT_MONTH = ("note", "watch")


class Effect(Protocol):
    """A line of an effect log."""

    @property
    def kind(self) -> str:
        """`calculation`, `decision`, `payment`, `note`, `watch` or `message`."""

    @property
    def reference(self) -> str:
        """The case number, or the e-service's number of the application."""

    @property
    def month(self) -> str:
        """The month that the effect is about, as `2026-03`; empty where it is about the case as a whole."""

    @property
    def amount(self) -> str:
        """Kronor, as `5000.00`; empty where the effect is of no amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How the robot says that a case ended."""

    ending: str
    amount: int | None
    codes: tuple[str, ...]


def differences(expected: Expected, result: Result | None) -> tuple[str, ...]:
    """Return what is not as expected, one sentence each; empty when all is."""
    if result is None:
        return ("the case has not ended",)
    found = []
    if result.ending != expected.ending:
        found.append(f"ended as {result.ending}, expected {expected.ending}")
    if result.amount != expected.amount:
        found.append(f"amount {result.amount}, expected {expected.amount}")
    if set(result.codes) != set(expected.codes):
        found.append(f"codes {' '.join(sorted(result.codes)) or 'none'}, expected {' '.join(sorted(expected.codes)) or 'none'}")
    return tuple(found)


def expected_in(mode: str, expected: Expected) -> Expected:
    """Return what is expected of a run of the mode: one that proposes ends with a proposal where others decide."""
    return replace(expected, ending="proposed") if mode == "propose" and expected.ending == "decided" else expected


def examine(
    households: Sequence[Household], results: Mapping[str, Result], effects: Iterable[Effect], *, mode: str = "decide"
) -> dict[str, tuple[str, ...]]:
    """Return for each application reference what is wrong with its outcome and its effects; empty tuples when all is well.

    Effects that belong to no application are listed under the reference `-`.

    Args:
        households: the applications of the inbox, with what is expected of each.
        results: how the robot says that each ended, by reference.
        effects: all that was written in the practice systems.
        mode: of the run: `decide`, `propose`, or `shadow`, which says how cases would end and leaves no effect at all.
    """
    written = list(effects)
    left = Counter((effect.kind, effect.reference, effect.month) for effect in written)
    amounts = {(effect.kind, effect.reference, effect.month): effect.amount for effect in written}
    verdicts: dict[str, tuple[str, ...]] = {}
    for household in households:
        form = household.application
        expected = expected_in(mode, household.expected)
        wrong = list(differences(expected, results.get(form.reference)))
        for kind, times in EFFECTS_OF[expected.ending].items() if mode != "shadow" else ():
            case_number = household.case.case_number if household.case is not None else ""
            key = (kind, form.reference if kind == "message" else case_number, "" if kind in WITHOUT_MONTH else form.month)
            found = left.pop(key, 0)
            if found != times:
                wrong.append(f"{found} × {kind} in the effect log, expected {times}")
            elif kind in WITH_AMOUNT and Decimal(amounts[key]) != expected.amount:
                wrong.append(f"{kind} of {amounts[key]} in the effect log, expected {expected.amount}")
        verdicts[form.reference] = tuple(wrong)
    if left:
        verdicts["-"] = tuple(f"{times} × {kind} that no case should have" for (kind, _, _), times in sorted(left.items()))
    return verdicts
