"""The rule set: named by its hash, kept whole, and the same when it is restored."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from robots.assessment import Assessment
from robots.authority import Delegation
from robots.case import CaseFile
from robots.parameters import Parameter
from robots.records import to_record
from robots.rule_set import canonical, restore, rule_set_of
from robots.rules import Law, assess
from tests.case_files import DELEGATION, LAW, couple, single


def _with_one_krona_more(law: Law) -> Law:
    single_row = law.parameters.amounts["riksnorm.single"]
    *before, newest = single_row.values
    changed = Parameter(name=single_row.name, values=(*before, replace(newest, value=newest.value + 1)))
    return replace(law, parameters=replace(law.parameters, amounts={**law.parameters.amounts, "riksnorm.single": changed}))


def _with_another_promise(law: Law) -> Law:
    return replace(law, guidelines=replace(law.guidelines, promise_working_days=law.guidelines.promise_working_days + 1))


def test_restored_rule_set_is_the_one_that_was_kept() -> None:
    kept = rule_set_of(LAW, DELEGATION)
    law, delegation = restore(json.loads(json.dumps(kept.record)))

    assert (law, delegation) == (LAW, DELEGATION)
    assert rule_set_of(law, delegation).hash == kept.hash


@pytest.mark.parametrize(
    ("law", "delegation"),
    [
        (_with_one_krona_more(LAW), DELEGATION),
        (_with_another_promise(LAW), DELEGATION),
        (LAW, replace(DELEGATION, lines=DELEGATION.lines[:-1])),
    ],
    ids=["parameters", "guidelines", "delegation"],
)
def test_whatever_changes_in_the_rule_set_changes_its_hash(law: Law, delegation: Delegation) -> None:
    assert rule_set_of(law, delegation).hash != rule_set_of(LAW, DELEGATION).hash


def test_the_order_of_keys_does_not_count() -> None:
    assert (
        canonical({"b": 1, "a": {"d": "å", "c": None}})
        == canonical({"a": {"c": None, "d": "å"}, "b": 1})
        == '{"a":{"c":null,"d":"å"},"b":1}'.encode()
    )


@pytest.mark.parametrize("case", [single(), couple()], ids=["single", "couple"])
def test_case_assessed_again_by_the_kept_rule_set_gives_the_same_bytes(case: CaseFile) -> None:
    first = to_record(Assessment, assess(case, LAW))
    law, _ = restore(json.loads(json.dumps(rule_set_of(LAW, DELEGATION).record)))

    assert canonical(to_record(Assessment, assess(case, law))) == canonical(first)


@pytest.mark.parametrize(
    ("broken", "says"),
    [({"schema": 2}, "is of schema 2"), ({"parameters": {}}, "amounts: Field required"), ({"guidelines": None}, "top level: Input should be")],
)
def test_rule_set_of_another_version_is_refused(broken: dict[str, Any], says: str) -> None:
    record = {**rule_set_of(LAW, DELEGATION).record, **broken}

    with pytest.raises(ValueError, match=says):
        restore(record)


def test_amounts_stay_exact() -> None:
    law, _ = restore(rule_set_of(_with_one_krona_more(LAW), DELEGATION).record)

    assert law.parameters.amount("riksnorm.single").newest.value == Decimal(3941)
