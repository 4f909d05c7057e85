"""Who may decide: the register's lines, and the bans that no register lifts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robots.assessment import Answer, Assessment, Basis, DecisionType, Finding, Mode, RunMode
from robots.authority import BANNED, MATRIX, Automation, Delegation, DelegationLine, authority_over, decision_type_of, who_decides
from robots.case import AppliedExpense, Month, Party, Payment, StatedIncome
from robots.errors import ReasonCode, SettingsInvalid
from robots.rules import assess
from robots.statutes import Statutes
from robots.texts import Texts
from tests.case_files import CONFIG, DELEGATION, LAW, PARAMETERS, PAY_DAY, SWEDISH, kronor, last, single, with_application, with_benefits, with_record

TODAY = date(2026, 11, 21)
BEFORE_AUTOMATION = date(2022, 6, 30)

FIRST_DAY, LAST_DAY = date(2015, 1, 1), date(2030, 12, 31)
AUTOMATED_FROM = date(2022, 7, 1)

#: sections as decisions cite them: those of the law, what is nearly one of them, and anything else
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
    " 12 kap. 1 § SoL",
    "12 kap. 1 § SoL ",
    "SoL 12 kap. 1 §",
    "12 kap. 1 §",
    "",
)
#: the same as a file of sections has them
CITATIONS = (
    "SoL 12 kap. 1 §",
    "SoL 12 kap. 2 §",
    "SoL 12 kap. 5 §",
    "SoL 33 kap. 1–6 §§",
    "SoL 4 kap. 1 §",
    "SoL 4 kap. 2 §",
    "FL 23 §",
    "SoL  12 kap. 1 §",
    "12 kap. 1 § SoL",
    "SoL",
    "",
)

# Each strategy is made once: making it anew for every draw takes most of the time.
days = st.integers(FIRST_DAY.toordinal(), LAST_DAY.toordinal()).map(date.fromordinal)
last_days = st.none() | days
citations = st.none() | st.sampled_from(CITATIONS) | st.text(max_size=20)
lines = st.builds(
    DelegationLine,
    decision_type=st.sampled_from(DecisionType),
    section=st.sampled_from(SECTIONS) | st.text(max_size=20),
    mode=st.sampled_from(Mode),
    valid_from=days,
    valid_until=last_days,
    minute=st.sampled_from(("AMN 2022-06-15 § 61", "§ 1", "12 kap. 1 § SoL", " ", "")),
)
#: a board that leaves everything to the robot for ever
always_everything = replace(
    DELEGATION,
    lines=tuple(
        DelegationLine(decision_type=one, section=section, mode=Mode.DECIDE, valid_from=date(2015, 1, 1), valid_until=None, minute="§ 1")
        for one in DecisionType
        for section in SECTIONS
    ),
)


registers = st.lists(lines, max_size=8).map(lambda found: replace(DELEGATION, lines=tuple(found))) | st.just(always_everything) | st.just(DELEGATION)


def _month_of(day: date) -> Month:
    return Month(year=day.year, month=day.month)


@st.composite
def misnumbered(draw: st.DrawFn) -> Delegation:
    """Return a register with a file of sections that has any text for any subject, on any days."""
    register = draw(registers)
    changed = {}
    for subject, parameter in register.sections.items():
        citation = draw(citations)
        if citation is not None:
            value = replace(parameter.newest, valid_from=draw(days), valid_until=draw(last_days), value=citation)
            changed[subject] = replace(parameter, values=(value,))
    return replace(register, sections={**register.sections, **changed})


any_register = registers | misnumbered()


@settings(max_examples=600, deadline=None)
@given(register=any_register, decision_type=st.sampled_from(DecisionType), on=days)
def test_no_configuration_lets_the_robot_decide_but_by_a_line_for_what_may_be_automated(
    register: Delegation, decision_type: DecisionType, on: date
) -> None:
    authority = authority_over(decision_type, register, on)

    if decision_type in BANNED:
        assert authority.mode is Mode.HAND_OFF
        assert authority.codes == (ReasonCode.LAW,)
    if on < AUTOMATED_FROM:
        assert authority.mode is not Mode.DECIDE
    if authority.mode is not Mode.HAND_OFF:
        assert decision_type in {DecisionType.GRANT, DecisionType.GRANT_WITH_SPECIAL_COSTS, DecisionType.PARTIAL_GRANT, DecisionType.REJECTION}
        assert authority.section in {"12 kap. 1 § SoL", "4 kap. 1 § SoL"}
        holding = [one for one in register.lines if (one.decision_type, one.section) == (decision_type, authority.section) and one.holds_on(on)]
        assert authority.mode is not Mode.DECIDE or (holding and all(one.mode is Mode.DECIDE for one in holding))
        # Without a line only a grant is prepared for a person to decide.
        assert holding or decision_type in {DecisionType.GRANT, DecisionType.GRANT_WITH_SPECIAL_COSTS}


@pytest.mark.parametrize("citation", ["SoL 12 kap. 2 §", "SoL 4 kap. 2 §"])
@settings(max_examples=100, deadline=None)
@given(register=any_register, on=days)
def test_nothing_under_the_section_of_further_assistance_is_ever_the_robots(citation: str, register: Delegation, on: date) -> None:
    everywhere = _with_section(register, citation)

    for decision_type in DecisionType:
        authority = authority_over(decision_type, everywhere, on)
        assert (authority.mode, authority.codes) == (Mode.HAND_OFF, (ReasonCode.LAW,))


@settings(max_examples=300, deadline=None)
@given(
    register=any_register,
    on=days,
    month=days.map(_month_of),
    case=st.sampled_from(("granted", "special", "partial", "refused")),
    is_sampled=st.booleans(),
)
def test_only_a_run_that_decides_decides(register: Delegation, on: date, month: Month, case: str, is_sampled: bool) -> None:
    assessment = _applied_for(month, _sampled(CASES[case]) if is_sampled else CASES[case])
    by_mode = {run_mode: who_decides(assessment, register, on, run_mode) for run_mode in RunMode}

    # A shadow run is told what a run that decides would do; that it writes nothing is seen to where the case is handled.
    assert by_mode[RunMode.SHADOW] == by_mode[RunMode.DECIDE]
    proposing, deciding = by_mode[RunMode.PROPOSE], by_mode[RunMode.DECIDE]
    assert deciding.mode is not Mode.DECIDE or on > month.previous.last_day
    assert proposing.mode is (Mode.PROPOSE if deciding.mode is Mode.DECIDE else deciding.mode)
    if is_sampled:
        assert deciding.mode is not Mode.DECIDE
        assert deciding.codes[0] is ReasonCode.SAMPLE
    assert (proposing.section, proposing.decision_type, proposing.codes) == (deciding.section, deciding.decision_type, deciding.codes)


@settings(max_examples=200, deadline=None)
@given(decision_type=st.sampled_from(DecisionType), on=st.dates(date(2017, 1, 1), LAST_DAY), valid_from=days, valid_until=last_days)
def test_robot_acts_on_the_days_of_the_line_and_on_no_other(
    decision_type: DecisionType, on: date, valid_from: date, valid_until: date | None
) -> None:
    section = DELEGATION.section_of(decision_type, on)
    line = DelegationLine(
        decision_type=decision_type, section=section, mode=Mode.DECIDE, valid_from=valid_from, valid_until=valid_until, minute="AMN § 1"
    )
    holds = valid_from <= on and (valid_until is None or on <= valid_until)
    authority = authority_over(decision_type, replace(DELEGATION, lines=(line,)), on)

    assert (authority.ground == "AMN § 1" or authority.ground in {"ground.before_automation", "ground.refused_in_part"}) is (
        holds and decision_type not in BANNED
    )
    assert authority.mode is not Mode.DECIDE or holds


@settings(max_examples=100, deadline=None)
@given(register=any_register, on=days)
def test_case_with_a_code_is_never_the_robots(register: Delegation, on: date) -> None:
    assessment = _assessed(attachments=("a",))
    authority = who_decides(assessment, register, on)
    assert (authority.mode, authority.codes) == (Mode.HAND_OFF, assessment.codes)


@settings(max_examples=50, deadline=None)
@given(on=days)
def test_without_lines_grants_are_proposed_and_everything_else_goes_to_a_person(on: date) -> None:
    """The way of 2018: the robot prepares a grant, and a person decides it."""
    empty = replace(DELEGATION, lines=())
    for decision_type in DecisionType:
        authority = authority_over(decision_type, empty, on)
        is_grant = decision_type in {DecisionType.GRANT, DecisionType.GRANT_WITH_SPECIAL_COSTS} and bool(authority.section)
        assert authority.mode is (Mode.PROPOSE if is_grant else Mode.HAND_OFF)
        assert bool(authority.codes) is not is_grant


def test_a_line_that_hands_off_keeps_the_robot_from_proposing() -> None:
    line = replace(DELEGATION.lines[1], mode=Mode.HAND_OFF)
    authority = authority_over(DecisionType.GRANT, replace(DELEGATION, lines=(line,)), TODAY)
    assert (authority.mode, [code.value for code in authority.codes]) == (Mode.HAND_OFF, ["DELEG"])


def _assessed(**changes: object) -> Assessment:
    case = with_application(single(), **changes)
    return assess(with_record(case, last_calculation=last(incomes=((Party.APPLICANT, "gåva", 9000),)) if "incomes" in changes else last()), LAW)


SURPLUS = StatedIncome(party=Party.APPLICANT, kind="gåva", paid_on=PAY_DAY, amount=kronor(9000))
MEDICINE = AppliedExpense(kind="medicin", amount=kronor(100))


def _in_part(assessment: Assessment) -> Assessment:
    """Return the assessment as if a rule had approved less than was applied for without asking anybody."""
    calculation = assessment.calculation
    assert calculation is not None
    expenses = tuple(replace(one, approved_amount=one.applied_amount - 1) for one in calculation.expenses)
    return replace(assessment, calculation=replace(calculation, expenses=expenses))


CASES = {
    "granted": _assessed(),
    "special": _assessed(expenses=(MEDICINE,)),
    "partial": _in_part(_assessed(expenses=(MEDICINE,))),
    "refused": _assessed(incomes=(SURPLUS,)),
}


def _applied_for(month: Month, assessment: Assessment) -> Assessment:
    """Return the assessment as if it were of an application for that month."""
    assert assessment.calculation is not None
    return replace(assessment, month=month, calculation=replace(assessment.calculation, month=month))


def _sampled(assessment: Assessment) -> Assessment:
    """Return the assessment of the same case, drawn for a sample."""
    drawn = Finding(
        rule="case_is_not_sampled", answer=Answer.NOT_MET, basis=Basis(law=""), codes=(ReasonCode.SAMPLE,), text="reason.SAMPLE", values={}
    )
    return replace(assessment, findings=(*assessment.findings, drawn))


def test_cases_to_try_are_one_of_each_decision_that_a_calculation_leads_to() -> None:
    assert {name: decision_type_of(one.calculation) for name, one in CASES.items()} == {
        "granted": DecisionType.GRANT,
        "special": DecisionType.GRANT_WITH_SPECIAL_COSTS,
        "partial": DecisionType.PARTIAL_GRANT,
        "refused": DecisionType.REJECTION,
    }
    assert all(one.codes == () for one in CASES.values())


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
    authority = who_decides(CASES["special"], DELEGATION, on=TODAY)
    assert (authority.mode, authority.decision_type) == (Mode.PROPOSE, DecisionType.GRANT_WITH_SPECIAL_COSTS)


def test_surplus_goes_to_a_person_for_want_of_delegation() -> None:
    authority = who_decides(CASES["refused"], DELEGATION, on=TODAY)

    assert (authority.mode, authority.decision_type, [code.value for code in authority.codes]) == (Mode.HAND_OFF, DecisionType.REJECTION, ["DELEG"])


def test_refusal_that_the_board_has_delegated_is_decided() -> None:
    authority = who_decides(CASES["refused"], always_everything, on=TODAY)
    assert (authority.mode, authority.ground, authority.codes) == (Mode.DECIDE, "§ 1", ())


@pytest.mark.parametrize("on", [TODAY, date(2026, 10, 30)], ids=["control month over", "not over"])
@pytest.mark.parametrize(("stated", "mode"), [(12_070, Mode.DECIDE), (12_069, Mode.PROPOSE), (0, Mode.PROPOSE)])
def test_refusal_that_rests_on_what_only_a_register_has_said_is_not_decided(stated: int, mode: Mode, on: date) -> None:
    paid = Payment(kind="aktivitetsstöd", paid_on=PAY_DAY, net_amount=kronor(12_070))
    income = StatedIncome(party=Party.APPLICANT, kind="aktivitetsstöd", paid_on=PAY_DAY, amount=kronor(stated))
    case = with_benefits(with_application(single(), incomes=(income,) if stated else ()), insurance_payments=(paid,))
    assessment = assess(with_record(case, last_calculation=last(incomes=((Party.APPLICANT, "aktivitetsstöd", 12_070),))), LAW)
    authority = who_decides(assessment, always_everything, on)

    assert assessment.codes == ()
    assert authority.decision_type is DecisionType.REJECTION
    if mode is Mode.PROPOSE:
        # Of two grounds the one that asks something of a person is told.
        assert (authority.mode, authority.ground) == (Mode.PROPOSE, "ground.not_communicated")
    else:
        assert (authority.mode, authority.ground) == ((Mode.DECIDE, "§ 1") if on == TODAY else (Mode.PROPOSE, NOT_OVER))


def test_grant_in_part_is_proposed_at_most_since_a_person_must_say_what_is_not_approved() -> None:
    authority = who_decides(CASES["partial"], always_everything, on=TODAY)
    assert (authority.mode, authority.ground) == (Mode.PROPOSE, "ground.refused_in_part")


def test_run_that_proposes_says_that_this_is_why_it_does_not_decide() -> None:
    authority = who_decides(CASES["granted"], DELEGATION, TODAY, RunMode.PROPOSE)
    assert (authority.mode, authority.ground, authority.codes) == (Mode.PROPOSE, "ground.run_proposes", ())


@pytest.mark.parametrize("run_mode", RunMode)
def test_sampled_case_is_proposed_and_keeps_its_code(run_mode: RunMode) -> None:
    authority = who_decides(_sampled(CASES["granted"]), DELEGATION, TODAY, run_mode)
    assert (authority.mode, authority.ground, authority.codes) == (Mode.PROPOSE, "ground.sampled", (ReasonCode.SAMPLE,))


NOT_OVER = "ground.control_month_not_over"


@pytest.mark.parametrize(
    ("month", "on", "ground"),
    [
        (Month(year=2026, month=11), date(2026, 10, 25), NOT_OVER),
        (Month(year=2026, month=11), date(2026, 10, 31), NOT_OVER),
        (Month(year=2026, month=11), date(2026, 11, 1), "AMN 2025-05-21 § 48"),
        (Month(year=2026, month=1), date(2025, 12, 31), NOT_OVER),
        (Month(year=2026, month=1), date(2026, 1, 1), "AMN 2025-05-21 § 48"),
        (Month(year=2026, month=1), date(2025, 11, 30), NOT_OVER),
    ],
)
@pytest.mark.parametrize("run_mode", [RunMode.DECIDE, RunMode.SHADOW])
def test_case_is_only_proposed_until_the_month_whose_incomes_count_is_over(month: Month, on: date, ground: str, run_mode: RunMode) -> None:
    authority = who_decides(_applied_for(month, CASES["granted"]), DELEGATION, on, run_mode)
    assert (authority.mode, authority.ground, authority.codes) == (Mode.PROPOSE if ground == NOT_OVER else Mode.DECIDE, ground, ())


def test_whatever_else_keeps_the_robot_from_deciding_does_so_before_the_control_month_is_over_too() -> None:
    on = date(2026, 10, 30)
    by_line = replace(DELEGATION, lines=tuple(replace(line, mode=Mode.PROPOSE) for line in DELEGATION.lines))
    sampled = who_decides(_sampled(CASES["granted"]), DELEGATION, on)
    found = {
        "refusal": who_decides(CASES["refused"], DELEGATION, on),
        "delegated refusal": who_decides(CASES["refused"], always_everything, on),
        "run that proposes": who_decides(CASES["granted"], DELEGATION, on, RunMode.PROPOSE),
        "line that proposes": who_decides(CASES["granted"], by_line, on),
    }

    assert (sampled.mode, sampled.ground, sampled.codes) == (Mode.PROPOSE, NOT_OVER, (ReasonCode.SAMPLE,))
    assert {name: (one.mode, one.ground) for name, one in found.items()} == {
        "refusal": (Mode.HAND_OFF, "ground.no_line"),
        "delegated refusal": (Mode.PROPOSE, NOT_OVER),
        "run that proposes": (Mode.PROPOSE, NOT_OVER),
        "line that proposes": (Mode.PROPOSE, "AMN 2025-05-21 § 48"),
    }


def test_sampled_case_without_a_line_goes_to_a_person() -> None:
    authority = who_decides(_sampled(CASES["refused"]), DELEGATION, TODAY)
    assert (authority.mode, authority.codes) == (Mode.HAND_OFF, (ReasonCode.SAMPLE, ReasonCode.DELEG))


def test_sampled_case_with_something_else_to_judge_goes_to_a_person() -> None:
    authority = who_decides(_sampled(_assessed(attachments=("a",))), DELEGATION, TODAY)
    assert (authority.mode, authority.codes) == (Mode.HAND_OFF, (ReasonCode.ATTACH, ReasonCode.SAMPLE))


# --- the matrix -------------------------------------------------------------------------------------------------------


def test_matrix_has_every_kind_of_decision_once() -> None:
    assert sorted(row.decision_type for row in MATRIX) == sorted(DecisionType)


def test_what_the_law_bars_or_leaves_unclear_is_banned_and_nothing_is_suggested_beyond_the_most() -> None:
    boldness = (Mode.HAND_OFF, Mode.PROPOSE, Mode.DECIDE)
    for row in MATRIX:
        assert (row.most is Mode.HAND_OFF) is (row.may_be_automated is not Automation.YES), row
        assert boldness.index(row.suggested) <= boldness.index(row.most), row


def test_matrix_cites_sections_that_are_in_force() -> None:
    statutes = Statutes.load(CONFIG / "statutes.yaml")
    for row in MATRIX:
        assert statutes.section(row.law, TODAY).holds_on(TODAY), row


@pytest.mark.parametrize("texts", [SWEDISH, Texts.load(CONFIG / "texts", "en")])
def test_matrix_gives_its_reasons_in_words(texts: Texts) -> None:
    for row in MATRIX:
        assert texts.say(row.text).endswith(".")
        assert texts.say(f"automation.{row.may_be_automated}")
        assert texts.say(f"decision.{row.decision_type}")


@pytest.mark.parametrize("on", [AUTOMATED_FROM, date(2025, 6, 30), date(2025, 7, 1), TODAY])
def test_delegation_as_delivered_is_what_the_matrix_suggests(on: date) -> None:
    assert {row.decision_type: authority_over(row.decision_type, DELEGATION, on).mode for row in MATRIX} == {
        row.decision_type: row.suggested for row in MATRIX
    }


@pytest.mark.parametrize(
    ("on", "mode", "section"),
    [
        (date(2022, 6, 30), Mode.PROPOSE, "4 kap. 1 § SoL"),
        (date(2022, 7, 1), Mode.DECIDE, "4 kap. 1 § SoL"),
        (date(2025, 6, 30), Mode.DECIDE, "4 kap. 1 § SoL"),
        (date(2025, 7, 1), Mode.DECIDE, "12 kap. 1 § SoL"),
    ],
)
def test_line_and_section_are_those_of_the_day_of_the_decision(on: date, mode: Mode, section: str) -> None:
    # A month whose control month is over, whichever the day: until it is, nothing is decided under any section.
    authority = who_decides(_applied_for(_month_of(on), _assessed()), DELEGATION, on=on)
    assert (authority.mode, authority.section) == (mode, section)


def test_before_automated_decisions_were_allowed_a_line_to_decide_only_proposes() -> None:
    authority = authority_over(DecisionType.GRANT, always_everything, BEFORE_AUTOMATION)
    assert (authority.mode, authority.ground) == (Mode.PROPOSE, "ground.before_automation")


def test_line_for_another_section_does_not_hold() -> None:
    line = replace(DELEGATION.lines[1], section="12 kap. 5 § SoL")
    authority = authority_over(DecisionType.GRANT, replace(DELEGATION, lines=(line,)), TODAY)
    assert (authority.mode, authority.ground) == (Mode.PROPOSE, "ground.no_line")


@pytest.mark.parametrize(("valid_until", "mode"), [(TODAY, Mode.DECIDE), (date(2026, 11, 20), Mode.PROPOSE), (None, Mode.DECIDE)])
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
    "banned": ("decision: bifall,", "decision: återkrav,", "lines[0].mode: the robot may at most hand off this kind of decision"),
    "too bold": ("decision: bifall,", "decision: delavslag,", "lines[0].mode: the robot may at most propose this kind of decision"),
    "section": ("12 kap. 1 § SoL", "12 kap. 2 § SoL", "lines[1].section: must be one of 12 kap. 1 § SoL and 4 kap. 1 § SoL"),
    "before the law": ("from: 2022-07-01", "from: 2022-06-30", "lines[0].from: before 2022-07-01 no board could leave decisions to a machine"),
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
