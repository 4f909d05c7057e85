"""The way from law to screen: every figure, answer and typed field of a case led back, for terminal, program and browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from robots.assessment import Answer, Assessment, Authority, DecisionType, Ending, Mode, Outcome, RunMode
from robots.authority import Delegation, who_decides
from robots.case import CaseFile, Jobbstimulans, Party, Payment, Residence, StatedChild, StatedChildIncome, StatedIncome
from robots.casebook import Casebook, DocumentKind
from robots.decision_record import DecisionRecord, Told, record_of
from robots.errors import CaseNeedsPerson, ReasonCode
from robots.evidence import Entered, Evidence, Shown
from robots.explanation import because, case_note, message, motivation, reasons, watch_text
from robots.figures import figures
from robots.pages import moment
from robots.records import from_record, to_record
from robots.rule_set import rule_set_of
from robots.rules import Law, assess
from robots.statutes import Statutes
from robots.systems.case_calculation import _cost_rows, _income_row
from robots.texts import Texts
from robots.trace import Trace, trace_of
from robots.trace.lines import WIDTH, lines
from robots.trace.page import page
from tests.case_files import (
    CHILD_7,
    CHILD_14,
    CONFIG,
    DELEGATION,
    LAW,
    MONTH,
    PAY_DAY,
    couple,
    kronor,
    last,
    registered_child,
    single,
    unknown,
    with_application,
    with_benefits,
    with_population,
    with_record,
)
from tests.past_cases import empty
from tests.test_cli import Done, kollega
from tests.test_explanation import RENT_AND_MEDICINE, RENT_BEFORE, all_met, earner, with_gift
from tests.test_handling import handled

__all__ = ["kollega"]

ROOT = CONFIG.parent
NO_BREAK = "\N{NO-BREAK SPACE}"
STATUTES = Statutes.load(CONFIG / "statutes.yaml")
OFFICE = {"municipality": "Exempelstads kommun", "board": "Arbetsmarknadsnämnden"}
SWEDISH, ENGLISH = (Texts.load(CONFIG / "texts", language, **OFFICE) for language in ("sv", "en"))
BOTH = pytest.mark.parametrize("texts", [SWEDISH, ENGLISH], ids=["sv", "en"])

TODAY = date(2026, 11, 21)
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
REFERENCE = "EA-26-00001"
CASE_ID = f"ekonomiskt-bistand:{REFERENCE}:2026-11"
CASE_NUMBER, ACCOUNT = "EB-2024-0001", "8327-9940123456"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the casebook."""
    return tmp_path_factory.mktemp("trace") / "state"


@pytest.fixture(scope="module")
def one_casebook(state: Path) -> Iterator[Casebook]:
    with Casebook(state / "casebook.sqlite") as book:
        yield book


@pytest.fixture
def casebook(one_casebook: Casebook) -> Casebook:
    """Return the casebook with nothing in it."""
    return empty(one_casebook)


def family() -> CaseFile:
    """Return a couple with a child who earns, rent, medicine, a wage with jobbstimulans and child benefit; some of it for a person to judge."""
    child = StatedChild(personnummer=CHILD_14, residence=Residence.FULL_TIME, days=30, lunch_at_home=True)
    wage = StatedIncome(party=Party.APPLICANT, kind="lön", paid_on=PAY_DAY, amount=kronor(6000))
    earned = StatedChildIncome(personnummer=CHILD_14, kind="lön", paid_on=PAY_DAY, amount=kronor(2400))
    stated = {"children": (child,), "incomes": (wage,), "children_incomes": (earned,), "expenses": RENT_AND_MEDICINE, "persons_in_dwelling": 3}
    case = with_benefits(with_application(couple(), **stated), insurance_payments=(_benefit(1250),))
    stimulus = Jobbstimulans(party=Party.APPLICANT, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))
    return with_record(case, jobbstimulans=(stimulus,), last_calculation=last(expenses=RENT_BEFORE), persons_in_dwelling=3)


def _benefit(amount: int) -> Payment:
    return Payment(kind="barnbidrag", paid_on=PAY_DAY, net_amount=kronor(amount))


def entered(view: str, **fields: str) -> list[Entered]:
    """Return fields that were filled in, each read back as it was typed."""
    return [Entered(view=view, element=name, typed=text, read_back=text, at=AT) for name, text in fields.items()]


def typed(text: str) -> str:
    """Return a text as a keyboard gives it."""
    return text.replace(NO_BREAK, " ")


def calculation_evidence(assessment: Assessment) -> Evidence:
    """Return what the robot types when it enters the calculation, and what the case system shows after."""
    calculation = assessment.calculation
    assert calculation is not None
    rows = [_income_row(str(one.party), one) for one in calculation.incomes]
    rows += [_income_row(one.personnummer, one) for one in calculation.children_incomes]
    fields = [*entered("open_case", number=CASE_NUMBER), *entered("new_calculation", month=str(calculation.month))]
    fields += [field for row in rows for field in entered("incomes", **row)]
    for view, is_special in (("expenses", False), ("special_costs", True)):
        costs = _cost_rows(one for one in calculation.expenses if one.is_special is is_special)
        fields += [field for row in costs for field in entered(view, **row)]
    members = tuple(
        {"who": cost.member, "amount": f"{cost.amount:.2f}".replace(".", ",")} for cost in calculation.personal if "barn" not in cost.member
    )
    shown = (
        Shown(view="family", element="members", text="", at=AT, rows=members),
        Shown(view="common_costs", element="amount", text=f"{calculation.common.amount},00", at=AT),
        Shown(view="sums", element="norm", text=f"{calculation.norm_sum},00", at=AT),
        Shown(view="incomes", element="rows", text="", at=AT, rows=tuple(rows)),
        Shown(view="calculations", element="rows", text="", at=AT, rows=({"month": "2026-11", "amount": f"{calculation.amount},00"},)),
    )
    return Evidence(entered=tuple(fields), shown=shown)


def keep(
    casebook: Casebook,
    case: CaseFile,
    *,
    ending: Ending = Ending.DECIDED,
    law: Law = LAW,
    is_met: bool = False,
    mode: RunMode = RunMode.DECIDE,
    delegation: Delegation = DELEGATION,
    seen_on: date = TODAY,
) -> Assessment:
    """Keep a case as `handle` does, with the writes that its ending has, and return the assessment.

    Args:
        casebook: where to.
        case: the facts.
        ending: how it ends.
        law: that it is assessed with.
        is_met: whether to write as if every rule were met, for a case that has everything at once.
        mode: of the run.
        delegation: the register.
        seen_on: the day on which it is seen who decides.
    """
    assessment = assess(case, law, decided_on=TODAY)
    told_of = all_met(assessment) if is_met else assessment
    authority = who_decides(told_of, delegation, seen_on)
    casebook.open_case(CASE_ID, reference=REFERENCE, month="2026-11")
    casebook.take_case(CASE_ID)
    casebook.keep(CASE_ID, DocumentKind.CASE_FILE, to_record(CaseFile, case))
    casebook.keep(CASE_ID, DocumentKind.ASSESSMENT, to_record(Assessment, assessment))
    casebook.keep(CASE_ID, DocumentKind.AUTHORITY, to_record(Authority, authority))
    rule_set = rule_set_of(law, delegation)
    casebook.keep_rule_set(rule_set.hash, rule_set.record)
    told = _write(casebook, told_of, authority, ending) if mode.writes else Told()
    amount = None if assessment.calculation is None or ending is Ending.HANDED_OFF else assessment.calculation.amount
    outcome = _outcome(assessment, authority, ending, amount=amount, mode=mode)
    casebook.close_case(outcome)
    is_decided = ending is Ending.DECIDED and mode.writes
    record = record_of(
        outcome,
        case=case,
        assessment=assessment,
        delegation=delegation,
        rule_set=rule_set,
        told=told,
        decided_on=TODAY if is_decided else None,
        payment="case_system.payment" if is_decided else "",
    )
    casebook.keep(CASE_ID, DocumentKind.DECISION_RECORD, to_record(DecisionRecord, record))
    return assessment


def _write(casebook: Casebook, assessment: Assessment, authority: Authority, ending: Ending) -> Told:
    calculation = assessment.calculation
    if ending is Ending.HANDED_OFF or calculation is None:
        return Told()
    month, amount = str(calculation.month), f"{calculation.amount:.2f}".replace(".", ",")
    marker = f"Kollega {REFERENCE}, {month}"
    said = reasons(assessment, authority, SWEDISH)
    done = {"case_system.calculation": calculation_evidence(assessment)}
    if ending is Ending.PROPOSED:
        watched = f"{marker}\n{typed(watch_text(assessment, authority, SWEDISH))}"
        done["case_system.watch"] = Evidence(entered=tuple(entered("watch", text=watched)), shown=())
        told = Told(reasons=said)
    else:
        note = case_note(assessment, authority, SWEDISH, decided_on=TODAY)
        subject, body = message(assessment, authority, SWEDISH, decided_on=TODAY)
        told = Told(reasons=said, note=note, message_subject=subject, message_body=body)
        why = typed(motivation(assessment, authority, SWEDISH))
        fields = {
            "case_system.decision": entered("decision", kind="bifall", month=month, amount=amount, motivation=why),
            "case_system.payment": entered("payment", month=month, amount=amount, account=ACCOUNT),
            "case_system.note": entered("note", heading=marker, text=typed(note)),
            "e_service.message": entered("new_message", subject=f"{subject} ({REFERENCE})", body=body),
        }
        done |= {name: Evidence(entered=tuple(one), shown=()) for name, one in fields.items()}
    for name, evidence in done.items():
        casebook.intend(CASE_ID, name)
        casebook.effect_done(CASE_ID, name, evidence)
    return told


def _outcome(assessment: Assessment, authority: Authority | None, ending: Ending, *, amount: Decimal | None, mode: RunMode) -> Outcome:
    return Outcome(
        case_id=CASE_ID,
        reference=REFERENCE,
        month=assessment.month,
        ending=ending,
        amount=amount,
        codes=assessment.codes,
        because=because(assessment, SWEDISH, authority=authority),
        done=(SWEDISH.say("done.nothing"),),
        left=(SWEDISH.say("left.assess"),) if ending is Ending.HANDED_OFF else (),
        due_on=None,
        authority=authority,
        ended_at=AT,
        run_mode=mode,
    )


def trace(casebook: Casebook, texts: Texts = SWEDISH, *, law: Law = LAW) -> Trace:
    """Return the way of the one case of the casebook."""
    (entry,) = casebook.find(REFERENCE)
    return trace_of(entry, casebook, law=law, statutes=STATUTES, texts=texts)


# --- figures ---


@BOTH
def test_every_figure_has_section_values_rule_facts_and_fields(casebook: Casebook, texts: Texts) -> None:
    assessment = keep(casebook, family(), is_met=True)
    assert assessment.calculation is not None

    found = trace(casebook, texts)

    assert [(row.place, row.amount) for row in found.figures] == [
        (f"calculation.{figure.place}", figure.amount) for figure in figures(assessment.calculation, texts)
    ]
    for row in found.figures:
        ground = row.ground
        assert ground.section.title, row.place
        assert ground.section.sfs, row.place
        assert (ground.rule.name, ground.rule.title) == ("calculate", texts.say("rule.calculate.title"))
        if row.is_sum:
            continue
        assert ground.facts, row.place
        assert ground.values, row.place
        for fact in ground.facts:
            assert fact.system_name, fact.place
            assert fact.view, fact.place
            assert fact.read_at.tzinfo is not None, fact.place
            assert fact.value or fact.unknown_because, fact.place
        for value in ground.values:
            assert value.source, value.key
            assert value.in_words, value.key
    (child,) = (row for row in found.figures if row.place.startswith("calculation.children_incomes"))
    assert (child.ground.section.citation, child.ground.section.sfs) == ("SoL 12 kap. 9 §", "2025:400")
    assert {value.name for value in child.ground.values} >= {texts.say("cited.name.prisbasbelopp.amount")}
    assert {"calculation.personal.0", "calculation.common", "calculation.norm_sum", "calculation.incomes.0", "calculation.amount"} <= {
        row.place for row in found.figures if row.shown
    }


def test_the_amount_is_led_from_law_to_the_fields_of_decision_and_payment(casebook: Casebook) -> None:
    keep(casebook, earner())

    *_, amount = trace(casebook).figures

    assert amount.in_words == f"11{NO_BREAK}210{NO_BREAK}kr"
    assert [(one.effect, one.typed, one.read_back) for one in amount.written] == [
        ("case_system.decision", "11210,00", "11210,00"),
        ("case_system.payment", "11210,00", "11210,00"),
    ]


# --- what was typed ---


def test_the_answer_of_a_decision_speaks_the_language_that_is_asked_for(casebook: Casebook) -> None:
    assessment = keep(casebook, single())
    authority = who_decides(assessment, DELEGATION, TODAY)

    for texts in (SWEDISH, ENGLISH):
        assert trace(casebook, texts).answer[1] == reasons(assessment, authority, texts)[0].text
    told = trace(casebook, ENGLISH).told
    assert told is not None
    assert told.reasons[0].text == reasons(assessment, authority, SWEDISH)[0].text


@pytest.mark.parametrize("ending", [Ending.DECIDED, Ending.PROPOSED])
def test_every_typed_field_is_led_back_to_a_figure_a_fact_or_a_text(casebook: Casebook, ending: Ending) -> None:
    keep(casebook, family(), ending=ending, is_met=True)

    written = trace(casebook).written

    assert len(written) > 20
    assert [f"{one.view}.{one.element}" for one in written if not one.origin] == []
    rows = {one.origin for one in written if one.view in {"incomes", "expenses", "special_costs"}}
    assert rows == {f"calculation.{name}" for name in ("incomes.0", "incomes.1", "children_incomes.0", "expenses.0", "expenses.1")}
    assert all(one.origin_in_words for one in written)


@pytest.mark.parametrize(
    ("effect", "fields"),
    [
        ("case_system.payment", entered("payment", amount="11211,00")),
        ("case_system.payment", entered("payment", account="1-1")),
        ("case_system.payment", entered("payment", month="2026-12")),
        ("case_system.decision", entered("decision", kind="avslag")),
        ("case_system.decision", entered("decision", motivation="Något annat.")),
        ("case_system.note", entered("note", heading="Kollega EA-26-00002, 2026-11")),
        ("case_system.note", entered("note", text="Något annat.")),
        ("case_system.calculation", entered("open_case", number="EB-2024-0002")),
        ("case_system.calculation", entered("incomes", party="sökande", kind="lön", paid_on="2026-10-20", amount="6001,00")),
        ("case_system.calculation", entered("expenses", kind="boendekostnad", applied="7000,00", approved="7001,00")),
        ("e_service.message", entered("new_message", subject="Beslut")),
        ("e_service.message", entered("new_message", body="Något annat.")),
        ("case_system.calculation", entered("unheard", of="1")),
    ],
)
def test_a_field_that_holds_something_else_than_the_case_is_led_nowhere_and_seen(casebook: Casebook, effect: str, fields: list[Entered]) -> None:
    keep(casebook, earner(), ending=Ending.HANDED_OFF)
    casebook.intend(CASE_ID, effect)
    casebook.effect_done(CASE_ID, effect, Evidence(entered=tuple(fields), shown=()))

    found = trace(casebook)

    assert [one.origin for one in found.written] == [""] * len(fields)
    assert {one.origin_in_words for one in found.written} == {"kan inte föras tillbaka till ärendet"}
    assert 'class="bad">kan inte föras tillbaka' in page(found, SWEDISH)


def test_a_row_that_was_typed_twice_is_led_back_once(casebook: Casebook) -> None:
    keep(casebook, earner(), ending=Ending.HANDED_OFF)
    row = {"party": "sökande", "kind": "lön", "paid_on": "2026-10-20", "amount": "6000,00"}
    evidence = Evidence(entered=(*entered("incomes", **row), *entered("incomes", **row)), shown=())
    casebook.intend(CASE_ID, "case_system.calculation")
    casebook.effect_done(CASE_ID, "case_system.calculation", evidence)

    assert [one.origin for one in trace(casebook).written] == ["calculation.incomes.0"] * 4 + [""] * 4


# --- checks, decision, what was told ---


@BOTH
def test_every_finding_is_a_check_in_the_order_of_the_rules(casebook: Casebook, texts: Texts) -> None:
    assessment = keep(casebook, with_application(family(), days_away=4), ending=Ending.HANDED_OFF)

    checks = trace(casebook, texts).checks

    assert [(check.ground.rule.name, check.answer, list(check.codes)) for check in checks] == [
        (finding.rule, finding.answer.value, [*finding.codes]) for finding in assessment.findings
    ]
    assert all(check.ground.rule.title != check.ground.rule.name and check.ground.rule.text for check in checks)
    assert all(bool(check.said) is (check.answer != Answer.MET) for check in checks)
    (stay,) = (check for check in checks if check.ground.rule.name == "applicant_has_stayed")
    assert stay.said == texts.say("finding.days_away")[0].upper() + texts.say("finding.days_away")[1:] + "."
    assert [fact.value for fact in stay.ground.facts] == [("4",)]


def test_an_unknown_fact_says_why_it_is_unknown(casebook: Casebook) -> None:
    case = with_benefits(single(), vehicles=unknown(ReasonCode.SRC_DOWN, "benefits_register", "tns.vehicles"))
    keep(casebook, case, ending=Ending.HANDED_OFF)

    (check,) = (check for check in trace(casebook).checks if check.ground.rule.name == "vehicles_are_in_the_case")

    assert check.answer_in_words == "gick inte att avgöra"
    (fact,) = (fact for fact in check.ground.facts if fact.unknown_because)
    assert (fact.place, fact.unknown_because, fact.value) == ("benefits.sökande.vehicles", "Källa kunde inte läsas", ())
    assert any("okänd: Källa kunde inte läsas" in line for line in lines(trace(casebook), SWEDISH))


def test_who_decided_on_what_ground_and_what_was_told(casebook: Casebook) -> None:
    keep(casebook, single())

    found = trace(casebook)

    assert found.decided is not None
    assert found.decided.who.startswith("en automatiserad beslutsfunktion hos Arbetsmarknadsnämnden (Kollega ")
    assert found.decided.ground == "AMN 2025-05-21 § 48"
    assert found.decided.delegation.startswith("bifall enligt 12 kap. 1 § SoL: roboten får besluta. Raden gäller från 2025-07-01")
    assert found.decided.section is not None
    assert found.decided.section.title == "Rätten till ekonomiskt bistånd"
    assert found.told is not None
    assert len(found.told.reasons) >= 10
    assert all(reason.rules for reason in found.told.reasons)
    assert "Hur du överklagar" in found.told.message_body
    assert found.told.note.startswith("Beslut fattat av automatiserad beslutsfunktion")
    assert found.answer[0].replace(NO_BREAK, " ").startswith("Ansökan om ekonomiskt bistånd för november 2026 beviljades med 5 220 kr")


@BOTH
def test_a_proposal_made_before_the_control_month_was_over_says_so(casebook: Casebook, texts: Texts) -> None:
    keep(casebook, single(), ending=Ending.PROPOSED, seen_on=date(2026, 10, 30))

    found = trace(casebook, texts)

    assert found.decided is not None
    assert texts.day(date(2026, 10, 31)) in found.decided.ground
    assert (found.decided.delegation, found.decided.decided_on) == ("", None)
    assert found.decided.ground in unescape(page(found, texts))
    assert found.decided.ground.partition(".")[0][:60] in "\n".join(lines(found, texts))


def test_what_happened_stands_in_the_order_of_time(casebook: Casebook) -> None:
    keep(casebook, single())
    casebook.add_event(CASE_ID, "parked", "a system is held")

    found = trace(casebook)

    times = [one.at for one in found.happened]
    assert times == sorted(times)
    said = [one.what for one in found.happened]
    assert "Ärendet fick vänta: a system is held" in said
    for effect in ("lägga in beräkningen", "registrera beslutet", "registrera utbetalningen", "skriva journalanteckningen", "skicka meddelandet"):
        assert sum(f"Det var gjort och avläst: {effect}" in one for one in said) == 1


@BOTH
def test_what_is_not_met_comes_first_to_people(casebook: Casebook, texts: Texts) -> None:
    keep(casebook, with_application(single(), days_away=4), ending=Ending.HANDED_OFF)

    found = trace(casebook, texts)
    printed, written = "\n".join(lines(found, texts)), unescape(page(found, texts))

    against, met = texts.say("rule.applicant_has_stayed.title"), texts.say("rule.month_is_readable.title")
    assert printed.index(f"- {against}") < printed.index(f"- {met}")
    assert written.index(f'<span class="label">{against}') < written.index(f'<span class="label">{met}')
    assert [check.ground.rule.name for check in found.checks].index("applicant_has_stayed") > 0


# --- the proof ---


def test_a_case_assessed_again_gives_the_same_bytes(casebook: Casebook) -> None:
    keep(casebook, family(), is_met=True)

    proof = trace(casebook).proof

    assert proof is not None
    assert (proof.is_reproduced, proof.in_words) == (True, SWEDISH.say("trace.proof.same"))
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in (proof.rule_set, proof.rules, proof.case_file, proof.assessment))


def document(casebook: Casebook, kind: DocumentKind) -> dict[str, Any]:
    """Return what was kept of the case."""
    record = casebook.document(CASE_ID, kind)
    assert isinstance(record, dict)
    return record


def _with_another_amount(casebook: Casebook) -> None:
    record = document(casebook, DocumentKind.ASSESSMENT)
    record["calculation"]["amount"] = "9999"
    casebook.keep(CASE_ID, DocumentKind.ASSESSMENT, record)


def _with_another_fact(casebook: Casebook) -> None:
    record = document(casebook, DocumentKind.CASE_FILE)
    record["application"]["days_away"]["value"] = 3
    casebook.keep(CASE_ID, DocumentKind.CASE_FILE, record)


def _with_another_rule_set(casebook: Casebook) -> None:
    found = document(casebook, DocumentKind.DECISION_RECORD)
    changed = rule_set_of(with_norm(kronor(4000)), DELEGATION)
    casebook.keep_rule_set(found["rule_set"] + "0", changed.record)
    casebook.keep(CASE_ID, DocumentKind.DECISION_RECORD, {**found, "rule_set": found["rule_set"] + "0"})


def with_norm(single_amount: Decimal) -> Law:
    """Return the law with another amount for a single adult."""
    parameters = LAW.parameters
    norm = parameters.amount("riksnorm.single")
    values = tuple(replace(value, value=single_amount) for value in norm.values)
    return replace(LAW, parameters=replace(parameters, amounts={**parameters.amounts, norm.name: replace(norm, values=values)}))


@pytest.mark.parametrize("change", [_with_another_amount, _with_another_fact, _with_another_rule_set])
def test_whatever_was_exchanged_in_the_casebook_is_seen(casebook: Casebook, change: Callable[[Casebook], None]) -> None:
    keep(casebook, single())
    change(casebook)

    proof = trace(casebook).proof

    assert proof is not None
    assert (proof.is_reproduced, proof.in_words) == (False, SWEDISH.say("trace.proof.differs"))
    assert 'class="bad">Ärendet har prövats på nytt' in page(trace(casebook), SWEDISH)


def test_a_difference_under_a_program_with_other_rules_names_the_program(casebook: Casebook) -> None:
    keep(casebook, single())
    _with_another_amount(casebook)
    record = document(casebook, DocumentKind.DECISION_RECORD)
    casebook.keep(CASE_ID, DocumentKind.DECISION_RECORD, {**record, "rules": "0" * 64})

    proof = trace(casebook).proof

    assert proof is not None
    assert proof.in_words == SWEDISH.say("trace.proof.differs_in_program", program=record["program"])


def test_a_case_is_explained_by_the_rule_set_that_it_was_assessed_with(casebook: Casebook) -> None:
    keep(casebook, single())

    found = trace(casebook, law=with_norm(kronor(1)))

    assert found.figures[0].ground.values[0].value == "3940"
    assert found.proof is not None
    assert found.proof.is_reproduced is True


def test_a_case_without_a_decision_record_says_that_it_has_none(casebook: Casebook) -> None:
    casebook.open_case(CASE_ID, reference=REFERENCE, month="2026-11")
    assessment = assess(single(), LAW, decided_on=TODAY)
    casebook.keep(CASE_ID, DocumentKind.CASE_FILE, to_record(CaseFile, single()))
    casebook.keep(CASE_ID, DocumentKind.ASSESSMENT, to_record(Assessment, assessment))

    found = trace(casebook)

    assert found.ending == ""
    assert found.answer == (SWEDISH.say("trace.answer.not_ended"),)
    assert len(found.figures) > 3
    assert found.proof is not None
    assert (found.proof.is_reproduced, found.proof.in_words) == (None, SWEDISH.say("trace.proof.no_record"))


def test_a_case_of_which_nothing_could_be_read_still_has_its_answer(casebook: Casebook) -> None:
    casebook.open_case(CASE_ID, reference=REFERENCE, month="unreadable")
    bare = Assessment(reference=REFERENCE, month=None, cited_on=None, findings=(), calculation=None)
    outcome = replace(_outcome(bare, None, Ending.HANDED_OFF, amount=None, mode=RunMode.DECIDE), codes=(ReasonCode.SRC_DOWN,))
    casebook.close_case(replace(outcome, because=("Källa kunde inte läsas",)))

    found = trace(casebook)

    assert (found.figures, found.checks, found.written) == ((), (), ())
    assert found.answer[1] == "Källa kunde inte läsas"
    assert "Det finns ingen beräkning" in page(found, SWEDISH)
    assert any("Det finns ingen beräkning" in line for line in lines(found, SWEDISH))


# --- hand-offs, proposals, protected cases ---


@BOTH
def test_a_hand_off_tells_what_was_found_and_what_was_not_done(casebook: Casebook, texts: Texts) -> None:
    keep(casebook, with_application(single(), account="1-1", attachments=("a.pdf",)), ending=Ending.HANDED_OFF)

    found = trace(casebook, texts)

    assert found.ending == "handed off"
    assert len(found.because) == 2
    assert found.answer == (texts.say("trace.answer.handed_off", month=texts.month(single().application.month.need())), found.because[0])
    assert found.written == ()
    assert found.decided is not None
    assert (found.decided.who, found.decided.decision, found.decided.section) == (texts.say("trace.who.handed_off"), "", None)
    printed = "\n".join(lines(found, texts))
    for said in (*found.because, texts.say("trace.lead.nothing_written"), *found.done, *found.left):
        assert said in printed
    assert texts.say("trace.lead.prepared") in unescape(page(found, texts))


@BOTH
async def test_a_decision_that_stands_though_a_person_must_finish_it_is_told_as_the_robots(casebook: Casebook, texts: Texts) -> None:
    casebook.open_case(CASE_ID, reference=REFERENCE, month="2026-11")
    refused = CaseNeedsPerson("the case system does not take it", codes=(ReasonCode.SYS_DIFF,))
    outcome, _, _ = await handled(single(), casebook, payment=refused)
    casebook.close_case(outcome)

    found = trace(casebook, texts)

    month, amount, day = texts.month(MONTH), texts.amount(kronor(5220)), texts.day(TODAY)
    assert found.ending == "handed off"
    assert found.is_decided
    assert found.answer[:2] == (texts.say("trace.answer.decided", month=month, amount=amount, day=day), texts.say("trace.answer.left_unfinished"))
    assert found.decided is not None
    assert found.decided.who.startswith(texts.say("trace.who.decided", program="").split("(")[0])
    assert (found.decided.decision, found.decided.decided_on) == (texts.say("decision.bifall"), TODAY)
    assert found.decided.section is not None
    assert found.left
    assert all(left in unescape(page(found, texts)) for left in found.left)


def test_a_shadow_run_says_that_nothing_is_written(casebook: Casebook) -> None:
    keep(casebook, single(), mode=RunMode.SHADOW)

    found = trace(casebook)

    assert found.answer[0].replace(NO_BREAK, " ").startswith("Roboten har bara läst och räknat på ansökan för november 2026.")
    assert "5 220 kr" in found.answer[0].replace(NO_BREAK, " ")
    assert found.written == ()
    assert found.decided is not None
    assert (found.is_decided, found.decided.who, found.decided.decided_on) == (False, "en handläggare", None)
    assert next(lines(found, SWEDISH)) == "Ansökan EA-26-00001: så långt kom roboten"
    assert "så långt kom roboten</h1>" in page(found, SWEDISH)


def test_a_write_whose_outcome_nobody_knows_is_told_with_what_was_typed(casebook: Casebook) -> None:
    keep(casebook, single(), ending=Ending.HANDED_OFF)
    casebook.intend(CASE_ID, "case_system.payment")
    casebook.effect_unknown(CASE_ID, "case_system.payment", Evidence(entered=tuple(entered("payment", amount="5220,00", account=ACCOUNT)), shown=()))

    found = trace(casebook)

    unclear = "Det är oklart om det blev gjort: registrera utbetalningen i verksamhetssystemet."
    assert unclear in [one.what for one in found.happened]
    assert unclear in page(found, SWEDISH)
    assert [(one.typed, one.origin) for one in found.written] == [("5220,00", "calculation.amount"), (ACCOUNT, "case.account")]


def test_a_refusal_that_the_board_has_delegated_is_explained(casebook: Casebook) -> None:
    line = replace(DELEGATION.lines[-1], decision_type=DecisionType.REJECTION, section="12 kap. 1 § SoL", mode=Mode.DECIDE)
    keep(casebook, with_gift(single(), 9000), delegation=replace(DELEGATION, lines=(line,)))

    found = trace(casebook)

    assert found.answer[0] == "Ansökan om ekonomiskt bistånd för november 2026 avslogs den 21 november 2026 av en automatiserad beslutsfunktion."
    assert found.answer[1].endswith("Därför avslås ansökan.")
    assert [figure.label for figure in found.figures if figure.is_sum] == ["Riksnorm", "Överskott", "Att bevilja"]
    assert found.proof is not None
    assert found.proof.is_reproduced is True


@BOTH
@pytest.mark.parametrize("is_assessed", [True, False])
@pytest.mark.parametrize("protected", ["adult", "child"])
def test_a_protected_case_says_the_neutral_sentence_and_nothing_else(casebook: Casebook, texts: Texts, is_assessed: bool, protected: str) -> None:
    case = with_application(single(), attachments=("hemligt.pdf",))
    if protected == "adult":
        case = with_population(case, is_protected=True)
    else:
        case = replace(case, children=(registered_child(CHILD_7, is_protected=True),))
    if is_assessed:
        keep(casebook, case, ending=Ending.HANDED_OFF)
    else:
        casebook.open_case(CASE_ID, reference=REFERENCE, month="2026-11")
        casebook.keep(CASE_ID, DocumentKind.CASE_FILE, to_record(CaseFile, case))

    found = trace(casebook, texts)

    neutral = f"{texts.say('reason.PROTECTED')}."
    assert found.answer == (neutral,)
    printed = list(lines(found, texts))
    assert printed == [texts.say("trace.title_neutral", reference=REFERENCE), "=" * WIDTH, neutral]
    record = to_record(Trace, found)
    assert {name for name, value in record.items() if value} <= {
        "schema",
        "case_id",
        "reference",
        "month",
        "month_in_words",
        "ending",
        "run_mode",
        "is_withheld",
        "answer",
    }
    _, _, body = page(found, texts).partition("<body>")
    assert re.sub(r"<[^>]*>|\s+", " ", body).split() == [*texts.say("trace.title_neutral", reference=REFERENCE).split(), *neutral.split()]
    for text in (*printed, json.dumps(record), page(found, texts).replace('<meta name="robots"', "")):
        assert not re.search("1985|Provgatan|hemligt|skydd|sekret|protected|folkbok", text)


# --- the three formats ---


@BOTH
@pytest.mark.parametrize("ending", list(Ending))
def test_no_line_is_longer_than_a_terminal_of_a_hundred_columns(casebook: Casebook, texts: Texts, ending: Ending) -> None:
    keep(casebook, family(), ending=ending, is_met=ending is not Ending.HANDED_OFF)

    printed = list(lines(trace(casebook, texts), texts))

    assert len(printed) > 100
    assert [line for line in printed if len(line) > WIDTH or "\n" in line] == []


class _Checker(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "srcset", "action"}]
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def test_what_an_applicant_wrote_is_neither_markup_nor_a_command(casebook: Casebook, kollega: Callable[..., Done], state: Path) -> None:
    hostile = "<script>alert(1)</script>\x1b]0;titel\x07\u202e{{ 7*7 }} <img src=x onerror=alert(1)>"
    keep(casebook, with_application(single(), attachments=(hostile,), pending_benefits=(hostile,)), ending=Ending.HANDED_OFF)

    written = page(trace(casebook), SWEDISH)
    checker = _Checker()
    checker.feed(written)

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in written
    assert checker.tags.isdisjoint({"script", "img", "iframe", "link", "object", "form"})
    assert (checker.addresses, checker.handlers) == ([], [])
    for option in ([], ["--json"]):
        done = kollega("explain", REFERENCE, "--state", str(state), *option)
        assert done.returncode == 0
        assert "<script>" in done.stdout
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout)


def test_the_page_stands_alone_and_answers_first(casebook: Casebook) -> None:
    keep(casebook, family(), is_met=True)

    written = page(trace(casebook), SWEDISH)
    checker = _Checker()
    checker.feed(written)

    assert (checker.addresses, checker.handlers) == ([], [])
    assert not re.search("https?://|url\\(|@import", written)
    order = [
        "beviljades med",
        "Beräkningen</h2>",
        "Kontrollerna</h2>",
        "Vem som beslutar</h2>",
        "Det som skrevs</h2>",
        "Vad som hände",
        "Så kan det kontrolleras",
    ]
    places = [written.find(said) for said in order]
    assert -1 not in places
    assert places == sorted(places)
    assert written.count("<details") > 45


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window_unfolds_and_is_whole_on_paper(casebook: Casebook, tmp_path: Path, width: int) -> None:
    from playwright.sync_api import sync_playwright

    keep(casebook, family(), is_met=True)
    file = tmp_path / "case.html"
    file.write_text(page(trace(casebook), SWEDISH), encoding="utf-8")

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"))
        shown = chromium.new_page(viewport={"width": width, "height": 900})
        shown.goto(file.as_uri())
        row = shown.locator(".figures details", has_text="Inkomst, lön (barn 1)")
        law, typed_table = row.get_by_text("Barns och ungas egna inkomster, 12 kap. 9 § SoL"), row.get_by_text("incomes.amount")
        assert not law.is_visible()
        row.locator("summary").click()
        assert law.is_visible()
        assert typed_table.first.is_visible()
        shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        # A table scrolls by itself; the page never does sideways.
        assert shown.evaluate("document.documentElement.scrollWidth") == width
        shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
        shown.emulate_media(media="print")
        assert shown.locator(".print-only tr").count() == len(trace(casebook).figures)
        assert shown.locator(".print-only").is_visible()
        assert law.is_visible()
        assert shown.locator(".letter").first.is_visible()
        chromium.close()


#: the keys of the JSON: programs that read it depend on them, so a change is a new schema
KEYS = {
    "": "schema case_id reference month month_in_words ending run_mode is_withheld answer because done left "
    "figures checks decided told written happened proof",
    "figures": "place label amount in_words note is_sum is_income ground written shown",
    "checks": "answer answer_in_words said codes ground",
    "written": "effect system system_name view element typed read_back at origin origin_in_words",
    "happened": "at what",
}


def test_the_json_has_the_documented_keys(casebook: Casebook) -> None:
    keep(casebook, family(), is_met=True)

    record = to_record(Trace, trace(casebook))

    assert record["schema"] == 1
    for part, keys in KEYS.items():
        assert " ".join((record[part][0] if part else record).keys()) == keys
    assert " ".join(record["figures"][0]["ground"]) == "section rule values facts"
    assert from_record(Trace, record) == trace(casebook)


@BOTH
def test_every_place_of_a_case_file_every_answer_and_every_ending_has_words(texts: Texts) -> None:
    places = {re.sub(r"\.(sökande|medsökande)\.", ".", place) for place, _ in couple().facts()}
    needed = {f"place.{place}" for place in places}
    needed |= {f"trace.met.{one.name.lower()}" for one in Answer} | {f"trace.run_mode.{one.value}" for one in RunMode}
    needed |= {f"trace.mode.{one.name.lower()}" for one in Mode} | {f"decision.{one}" for one in DecisionType}
    endings = {"decided", "refused", "proposed", "handed_off"}
    needed |= {f"trace.answer.{prefix}{one}" for prefix in ("", "shadow_") for one in endings}

    assert needed - texts.texts.keys() == set()


# --- the command ---


def test_a_case_is_explained_as_text_as_json_and_as_a_page(casebook: Casebook, kollega: Callable[..., Done], state: Path, tmp_path: Path) -> None:
    keep(casebook, earner())
    html = tmp_path / "pages" / "case.html"

    text = kollega("explain", REFERENCE, "--state", str(state))
    english = kollega("explain", CASE_ID, "--state", str(state), "--language", "en")
    data = kollega("explain", REFERENCE, "--state", str(state), "--json")
    written = kollega("explain", REFERENCE, "--state", str(state), "--html", str(html))

    assert [one.returncode for one in (text, english, data, written)] == [0] * 4
    assert "BERÄKNINGEN" in text.stdout
    assert "THE CALCULATION" in english.stdout
    assert json.loads(data.stdout)["case_id"] == CASE_ID
    assert written.stdout.strip() == str(html)
    assert "<!doctype html>" in html.read_text(encoding="utf-8")
    assert html.stat().st_mode & 0o777 == 0o600


def test_an_application_with_several_cases_lists_them_to_choose_from(casebook: Casebook, kollega: Callable[..., Done], state: Path) -> None:
    keep(casebook, single())
    other = CASE_ID.replace("2026-11", "2026-12")
    casebook.open_case(other, reference=REFERENCE, month="2026-12")

    done = kollega("explain", REFERENCE, "--state", str(state))

    assert done.returncode == 2
    said = re.sub(r"[\s│]+", "", done.stderr)
    assert CASE_ID in said
    assert other in said
    assert kollega("explain", CASE_ID, "--state", str(state)).returncode == 0


def test_a_case_that_is_not_there_and_a_casebook_that_is_not_there_are_told_apart(
    casebook: Casebook, kollega: Callable[..., Done], state: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    no_case = kollega("explain", "EA-26-99999", "--state", str(state))
    no_casebook = kollega("explain", REFERENCE, "--state", str(empty))

    assert (no_case.returncode, no_casebook.returncode) == (2, 2)
    assert "no such case" in re.sub(r"[\s│]+", " ", no_case.stderr)
    assert "no casebook" in re.sub(r"[\s│]+", " ", no_casebook.stderr)
    assert list(empty.iterdir()) == []


def test_what_another_version_kept_is_told_without_its_values(casebook: Casebook, kollega: Callable[..., Done], state: Path) -> None:
    keep(casebook, single())
    record = document(casebook, DocumentKind.CASE_FILE)
    record["application"]["shoe_size"] = "hemligt"
    casebook.keep(CASE_ID, DocumentKind.CASE_FILE, record)

    done = kollega("explain", REFERENCE, "--state", str(state))

    assert done.returncode == 3
    assert "use the version that kept it" in done.stderr
    assert "application.shoe_size" in done.stderr
    assert "hemligt" not in done.stderr + done.stdout


# --- real cases ---


@pytest.mark.browser
@pytest.mark.desktop
@pytest.mark.durable
def test_every_field_that_is_typed_into_the_practice_systems_is_led_back() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("kollega")), "demo", "--cases", "8", "--seed", "3", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    state = Path(json.loads(done.stdout)["log"]) / "state"

    with Casebook(state / "casebook.sqlite") as casebook:
        found = [trace_of(entry, casebook, law=LAW, statutes=STATUTES, texts=SWEDISH) for entry in casebook.cases()]

    assert len(found) == 8
    assert {one.ending for one in found} >= {"decided", "handed off"}
    fields = [one for case in found for one in case.written]
    assert len(fields) > 50
    assert [f"{one.effect} {one.view}.{one.element}" for one in fields if not one.origin] == []
    assert {case.proof.is_reproduced for case in found if case.proof is not None} == {True}
    for case in found:
        if case.ending == "decided":
            seen = {one.origin for one in case.written} | {shown.origin for row in case.figures for shown in row.shown}
            assert [row.place for row in case.figures if row.place not in seen] == []
        assert all(one.at.tzinfo is not None and moment(one.at) for one in case.happened)
