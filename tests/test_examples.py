"""The examples of the rules: each ends as worked out by hand, and together they show every rule, met and not met, and every reason code."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from robots import cli, examples
from robots.assessment import Answer, DecisionType, Mode
from robots.case import CaseFile
from robots.errors import ReasonCode, SettingsInvalid
from robots.examples import Example, Expected, Tried
from robots.records import from_record, to_record
from robots.rules import RULES
from robots.rules.calculation import calculate
from robots.rules.gates import GATES
from tests.case_files import CONFIG, DELEGATION, LAW

EXAMPLES = examples.load(CONFIG / "examples.yaml")
TRIED = {example.name: examples.try_out(example, LAW, DELEGATION) for example in EXAMPLES}
RULE_NAMES = [*(gate.__name__ for _, gate in GATES), *(rule.ask.__name__ for rule in RULES), calculate.__name__]


def worked_out(expression: str) -> Decimal:
    """Return what a line of plain arithmetic comes to."""

    def value(node: ast.expr) -> Decimal:
        if isinstance(node, ast.Constant):
            return Decimal(str(node.value))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -value(node.operand)
        assert isinstance(node, ast.BinOp)
        one, other = value(node.left), value(node.right)
        return {ast.Add: one + other, ast.Sub: one - other, ast.Mult: one * other, ast.Div: one / (other or 1)}[type(node.op)]

    return value(ast.parse(expression.replace("×", "*").replace("÷", "/"), mode="eval").body)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_every_example_ends_as_worked_out_by_hand(example: Example) -> None:
    tried = TRIED[example.name]

    assert tried.is_as_expected, tried.found


@pytest.mark.parametrize("example", [one for one in EXAMPLES if one.expected.amount is not None], ids=lambda example: example.name)
def test_the_arithmetic_beside_an_amount_is_right_and_leads_to_it(example: Example) -> None:
    results = []
    for part in example.arithmetic.split(";"):
        left, sign, right = re.split(r"([=≈])", part)
        exact = worked_out(left.strip())
        assert (exact if sign == "=" else exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)) == worked_out(right.strip()), part
        results.append(worked_out(right.strip()))

    assert max(results[-1], Decimal(0)) == example.expected.amount


def test_an_example_without_a_calculation_has_no_arithmetic() -> None:
    assert [one.name for one in EXAMPLES if one.expected.amount is None and one.arithmetic] == []


@pytest.mark.parametrize("rule", RULE_NAMES)
def test_every_rule_is_shown_where_it_is_met_and_where_it_is_not(rule: str) -> None:
    answers = [
        {finding.answer for finding in TRIED[example.name].assessment.findings if finding.rule == rule}
        for example in EXAMPLES
        if rule in example.shows
    ]

    assert {Answer.MET} in answers
    assert any(answer - {Answer.MET} for answer in answers)


def test_an_example_shows_rules_that_there_are_and_that_were_asked() -> None:
    for example in EXAMPLES:
        asked = {finding.rule for finding in TRIED[example.name].assessment.findings}
        # The first gate that does not open is all that is told of a case.
        assert set(example.shows) <= set(RULE_NAMES), example.name
        assert set(example.shows) <= asked, example.name


def test_every_reason_code_that_the_rules_give_has_an_example() -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in (CONFIG.parent / "robots" / "rules").glob("*.py"))
    given = {ReasonCode[name] for name in re.findall(r"ReasonCode\.([A-Z_]+)", written)}

    assert given == {code for tried in TRIED.values() for code in tried.assessment.codes}


def test_no_example_holds_anything_like_a_personal_number() -> None:
    text = (CONFIG / "examples.yaml").read_text(encoding="utf-8")

    assert re.findall(r"\d{6,8}[-+]?\d{4}(?!\d)", text) == []
    for tried in TRIED.values():
        case = examples.case_file(tried.example.name, tried.example.household)
        assert not re.search(r"\d{8}[-+]?\d{4}", str(to_record(CaseFile, case)))


def test_the_case_file_of_an_example_can_be_assessed_as_a_file() -> None:
    for example in EXAMPLES:
        case = examples.case_file(example.name, example.household)
        assert from_record(CaseFile, to_record(CaseFile, case)) == case


WRONG_OUTCOMES: dict[str, Callable[[Expected], Expected]] = {
    "amount": lambda one: replace(one, amount=Decimal(1)),
    "no calculation": lambda one: replace(one, amount=None),
    "codes": lambda one: replace(one, codes=(ReasonCode.ASSET,)),
    "ending": lambda one: replace(one, mode=Mode.PROPOSE),
    "decision": lambda one: replace(one, decision_type=DecisionType.REJECTION),
}


@pytest.mark.parametrize("change", WRONG_OUTCOMES.values(), ids=WRONG_OUTCOMES.keys())
def test_an_outcome_other_than_the_expected_one_is_seen(change: Callable[[Expected], Expected]) -> None:
    example = EXAMPLES[0]
    tried: Tried = examples.try_out(replace(example, expected=change(example.expected)), LAW, DELEGATION)

    assert TRIED[example.name].is_as_expected
    assert not tried.is_as_expected


def _file(folder: Path, *changes: tuple[str, str], household: str = "{month: 2026-03, adults: 1}", expected: str = "") -> Path:
    outcome = expected or "{ending: decide, decision: bifall, amount: 5220}"
    text = f"schema: 1\nexamples:\n  - {{name: one, sv: Ett, en: One, shows: [calculate], household: {household}, expected: {outcome}}}\n"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "examples.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_household_of_two_lines_is_a_whole_case(tmp_path: Path) -> None:
    (example,) = examples.load(_file(tmp_path))

    assert examples.try_out(example, LAW, DELEGATION).is_as_expected


WRONG_HOUSEHOLDS = {
    "no month": ("{month: mars, adults: 1}", "must be a month such as 2026-11"),
    "nobody": ("{month: 2026-03, adults: 0}", "must be 1 or 2"),
    "three adults": ("{month: 2026-03, adults: 3}", "must be at most 2"),
    "unknown key": ("{month: 2026-03, adults: 1, pets: 2}", "unknown key"),
    "single who cohabits": ("{month: 2026-03, adults: 1, living: sambo}", "says how two adults live"),
    "child without age": ("{month: 2026-03, adults: 1, children: [{days: 3}]}", "needs age"),
    "child with age and day of birth": ("{month: 2026-03, adults: 1, children: [{age: 3, born: 2023-01-01}]}", "and not both"),
    "days of a child that always stays": ("{month: 2026-03, adults: 1, children: [{age: 3, days: 9}]}", "needs days when"),
    "visit without days": ("{month: 2026-03, adults: 1, children: [{age: 3, residence: umgänge}]}", "needs days when"),
    "payment by nobody": ("{month: 2026-03, adults: 1, incomes: [{kind: a, stated: 1, registered: 1, last: 1}]}", "needs agency"),
    "agency that paid nothing": (
        "{month: 2026-03, adults: 1, incomes: [{kind: a, stated: 1, registered: null, agency: FK, last: 1}]}",
        "needs agency",
    ),
    "fact that there is not": ("{month: 2026-03, adults: 1, differs: {case.pets: 2}}", "no fact of a case file stands there"),
    "reference as a fact": ("{month: 2026-03, adults: 1, differs: {application.reference: X}}", "no fact of a case file stands there"),
    "fact with a key of its own": ("{month: 2026-03, adults: 1, differs: {case.children: []}}", "a key of the household of its own"),
    "value of another type": ("{month: 2026-03, adults: 1, differs: {case.is_open: perhaps}}", "must be true or false"),
    "unknown for no reason": ("{month: 2026-03, adults: 1, unknown: {case.is_open: ASSET}}", "must be SRC-DOWN or UNREADABLE"),
    "unknown fact that there is not": ("{month: 2026-03, adults: 1, unknown: {case.pets: SRC-DOWN}}", "no fact of a case file stands there"),
}


@pytest.mark.parametrize(("household", "said"), WRONG_HOUSEHOLDS.values(), ids=WRONG_HOUSEHOLDS.keys())
def test_mistake_in_a_household_is_named_with_its_line(tmp_path: Path, household: str, said: str) -> None:
    path = _file(tmp_path, household=household)
    with pytest.raises(SettingsInvalid) as caught:
        examples.load(path)

    assert f"{path}:3: examples[0]" in str(caught.value)
    assert said in str(caught.value)


WRONG_EXAMPLES = {
    "name in words": (("name: one", "name: One example"), "must be of small letters"),
    "one language": ((", en: One", ""), "the key en is missing"),
    "no rule": (("shows: [calculate]", "shows: []"), "at least one member"),
    "misspelt rule": (("shows: [calculate]", "shows: [calculates]"), "no rule has that name"),
    "decision left out": (("decision: bifall, ", ""), "needs decision"),
    "unknown code": (("amount: 5220", "amount: 5220, codes: [INC]"), "must be one of"),
    "other schema": (("schema: 1", "schema: 2"), "reads schema 1 only"),
}


@pytest.mark.parametrize(("change", "said"), WRONG_EXAMPLES.values(), ids=WRONG_EXAMPLES.keys())
def test_mistake_in_an_example_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        examples.load(_file(tmp_path, change))

    assert said in str(caught.value)


def test_two_examples_of_one_name_are_a_mistake(tmp_path: Path) -> None:
    path = _file(tmp_path)
    text = path.read_text(encoding="utf-8")
    path.write_text(text + text.splitlines()[-1] + "\n", encoding="utf-8")

    with pytest.raises(SettingsInvalid, match="another example has that name"):
        examples.load(path)


def test_the_check_of_the_configuration_lists_mistakes_in_the_examples_beside_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("config", "selectors"):
        shutil.copytree(CONFIG.parent / folder, tmp_path / folder)
    for name, old, new in (("examples.yaml", "adults: 1}", "adults: 7}"), ("guidelines.yaml", "member_from_days: 15", "member_from_days: many")):
        path = tmp_path / "config" / name
        path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["kollega", "check", "--root", str(tmp_path)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    listed = capsys.readouterr().err.splitlines()

    assert ended.value.code == SettingsInvalid.exit_code
    assert len(listed) == 2
    assert [Path(line.partition(":")[0]).name for line in listed] == ["guidelines.yaml", "examples.yaml"]
