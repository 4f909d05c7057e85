"""The follow-up's figures, each worked out by hand on a small casebook, and intervals held against published ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from robots.assessment import DecisionType, Ending, Mode
from robots.board_report.agreement import Rate, wilson
from robots.board_report.decisions import Decided, Decision, Key
from robots.board_report.figures import Figures, figures
from robots.board_report.material import read
from robots.case import Month
from robots.casebook import Casebook, tables
from robots.casebook.answers import AnswerKind, AnswerState
from robots.errors import ReasonCode
from robots.exception_queue.deadlines import due_on
from robots.report_settings import ReportSettings
from tests.board_report.laid_out import ASSESSMENT, Laid, lay_out, noon
from tests.postgres import postgres, program

#: Tuesday the sixth is Epiphany, so that Wednesday is the second working day after Friday and after Saturday
FRIDAY, SATURDAY, MONDAY, WEDNESDAY = (date(2026, 1, day) for day in (2, 3, 5, 7))
NEXT_MONDAY = date(2026, 1, 12)
FEBRUARY = date(2026, 2, 2)
TODAY = date(2026, 2, 20)
GRANT = DecisionType.GRANT.value
SETTINGS = ReportSettings()

PROPOSED = Laid(number=0, came_in=FRIDAY, ended=FRIDAY, ending=Ending.PROPOSED)
HANDED_OFF = Laid(number=0, came_in=FRIDAY, ended=FRIDAY, ending=Ending.HANDED_OFF, codes=("INC-NEW",))
AS_PROPOSED, OTHERWISE, HANDLED, BACK = AnswerKind.AS_PROPOSED, AnswerKind.OTHERWISE, AnswerKind.HANDLED, AnswerKind.BACK

#: Eight cases of January and two of February.
CASES = (
    # Decided on the next working day, on the day itself, and on Wednesday: two working days after Friday, as Tuesday is Epiphany.
    Laid(number=1, came_in=FRIDAY, ended=MONDAY),
    Laid(number=2, came_in=MONDAY, ended=MONDAY),
    Laid(number=3, came_in=FRIDAY, ended=WEDNESDAY),
    # Answered as proposed on Monday, and otherwise on Wednesday: one working day after Saturday, and two.
    replace(PROPOSED, number=4, came_in=SATURDAY, ended=SATURDAY, answers=((AS_PROPOSED, MONDAY),)),
    replace(PROPOSED, number=5, came_in=SATURDAY, ended=SATURDAY, codes=("SAMPLE",), answers=((OTHERWISE, WEDNESDAY),)),
    # Nobody has answered: late, as its day is past.
    replace(PROPOSED, number=6, codes=("SAMPLE",)),
    # Handed off for two reasons, corrected, given back, and decided by the robot.
    Laid(number=7, came_in=FRIDAY, ended=MONDAY, answers=((BACK, MONDAY),), corrected=("days_away",), codes_before=("STAY", "INC-NEW")),
    # Protected: of the other reason nothing is told.
    replace(HANDED_OFF, number=8, codes=("PROTECTED", "INC-NEW"), answers=((HANDLED, NEXT_MONDAY),)),
    replace(HANDED_OFF, number=9, came_in=FEBRUARY, ended=FEBRUARY, codes=("SRC-DOWN", "OUTCOME-UNKNOWN")),
    # Came in yesterday, not ended: its day has not come.
    Laid(number=10, came_in=date(2026, 2, 19), ended=None),
)


def reckoned(place: Path | str, *, shadow: Path | str | None = None, decisions: dict[Key, Decision] | None = None, **changes: Any) -> Figures:
    """Return the figures of a casebook."""
    material = read(place, shadow, months=changes.get("months"), decisions=decisions or {})
    return figures(material, SETTINGS, promise_working_days=1, today=TODAY, go_live_types=(GRANT,), months=changes.get("months"))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Figures:
    book = tmp_path_factory.mktemp("small") / "casebook.sqlite"
    lay_out(book, CASES)
    return reckoned(book)


# --- the small casebook -----------------------------------------------------------------------------------------------


def test_applications_are_counted_by_month_and_ending(small: Figures) -> None:
    assert small.months == (Month(year=2026, month=1), Month(year=2026, month=2))
    assert small.by_month.loc["2026-01"].to_dict() == {"received": 8, "decided": 4, "proposed": 3, "handed off": 1, "open": 0}
    assert small.by_month.loc["2026-02"].to_dict() == {"received": 2, "decided": 0, "proposed": 0, "handed off": 1, "open": 1}
    assert small.received == 10
    assert small.unanswered == 1


def test_a_case_counts_under_each_of_its_reasons_and_a_protected_one_under_none_but_that(small: Figures) -> None:
    assert small.reasons["cases"].to_dict() == {"OUTCOME-UNKNOWN": 1, "SRC-DOWN": 1, "STAY": 1, "INC-NEW": 1, "SAMPLE": 2, "PROTECTED": 1}
    assert list(small.reasons.index) == ["OUTCOME-UNKNOWN", "SRC-DOWN", "STAY", "INC-NEW", "SAMPLE", "PROTECTED"]
    assert small.reasons.loc["SRC-DOWN", "2026-02"] == 1
    # Numbers 4 to 9: four proposals and hand-offs of January, that of February, and the one that was given back.
    assert (small.came_to_person, small.decided_afterwards) == (6, 1)


def test_lead_times_are_working_days_and_what_nobody_answers_is_late_when_its_day_is_past(small: Figures) -> None:
    lead = small.lead_times
    # Numbers 1 and 7 took one day, 2 none, 3 two.
    assert lead.loc["decided"].to_dict() == {"settled": 4, "within": 3, "late": 1, "not_due": 0, "median": 1, "slow": 2}
    # Number 4 took one day, 5 two, and 6 waits.
    assert lead.loc["proposed"].to_dict() == {"settled": 2, "within": 1, "late": 2, "not_due": 0, "median": 1.5, "slow": 2}
    # Number 8: Monday, Wednesday, Thursday, Friday and Monday; 9 waits.
    assert lead.loc["handed off"].to_dict() == {"settled": 1, "within": 0, "late": 2, "not_due": 0, "median": 5, "slow": 5}
    assert lead.loc["all", ["settled", "within", "late", "not_due"]].to_dict() == {"settled": 7, "within": 4, "late": 5, "not_due": 1}
    assert small.lead_by_month.to_dict("index") == {"2026-01": {"judged": 8, "within": 4}, "2026-02": {"judged": 1, "within": 0}}


def test_time_spared_is_cases_times_minutes_less_what_hand_offs_and_samples_cost(small: Figures) -> None:
    # 4 x 30 + 3 x 15 - 2 x 5 - 2 x 10 = 135 minutes.
    assert [(one.cases, one.minutes) for one in small.shares] == [(4, 30), (3, 15), (2, -5), (2, -10)]
    assert small.hours_spared == pytest.approx(135 / 60)
    # 165 / 2 - 30 x 1.5 and 165 x 1.5 - 30 / 2
    assert small.hours_if == pytest.approx((37.5 / 60, 232.5 / 60))


def test_answers_are_held_against_proposals_and_samples_tell_what_became_of_them(small: Figures) -> None:
    found = small.agreement
    assert found.all == found.go_live == found.by_origin["answer"] == Rate(decisions=2, agreed=1)
    assert found.by_code == {"": Rate(decisions=1, agreed=1), "SAMPLE": Rate(decisions=1, agreed=0)}
    assert found.by_rule["calculate"] == Rate(decisions=2, agreed=1)
    assert set(found.by_part) == {"incomes", "costs"}
    assert (small.samples.drawn, small.samples.as_proposed, small.samples.otherwise, small.samples.open) == (2, 0, 1, 1)


def test_corrections_are_counted_by_field_and_faults_by_case(small: Figures) -> None:
    assert small.corrections.to_dict() == {"days_away": 1}
    assert small.corrected_cases == 1
    assert small.faults == {ReasonCode.OUTCOME_UNKNOWN: 1, ReasonCode.ROBOT_FAULT: 0, ReasonCode.SRC_DOWN: 1}
    assert small.faulty_cases == 1


def test_only_applications_that_came_in_in_the_months_are_counted(tmp_path: Path) -> None:
    book = tmp_path / "casebook.sqlite"
    lay_out(book, CASES)
    months = (Month(year=2026, month=2), Month(year=2026, month=3))

    found = reckoned(book, months=months)

    assert list(found.by_month["received"]) == [2, 0]
    assert not found.agreement.all.decisions
    assert found.months == months


def test_where_there_is_no_casebook_there_are_no_cases_and_none_is_made(tmp_path: Path) -> None:
    found = reckoned(tmp_path / "casebook.sqlite", shadow=tmp_path / "shadow" / "casebook.sqlite")

    assert (found.received, found.months, found.hours_spared) == (0, None, 0)
    assert list(tmp_path.iterdir()) == []


def test_an_empty_casebook_gives_no_cases(tmp_path: Path) -> None:
    lay_out(tmp_path / "casebook.sqlite", ())

    assert reckoned(tmp_path / "casebook.sqlite").received == 0


@pytest.mark.parametrize("promise", [0, 1, 3, 10])
def test_the_promise_ends_on_the_day_on_which_the_robot_says_it_does(tmp_path: Path, promise: int) -> None:
    came_in = [date(2025, 12, day) for day in range(19, 32)] + [date(2026, 6, day) for day in range(15, 23)]
    due = [due_on(noon(day), promise) for day in came_in]
    lay_out(
        tmp_path / "kept.sqlite", [Laid(number=number, came_in=day, ended=end) for number, (day, end) in enumerate(zip(came_in, due, strict=True))]
    )
    late = [date.fromordinal(day.toordinal() + 1) for day in due]
    lay_out(
        tmp_path / "late.sqlite", [Laid(number=number, came_in=day, ended=end) for number, (day, end) in enumerate(zip(came_in, late, strict=True))]
    )

    for name, within in (("kept", len(came_in)), ("late", 0)):
        material = read(tmp_path / f"{name}.sqlite", None, months=None, decisions={})
        found = figures(material, SETTINGS, promise_working_days=promise, today=date(2026, 8, 1))
        assert int(found.lead_times["within"]["all"]) == within


@pytest.mark.parametrize(
    ("received_at", "month"),
    [
        # Midnight in Sweden is 23 in winter and 22 in summer by UTC.
        (datetime(2026, 1, 31, 22, 59, 59, 999999, tzinfo=UTC), "2026-01"),
        (datetime(2026, 1, 31, 23, 0, tzinfo=UTC), "2026-02"),
        (datetime(2026, 3, 31, 21, 59, 59, 999999, tzinfo=UTC), "2026-03"),
        (datetime(2026, 3, 31, 22, 0, tzinfo=UTC), "2026-04"),
    ],
)
def test_a_month_begins_and_ends_at_midnight_in_sweden(tmp_path: Path, received_at: datetime, month: str) -> None:
    book = tmp_path / "casebook.sqlite"
    lay_out(book, [Laid(number=1, came_in=FRIDAY, ended=date(2026, 6, 1))])
    change(book, tables.CASES.update().values(received_at=received_at))

    assert reckoned(book).by_month["received"].to_dict() == {month: 1}
    chosen = Month.parse(month)
    assert reckoned(book, months=(chosen, chosen)).received == 1
    assert reckoned(book, months=(chosen.previous, chosen.previous)).received == 0


def test_what_is_settled_after_midnight_in_sweden_is_settled_on_the_next_day(tmp_path: Path) -> None:
    book = tmp_path / "casebook.sqlite"
    lay_out(book, [Laid(number=1, came_in=FRIDAY, ended=MONDAY)])
    change(book, tables.CASES.update().values(ended_at=datetime(2026, 1, 5, 23, 30, tzinfo=UTC)))

    assert reckoned(book).lead_times.loc["decided", ["within", "late"]].to_dict() == {"within": 0, "late": 1}


def test_an_answer_before_the_case_was_begun_anew_settles_nothing(tmp_path: Path) -> None:
    lay_out(tmp_path / "casebook.sqlite", [replace(PROPOSED, number=1, ended=WEDNESDAY, answers=((OTHERWISE, MONDAY),))])

    found = reckoned(tmp_path / "casebook.sqlite")

    assert (found.unanswered, found.lead_times.loc["proposed", "settled"]) == (1, 0)
    assert found.agreement.all == Rate(decisions=1, agreed=0)


def test_an_answer_that_was_refused_is_none(tmp_path: Path) -> None:
    book = tmp_path / "casebook.sqlite"
    lay_out(book, [replace(PROPOSED, number=1, answers=((AS_PROPOSED, MONDAY),))])
    change(book, tables.ANSWERS.update().values(state=AnswerState.REFUSED))

    found = reckoned(book)

    assert (found.unanswered, found.agreement.all.decisions) == (1, 0)


def test_a_case_that_was_corrected_twice_is_one_with_two_corrections(tmp_path: Path) -> None:
    book = tmp_path / "casebook.sqlite"
    lay_out(book, [Laid(number=1, came_in=FRIDAY, ended=WEDNESDAY, answers=((BACK, MONDAY), (BACK, WEDNESDAY)), codes_before=("STAY",))])
    change(book, tables.ANSWERS.update().values(corrections=[["days_away", "-"]]))

    found = reckoned(book)

    assert (found.corrections.to_dict(), found.corrected_cases) == ({"days_away": 2}, 1)
    assert (found.reasons["cases"].to_dict(), found.came_to_person, found.decided_afterwards) == ({"STAY": 1}, 1, 1)


def change(book: Path, statement: sa.Update) -> None:
    """Change what lies in the casebook, where nobody could lay it out so."""
    with Casebook(book) as opened, opened.engine.begin() as connection:
        connection.execute(statement)


# --- what people decided, from a list ---------------------------------------------------------------------------------


def decided(number: int, amount: str, outcome: Decided = Decided.GRANT) -> dict[Key, Decision]:
    return {Key(f"EA-26-{number:05d}", "2026-01"): Decision(amount=Decimal(amount), outcome=outcome)}


def assessed(amount: str | None, **answers: str) -> dict[str, Any]:
    findings = [{"rule": rule, "answer": answer} for rule, answer in answers.items()]
    return {"findings": findings, "calculation": None if amount is None else {**ASSESSMENT["calculation"], "amount": amount}}


def test_a_shadow_run_is_held_against_the_list_and_never_against_the_robots_own_decisions(tmp_path: Path) -> None:
    book, shadow = tmp_path / "casebook.sqlite", tmp_path / "shadow.sqlite"
    # Number 1 was decided by the robot afterwards, 2 was left to people, and 3 to 6 are of the shadow run alone.
    lay_out(book, [Laid(number=1, came_in=FRIDAY, ended=FRIDAY), replace(PROPOSED, number=2)])
    lay_out(shadow, [Laid(number=number, came_in=FRIDAY, ended=FRIDAY) for number in range(1, 7)])
    listed = decided(1, "5000") | decided(2, "5000.40") | decided(3, "4999.50") | decided(4, "4999") | decided(5, "0", Decided.REJECTION)

    found = reckoned(book, shadow=shadow, decisions=listed | decided(99, "1"))

    # 2 and 3 are alike to the krona; 4 and 5 are not; nobody knows of 6.
    assert found.agreement.by_origin == {"list": Rate(decisions=1, agreed=1), "shadow": Rate(decisions=3, agreed=1)}
    assert (found.shadow_cases, found.listed, found.listed_known, found.listed_own) == (6, 6, 5, 1)


def test_an_answer_in_the_workbook_goes_before_the_list(tmp_path: Path) -> None:
    lay_out(tmp_path / "casebook.sqlite", [replace(PROPOSED, number=1, answers=((AS_PROPOSED, MONDAY),))])

    found = reckoned(tmp_path / "casebook.sqlite", decisions=decided(1, "1"))

    assert found.agreement.by_origin == {"answer": Rate(decisions=1, agreed=1)}


def test_another_kind_of_decision_is_another_one_whatever_the_amount(tmp_path: Path) -> None:
    lay_out(
        tmp_path / "casebook.sqlite", [replace(PROPOSED, number=1), replace(PROPOSED, number=2, decision_type=DecisionType.GRANT_WITH_SPECIAL_COSTS)]
    )

    found = reckoned(tmp_path / "casebook.sqlite", decisions=decided(1, "5000", Decided.PARTIAL_GRANT) | decided(2, "5000"))

    assert found.agreement.by_decision_type == {
        "bifall": Rate(decisions=1, agreed=0),
        "bifall med levnadskostnader i övrigt": Rate(decisions=1, agreed=1),
    }
    # Only full grants are to be delegated here.
    assert found.agreement.go_live == Rate(decisions=1, agreed=0)


def test_cases_that_rules_left_to_people_tell_by_rule_how_often_the_calculation_was_decided(tmp_path: Path) -> None:
    new_income = assessed("5000", case_continues="met", incomes_are_as_expected="not met", nothing_is_attached="undetermined")
    lay_out(
        tmp_path / "casebook.sqlite",
        [
            replace(HANDED_OFF, number=1, assessment=new_income),
            replace(HANDED_OFF, number=2, assessment=new_income),
            # Nothing was reckoned, protected, and one that failed on its way after it had perhaps been decided: of none anything is told.
            replace(HANDED_OFF, number=3, assessment=assessed(None, case_continues="not met")),
            replace(HANDED_OFF, number=4, codes=("PROTECTED",), assessment=new_income),
            replace(HANDED_OFF, number=5, codes=("SRC-DOWN",), left_to_it=Mode.DECIDE, assessment=new_income),
        ],
    )
    listed = decided(1, "5000") | decided(2, "3000") | decided(3, "5000") | decided(4, "5000") | decided(5, "5000")

    found = reckoned(tmp_path / "casebook.sqlite", decisions=listed).agreement

    assert found.left_by_code == {"INC-NEW": Rate(decisions=2, agreed=1)}
    half = Rate(decisions=2, agreed=1)
    assert found.left_by_rule == {"incomes_are_as_expected": half, "nothing_is_attached": half}
    assert not found.all.decisions


# --- intervals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agreed", "decisions", "low", "high"),
    # Newcombe, R. G. (1998), Two-sided confidence intervals for the single proportion, Statistics in Medicine 17, 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_that_are_published(agreed: int, decisions: int, low: float, high: float) -> None:
    assert wilson(agreed, decisions) == pytest.approx((low, high), abs=0.00005)
    # Of the others it is the same from the other end.
    assert wilson(decisions - agreed, decisions) == pytest.approx((1 - high, 1 - low), abs=0.00005)


def test_an_interval_of_nothing_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(7, 7)[1] == 1.0


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with postgres() as found:
        yield found


@pytest.mark.durable
@pytest.mark.skipif(program("initdb") is None, reason="PostgreSQL is not installed; make setup-tests installs it")
def test_figures_are_the_same_on_postgresql_and_a_schema_that_is_not_there_is_not_made(address: str, small: Figures) -> None:
    joint = "&" if "?" in address else "?"
    lay_out(f"{address}{joint}schema=kollega", CASES)

    found = reckoned(f"{address}{joint}schema=kollega", shadow=f"{address}{joint}schema=kollega_shadow")

    assert found.shadow_cases == 0
    for name in ("by_month", "reasons", "lead_times", "lead_by_month"):
        assert getattr(found, name).equals(getattr(small, name)), name
    assert found.agreement == small.agreement
    assert found.shares == small.shares
    # Asking twice would find what the first time had made.
    assert reckoned(address, shadow=f"{address}{joint}schema=kollega_shadow").received == 0
