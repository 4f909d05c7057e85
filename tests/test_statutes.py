"""The index of acts and sections, one bad file for every way of being wrong, and what else may stand in a rule."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

import robots.rules
from robots.assessing import load_law
from robots.authority import MATRIX, SECTIONS_LEFT_TO_MACHINES, MatrixRow
from robots.configuration import read_configuration
from robots.errors import ParameterNotInForce, SettingsInvalid, SetupError
from robots.parameters import Status
from robots.rules import RULES
from robots.rules.calculation import calculate
from robots.rules.gates import GATES
from robots.statutes import Statutes
from tests.case_files import CONFIG, LAW, PARAMETERS

STATUTES = Statutes.load(CONFIG / "statutes.yaml")

GOOD = """schema: 1
acts:
  - short: SoL
    name: Gammal lag
    sfs: "2001:1"
    from: 2002-01-01
    until: 2024-12-31
    source: read
    status: official
    sections:
      4 kap. 1 §: {title: Rätt, says: En mening.}
  - short: SoL
    name: Ny lag
    sfs: "2025:1"
    from: 2025-01-01
    until: null
    source: read
    status: official
    sections:
      12 kap. 1 §: {title: Rätt, says: En mening.}
      12 kap. 4 a–6 a §§: {title: Krav, says: En mening., from: 2026-07-01, until: 2026-12-31, status: secondary, source: told}
"""


def _load(folder: Path, text: str = GOOD) -> Statutes:
    path = folder / "statutes.yaml"
    path.write_text(text, encoding="utf-8")
    return Statutes.load(path)


def test_section_has_act_place_title_days_and_standing(tmp_path: Path) -> None:
    section = _load(tmp_path).section("SoL 12 kap. 1 §", date(2025, 1, 1))

    assert (section.act, section.act_name, section.sfs, section.place) == ("SoL", "Ny lag", "2025:1", "12 kap. 1 §")
    assert (section.title, section.says, section.source, section.status) == ("Rätt", "En mening.", "read", Status.OFFICIAL)
    assert (section.valid_from, section.valid_until) == (date(2025, 1, 1), None)


def test_range_of_sections_has_days_source_and_standing_of_its_own(tmp_path: Path) -> None:
    statutes = _load(tmp_path)

    section = statutes.section("SoL 12 kap. 4 a–6 a §§", date(2026, 7, 1))
    assert (section.valid_until, section.source, section.status) == (date(2026, 12, 31), "told", Status.SECONDARY)
    assert statutes.section("SoL 12 kap. 4 a–6 a §§", date(2026, 12, 31)) == section
    for day in (date(2026, 6, 30), date(2027, 1, 1)):
        with pytest.raises(ParameterNotInForce, match="not in force on"):
            statutes.section("SoL 12 kap. 4 a–6 a §§", day)


def test_section_is_found_as_a_decision_writes_it(tmp_path: Path) -> None:
    statutes = _load(tmp_path)

    assert statutes.section("12 kap. 1 § SoL", date(2025, 1, 1)) == statutes.section("SoL 12 kap. 1 §", date(2025, 1, 1))


def test_whole_act_is_cited_by_its_number_and_is_derived(tmp_path: Path) -> None:
    statutes = _load(tmp_path)

    act = statutes.section("SoL (2001:1)", date(2024, 12, 31))
    assert (act.title, act.place, act.status) == ("Gammal lag", "(2001:1)", Status.DERIVED)
    with pytest.raises(ParameterNotInForce):
        statutes.section("SoL (2001:1)", date(2025, 1, 1))


@pytest.mark.parametrize("citation", ["SoL 12 kap. 99 §", "FL 1 §", "SoL", "", "12 kap. 1 §"])
def test_citation_that_the_index_has_not_is_a_mistake(tmp_path: Path, citation: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"is not in config/statutes\.yaml"):
        _load(tmp_path).section(citation, date(2025, 1, 1))


def test_section_of_the_old_act_is_not_one_of_the_new(tmp_path: Path) -> None:
    with pytest.raises(ParameterNotInForce):
        _load(tmp_path).section("SoL 4 kap. 1 §", date(2025, 1, 1))


WRONG = {
    "unknown key": ("    source: read\n", "    sources: read\n", 8, "unknown key"),
    "no sentence": ("{title: Rätt, says: En mening.}", "{title: Rätt}", 11, "the key says is missing"),
    "wrong status": ("status: official", "status: sure", 9, "must be one of"),
    "wrong number": ('sfs: "2001:1"', "sfs: 2001", 5, "must be a number such as 2025:400"),
    "name of two words": ("short: SoL", "short: So L", 3, "must be one word"),
    "place without a section sign": ("4 kap. 1 §:", "4 kap. 1:", 11, "must be a place such as"),
    "range with one section sign": ("4 a–6 a §§", "4 a–6 a §", 21, "must be a place such as"),
    "range with a hyphen": ("4 a–6 a §§", "4 a-6 a §§", 21, "must be a place such as"),
    "act ends before it begins": ("until: 2024-12-31", "until: 2001-12-31", 3, "ends before it begins"),
    "section ends before it begins": ("until: 2026-12-31", "until: 2026-06-30", 21, "ends before it begins"),
    "section begins before its act": ("from: 2026-07-01", "from: 2024-12-31", 21, "days of its act only"),
    "section ends after its act": ("says: En mening.}", "says: En mening., until: null}", 11, "days of its act only"),
    "two acts of one name at one time": ("until: 2024-12-31", "until: 2025-01-01", 12, "another act is called SoL"),
    "no such day": ("from: 2002-01-01", "from: 2002-02-30", 6, "there is no such day"),
    "section twice": ("      12 kap. 4 a–6 a §§:", "      12 kap. 1 §:", 21, "the key stands twice"),
    "other schema": ("schema: 1", "schema: 2", 1, "reads schema 1 only"),
}


@pytest.mark.parametrize(("old", "new", "line", "said"), WRONG.values(), ids=WRONG.keys())
def test_mistake_in_the_index_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    with pytest.raises(SettingsInvalid) as caught:
        _load(tmp_path, GOOD.replace(old, new, 1))

    named = [one for one in str(caught.value).splitlines() if said in one]
    assert named
    assert named[0].startswith(f"{tmp_path / 'statutes.yaml'}:{line}:")


def test_all_mistakes_of_the_index_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        _load(tmp_path, GOOD.replace("title: Rätt", "titel: Rätt").replace('"2025:1"', "new"))

    assert len(str(caught.value).splitlines()) >= 5


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a copy of config/ to spoil."""
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


SECTIONS_FILE, DELEGATION_FILE = "parameters/sections.yaml", "delegation.yaml"
CITED_WRONGLY = {
    "section that is not there": (SECTIONS_FILE, {"SoL 12 kap. 7 §": "SoL 12 kap. 70 §"}, "SoL 12 kap. 70 § is not in config/statutes.yaml"),
    "new section before its day": (SECTIONS_FILE, {"SoL 4 kap. 3 §": "SoL 12 kap. 7 §"}, "SoL 12 kap. 7 § is not in force on 2017-01-01"),
    "new section a day too early": (
        SECTIONS_FILE,
        {"until: 2026-06-30": "until: 2026-06-29", "from: 2026-07-01": "from: 2026-06-30"},
        "SoL 12 kap. 4 a–6 a §§ is not in force on 2026-06-30",
    ),
    "old section a day too long": (
        SECTIONS_FILE,
        {"until: 2025-06-30": "until: 2025-07-01", "from: 2025-07-01": "from: 2025-07-02"},
        "SoL 4 kap. 3 § is in force until 2025-06-30 only",
    ),
    "leave to automate a day too early": (
        "parameters/automated_decisions.yaml",
        {"from: 2022-07-01": "from: 2022-06-30"},
        "KL 6 kap. 37 § is not in force on 2022-06-30",
    ),
    "delegation under a section that is not there": (
        DELEGATION_FILE,
        {"12 kap. 1 § SoL": "12 kap. 10 § SoL"},
        "12 kap. 10 § SoL is not in config/statutes.yaml",
    ),
    "delegation that begins when the old act has that number": (
        DELEGATION_FILE,
        {"from: 2025-07-01": "from: 2025-06-30"},
        "12 kap. 1 § SoL is in force until 2025-06-30 only",
    ),
    "delegation without an end under the old act": (
        DELEGATION_FILE,
        {"until: 2025-06-30": "until: null"},
        "4 kap. 1 § SoL is in force until 2025-06-30 only",
    ),
}


@pytest.mark.parametrize(("name", "changes", "said"), CITED_WRONGLY.values(), ids=CITED_WRONGLY.keys())
def test_citation_of_what_is_not_in_force_is_named_with_file_and_line(config: Path, name: str, changes: dict[str, str], said: str) -> None:
    path = config / name
    text = path.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsInvalid) as caught:
        load_law(config)

    named = [line for line in str(caught.value).splitlines() if said in line]
    assert named
    number = int(named[0].removeprefix(f"{path}:").split(":")[0])
    assert re.split(" is (?:not|in force)", said)[0] in text.splitlines()[number - 1]


def test_wrong_citations_of_all_files_are_told_at_once(config: Path) -> None:
    for name in ("parameters/sections.yaml", "delegation.yaml"):
        path = config / name
        path.write_text(path.read_text(encoding="utf-8").replace("12 kap. 1 §", "12 kap. 99 §"), encoding="utf-8")

    with pytest.raises(SettingsInvalid) as caught:
        load_law(config)

    assert {Path(line.split(":")[0]).name for line in str(caught.value).splitlines()} == {"sections.yaml", "delegation.yaml"}


def test_check_tells_a_wrong_citation_together_with_other_mistakes(config: Path) -> None:
    shutil.copytree(CONFIG.parent / "selectors", config.parent / "selectors")
    for name, old, new in (
        ("parameters/sections.yaml", "SoL 12 kap. 8 §", "SoL 12 kap. 80 §"),
        ("guidelines.yaml", "judged_by: plan", "judged_by: me"),
    ):
        text = config.joinpath(name).read_text(encoding="utf-8")
        config.joinpath(name).write_text(text.replace(f" {old}\n", f" {new}\n"), encoding="utf-8")

    with pytest.raises(SetupError) as caught:
        read_configuration(config.parent)

    assert "sections.yaml:" in str(caught.value)
    assert "SoL 12 kap. 80 § is not in config/statutes.yaml" in str(caught.value)
    assert "guidelines.yaml:" in str(caught.value)


def test_config_without_an_index_is_refused(config: Path) -> None:
    config.joinpath("statutes.yaml").unlink()
    with pytest.raises(SettingsInvalid, match=r"statutes\.yaml can't be read"):
        load_law(config)


def test_sentence_on_every_section_is_one_plain_sentence() -> None:
    for sections in STATUTES.sections.values():
        for section in sections:
            if not section.place.startswith("("):
                assert re.fullmatch(r"[A-ZÅÄÖ][^\n]{15,220}\.", section.says), section


#: When the acts came and went, from their registers.
ACTS = {
    "2001:453": (date(2002, 1, 1), date(2025, 6, 30)),
    "2025:400": (date(2025, 7, 1), None),
    "2001:937": (date(2002, 1, 1), date(2025, 6, 30)),
    "2025:468": (date(2025, 7, 1), None),
    "1986:223": (date(1987, 1, 1), date(2018, 6, 30)),
    "2017:900": (date(2018, 7, 1), None),
    "2017:725": (date(2018, 1, 1), None),
    "2009:400": (date(2009, 6, 30), None),
    "2001:454": (date(2001, 10, 1), None),
}


def test_acts_are_in_force_from_their_day_until_the_next_one_took_over() -> None:
    assert {act.sfs: (act.valid_from, act.valid_until) for act in STATUTES.acts} == ACTS


def test_what_is_not_read_in_the_act_itself_says_so() -> None:
    activity = STATUTES.section("SoL 12 kap. 4 a–6 a §§", date(2026, 7, 1))
    assert activity.status is Status.SECONDARY
    assert STATUTES.section("FL (1986:223)", date(2018, 1, 1)).status is Status.DERIVED
    with pytest.raises(ParameterNotInForce):
        STATUTES.section("SoL 12 kap. 4 a–6 a §§", date(2026, 6, 30))


#: Everybody who answers for a subject of the law.
SUBJECTS = sorted({subject for subject, _ in GATES} | {rule.subject for rule in RULES} | {"norm", "norm_table", "norm_shares"})
#: Subjects that the law has not always had, with the day on which they came.
LATER_SUBJECTS = {"activity": date(2026, 7, 1)}


def _days() -> Iterator[date]:
    day = date(2018, 1, 1)
    while day <= date(2027, 12, 31):
        yield day
        day += timedelta(days=1)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_section_of_every_rule_is_in_the_index_on_every_day(subject: str) -> None:
    parameter = PARAMETERS.section(f"sections.{subject}")
    first = LATER_SUBJECTS.get(subject, date.min)

    for day in _days():
        if day < first:
            with pytest.raises(ParameterNotInForce):
                parameter.on(day)
        else:
            assert STATUTES.section(parameter.on(day).value, day).holds_on(day)


def test_sections_that_rules_say_they_rest_on_are_in_the_index() -> None:
    """A rule's docstring cites the law of today, in the words `Law: SoL 12 kap. 7 §.`"""
    day = date(2026, 11, 1)
    asked = [*(gate for _, gate in GATES), *(rule.ask for rule in RULES), calculate]

    for ask in asked:
        cited = re.findall(r"(?:SoL|SF|FL|KL|OSL|SoLPUL) [\d kap.a-z–]*?§§?", re.sub(r"\s+", " ", ask.__doc__ or "").partition("Law: ")[2])
        assert cited, ask.__name__
        for citation in cited:
            assert STATUTES.section(citation, day), ask.__name__


@pytest.mark.parametrize("row", MATRIX, ids=[row.decision_type.value for row in MATRIX])
def test_section_that_lets_or_bars_a_machine_is_in_the_index(row: MatrixRow) -> None:
    assert STATUTES.section(row.law, date(2026, 11, 1))


@pytest.mark.parametrize("citation", sorted(SECTIONS_LEFT_TO_MACHINES))
def test_section_whose_decisions_may_be_left_to_a_machine_is_in_the_index(citation: str) -> None:
    day = date(2025, 6, 30) if citation.startswith("4 kap.") else date(2025, 7, 1)
    assert STATUTES.section(citation, day)


def test_rule_says_in_its_docstring_the_section_of_its_subject() -> None:
    day = date(2026, 11, 1)

    for subject, ask in (*GATES, *((rule.subject, rule.ask) for rule in RULES), ("norm", calculate)):
        law = re.sub(r"\s+", " ", ask.__doc__ or "").partition("Law: ")[2].partition("Facts:")[0]
        assert LAW.section(subject, day) in law, ask.__name__


RULE_MODULES = sorted(Path(robots.rules.__file__).parent.glob("*.py"))
#: The numbers, besides 0 and 1, that may stand in a rule: none of them is one of the law or of the guidelines.
ALLOWED = {
    "calculation": {"12": "months of a year"},
    "grounds": {"4096": "how many bases are remembered"},
    "household": {
        "4": "where a personnummer's month begins",
        "6": "where its day begins",
        "8": "where its birth number begins",
        "60": "what a samordningsnummer adds to the day of birth",
    },
    "incomes": {"100": "hundred percent"},
    "jobbstimulans": {"2": "the month after next", "12": "months of a year"},
    "sample": {"8": "bits of a byte", "100": "hundred percent"},
    "spread": {"2": "two incomes that are compared"},
}


def _numbers(source: str) -> set[str]:
    """Return every number of a module but 0 and 1, also one that is written as a text."""
    constants = {node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant) and not isinstance(node.value, bool)}
    numbers = {str(value) for value in constants if isinstance(value, int | float | complex)}
    texts = {value for value in constants if isinstance(value, str) and re.fullmatch(r"\s*[-+]?[\d ]*[.,]?\d+\s*(%|kr|kronor)?\s*", value)}
    return (numbers | texts) - {"0", "1"}


@pytest.mark.parametrize(
    "source", ["LIMIT = 7200", "LIMIT = 0.25", 'Decimal("0.25")', "'25 %'", "x = amount * -3", "def f(a=12): ...", "'7 200 kronor'"]
)
def test_number_in_a_rule_is_seen_however_it_is_written(source: str) -> None:
    assert _numbers(source)


@pytest.mark.parametrize("module", RULE_MODULES, ids=[path.stem for path in RULE_MODULES])
def test_no_number_of_the_law_stands_in_a_rule(module: Path) -> None:
    """The allowed are also all in use, so that none stays allowed for somebody else's number."""
    assert _numbers(module.read_text(encoding="utf-8")) == set(ALLOWED.get(module.stem, {}))
