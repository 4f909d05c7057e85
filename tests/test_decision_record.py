"""The decision record: complete, true to its rule set, and proof against exchange of what it names."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from robots.assessment import Assessment, Authority, Ending, Mode, Outcome, RunMode
from robots.authority import who_decides
from robots.case import CaseFile, Month
from robots.decision_record import DecisionRecord, Told, hash_of, reassess, record_of
from robots.errors import ReasonCode
from robots.explanation import Sentence
from robots.records import from_record, to_record
from robots.rule_set import rule_set_of
from robots.rules import assess
from tests.case_files import APPLICANT, CHILD_7, DELEGATION, LAW, MONTH, SWEDISH, couple, in_month, single, with_application, with_children_looked_up

ENDED_AT = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
DECIDED_ON = date(2026, 11, 3)
RULES = rule_set_of(LAW, DELEGATION)


def outcome_of(ending: Ending, authority: Authority | None, **changes: Any) -> Outcome:
    """Return how the standard case ended."""
    outcome = Outcome(
        case_id="ekonomiskt-bistand:EA-26-00001:2026-11",
        reference="EA-26-00001",
        month=MONTH,
        ending=ending,
        amount=None,
        codes=(),
        because=(),
        done=(),
        left=(),
        due_on=None,
        authority=authority,
        ended_at=ENDED_AT,
        run_mode=RunMode.DECIDE,
    )
    return replace(outcome, **changes)


def decided(case: CaseFile) -> tuple[DecisionRecord, Assessment]:
    """Return the record of a case that the robot decided, and its assessment."""
    assessment = assess(case, LAW, decided_on=DECIDED_ON)
    authority = who_decides(assessment, DELEGATION, on=DECIDED_ON)
    calculation = assessment.calculation
    assert calculation is not None
    told = Told(
        reasons=(Sentence(text="A reason.", rules=("calculate",)),),
        note="note",
        message_subject="subject",
        message_body="body",
        appeal_information="0" * 64,
    )
    record = record_of(
        outcome_of(Ending.DECIDED, authority, amount=calculation.amount),
        case=case,
        assessment=assessment,
        delegation=DELEGATION,
        rule_set=RULES,
        told=told,
        decided_on=DECIDED_ON,
        payment="case_system.payment",
        accounts={"e_service": "robot1", "case_system": "robot2"},
    )
    return record, assessment


def test_record_of_a_decision_says_who_decided_what_and_on_what_ground() -> None:
    record, _ = decided(couple())

    assert (record.ending, record.section, record.decided_on) == (Ending.DECIDED, "12 kap. 1 § SoL", DECIDED_ON)
    assert record.amount == 8510
    assert record.decided_by == "automatiserad beslutsfunktion (Kollega 0.1.0)"
    assert (record.proposed_by, record.took_part) == ("", ())
    assert record.delegation == DELEGATION.lines[1]
    assert record.delegation.minute == record.ground == "AMN 2025-05-21 § 48"
    assert (record.case_number, record.household, record.submitted_on) == ("EB-2024-0001", ("sökande", "medsökande"), date(2026, 11, 1))
    assert (record.payment, record.payment_approved_by) == ("case_system.payment", record.decided_by)
    assert SWEDISH.say(record.communication)
    assert record.accounts == (("case_system", "robot2"), ("e_service", "robot1"))


def test_a_record_that_was_kept_before_it_named_accounts_is_read_as_one_without() -> None:
    kept = to_record(DecisionRecord, decided(couple())[0])
    del kept["accounts"]

    assert from_record(DecisionRecord, kept).accounts == ()


def test_record_names_rule_set_case_file_and_assessment_by_their_hashes() -> None:
    case = couple()
    record, assessment = decided(case)

    assert (record.rule_set, record.rules, record.program) == (RULES.hash, RULES.rules_hash, RULES.program)
    assert record.case_file == hash_of(to_record(CaseFile, case))
    assert record.assessment == hash_of(to_record(Assessment, assessment))
    assert record.case_file != hash_of(to_record(CaseFile, with_application(case, days_away=1)))


def test_case_assessed_again_from_what_was_kept_has_the_hash_that_the_record_names() -> None:
    case = couple()
    record, assessment = decided(case)
    kept_case, kept_rules = json.loads(json.dumps(to_record(CaseFile, case))), json.loads(json.dumps(RULES.record))

    assert hash_of(reassess(kept_case, kept_rules, cited_on=assessment.cited_on)) == record.assessment


def test_household_is_told_by_roles_and_never_by_numbers() -> None:
    child = {"personnummer": CHILD_7, "residence": "heltid", "days": 30, "lunch_at_home": True}
    case = to_record(CaseFile, single())
    case["application"]["children"]["value"] = [child]
    record, _ = decided(with_children_looked_up(from_record(CaseFile, case)))

    assert record.household == ("sökande", "barn 1")
    assert not {APPLICANT, CHILD_7} & set(json.dumps(to_record(DecisionRecord, record)).split('"'))


@pytest.mark.parametrize("ending", [Ending.PROPOSED, Ending.HANDED_OFF])
def test_what_a_person_decides_has_no_automated_decider(ending: Ending) -> None:
    assessment = assess(single(), LAW)
    authority = who_decides(assessment, DELEGATION, on=DECIDED_ON, run_mode=RunMode.PROPOSE)
    record = record_of(
        outcome_of(ending, authority),
        case=single(),
        assessment=assessment,
        delegation=DELEGATION,
        rule_set=RULES,
        told=Told(),
        decided_on=None,
        payment="",
    )

    assert (record.decided_on, record.decided_by, record.payment_approved_by, record.communication) == (None, "", "", "")
    assert bool(record.proposed_by) is (ending is Ending.PROPOSED)


def test_case_whose_application_could_not_be_read_has_a_record_too() -> None:
    outcome = outcome_of(Ending.HANDED_OFF, None, month=None, codes=(ReasonCode.SRC_DOWN,))
    record = record_of(outcome, case=None, assessment=None, delegation=DELEGATION, rule_set=RULES, told=Told(), decided_on=None, payment="")

    assert (record.household, record.case_file, record.assessment, record.codes) == ((), "", "", (ReasonCode.SRC_DOWN,))


def test_line_of_another_time_is_not_the_records() -> None:
    """The board renewed its delegation under the same minute: the line that held on the day of the decision is the one."""
    first, second = replace(DELEGATION.lines[1], valid_until=date(2026, 10, 31)), replace(DELEGATION.lines[1], valid_from=date(2026, 11, 1))
    register = replace(DELEGATION, lines=(first, second))
    authority = who_decides(assess(single(), LAW), register, on=DECIDED_ON)
    record = record_of(
        outcome_of(Ending.DECIDED, authority),
        case=single(),
        assessment=None,
        delegation=register,
        rule_set=RULES,
        told=Told(),
        decided_on=DECIDED_ON,
        payment="",
    )

    assert record.delegation == second


def test_proposal_names_the_line_that_held_when_it_was_seen_who_decides() -> None:
    """Seen on the line's last day, ended on the day after: the line is the same one."""
    line = replace(DELEGATION.lines[1], mode=Mode.PROPOSE, valid_until=date(2026, 11, 2))
    register = replace(DELEGATION, lines=(line,))
    assessment = assess(single(), LAW, decided_on=date(2026, 11, 2))
    authority = who_decides(assessment, register, on=date(2026, 11, 2))
    record = record_of(
        outcome_of(Ending.PROPOSED, authority),
        case=single(),
        assessment=assessment,
        delegation=register,
        rule_set=RULES,
        told=Told(),
        decided_on=None,
        payment="",
    )

    assert record.delegation == line


@pytest.mark.parametrize(
    ("on", "act"), [(date(2025, 6, 30), "Socialtjänstlag (2001:453)"), (date(2025, 7, 1), "Socialtjänstlag (2025:400)")], ids=["old act", "new act"]
)
def test_record_names_the_version_of_the_act_that_the_section_is_of(on: date, act: str) -> None:
    month = Month(year=2025, month=7)
    assessment = assess(in_month(single(), month), LAW, decided_on=on)
    authority = who_decides(assessment, DELEGATION, on=on)
    record = record_of(
        outcome_of(Ending.DECIDED, authority, month=month),
        case=single(),
        assessment=assessment,
        delegation=DELEGATION,
        rule_set=RULES,
        told=Told(),
        decided_on=on,
        payment="",
    )

    assert act in record.act


def test_record_survives_json() -> None:
    record, _ = decided(couple())

    assert from_record(DecisionRecord, json.loads(json.dumps(to_record(DecisionRecord, record)))) == record
    assert from_record(DecisionRecord, to_record(DecisionRecord, replace(record, month=Month(year=2026, month=12)))) != record
