"""Who may decide: the register's lines, and the bans that no register lifts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robots.assessment import Assessment, DecisionType, Mode
from robots.authority import BANNED, Delegation, DelegationLine, authority_over, decision_type_of, who_decides
from robots.case import AppliedExpense, Party, StatedIncome
from robots.errors import SettingsInvalid
from robots.rules import assess
from tests.case_files import CONFIG, DELEGATION, LAW, PARAMETERS, PAY_DAY, kronor, last, single, with_application, with_record

TODAY = date(2026, 11, 21)
BEFORE_AUTOMATION = date(2022, 6, 30)

SECTIONS = (
    "12 kap. 1 § SoL",
    "12 kap. 2 § SoL",
    "12 kap. 5 § SoL",
    "33 kap. 1–6 §§ SoL",
    "4 kap. 1 § SoL",
    "4 kap. 2 § SoL",
    "4 kap. 5 § SoL",
    "9 kap. SoL",
    "23 § FL",
    "",
)

lines = st.builds(
    DelegationLine,
    decision_type=st.sampled_from(DecisionType),
    section=st.sampled_from(SECTIONS),
    mode=st.sampled_from(Mode),
    valid_from=st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    valid_until=st.none() | st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    minute=st.text(max_size=20),
)
registers = st.lists(lines, max_size=8).map(lambda found: replace(DELEGATION, lines=tuple(found)))
#: a board that leaves everything to the robot for ever
always_everything = replace(
    DELEGATION,
    lines=tuple(
        DelegationLine(decision_type=one, section=section, mode=Mode.DECIDE, valid_from=date(2015, 1, 1), valid_until=None, minute="§ 1")
        for one in DecisionType
        for section in SECTIONS
    ),
)


@settings(max_examples=300, deadline=None)
@given(register=registers | st.just(always_everything), decision_type=st.sampled_from(DecisionType), on=st.dates(date(2015, 1, 1), date(2030, 1, 1)))
def test_no_register_lets_the_robot_make_a_banned_decision(register: Delegation, decision_type: DecisionType, on: date) -> None:
    authority = authority_over(decision_type, register, on)

    if decision_type in BANNED:
        assert authority.mode is Mode.HAND_OFF
        assert [code.value for code in authority.codes] == ["LAW"]
    if on < date(2022, 7, 1):
        assert authority.mode is not Mode.DECIDE
    if authority.mode is Mode.DECIDE:
        assert authority.section in {"12 kap. 1 § SoL", "12 kap. 5 § SoL", "4 kap. 1 § SoL", "4 kap. 5 § SoL"}
        assert any(line.decision_type is decision_type and line.mode is Mode.DECIDE and line.holds_on(on) for line in register.lines)


@settings(max_examples=100, deadline=None)
@given(register=registers | st.just(always_everything), on=st.dates(date(2015, 1, 1), date(2030, 1, 1)))
def test_case_with_a_code_is_never_the_robots(register: Delegation, on: date) -> None:
    assessment = _assessed(attachments=("a",))
    authority = who_decides(assessment, register, on)
    assert (authority.mode, authority.codes) == (Mode.HAND_OFF, assessment.codes)


@settings(max_examples=50, deadline=None)
@given(on=st.dates(date(2015, 1, 1), date(2030, 1, 1)))
def test_without_lines_everything_goes_to_a_person(on: date) -> None:
    empty = replace(DELEGATION, lines=())
    for decision_type in DecisionType:
        assert authority_over(decision_type, empty, on).mode is Mode.HAND_OFF


def _assessed(**changes: object) -> Assessment:
    case = with_application(single(), **changes)
    return assess(with_record(case, last_calculation=last(incomes=((Party.APPLICANT, "gåva", 9000),)) if "incomes" in changes else last()), LAW)


def test_full_grant_is_decided() -> None:
    authority = who_decides(_assessed(), DELEGATION, on=TODAY)
    assert (authority.mode, authority.decision_type, authority.section, authority.ground, authority.codes) == (
        Mode.DECIDE,
        DecisionType.GRANT,
        "12 kap. 1 § SoL",
        "AMN 2025-05-21 § 48",
        (),
    )


def test_grant_with_special_costs_is_proposed() -> None:
    authority = who_decides(_assessed(expenses=(AppliedExpense(kind="medicin", amount=kronor(100)),)), DELEGATION, on=TODAY)
    assert (authority.mode, authority.decision_type) == (Mode.PROPOSE, DecisionType.GRANT_WITH_SPECIAL_COSTS)


def test_surplus_goes_to_a_person_for_want_of_delegation() -> None:
    surplus = StatedIncome(party=Party.APPLICANT, kind="gåva", paid_on=PAY_DAY, amount=kronor(9000))
    assessment = _assessed(incomes=(surplus,))
    authority = who_decides(assessment, DELEGATION, on=TODAY)

    assert assessment.codes == ()
    assert (authority.mode, authority.decision_type, [code.value for code in authority.codes]) == (Mode.HAND_OFF, DecisionType.REJECTION, ["DELEG"])


@pytest.mark.parametrize(
    ("on", "mode", "section"),
    [
        (date(2022, 6, 30), Mode.HAND_OFF, "4 kap. 1 § SoL"),
        (date(2022, 7, 1), Mode.DECIDE, "4 kap. 1 § SoL"),
        (date(2025, 6, 30), Mode.DECIDE, "4 kap. 1 § SoL"),
        (date(2025, 7, 1), Mode.DECIDE, "12 kap. 1 § SoL"),
    ],
)
def test_line_and_section_are_those_of_the_day_of_the_decision(on: date, mode: Mode, section: str) -> None:
    authority = who_decides(_assessed(), DELEGATION, on=on)
    assert (authority.mode, authority.section) == (mode, section)


def test_before_automated_decisions_were_allowed_a_line_to_decide_only_proposes() -> None:
    assert authority_over(DecisionType.GRANT, always_everything, BEFORE_AUTOMATION).mode is Mode.PROPOSE


def test_line_for_another_section_does_not_hold() -> None:
    line = replace(DELEGATION.lines[1], section="12 kap. 5 § SoL")
    assert authority_over(DecisionType.GRANT, replace(DELEGATION, lines=(line,)), TODAY).mode is Mode.HAND_OFF


@pytest.mark.parametrize(("valid_until", "mode"), [(TODAY, Mode.DECIDE), (date(2026, 11, 20), Mode.HAND_OFF), (None, Mode.DECIDE)])
def test_line_holds_through_its_last_day(valid_until: date | None, mode: Mode) -> None:
    line = replace(DELEGATION.lines[1], valid_until=valid_until)
    assert authority_over(DecisionType.GRANT, replace(DELEGATION, lines=(line,)), TODAY).mode is mode


def _with_section(register: Delegation, section: str) -> Delegation:
    """Return the register as if every subject stood in that section of the law."""
    value = replace(register.sections["right"].newest, valid_from=date(2015, 1, 1), valid_until=None, value=section)
    return replace(register, sections={name: replace(one, values=(value,)) for name, one in register.sections.items()})


@pytest.mark.parametrize("decision_type", sorted(BANNED))
def test_banned_decision_stays_banned_though_the_file_of_sections_is_wrong(decision_type: DecisionType) -> None:
    assert authority_over(decision_type, _with_section(always_everything, "SoL 12 kap. 1 §"), TODAY).mode is Mode.HAND_OFF


@pytest.mark.parametrize("section", ["SoL 12 kap. 2 §", "SoL 4 kap. 2 §", "SoL 33 kap. 1–6 §§", "FL 23 §"])
def test_decision_that_can_not_be_appealed_in_the_ordinary_way_is_banned(section: str) -> None:
    for decision_type in DecisionType:
        authority = authority_over(decision_type, _with_section(always_everything, section), TODAY)
        assert (authority.mode, [code.value for code in authority.codes]) == (Mode.HAND_OFF, ["LAW"])


def test_of_two_lines_the_more_careful_counts() -> None:
    bold = DELEGATION.lines[1]
    careful = replace(bold, mode=Mode.PROPOSE)
    assert authority_over(DecisionType.GRANT, replace(DELEGATION, lines=(bold, careful)), TODAY).mode is Mode.PROPOSE


def test_case_without_a_calculation_is_never_the_robots() -> None:
    authority = who_decides(Assessment(reference="EA-26-00001", month=None, cited_on=None, findings=(), calculation=None), DELEGATION, on=TODAY)
    assert (authority.mode, bool(authority.codes)) == (Mode.HAND_OFF, True)
    assert decision_type_of(None) is DecisionType.GRANT


WRONG = {
    "decision": ("decision: bifall", "decision: beviljande", "lines[0].decision: must be one of"),
    "mode": ("mode: decide", "mode: always", "lines[0].mode: must be one of: decide, propose, hand off"),
    "date": ("from: 2022-07-01", "from: 2022-13-01", "there is no such day"),
    "date form": ("from: 2022-07-01", "from: 1 July 2022", "must be a date"),
    "end before start": ("until: 2025-06-30", "until: 2020-06-30", "ends before it begins"),
    "unknown key": ("minute:", "protocol:", "unknown key"),
    "missing minute": ('minute: "AMN 2022-06-15 § 61"', 'minute: ""', "must be a text"),
    "overlap": ("until: 2025-06-30", "until: null", ""),
    "schema": ("schema: 1", "schema: 2", "schema 1 only"),
}


@pytest.mark.parametrize(("old", "new", "said"), WRONG.values(), ids=WRONG.keys())
def test_mistake_in_the_register_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = CONFIG.joinpath("delegation.yaml").read_text(encoding="utf-8")
    if not said:
        text = text.replace("12 kap. 1 § SoL", "4 kap. 1 § SoL")
        said = "another line for the same decision and section"
    path = tmp_path / "delegation.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")

    with pytest.raises(SettingsInvalid) as caught:
        Delegation.load(path, PARAMETERS)

    assert said in str(caught.value)
    assert f"{path}:" in str(caught.value)
