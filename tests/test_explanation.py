"""The reasons of a decision, the message and the note: made from findings and figures, complete, plain, and within what the systems take."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from robots.assessment import Answer, Assessment, Authority, Calculation, ChildIncome, DecisionType, Mode
from robots.authority import who_decides
from robots.case import (
    AppliedExpense,
    CalculatedIncome,
    CaseFile,
    FrameExpense,
    Jobbstimulans,
    Month,
    Party,
    Payment,
    ReferenceFrame,
    Residence,
    StatedChild,
    StatedIncome,
)
from robots.explanation import Sentence, because, calculation_lines, case_note, communication, message, motivation, reasons, watch_text
from robots.figures import aligned_lines, figures
from robots.reasons import _GROUPS
from robots.rules import RULES, assess
from robots.rules.gates import GATES
from robots.texts import Texts
from tests.case_files import (
    CHILD_2,
    CHILD_5,
    CHILD_7,
    CHILD_10,
    CHILD_14,
    CONFIG,
    DELEGATION,
    LAW,
    PAY_DAY,
    couple,
    kronor,
    last,
    single,
    with_application,
    with_benefits,
    with_record,
)

TODAY = date(2026, 11, 21)
SWEDISH = Texts.load(CONFIG / "texts", "sv", municipality="Exempelstads kommun", board="Arbetsmarknadsnämnden")
ENGLISH = Texts.load(CONFIG / "texts", "en", municipality="Exempelstads kommun", board="Arbetsmarknadsnämnden")
BOTH = pytest.mark.parametrize("texts", [SWEDISH, ENGLISH], ids=["sv", "en"])
NO_BREAK = "\N{NO-BREAK SPACE}"

#: what the e-service and the case system take
LONGEST_SUBJECT, LONGEST_TEXT = 150, 8000

RENT_AND_MEDICINE = (AppliedExpense(kind="boendekostnad", amount=kronor(7000)), AppliedExpense(kind="medicin", amount=kronor(200)))
RENT_BEFORE = (("boendekostnad", 7000),)


def earner() -> CaseFile:
    """Return a couple with rent, medicine and a wage with jobbstimulans: 8 510 + 7 000 - 4 500 + 200 = 11 210."""
    wage = StatedIncome(party=Party.APPLICANT, kind="lön", paid_on=PAY_DAY, amount=kronor(6000))
    stimulus = Jobbstimulans(party=Party.APPLICANT, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))
    before = last(incomes=((Party.APPLICANT, "lön", 6000),), expenses=RENT_BEFORE)
    return with_record(with_application(couple(), expenses=RENT_AND_MEDICINE, incomes=(wage,)), last_calculation=before, jobbstimulans=(stimulus,))


def with_gift(case: CaseFile, amount: int) -> CaseFile:
    """Return the case with a gift of that amount, this month and the month before."""
    gift = StatedIncome(party=Party.APPLICANT, kind="gåva", paid_on=PAY_DAY, amount=kronor(amount))
    before = last(incomes=((Party.APPLICANT, "gåva", amount),), expenses=RENT_BEFORE)
    return with_record(with_application(case, incomes=(gift,)), last_calculation=before)


def decided(case: CaseFile, *, on: date = TODAY) -> tuple[Assessment, Authority]:
    """Return assessment and authority of a case, both of the same day."""
    assessment = assess(case, LAW, decided_on=on)
    return assessment, who_decides(assessment, DELEGATION, on)


def plain(text: str) -> str:
    """Return the text with spaces that break."""
    return text.replace(NO_BREAK, " ")


def said_of(assessment: Assessment, authority: Authority, texts: Texts = SWEDISH) -> list[str]:
    """Return the sentences of the reasons with plain spaces."""
    return [plain(sentence.text) for sentence in reasons(assessment, authority, texts)]


def calculation_of(case: CaseFile) -> Calculation:
    """Return the case's calculation."""
    calculation = assess(case, LAW, decided_on=TODAY).calculation
    assert calculation is not None
    return calculation


def all_met(assessment: Assessment) -> Assessment:
    """Return the assessment as if every rule were met, for texts that would otherwise go to a person first."""
    return replace(assessment, findings=tuple(replace(finding, answer=Answer.MET, codes=()) for finding in assessment.findings))


# --- the reasons ---


@BOTH
@pytest.mark.parametrize("case", [single(), couple(), earner(), with_gift(single(), 9000)], ids=["single", "couple", "earner", "refused"])
def test_every_finding_of_a_case_without_codes_stands_behind_a_sentence(case: CaseFile, texts: Texts) -> None:
    assessment, authority = decided(case)
    assert assessment.codes == ()

    sentences = reasons(assessment, authority, texts)

    names = {finding.rule for finding in assessment.findings}
    assert {rule for sentence in sentences[:-1] for rule in sentence.rules} == names, "the sentence on the law alone is behind a rule"
    assert {rule for sentence in sentences for rule in sentence.rules} == names
    assert all(sentence.rules and sentence.text.endswith(".") for sentence in sentences)
    assert len({sentence.text for sentence in sentences}) == len(sentences)
    assert texts.say("motivation.others") not in [sentence.text for sentence in sentences]


def test_every_rule_has_a_part_of_the_reasons_and_every_part_has_rules_that_exist() -> None:
    rules = {rule.ask.__name__ for rule in RULES} | {gate.__name__ for _, gate in GATES} | {"calculate"}
    behind = {rule for group in _GROUPS.values() for rule in group}

    assert rules == behind


def test_a_rule_that_has_no_part_of_its_own_still_has_a_sentence() -> None:
    assessment, authority = decided(single())
    added = replace(assessment.findings[-1], rule="a_rule_of_tomorrow")

    sentences = reasons(replace(assessment, findings=(*assessment.findings, added)), authority, SWEDISH)

    assert Sentence(text=SWEDISH.say("motivation.others"), rules=("a_rule_of_tomorrow",)) in sentences


def test_a_rule_that_is_not_met_stands_behind_no_sentence() -> None:
    assessment, authority = decided(with_application(single(), days_away=9))
    against = {finding.rule for finding in assessment.findings if finding.answer is not Answer.MET}

    sentences = reasons(assessment, authority, SWEDISH)

    assert against == {"applicant_has_stayed"}
    assert not any(against & set(sentence.rules) for sentence in sentences)
    # What is said of several rules at once would not be true any more.
    assert SWEDISH.say("motivation.rights") not in [sentence.text for sentence in sentences]
    assert SWEDISH.say("motivation.activity") in [sentence.text for sentence in sentences]


def test_a_case_that_is_drawn_for_a_sample_has_its_reasons_all_the_same() -> None:
    assessment, authority = decided(single())
    drawn = tuple(replace(one, answer=Answer.NOT_MET) if one.rule == "case_is_not_sampled" else one for one in assessment.findings)
    assert drawn != assessment.findings

    sentences = reasons(replace(assessment, findings=drawn), authority, SWEDISH)

    assert [sentence.text for sentence in sentences] == [sentence.text for sentence in reasons(assessment, authority, SWEDISH)]
    assert not any("case_is_not_sampled" in sentence.rules for sentence in sentences)


def test_reasons_name_household_incomes_costs_checks_and_law_each_by_itself() -> None:
    said = said_of(*decided(earner()))

    for sentence in (
        "Hushållets inkomster i oktober 2026 räcker inte till riksnormen och de godkända utgifterna för november 2026. Det saknas 11 010 kr. "
        "Därtill kommer 200 kr för levnadskostnader i övrigt. Tillsammans beviljas 11 210 kr.",
        "Hushållet räknas som två vuxna. Riksnormen för hushållet är 8 510 kr.",
        "Hushållets inkomster i oktober 2026 räknas till 4 500 kr.",
        "Av lönen räknas 1 500 kr inte, eftersom det finns ett beslut om jobbstimulans.",
        "Kraven på planering och på att söka arbete är uppfyllda.",
    ):
        assert sentence in said
    assert len(said) >= 10
    assert said[-1].startswith("Beslutet är fattat enligt 12 kap. 1 § socialtjänstlagen.")
    assert "12 kap. 8 §" in said[-1]
    assert "12 kap. 2 § socialtjänstförordningen" in said[-1]


def test_a_single_adult_without_incomes_and_costs_is_told_so() -> None:
    said = said_of(*decided(single()))

    assert "Hushållet hade inga inkomster i oktober 2026 som ska räknas." in said
    assert "Du har inte sökt för andra utgifter än dem som ingår i riksnormen." in said
    assert "Hushållet räknas som en vuxen. Riksnormen för hushållet är 5 220 kr." in said
    assert not any(
        "jobbstimulans" in sentence or "bostaden bor" in sentence or "en del av månaden" in sentence or "Barn" in sentence for sentence in said
    )


def test_children_by_days_and_a_shared_dwelling_are_told() -> None:
    children = tuple(StatedChild(personnummer=one, residence=Residence.ALTERNATING, days=16, lunch_at_home=True) for one in (CHILD_5, CHILD_7))
    case = with_application(single(), children=children, persons_in_dwelling=5)

    said = said_of(*decided(case))

    assert any(sentence.startswith("Hushållet räknas som en vuxen och 2 barn.") for sentence in said)
    assert "Barn som bor hos dig en del av månaden räknas för de dagarna." in said
    share = plain(SWEDISH.amount(calculation_of(case).common.amount))
    assert f"I bostaden bor 5 personer. Av de gemensamma kostnaderna räknas hushållets del, 3 av 5 delar: {share}." in said


@pytest.mark.parametrize(
    ("case", "decisive"),
    [
        (with_gift(single(), 9000), "med 3 780 kr över. Därför avslås ansökan."),
        (with_gift(with_application(single(), expenses=RENT_AND_MEDICINE), 13000), "200 kr. Därför avslås ansökan."),
        (with_gift(with_application(single(), expenses=RENT_AND_MEDICINE), 12250), "Till dem beviljas 170 kr."),
    ],
    ids=["refused", "refused with special costs", "special costs alone"],
)
def test_what_the_calculation_comes_to_is_told_first(case: CaseFile, decisive: str) -> None:
    assert said_of(*decided(case))[0].endswith(decisive)


def _with_ore(amount: str) -> CaseFile:
    """Return a single adult with a gift of kronor and öre, this month and the month before."""
    gift = StatedIncome(party=Party.APPLICANT, kind="gåva", paid_on=PAY_DAY, amount=kronor(amount))
    before = replace(last(), incomes=(CalculatedIncome(party=Party.APPLICANT, kind="gåva", amount=kronor(amount)),))
    return with_record(with_application(single(), incomes=(gift,)), last_calculation=before)


def test_amount_that_is_rounded_is_said_to_be() -> None:
    """5 220 - 1 000,40 = 4 219,60: what is missing is not what is granted."""
    said = said_of(*decided(_with_ore("1000.40")))

    assert said[0].endswith("Det saknas 4 219,60 kr, och så mycket beviljas.")
    assert said[1] == "Beloppet är avrundat till hela kronor."
    assert SWEDISH.say("motivation.rounded") not in said_of(*decided(_with_ore("1000.00")))


def test_a_refusal_for_less_than_half_a_krona_does_not_say_that_anything_is_left_over() -> None:
    """5 220 - 5 219,60 = 0,40, which is rounded to nothing."""
    said = said_of(*decided(_with_ore("5219.60")))

    assert said[0] == "Det som saknas för november 2026 är mindre än en halv krona, 0,40 kr. Bistånd beviljas i hela kronor. Därför avslås ansökan."


@pytest.mark.parametrize(
    ("costs", "compared"),
    [(RENT_AND_MEDICINE[:1], True), (RENT_AND_MEDICINE, False), (RENT_AND_MEDICINE[1:], False)],
    ids=["rent", "rent and medicine", "medicine"],
)
def test_a_cost_is_said_to_be_compared_with_the_one_before_only_if_it_was(costs: tuple[AppliedExpense, ...], compared: bool) -> None:
    case = with_record(with_application(single(), expenses=costs), last_calculation=last(expenses=RENT_BEFORE))

    assert any("inte högre än vad som har godtagits tidigare" in sentence for sentence in said_of(*decided(case))) is compared
    assert any("i det som en handläggare har godtagit för ditt hushåll" in sentence for sentence in said_of(*decided(case))) is not compared


def test_a_cost_that_the_frame_approves_is_not_said_to_be_within_the_guidelines_alone() -> None:
    frame = ReferenceFrame(valid_until=date(2026, 12, 31), incomes=(), expenses=(FrameExpense(kind="boendekostnad", highest=kronor(9000)),))
    rent = (AppliedExpense(kind="boendekostnad", amount=kronor(9000)),)
    case = with_record(with_application(single(), expenses=rent), last_calculation=last(expenses=RENT_BEFORE), reference_frame=frame)
    assessment, authority = decided(case)
    assert assessment.codes == ()

    assert any("eller i det som en handläggare har godtagit för ditt hushåll" in sentence for sentence in said_of(assessment, authority))


def test_an_income_that_only_a_register_has_is_told_and_the_note_does_not_say_that_nothing_differs() -> None:
    allowance = Payment(kind="bostadsbidrag", paid_on=PAY_DAY, net_amount=kronor(1000))
    before = last(incomes=((Party.APPLICANT, "bostadsbidrag", 1000),))
    unstated = with_record(with_benefits(single(), insurance_payments=(allowance,)), last_calculation=before)
    stated = with_application(unstated, incomes=(StatedIncome(party=Party.APPLICANT, kind="bostadsbidrag", paid_on=PAY_DAY, amount=kronor(1000)),))
    assessment, authority = decided(unstated)
    assert (assessment.codes, authority.mode) == ((), Mode.DECIDE)

    told = "Av inkomsterna räknas 1 000 kr så som registren har dem, eftersom de saknas i din ansökan eller är lägre där."
    assert any(sentence.startswith(told) for sentence in said_of(assessment, authority))
    assert not any(sentence.startswith(told) for sentence in said_of(*decided(stated)))
    nothing, something = SWEDISH.say("case_note.no_communication"), SWEDISH.say("case_note.no_communication_of_register")
    notes = [case_note(*decided(case), SWEDISH, decided_on=TODAY) for case in (unstated, stated)]
    assert [(nothing in note, something in note) for note in notes] == [(False, True), (True, False)]
    assert communication(assessment) == "case_note.no_communication_of_register"


def test_a_cost_that_is_cut_is_not_said_to_be_approved_as_a_whole() -> None:
    rent = (AppliedExpense(kind="boendekostnad", amount=kronor(9000)),)
    case = with_record(with_application(single(), expenses=rent), last_calculation=last(expenses=(("boendekostnad", 9000),)))
    assessment, authority = decided(case)

    assert "Du har sökt för utgifter på 9 000 kr. Av dem godkänns 7 200 kr." in said_of(all_met(assessment), authority)


def _child_income(net: int, counted: int) -> ChildIncome:
    return ChildIncome(
        member="barn 1",
        personnummer=CHILD_14,
        kind="lön",
        paid_on=PAY_DAY,
        net_amount=Decimal(net),
        earned_before=Decimal(0),
        disregarded=Decimal(net - counted),
        counted=Decimal(counted),
        basis=calculation_of(single()).common.basis,
    )


@pytest.mark.parametrize(
    ("income", "sentence"),
    [
        (_child_income(3000, 0), "Barns egna inkomster, 3 000 kr, räknas inte, eftersom de inte är högre än gränsen för kalenderåret."),
        (_child_income(3000, 1000), "Av barns egna inkomster, 3 000 kr, räknas 1 000 kr. Så mycket är över gränsen för kalenderåret."),
    ],
    ids=["below the limit", "above the limit"],
)
def test_earnings_of_a_child_are_told_without_its_number(income: ChildIncome, sentence: str) -> None:
    assessment, authority = decided(single())
    assert assessment.calculation is not None
    earned = replace(assessment, calculation=replace(assessment.calculation, children_incomes=(income,)))

    body = message(earned, authority, SWEDISH, decided_on=TODAY)[1]

    assert sentence in said_of(earned, authority)
    assert "Inkomst, lön (barn 1), den 20 oktober 2026" in body
    assert f"(3 000 kr, varav {plain(SWEDISH.amount(income.disregarded))} inte räknas: barns egen inkomst)" in plain(body)
    assert CHILD_14 not in body


def test_an_income_that_is_spread_over_months_is_told_with_the_months_part() -> None:
    assessment, authority = decided(with_gift(single(), 1000))
    assert assessment.calculation is not None
    (income,) = assessment.calculation.incomes
    spread = replace(income, basis=replace(income.basis, facts=(*income.basis.facts, "case.spread_incomes")))
    assessment = replace(assessment, calculation=replace(assessment.calculation, incomes=(spread,)))
    assert assessment.calculation is not None

    lines = [plain(line) for line in calculation_lines(assessment.calculation, SWEDISH)]

    assert "En inkomst är fördelad på flera månader. För oktober 2026 räknas 1 000 kr av den." in said_of(assessment, authority)
    assert "Inkomst, gåva (sökanden), månadens del: 1 000 kr" in lines


# --- the law ---


@pytest.mark.parametrize(
    ("day", "month", "chapter", "other"), [(date(2025, 6, 30), 6, "4 kap.", "12 kap."), (date(2025, 7, 1), 7, "12 kap.", " 4 kap.")]
)
def test_a_text_cites_the_act_by_one_numbering(day: date, month: int, chapter: str, other: str) -> None:
    control = Month(year=2025, month=month).previous
    case = with_application(single(), month=Month(year=2025, month=month), submitted_on=day)
    case = with_record(case, last_calculation=replace(last(), month=control), calculated_months=(control,))
    assessment, authority = decided(case, on=day)
    assert assessment.calculation is not None

    note = case_note(all_met(assessment), authority, SWEDISH, decided_on=day)

    assert f"enligt {chapter} 1 § socialtjänstlagen" in note
    assert f"{chapter} 1 § SoL" in note
    assert other not in note


def test_authority_and_assessment_of_two_numberings_make_no_text() -> None:
    assessment, _ = decided(single())
    old = Authority(mode=Mode.DECIDE, decision_type=DecisionType.GRANT, section="4 kap. 1 § SoL", ground="AMN 2022-06-15 § 61")

    with pytest.raises(ValueError, match="assess and decide on the same day"):
        motivation(assessment, old, SWEDISH)
    with pytest.raises(ValueError, match="assess and decide on the same day"):
        message(assessment, old, SWEDISH, decided_on=TODAY)


def test_a_case_without_a_calculation_has_no_reasons() -> None:
    assessment, authority = decided(single())

    with pytest.raises(ValueError, match="no decision to give reasons for"):
        reasons(replace(assessment, calculation=None), authority, SWEDISH)


# --- message, note and proposal ---


@BOTH
def test_decision_note_message_and_proposal_give_the_same_reasons(texts: Texts) -> None:
    assessment, authority = decided(earner())
    said = [sentence.text for sentence in reasons(assessment, authority, texts)]
    assert len(said) >= 10

    for text in (
        motivation(assessment, authority, texts),
        case_note(assessment, authority, texts, decided_on=TODAY),
        message(assessment, authority, texts, decided_on=TODAY)[1],
        watch_text(assessment, authority, texts),
    ):
        assert [sentence for sentence in said if sentence not in text] == []


def test_the_message_tells_what_how_by_whom_and_how_to_appeal_in_that_order() -> None:
    subject, body = message(*decided(earner()), SWEDISH, decided_on=TODAY)
    order = [
        "Du får 11 210 kr i ekonomiskt bistånd för november 2026.",
        "Skälen för beslutet\n- ",
        "Så har vi räknat\nPersonliga kostnader, båda vuxna ",
        "Så betalas pengarna ut\n",
        "Beslutet fattades den 21 november 2026 av en automatiserad beslutsfunktion",
        "Kontakta oss om du vill att en handläggare förklarar beslutet eller ser över det.",
        "Hur du överklagar\n",
        "överklaga det skriftligt",
        "vilket beslut du överklagar, hur du vill att det ska ändras och varför",
        "inom tre veckor från den dag då du fick del av beslutet",
        "Arbetsmarknadsnämnden kontrollerar att den har kommit in i tid",
        "förvaltningsrätten",
    ]

    places = [plain(body).find(said) for said in order]

    assert -1 not in places
    assert places == sorted(places)
    assert subject == "Beslut om ekonomiskt bistånd för november 2026"


def test_a_refusal_says_nothing_of_a_payment() -> None:
    body = message(*decided(with_gift(single(), 9000)), SWEDISH, decided_on=TODAY)[1]

    assert "har avslagits" in body
    assert SWEDISH.say("message.payment_heading") not in body
    assert "Utbetalningen" not in body


def test_nothing_that_is_handed_out_tells_of_secrecy_numbers_or_accounts() -> None:
    case = earner()
    assessment, authority = decided(case)

    for text in (*message(assessment, authority, SWEDISH, decided_on=TODAY), motivation(assessment, authority, SWEDISH)):
        assert not re.search("skydd|sekret|offentlighets", text)
        assert not re.search(r"[0-9]{6}", text)
        assert case.application.account.need() not in text


def test_the_amounts_of_the_message_stand_below_one_another() -> None:
    assert [plain(line) for line in aligned_lines(calculation_of(earner()), SWEDISH)] == [
        "Personliga kostnader, båda vuxna               7 100 kr",
        "Gemensamma hushållskostnader, 2 i hushållet    1 410 kr",
        "Riksnorm                                       8 510 kr",
        "Utgift, boendekostnad                          7 000 kr",
        "Inkomst, lön (sökanden), den 20 oktober 2026  -4 500 kr",
        "  (6 000 kr, varav 1 500 kr inte räknas: jobbstimulans)",
        "Underskott                                    11 010 kr",
        "Levnadskostnader i övrigt, medicin               200 kr",
        "Att bevilja                                   11 210 kr",
    ]


def test_the_calculation_has_a_line_for_each_figure_and_its_place() -> None:
    calculation = calculation_of(earner())

    rows = {figure.place: figure.amount for figure in figures(calculation, SWEDISH)}

    assert rows == {
        "personal.0": 7100,
        "common": 1410,
        "norm_sum": 8510,
        "expenses.0": 7000,
        "incomes.0": 4500,
        "balance": 11010,
        "expenses.1": 200,
        "amount": 11210,
    }
    lines = [plain(line) for line in calculation_lines(calculation, SWEDISH)]
    assert "Inkomst, lön (sökanden), den 20 oktober 2026: 4 500 kr (6 000 kr, varav 1 500 kr inte räknas: jobbstimulans)" in lines
    assert lines[-1] == "Att bevilja: 11 210 kr"


@BOTH
def test_the_longest_texts_are_within_what_the_systems_take(texts: Texts) -> None:
    ages = (CHILD_2, CHILD_5, CHILD_7, CHILD_10, CHILD_14) * 3
    children = tuple(StatedChild(personnummer=one, residence=Residence.ALTERNATING, days=16, lunch_at_home=True) for one in ages)
    expenses = tuple(AppliedExpense(kind=kind, amount=kronor(100)) for kind in LAW.guidelines.expenses.on(TODAY).value)
    incomes = tuple(StatedIncome(party=party, kind="gåva", paid_on=PAY_DAY, amount=kronor(100 + day)) for party in Party for day in range(10))
    case = with_application(couple(), children=children, expenses=expenses, incomes=incomes, persons_in_dwelling=25)
    assessment, authority = decided(case)
    met = all_met(assessment)

    subject, body = message(met, authority, texts, decided_on=TODAY)

    assert len(subject) <= LONGEST_SUBJECT
    assert len(calculation_lines(calculation_of(case), texts)) > 50
    for text in (body, motivation(met, authority, texts), case_note(met, authority, texts, decided_on=TODAY), watch_text(met, authority, texts)):
        assert len(text) <= LONGEST_TEXT


def test_the_words_for_the_list_stay_as_short_as_they_were() -> None:
    assert because(decided(single())[0], SWEDISH) == ("Alla kontroller är uppfyllda och beräkningen visar ett underskott.",)
