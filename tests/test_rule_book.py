"""The rule book: complete, the same twice, without anything personal or secret, and readable in a browser."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
import yaml

from robots import cli, examples, rule_book
from robots.assessment import DecisionType
from robots.authority import MATRIX, Delegation
from robots.errors import ReasonCode
from robots.guidelines import SampleRule
from robots.parameters import Parameter, Status, Value
from robots.rule_book.rules_asked import rules_in_order
from robots.rule_set import rule_set_of
from robots.rules import RULES
from robots.rules.calculation import calculate
from robots.rules.gates import GATES
from robots.texts import LANGUAGES, Texts
from tests.case_files import CONFIG, DELEGATION, LAW

MADE_AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TEXTS = {
    language: Texts.load(CONFIG / "texts", language, municipality=LAW.guidelines.municipality, board=LAW.guidelines.board) for language in LANGUAGES
}
BOOKS = {language: rule_book.make(CONFIG, LAW, DELEGATION, TEXTS[language], made_at=MADE_AT) for language in LANGUAGES}
BOOK = BOOKS["sv"].record
RULES_BY_NAME = {rule["name"]: rule for rule in BOOK["rules_asked"]}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a folder with the book in each language."""
    written = {}
    for language, book in BOOKS.items():
        written[language] = tmp_path_factory.mktemp(language)
        rule_book.write(book, written[language], TEXTS[language])
    return written


def texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a record."""
    if isinstance(value, dict):
        yield from (text for one in value.values() for text in texts_in(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in texts_in(one))
    elif isinstance(value, str):
        yield value


# --- everything that decides an outcome is in it ------------------------------------------------------------------------


def test_every_rule_is_in_the_book_in_the_order_asked() -> None:
    first = [gate.__name__ for _, gate in GATES] + [rule.ask.__name__ for rule in RULES if not rule.is_for_standard_cases]
    last = [rule.ask.__name__ for rule in RULES if rule.is_for_standard_cases]

    assert [rule["name"] for rule in BOOK["rules_asked"]] == [*first, calculate.__name__, *last]
    assert [rule["number"] for rule in BOOK["rules_asked"]] == list(range(1, len(BOOK["rules_asked"]) + 1))


@pytest.mark.parametrize("rule", BOOK["rules_asked"], ids=lambda rule: rule["name"])
def test_a_rule_has_words_sections_facts_and_examples(rule: dict[str, Any]) -> None:
    assert rule["title"]
    assert rule["text"]
    assert rule["examples"]
    assert rule["facts"] or rule["name"] in {"norm_is_in_force"}
    for section in rule["sections"]:
        assert section["act"]
        assert section["says"] or section["is_whole_act"]
    # The newest section holds until further notice, so that today's law is always told.
    assert any(section["until"] is None for section in rule["sections"])


def test_the_sections_of_a_rule_change_with_the_act() -> None:
    cited = [(section["citation"], section["from"], section["until"]) for section in RULES_BY_NAME["case_continues"]["sections"]]

    assert cited == [("SoL 4 kap. 1 §", "2017-01-01", "2025-06-30"), ("SoL 12 kap. 1 §", "2025-07-01", None)]
    assert RULES_BY_NAME["activity_requirement_is_met"]["asked_from"] == "2026-07-01"
    assert RULES_BY_NAME["plan_is_followed"]["asked_from"] is None


def test_every_section_that_an_example_rested_on_stands_with_its_rule() -> None:
    """A figure of the calculation can rest on a section of its own; a new one must be told in the book too."""
    for example in examples.load(CONFIG / "examples.yaml"):
        assessment = examples.try_out(example, LAW, DELEGATION).assessment
        for finding in assessment.findings:
            assert finding.basis.law in {section["citation"] for section in RULES_BY_NAME[finding.rule]["sections"]}
        if assessment.calculation is not None:
            told = {section["citation"] for section in RULES_BY_NAME["calculate"]["sections"]}
            calculation = assessment.calculation
            bases = [calculation.common.basis, *(row.basis for row in calculation.personal), *(row.basis for row in calculation.expenses)]
            bases += [*(row.basis for row in calculation.incomes), *(row.basis for row in calculation.children_incomes)]
            assert {basis.law for basis in bases} <= told


@pytest.mark.parametrize("asked", list(rules_in_order()), ids=lambda asked: asked.name)
def test_what_a_rule_was_seen_to_use_is_what_it_says_that_it_uses(asked: Any) -> None:
    said = (inspect.getdoc(asked.ask) or "").partition("Parameters:")[2].partition("Undetermined:")[0]
    for parameter in RULES_BY_NAME[asked.name]["parameters"]:
        if not parameter["rows"]:
            assert parameter["table"] in said
        else:
            assert re.search(rf"\b{re.escape(parameter['table'].partition('.')[0])}\b", said), f"{parameter['table']} is not in the docstring"


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _codes_written_in(function: FunctionType, seen: set[FunctionType]) -> set[str]:
    """Return the reason codes that stand in the function and in every function of the rules that it calls."""
    if function in seen:
        return set()
    seen.add(function)
    names = list(_names_in(function.__code__))
    called = (function.__globals__.get(name) for name in names)
    found = {ReasonCode[name].value for name in names if name in ReasonCode.__members__}
    for one in called:
        if isinstance(one, FunctionType) and one.__module__.startswith("robots.rules"):
            found |= _codes_written_in(one, seen)
    return found


@pytest.mark.parametrize("asked", [asked for asked in rules_in_order() if asked.name != calculate.__name__], ids=lambda asked: asked.name)
def test_the_codes_that_the_book_tells_of_a_rule_are_all_that_it_can_give(asked: Any) -> None:
    """The book has them from the examples: a code that no example shows would be missing."""
    assert {code["code"] for code in RULES_BY_NAME[asked.name]["codes"]} == _codes_written_in(asked.ask, set())


def test_the_calculation_gives_the_codes_of_missing_figures_only() -> None:
    """What it finds of costs and incomes on its way is said by their own rules."""
    assert {code["code"] for code in RULES_BY_NAME["calculate"]["codes"]} == {"HH-CHILD", "UNREADABLE"}


def test_the_book_tells_the_values_that_a_rule_uses() -> None:
    used = {one["table"]: one["rows"] for one in RULES_BY_NAME["incomes_are_as_expected"]["parameters"]}

    assert {"guidelines.incomes", "jobbstimulans_time"} <= used.keys()
    assert "aktivitetsstöd" in used["guidelines.incomes"]
    assert "single" in {one["table"]: one["rows"] for one in RULES_BY_NAME["calculate"]["parameters"]}["riksnorm"]


def test_every_dated_value_stands_with_source_and_standing() -> None:
    told = {
        (row["name"], value["from"], value["until"], value["value"], value["source"], value["status"])
        for table in BOOK["parameters"]["tables"]
        for row in table["rows"]
        for value in row["values"]
    }
    held = {
        (name, one.valid_from.isoformat(), one.valid_until.isoformat() if one.valid_until else None, str(one.value), one.source, one.status.value)
        for name, parameter in LAW.parameters.amounts.items()
        for one in parameter.values
    }

    assert told == held
    assert BOOK["parameters"]["values"] == len(held) == sum(one["values"] for one in BOOK["parameters"]["statuses"])
    assert {one["status"] for one in BOOK["parameters"]["statuses"]} == set(Status)
    assert all(row["label"] and row["label"] != row["name"] for table in BOOK["parameters"]["tables"] for row in table["rows"])


def test_the_guidelines_stand_in_words_with_date_and_source() -> None:
    guidelines = BOOK["guidelines"]
    (ceilings,) = guidelines["rent_ceiling"]
    (expenses,) = guidelines["expenses"]
    (incomes,) = guidelines["incomes"]

    assert [row["children"] for row in ceilings["rows"]] == ["0", "1", "2", "3", "4 eller fler"]
    assert ceilings["rows"][0]["one_adult"].replace("\N{NO-BREAK SPACE}", " ") == "7 200 kr"
    assert {row["kind"] for row in expenses["kinds"]} == set(LAW.guidelines.expenses.newest.value)
    assert {row["kind"] for row in incomes["kinds"]} == set(LAW.guidelines.incomes.newest.value)
    for subject in ("rent_ceiling", "expenses", "incomes", "calculation", "sample", "activity_requirement"):
        assert all(one["from"] and one["source"] for one in guidelines[subject])
    assert {rule["kind"]: rule["change"] for rule in incomes["kinds"]}["barnbidrag"] == "inte alls"


def test_who_may_decide_what_is_told_for_every_kind_of_decision() -> None:
    matrix = {row["decision"]: row for row in BOOK["authority"]["matrix"]}

    assert matrix.keys() == set(DecisionType)
    assert all(row["why"] and row["law_title"] for row in matrix.values())
    assert (matrix["bifall"]["now"], matrix["bifall"]["ground"]) == ("decide", "AMN 2025-05-21 § 48")
    assert matrix["avslag"]["now"] == "hand off"
    assert matrix["bistånd enligt 12 kap. 2 §"]["is_banned"]
    assert [line["minute"] for line in BOOK["authority"]["lines"]] == [line.minute for line in DELEGATION.lines]


def test_the_matrix_shows_the_delegation_of_the_day_of_the_book() -> None:
    before = rule_book.make(CONFIG, LAW, DELEGATION, TEXTS["sv"], made_at=datetime(2022, 6, 1, tzinfo=UTC)).record["authority"]

    assert before["on"] == "2022-06-01"
    assert "decide" not in {row["now"] for row in before["matrix"]}


def test_the_messages_are_whole_with_how_to_appeal() -> None:
    assert [one["kind"] for one in BOOK["messages"]] == ["granted", "refused"]
    for one in BOOK["messages"]:
        assert "överklaga" in one["body"]
        assert "förvaltningsrätten" in one["body"]


def test_every_reason_code_is_explained_and_led_back_to_its_rules() -> None:
    codes = {one["code"]: one for one in BOOK["codes"]}

    assert list(codes) == [code.value for code in ReasonCode]
    assert [rule["name"] for rule in codes["FRAME"]["rules"]] == ["frame_is_valid"]
    assert all(bool(one["rules"]) != bool(one["otherwise"]) for one in codes.values())


def test_the_book_names_the_rule_set_as_decisions_do() -> None:
    rule_set = rule_set_of(LAW, DELEGATION)

    assert (BOOK["program"], BOOK["rule_set"], BOOK["rules"]) == (rule_set.program, rule_set.hash, rule_set.rules_hash)


def test_an_example_is_told_in_words_with_what_it_came_to() -> None:
    told = {one["name"]: one for one in BOOK["examples"]}

    assert told["income_of_another_month"]["household"][-1].replace("\N{NO-BREAK SPACE}", " ") == (
        "gåva (sökanden): uppgivet 500 kr, fanns inte förra månaden, betalt den 31 januari 2026"
    )
    assert told["child_half_the_month"]["household"] == ["mars 2026", "en vuxen", "barn på 5 år, växelvis, 15 dagar"]
    assert told["agency_did_not_answer"]["because"] == ["En uppgift kunde inte läsas: SSBTEK."]
    assert told["medicine"]["found"]["words"].startswith("Roboten föreslår: bifall med levnadskostnader i övrigt")
    assert told["norm_brought_forward"]["supposed"]
    not_over = told["control_month_not_over"]
    assert not_over["found"]["words"].startswith("Roboten föreslår: bifall,")
    assert not_over["ground"].startswith("Inkomsterna i februari 2026 räknas, och den månaden är slut först efter den 28 februari 2026.")
    assert [line["amount"].replace("\N{NO-BREAK SPACE}", " ") for line in told["single_2026"]["calculation"]] == [
        "3 940 kr",
        "1 280 kr",
        "5 220 kr",
        "5 220 kr",
        "5 220 kr",
    ]


# --- the same twice -----------------------------------------------------------------------------------------------------


def test_the_book_is_the_same_byte_for_byte_when_made_twice(tmp_path: Path, folders: dict[str, Path]) -> None:
    again = rule_book.make(CONFIG, LAW, DELEGATION, TEXTS["sv"], made_at=MADE_AT)
    for path in rule_book.write(again, tmp_path, TEXTS["sv"]):
        assert path.read_bytes() == (folders["sv"] / path.name).read_bytes()


def test_only_the_time_differs_in_a_book_of_another_hour() -> None:
    later = rule_book.make(CONFIG, LAW, DELEGATION, TEXTS["sv"], made_at=MADE_AT.replace(hour=15)).record

    assert {key for key in BOOK if BOOK[key] != later[key]} == {"made_at"}


def test_both_languages_tell_the_same(folders: dict[str, Path]) -> None:
    swedish, english = (json.loads((folders[language] / "rule_book.json").read_text(encoding="utf-8")) for language in LANGUAGES)

    assert swedish.keys() == english.keys()
    assert [rule["name"] for rule in swedish["rules_asked"]] == [rule["name"] for rule in english["rules_asked"]]
    assert [one["found"]["amount"] for one in swedish["examples"]] == [one["found"]["amount"] for one in english["examples"]]
    assert (swedish["rules_asked"][0]["title"], english["rules_asked"][0]["title"]) == (
        "Ingen i hushållet har skyddade personuppgifter",
        "Nobody in the household has protected personal data",
    )


# --- nothing personal, nothing secret -----------------------------------------------------------------------------------


def _settings_texts() -> set[str]:
    """Return every value of config/kollega.yaml that would tell of this installation."""
    settings = yaml.safe_load((CONFIG / "kollega.yaml").read_text(encoding="utf-8"))
    told = {text for part in ("systems", "paths") for text in texts_in(settings[part]) if len(text) > 3}
    assert "http://127.0.0.1:8701" in told
    return told


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["rule_book.html", "rule_book.json"])
def test_the_book_holds_nothing_of_the_installation_and_nobody(folders: dict[str, Path], language: str, name: str) -> None:
    written = (folders[language] / name).read_text(encoding="utf-8")

    assert [text for text in _settings_texts() if text in written] == []
    assert re.findall(r"https?://|127\.0\.0\.1|localhost|KOLLEGA_", written) == []
    assert re.findall(r"(?<![0-9a-f])(?:\d{8}|\d{6})[-+]?\d{4}(?![0-9a-f])", written) == []
    environment = {value for value in os.environ.values() if len(value) > 7}
    assert not [value for value in environment if value in written and value not in {TEXTS[language].municipality, TEXTS[language].board}]
    assert str(CONFIG.parent) not in written


def test_the_seed_of_the_samples_is_not_told() -> None:
    """Whoever has it can foresee which applications are drawn."""
    sample = LAW.guidelines.sample
    first = sample.values[0]
    drawn: Value[SampleRule] = replace(first, value=SampleRule(percent=first.value.percent + 5, seed="a-secret-word"))
    law = replace(LAW, guidelines=replace(LAW.guidelines, sample=Parameter(name=sample.name, values=(drawn,))))
    record = rule_book.make(CONFIG, law, DELEGATION, TEXTS["sv"], made_at=MADE_AT).record

    assert "a-secret-word" not in json.dumps(record)
    assert first.value.seed not in json.dumps(BOOK)
    assert record["guidelines"]["sample"][0]["percent"] == "5"
    assert any("dras" in words for words in record["guidelines"]["sample"][0]["words"])


# --- the page -----------------------------------------------------------------------------------------------------------


class _Page(HTMLParser):
    """The anchors and links of a page, and the tags that would run or fetch something."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.anchors.append(str(given["id"]))
        if given.get("href"):
            self.links.append(str(given["href"]))
        if tag in {"script", "iframe", "link", "img", "object", "form"} or any(name.startswith("on") for name in given):
            self.active.append(tag)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_of_the_page_leads_to_an_anchor_of_its_own(folders: dict[str, Path], language: str) -> None:
    page = _Page()
    page.feed((folders[language] / "rule_book.html").read_text(encoding="utf-8"))

    assert len(page.anchors) == len(set(page.anchors))
    assert [link for link in page.links if not (link.startswith("#") and link[1:] in page.anchors)] == []
    assert {f"rule-{name}" for name in RULES_BY_NAME} <= set(page.anchors)
    assert {f"example-{one['name']}" for one in BOOK["examples"]} <= set(page.anchors)
    assert page.active == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window_and_a_link_opens_its_example(folders: dict[str, Path], width: int) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"))
        page = chromium.new_page(viewport={"width": width, "height": 900})
        page.goto((folders["sv"] / "rule_book.html").as_uri())
        # A table scrolls by itself; the page never does sideways.
        assert page.evaluate("document.documentElement.scrollWidth") == width
        example = page.locator("#example-rent_above_the_ceiling")
        assert not example.is_visible()
        page.locator("#rule-expenses_are_within_the_guidelines summary").click()
        page.locator("#rule-expenses_are_within_the_guidelines a[href='#example-rent_above_the_ceiling']").click()
        assert example.is_visible()
        # Printed, everything is there, also what is folded on the screen.
        page.emulate_media(media="print")
        assert page.locator("#example-new_account li").first.is_visible()
        chromium.close()


# --- an example that does not end as expected, and the command ----------------------------------------------------------


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """Return a folder with a copy of config/ and selectors/, to be broken."""
    for folder in ("config", "selectors"):
        shutil.copytree(CONFIG.parent / folder, tmp_path / folder)
    return tmp_path


def _command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], root: Path, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr("sys.argv", ["kollega", "rules", "book", "--root", str(root), *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    printed = capsys.readouterr()
    return ended.value.code if isinstance(ended.value.code, int) else 0, printed.out, printed.err


def test_the_command_writes_the_book_as_page_and_data(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, printed, _ = _command(monkeypatch, capsys, installation)
    folder = installation / "logs" / "regelbok"

    assert exit_code == 0
    assert f"{folder / 'rule_book.html'}" in printed
    assert json.loads((folder / "rule_book.json").read_text(encoding="utf-8"))["language"] == "sv"


def test_the_command_writes_where_and_in_the_language_it_is_told(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    exit_code, printed, _ = _command(monkeypatch, capsys, installation, "--to", str(installation / "out"), "--language", "en", "--json")

    assert exit_code == 0
    assert json.loads(printed)["files"] == [str(installation / "out" / name) for name in ("rule_book.html", "rule_book.json")]
    assert "What the robot does and does not do" in (installation / "out" / "rule_book.html").read_text(encoding="utf-8")


def test_an_example_that_ends_otherwise_is_marked_and_the_book_written_all_the_same(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guidelines = installation / "config" / "guidelines.yaml"
    changed = guidelines.read_text(encoding="utf-8").replace("children_0: 7200", "children_0: 7100", 1)
    guidelines.write_text(changed, encoding="utf-8")
    exit_code, printed, _ = _command(monkeypatch, capsys, installation)
    folder = installation / "logs" / "regelbok"
    record = json.loads((folder / "rule_book.json").read_text(encoding="utf-8"))
    page = (folder / "rule_book.html").read_text(encoding="utf-8")

    assert exit_code == 1
    assert record["wrong"] == ["housing_as_before", "rent_above_the_ceiling"]
    assert "housing_as_before: ends otherwise" in printed
    (marked,) = (one for one in record["examples"] if one["name"] == "housing_as_before")
    assert (marked["expected"]["codes"], marked["found"]["codes"]) == ([], ["EXP-CAP"])
    assert page.count("Slutade inte som väntat") == 2
    assert "2 av " in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--language", "fi"), "choose one of sv, en"), (("--to", "/proc/book"), "can't be written")],
    ids=["language", "folder"],
)
def test_what_an_operator_must_set_right_ends_with_three(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    exit_code, _, complained = _command(monkeypatch, capsys, installation, *arguments)

    assert exit_code == 3
    assert said in complained


def test_a_mistake_in_the_examples_is_named_with_file_and_line(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = installation / "config" / "examples.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("adults: 1}", "adults: 7}", 1), encoding="utf-8")
    exit_code, _, complained = _command(monkeypatch, capsys, installation)

    assert exit_code == 3
    assert re.search(r"examples\.yaml:\d+: examples\[0\]\.household\.adults: must be at most 2", complained)


def test_a_delegation_that_is_taken_back_changes_the_examples_and_shows() -> None:
    book = rule_book.make(CONFIG, LAW, replace(DELEGATION, lines=()), TEXTS["sv"], made_at=MADE_AT)

    assert "single_2026" in book.wrong
    assert isinstance(DELEGATION, Delegation)
    assert [row["now"] for row in book.record["authority"]["matrix"]] == ["propose", "propose", *["hand off"] * (len(MATRIX) - 2)]
