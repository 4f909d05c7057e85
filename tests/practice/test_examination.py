"""What the demo calls as expected: every way in which a robot can have gone wrong is told."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from robots.practice.examination import Result, examine
from robots.practice.households import generate
from robots.practice.world import Household

HOUSEHOLDS = generate(1, 40)
DECIDED = next(one for one in HOUSEHOLDS if one.expected.ending == "decided")
HANDED_OFF = next(one for one in HOUSEHOLDS if one.expected.ending == "handed off" and one.case is not None)


@dataclass(frozen=True)
class Line:
    kind: str
    reference: str
    month: str
    amount: str


def right_result(household: Household) -> Result:
    expected = household.expected
    return Result(ending=expected.ending, amount=expected.amount, codes=expected.codes)


def right_effects(household: Household) -> list[Line]:
    case = "" if household.case is None else household.case.case_number
    month, amount = household.application.month, f"{household.expected.amount}.00"
    money = [Line(kind, case, month, amount) for kind in ("calculation", "decision", "payment")]
    return [*money, Line("note", case, "", ""), Line("message", household.application.reference, month, "")]


def verdicts(household: Household, effects: list[Line]) -> list[str]:
    reference = household.application.reference
    return [sentence for found in examine([household], {reference: right_result(household)}, effects).values() for sentence in found]


def test_a_case_with_all_its_effects_is_as_expected() -> None:
    assert verdicts(DECIDED, right_effects(DECIDED)) == []


@pytest.mark.parametrize("number", range(5))
def test_an_effect_that_is_missing_or_double_is_told(number: int) -> None:
    effects = right_effects(DECIDED)
    kind = effects[number].kind

    assert verdicts(DECIDED, effects[:number] + effects[number + 1 :]) == [f"0 × {kind} in the effect log, expected 1"]
    assert verdicts(DECIDED, [*effects, effects[number]]) == [f"2 × {kind} in the effect log, expected 1"]


@pytest.mark.parametrize("number", range(3))
def test_a_wrong_amount_is_told_though_the_robot_says_the_right_one(number: int) -> None:
    effects = right_effects(DECIDED)
    effects[number] = replace(effects[number], amount="1.00")

    assert verdicts(DECIDED, effects) == [f"{effects[number].kind} of 1.00 in the effect log, expected {DECIDED.expected.amount}"]


def test_anything_written_for_a_case_that_was_handed_off_is_told() -> None:
    assert verdicts(HANDED_OFF, []) == []
    assert len(verdicts(HANDED_OFF, right_effects(HANDED_OFF))) == 5


def test_a_shadow_run_says_how_a_case_would_end_and_leaves_nothing() -> None:
    reference = DECIDED.application.reference
    effects = right_effects(DECIDED)

    assert examine([DECIDED], {reference: right_result(DECIDED)}, [], mode="shadow") == {reference: ()}
    found = examine([DECIDED], {reference: right_result(DECIDED)}, effects[:1], mode="shadow")
    assert found == {reference: (), "-": ("1 × calculation that no case should have",)}


def test_a_run_that_proposes_ends_with_a_proposal_where_another_decides() -> None:
    reference = DECIDED.application.reference
    calculation, case = right_effects(DECIDED)[0], right_effects(DECIDED)[0].reference
    proposed = replace(right_result(DECIDED), ending="proposed")

    assert examine([DECIDED], {reference: proposed}, [calculation, Line("watch", case, "", "")], mode="propose") == {reference: ()}
    decided = examine([DECIDED], {reference: right_result(DECIDED)}, right_effects(DECIDED), mode="propose")
    assert decided[reference][0] == "ended as decided, expected proposed"
    assert "-" in decided
