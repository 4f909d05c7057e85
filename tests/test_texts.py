"""The catalogue of texts: complete in both languages, and what the rules and the decisions say with it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from robots.assessment import DecisionType, Mode, RunMode
from robots.authority import who_decides
from robots.case import AppliedExpense, Asset, CaseFile, Jobbstimulans, Party, Residence, StatedIncome
from robots.errors import ReasonCode, SettingsInvalid
from robots.explanation import IMPORTANCE, because, case_note, ground_of, message, motivation, watch_text
from robots.rules import RULES, assess
from robots.rules.calculation import calculate
from robots.rules.gates import GATES
from robots.texts import Texts, placeholders
from tests.case_files import (
    CONFIG,
    DELEGATION,
    LAW,
    MONTH,
    PAY_DAY,
    couple,
    kronor,
    last,
    single,
    unknown,
    with_application,
    with_benefits,
    with_population,
    with_record,
)

TODAY = date(2026, 11, 21)
SWEDISH = Texts.load(CONFIG / "texts", "sv", municipality="Exempelstads kommun", board="Arbetsmarknadsnämnden")
ENGLISH = Texts.load(CONFIG / "texts", "en", municipality="Exempelstads kommun", board="Arbetsmarknadsnämnden")
NO_BREAK = "\N{NO-BREAK SPACE}"


def _earner() -> CaseFile:
    """Return a couple with rent, medicine and a wage: 8 510 + 7 000 - 4 500 + 200 = 11 210."""
    expenses = (AppliedExpense(kind="boendekostnad", amount=kronor(7000)), AppliedExpense(kind="medicin", amount=kronor(200)))
    wage = StatedIncome(party=Party.APPLICANT, kind="lön", paid_on=PAY_DAY, amount=kronor(6000))
    stimulus = Jobbstimulans(party=Party.APPLICANT, valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31))
    before = last(incomes=((Party.APPLICANT, "lön", 6000),), expenses=(("boendekostnad", 7000),))
    return with_record(with_application(couple(), expenses=expenses, incomes=(wage,)), last_calculation=before, jobbstimulans=(stimulus,))


@pytest.mark.parametrize("texts", [SWEDISH, ENGLISH])
def test_every_code_decision_and_finding_has_words(texts: Texts) -> None:
    assert {f"reason.{code}" for code in ReasonCode} <= texts.texts.keys()
    assert {f"decision.{one}" for one in DecisionType} <= texts.texts.keys()
    written = "".join(path.read_text(encoding="utf-8") for path in (CONFIG.parent / "robots" / "rules").glob("*.py"))
    used = set(re.findall(r'(?:not_met|undetermined|NoFigure)\(\s*"([a-z_]+)"', written)) | set(
        re.findall(r'(?:yield|return [^\n]*?,) "([a-z_]+)", ', written)
    )
    said = {key.removeprefix("finding.") for key in texts.texts if key.startswith("finding.")}
    assert used <= said
    assert len(used) > 40


@pytest.mark.parametrize("texts", [SWEDISH, ENGLISH])
def test_every_rule_has_title_and_text_and_no_text_lacks_its_rule(texts: Texts) -> None:
    rules = [gate.__name__ for _, gate in GATES] + [rule.ask.__name__ for rule in RULES] + [calculate.__name__]
    said = {key for key in texts.texts if key.startswith("rule.")}

    assert said == {f"rule.{rule}.{part}" for rule in rules for part in ("title", "text")}
    # A title stands in lists and headings, a text tells what happens when the rule is not met.
    assert not [key for key in said if key.endswith(".title") and (texts.say(key).endswith(".") or len(texts.say(key)) > 90)]
    handed_over = "handläggare" if texts.language == "sv" else "caseworker"
    assert not [key for key in said if key.endswith(".text") and handed_over not in texts.say(key)]


def test_importance_ranks_every_code_once() -> None:
    assert sorted(IMPORTANCE) == sorted(ReasonCode)


@pytest.mark.parametrize(
    ("amount", "swedish", "english"),
    [("7170", "7 170 kr", "SEK 7,170"), ("0", "0 kr", "SEK 0"), ("1234567", "1 234 567 kr", "SEK 1,234,567"), ("999.5", "999,50 kr", "SEK 999.50")],
)
def test_amounts_are_written_with_spaces_that_do_not_break(amount: str, swedish: str, english: str) -> None:
    assert SWEDISH.amount(Decimal(amount)) == swedish.replace(" ", NO_BREAK)
    assert ENGLISH.amount(Decimal(amount)) == english.replace(" ", NO_BREAK)


def test_numbers_have_a_real_minus_and_the_decimals_asked_for() -> None:
    assert SWEDISH.number(-1234567) == f"\N{MINUS SIGN}1{NO_BREAK}234{NO_BREAK}567"
    assert (SWEDISH.number(Decimal("12.5")), SWEDISH.number(Decimal("12.5"), decimals=1), SWEDISH.number(Decimal(12))) == ("12,50", "12,5", "12")
    assert ENGLISH.number(-1234) == "\N{MINUS SIGN}1,234"


def test_days_and_months_are_written_as_in_prose() -> None:
    assert (SWEDISH.day(TODAY), SWEDISH.month(MONTH)) == ("den 21 november 2026", "november 2026")
    assert (ENGLISH.day(TODAY), ENGLISH.month(MONTH)) == ("21 November 2026", "November 2026")


def test_message_tells_amount_month_machine_calculation_and_appeal() -> None:
    assessment = assess(_earner(), LAW)
    subject, body = message(assessment, who_decides(assessment, DELEGATION, TODAY), SWEDISH, decided_on=TODAY)
    plain = body.replace(NO_BREAK, " ")

    assert subject == "Beslut om ekonomiskt bistånd för november 2026"
    for said in (
        "Du får 11 210 kr i ekonomiskt bistånd för november 2026.",
        "Beslutet fattades den 21 november 2026 av en automatiserad beslutsfunktion hos Arbetsmarknadsnämnden i Exempelstads kommun.",
        "inom tre veckor",
        "Skicka eller lämna skrivelsen till Arbetsmarknadsnämnden",
        "12 kap. 1 § socialtjänstlagen",
        "12 kap. 7 §",
    ):
        assert said in plain
    assert "7 000" not in body


def test_motivation_names_deficit_month_and_law() -> None:
    assessment = assess(single(), LAW)
    said = motivation(assessment, who_decides(assessment, DELEGATION, TODAY), SWEDISH).replace(NO_BREAK, " ")
    assert "Det saknas 5 220 kr, och så mycket beviljas." in said
    assert "inkomster i oktober 2026" in said
    assert "12 kap. 1 § socialtjänstlagen" in said


def test_case_note_names_day_content_and_who_decided() -> None:
    assessment = assess(single(), LAW)
    said = case_note(assessment, who_decides(assessment, DELEGATION, TODAY), SWEDISH, decided_on=TODAY).replace(NO_BREAK, " ")
    for part in (
        "den 21 november 2026",
        "bifall enligt 12 kap. 1 § SoL",
        "5 220 kr",
        "automatiserad beslutsfunktion",
        "AMN 2025-05-21 § 48",
        "EA-26-00001",
    ):
        assert part in said
    assert "e-tjänsten, verksamhetssystemet, folkbokföringen, SSBTEK" in said


def test_watch_item_tells_what_is_proposed_and_what_is_left() -> None:
    assessment = assess(_earner(), LAW)
    said = watch_text(assessment, who_decides(assessment, DELEGATION, TODAY), SWEDISH).replace(NO_BREAK, " ")
    assert said.startswith("Förslag från roboten: bifall med levnadskostnader i övrigt enligt 12 kap. 1 § SoL, 11 210 kr för november 2026.")
    assert "fatta beslut" in said


def test_proposal_says_why_the_robot_does_not_decide() -> None:
    assessment = assess(single(), LAW)
    register = replace(DELEGATION, lines=tuple(replace(line, mode=Mode.PROPOSE) for line in DELEGATION.lines))
    deficit = "Alla kontroller är uppfyllda och beräkningen visar ett underskott."
    by_line, by_run = who_decides(assessment, register, TODAY), who_decides(assessment, DELEGATION, TODAY, RunMode.PROPOSE)

    assert because(assessment, SWEDISH, authority=who_decides(assessment, DELEGATION, TODAY)) == (deficit,)
    assert because(assessment, SWEDISH, authority=by_line) == (deficit, "Enligt delegationsordningen beslutar en handläggare (AMN 2025-05-21 § 48).")
    assert because(assessment, SWEDISH, authority=by_run) == (deficit, "Körningen är inställd så att roboten bara lämnar förslag.")
    assert "Körningen är inställd" in watch_text(assessment, by_run, SWEDISH)


def test_proposal_before_the_control_month_is_over_says_that_incomes_may_come_and_until_when() -> None:
    assessment = assess(single(), LAW)
    authority = who_decides(assessment, DELEGATION, date(2026, 10, 30))
    said = "Inkomsterna i oktober 2026 räknas, och den månaden är slut först efter den 31 oktober 2026. Till dess kan fler inkomster komma."

    assert because(assessment, SWEDISH, authority=authority)[-1] == said
    assert said in watch_text(assessment, authority, SWEDISH)
    assert ground_of(authority, ENGLISH, month=MONTH) == (
        "The incomes of October 2026 count, and that month is not over until after 31 October 2026. Till then more incomes may come"
    )


def test_refusal_has_its_own_words() -> None:
    gift = StatedIncome(party=Party.APPLICANT, kind="gåva", paid_on=PAY_DAY, amount=kronor(9000))
    assessment = assess(
        with_record(with_application(single(), incomes=(gift,)), last_calculation=last(incomes=((Party.APPLICANT, "gåva", 9000),))), LAW
    )
    authority = who_decides(assessment, DELEGATION, TODAY)

    assert because(assessment, SWEDISH) == ("Alla kontroller är uppfyllda men beräkningen visar inget underskott.",)
    assert because(assessment, SWEDISH, authority=authority)[-1] == "Delegationsordningen ger inte roboten rätt att fatta detta beslut."
    assert ground_of(authority, ENGLISH, month=MONTH) == "The board's delegation does not let the robot make this decision"
    assert "avslås" in motivation(assessment, authority, SWEDISH)
    assert "har avslagits" in message(assessment, authority, SWEDISH, decided_on=TODAY)[1]


def test_reasons_come_most_important_first_and_once() -> None:
    case = with_application(single(), attachments=("a",), account="1-1", days_away=3, assets=(Asset(kind="bil", amount=kronor(1)),))
    case = with_benefits(case, insurance_payments=unknown(system="benefits_register", element="answer.fk"))
    assert because(assess(case, LAW), SWEDISH) == (
        "En uppgift kunde inte läsas: SSBTEK.",
        "Kontot i ansökan är inte det i verksamhetssystemet.",
        "Sökanden uppger dagar utanför kommunen.",
        "Tillgångarna i ansökan är inte de i verksamhetssystemet.",
        "Ansökan har en bilaga som en människa måste läsa.",
    )


@pytest.mark.parametrize("texts", [SWEDISH, ENGLISH])
def test_protected_person_gets_the_neutral_sentence_alone(texts: Texts) -> None:
    case = with_application(with_population(single(), is_protected=True), attachments=("a",))
    said = because(assess(case, LAW), texts)
    assert said == (texts.say("reason.PROTECTED") + ".",)
    assert not re.search("skydd|sekret|protect|secre", said[0])


def test_lists_name_no_amount_no_person_and_no_sensitive_kind() -> None:
    wage = StatedIncome(party=Party.APPLICANT, kind="sjukpenning", paid_on=PAY_DAY, amount=kronor(4321))
    case = with_application(
        single(), expenses=(AppliedExpense(kind="fackavgift", amount=kronor(8765)),), incomes=(wage,), pending_benefits=("hemligt",)
    )
    said = " ".join(because(assess(case, LAW), SWEDISH))

    assert "En utgift är högre än riktlinjernas tak." in said
    assert "En inkomst (sökanden) är uppgiven men finns inte i registret." in said
    assert not any(word in said for word in ("4321", "8765", "fack", "sjuk", "hemligt", "1985"))


def test_children_and_shared_days_have_their_lines() -> None:
    calculation = assess(couple(), LAW).calculation
    assert calculation is not None
    from_child = replace(calculation.personal[0], member="barn 2", norm_row="child_4_6", days=12, amount=Decimal(1212))
    assessment = replace(assess(couple(), LAW), calculation=replace(calculation, personal=(*calculation.personal, from_child)))
    body = message(assessment, who_decides(assessment, DELEGATION, TODAY), SWEDISH, decided_on=TODAY)[1].replace(NO_BREAK, " ")
    assert re.search(r"^Personliga kostnader, båda vuxna +7 100 kr$", body, re.MULTILINE)
    assert re.search(r"^Personliga kostnader, barn 2, 12 dagar +1 212 kr$", body, re.MULTILINE)
    assert Residence.ALTERNATING.value not in body


@pytest.mark.parametrize("texts", [SWEDISH, ENGLISH])
def test_every_text_can_be_said(texts: Texts) -> None:
    for key, text in texts.texts.items():
        assert texts.say(key, **dict.fromkeys(placeholders(text), "x")).strip()


def test_texts_without_names_say_the_board_and_the_municipality() -> None:
    texts = Texts.load(CONFIG / "texts", "sv")
    assert (texts.board, texts.municipality) == ("nämnden", "kommunen")


WRONG = {
    "key missing in English": ("a: Hej {name}\nb: Två", "a: Hello {name}", "en.yaml: the key b is missing"),
    "key missing in Swedish": ("a: Hej {name}", "a: Hello {name}\nb: Two", "sv.yaml: the key b is missing"),
    "other placeholders": ("a: Hej {name}", "a: Hello {names}", "a has other placeholders"),
    "empty text": ("a: ''", "a: Hello", "must be a text"),
    "key twice": ("a: Hej\na: Hej", "a: Hello", "the key stands twice"),
    "key twice in two ways": ("a: {b: Hej}\na.b: Hej", "a: {b: Hello}", "the key stands twice"),
    "bracket left open": ("a: Hej {name", "a: Hello", "a placeholder is a plain name"),
    "placeholder that reaches inside": ("a: 'Hej {name.secret}'", "a: Hello", "a placeholder is a plain name"),
    "list": ("a: [Hej]", "a: Hello", "must be keys with values"),
}


@pytest.mark.parametrize(("swedish", "english", "said"), WRONG.values(), ids=WRONG.keys())
def test_mistake_in_the_catalogue_is_named(tmp_path: Path, swedish: str, english: str, said: str) -> None:
    tmp_path.joinpath("sv.yaml").write_text(swedish, encoding="utf-8")
    tmp_path.joinpath("en.yaml").write_text(english, encoding="utf-8")
    with pytest.raises(SettingsInvalid) as caught:
        Texts.load(tmp_path, "sv")
    assert said in str(caught.value)


def _written(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        folder.joinpath(name).write_text(content, encoding="utf-8")
    return folder


def test_all_files_of_a_language_are_one_catalogue(tmp_path: Path) -> None:
    folder = _written(tmp_path, {"sv.yaml": "a: Hej", "en.yaml": "a: Hello", "rules_sv.yaml": "b: {c: Regel}", "rules_en.yaml": "b.c: Rule"})

    assert Texts.load(folder, "sv").texts == {"a": "Hej", "b.c": "Regel"}
    assert Texts.load(folder, "en").texts == {"a": "Hello", "b.c": "Rule"}


def test_a_text_that_one_language_lacks_is_missed_in_the_file_of_the_same_name(tmp_path: Path) -> None:
    folder = _written(
        tmp_path, {"sv.yaml": "a: Hej", "en.yaml": "a: Hello", "rules_sv.yaml": "b: Regel {x}\nc: Mer", "rules_en.yaml": "b: Rule\nd: More"}
    )
    with pytest.raises(SettingsInvalid) as caught:
        Texts.load(folder, "sv")

    assert str(caught.value).splitlines() == [
        f"{folder / 'rules_en.yaml'}: the key c is missing; every text stands in both languages",
        f"{folder / 'rules_sv.yaml'}: the key d is missing; every text stands in both languages",
        f"{folder / 'rules_en.yaml'}: b has other placeholders than rules_sv.yaml",
    ]


def test_a_key_that_two_files_of_a_language_have_is_a_mistake(tmp_path: Path) -> None:
    folder = _written(tmp_path, {"sv.yaml": "a: Hej", "en.yaml": "a: Hello", "rules_sv.yaml": "a: Igen", "rules_en.yaml": "b: Rule"})
    with pytest.raises(SettingsInvalid, match=r"rules_sv\.yaml:1: a: the key stands in sv\.yaml already"):
        Texts.load(folder, "sv")


def test_unknown_language_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="choose one of sv, en"):
        Texts.load(CONFIG / "texts", "fi")
