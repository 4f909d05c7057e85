"""The rules held against every practice household's outcome, which was worked out by hand: the quick form, without any screen."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from robots.assessing import read_case_file, record_to_print
from robots.assessment import Mode
from robots.authority import Delegation, who_decides
from robots.case import CaseFile
from robots.practice.examination import Result, differences
from robots.practice.households import KINDS, generate
from robots.practice.world import Household
from robots.records import to_record
from robots.rules import Law, assess
from tests.case_files import DELEGATION, LAW, SWEDISH
from tests.practice.case_files_of_households import case_file_of

DECIDED_ON = date(2026, 11, 21)
#: the case system's own sums differ: that shows only when its screen is filled in, and until then the case is as any other
SEEN_ON_SCREEN_ONLY = {"leftover_deduction": Result(ending="decided", amount=7170, codes=())}
ENDINGS = {Mode.DECIDE: "decided", Mode.PROPOSE: "proposed", Mode.HAND_OFF: "handed off"}

#: one more than there are kinds: one kind gives two households
EVERY_KIND = generate(1, len(KINDS) + 1)


def name_of(told: Household) -> str:
    """Return the kind; of a person's second application for a month, which has no entries of its own, that it is one."""
    return told.kind if told.population else f"{told.kind}, again"


def result_of(case: CaseFile, law: Law, delegation: Delegation, on: date = DECIDED_ON) -> Result:
    assessment = assess(case, law)
    authority = who_decides(assessment, delegation, on)
    amount = None if authority.mode is Mode.HAND_OFF or assessment.calculation is None else int(assessment.calculation.amount)
    return Result(ending=ENDINGS[authority.mode], amount=amount, codes=tuple(assessment.codes or authority.codes))


def printed_result(printed: dict[str, Any]) -> Result:
    """Return the outcome that `kollega assess` prints."""
    mode = Mode(printed["authority"]["mode"])
    amount = None if mode is Mode.HAND_OFF or printed["calculation"] is None else int(printed["calculation"]["amount"])
    return Result(ending=ENDINGS[mode], amount=amount, codes=tuple(printed["codes"]))


def wrongs_of(told: Household, result: Result) -> tuple[str, ...]:
    if told.kind in SEEN_ON_SCREEN_ONLY:
        return () if result == SEEN_ON_SCREEN_ONLY[told.kind] else (f"{result}",)
    return differences(told.expected, result)


@pytest.mark.parametrize("seed", [1, 7])
def test_the_rules_end_every_household_as_worked_out_by_hand(seed: int) -> None:
    households = generate(seed, len(KINDS) + 1)

    wrong = {
        f"{name_of(one)} {one.application.reference}": found
        for one in households
        if (found := wrongs_of(one, result_of(case_file_of(one, households), LAW, DELEGATION)))
    }

    assert wrong == {}


def test_before_the_control_month_is_over_every_kind_that_is_decided_is_proposed_and_no_other_ends_otherwise() -> None:
    wrong = {}
    for told in EVERY_KIND:
        case = case_file_of(told, EVERY_KIND)
        if case.application.month.value is None:
            continue
        after, before = (result_of(case, LAW, DELEGATION, on) for on in (DECIDED_ON, case.application.month.value.previous.last_day))
        expected = replace(after, ending="proposed") if after.ending == "decided" else after
        if before != expected:
            wrong[told.kind] = before

    assert wrong == {}


@pytest.mark.parametrize("told", EVERY_KIND, ids=name_of)
def test_assess_answers_the_kind_of_household_as_worked_out_by_hand(told: Household, tmp_path: Path) -> None:
    """What the command does with a case file that anybody could hand in; the config folder is read once for all."""
    path = tmp_path / "case.json"
    path.write_text(json.dumps(to_record(CaseFile, case_file_of(told, EVERY_KIND)), ensure_ascii=False), encoding="utf-8")

    printed = record_to_print(read_case_file(path), LAW, DELEGATION, SWEDISH, on=DECIDED_ON)

    assert wrongs_of(told, printed_result(printed)) == ()
    assert printed["because"]
