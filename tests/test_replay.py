"""Past cases assessed again: figures worked out by hand, what is never dropped and never told, and the command that shows them."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from robots.assessment import Assessment
from robots.case import AppliedExpense, CaseFile, Month, Party, StatedIncome
from robots.casebook import Casebook, DocumentKind
from robots.errors import ParameterNotInForce, SetupError
from robots.records import to_record
from robots.replay import cases, tables, trial
from robots.replay.cases import Replay, Replayed, Row, Standing, household_of, replay
from robots.replay.figures import Alike, Figures, figures
from robots.replay.page import page
from robots.replay.rule_changes import Rules, as_of, delegation_changes, rule_changes
from robots.replay.tables import Report
from robots.rules import assess
from robots.texts import Texts
from tests.case_files import (
    CHILD_7,
    CONFIG,
    DELEGATION,
    LAW,
    MONTH,
    PAY_DAY,
    child,
    couple,
    family,
    in_month,
    kronor,
    last,
    law_with,
    single,
    with_application,
    with_record,
)
from tests.past_cases import case_id_of, keep, keep_in, numbered
from tests.postgres import postgres, program
from tests.test_cli import Done, kollega

# Each takes longer than what runs before every commit may take: real files, servers and processes.
pytestmark = pytest.mark.durable

__all__ = ["kollega"]

ENGLISH = Texts.load(CONFIG / "texts", "en")
SWEDISH = Texts.load(CONFIG / "texts", "sv")
JANUARY_2025 = Month(year=2025, month=1)
RULES = Rules(law=LAW, delegation=DELEGATION)


def renting(amount: int, case: CaseFile | None = None, month: Month = MONTH) -> CaseFile:
    """Return a household that pays so much rent in a month, as it did the month before."""
    rent = AppliedExpense(kind="boendekostnad", amount=kronor(amount))
    before = replace(last(expenses=(("boendekostnad", amount),)), month=month.previous)
    case = single() if case is None else case
    return with_record(with_application(case if month == MONTH else in_month(case, month), expenses=(rent,)), last_calculation=before)


def changed_config(folder: Path, **changes: Callable[[str], str]) -> Path:
    """Return a copy of config/ in which files, named without ending, are written anew."""
    shutil.copytree(CONFIG, folder)
    for name, change in changes.items():
        file = folder / f"{name}.yaml"
        before = file.read_text(encoding="utf-8")
        after = change(before)
        assert after != before
        file.write_text(after, encoding="utf-8")
    return folder


def lower_rent_ceiling(text: str) -> str:
    """Return the guidelines with every rent ceiling 500 kronor lower."""
    return re.sub(r"children_(\w+): (\d+)", lambda found: f"children_{found[1]}: {int(found[2]) - 500}", text)


def rent_trial(tmp_path: Path, *past: CaseFile, **question: Any) -> Report:
    """Return what a rent ceiling 500 kronor lower changes for the cases."""
    book = keep(tmp_path / "state", *past)
    other = changed_config(tmp_path / "other", guidelines=lower_rent_ceiling)
    report = trial.tried(trial.Question(config=CONFIG, casebook=book, other_config=other, **question))
    assert report is not None
    return report


def test_lower_rent_ceiling_takes_from_those_above_it_and_hands_them_over(tmp_path: Path) -> None:
    # Ceilings 7 200 for one adult and 8 000 for two become 6 700 and 7 500: 7 000 and 7 600 are above, 6 700 and 7 500 are not.
    found = rent_trial(tmp_path, *numbered(renting(7000), renting(6700), renting(7600, couple()), renting(7500, couple()), single())).figures

    assert (found.cases, found.assessed, found.same, found.changes) == (5, 5, 3, 2)
    assert (found.other_amount, found.other_outcome, found.other_codes) == (2, 2, 2)
    # single: norm 5 220 + rent; couple: norm 8 510 + rent
    assert found.amount_before == 12220 + 11920 + 16110 + 16010 + 5220
    assert found.amount_after == found.amount_before - 300 - 100
    assert (found.difference, found.calculated) == (-400, 5)
    assert {pair: count for pair, count in found.outcomes.items() if count} == {("decide", "decide"): 3, ("decide", "hand off"): 2}
    assert found.reasons.loc["EXP-CAP"].to_dict() == {"before": 0, "after": 2, "gained": 2, "lost": 0}
    assert found.households.loc["1+0"].to_dict() == {
        "cases": 3, "changed": 1, "lower": 1, "higher": 0, "before": 29360, "after": 29060, "difference": -300,
    }  # fmt: skip
    assert list(found.households.index) == ["1+0", "2+0"]
    assert {step: count for step, count in found.differences.items() if count} == {(-1, 500): 1, (-1, 100): 1}
    assert found.commonest == (Alike("decide", "hand off", "EXP-CAP", "", -1, 2, -400),)
    assert [(row.reference, row.before_amount, row.after_amount) for row in found.changed] == [
        ("EA-26-00001", 12220, 11920),
        ("EA-26-00003", 16110, 16010),
    ]


def test_law_of_another_month_gives_its_amounts_with_ages_and_incomes_as_they_are(tmp_path: Path) -> None:
    book = keep(tmp_path, *numbered(single(), family(child(CHILD_7))))
    report = trial.tried(trial.Question(config=CONFIG, casebook=book, law_of=JANUARY_2025))

    assert report is not None
    # 2026: 3 940 + 1 280; 2025: 3 910 + 1 270. With a child of 7: 3 940 + 3 820 + 1 410 against 3 910 + 3 790 + 1 400.
    assert [(row.before_amount, row.after_amount) for row in report.figures.changed] == [(9170, 9100), (5220, 5180)]
    assert report.figures.other_outcome == report.figures.other_codes == 0
    changed = {change.either.name: (change.before and change.before.value, change.after and change.after.value) for change in report.changes}
    assert changed["riksnorm.single"] == ("3940", "3910")
    assert changed["riksnorm.common_2"] == ("1410", "1400")
    assert not any(name.startswith(("guidelines.", "sections.")) for name in changed)


def test_norm_of_a_month_without_one_is_refused_and_not_that_of_another_year() -> None:
    with pytest.raises(ParameterNotInForce):
        as_of(LAW, Month(year=2031, month=1))


def test_law_of_a_month_is_the_same_on_every_day_but_for_the_numbers_of_sections() -> None:
    law = as_of(LAW, JANUARY_2025)

    for month in (Month(year=2019, month=5), MONTH):
        assert law.parameters.amount("riksnorm.single").on(month.first_day).value == 3910
        assert law.guidelines.rent_ceiling.on(month.first_day).value == LAW.guidelines.rent_ceiling.on(JANUARY_2025.first_day).value
    assert law.section("right", date(2025, 1, 1)) != law.section("right", date(2026, 1, 1))


def test_changes_of_rules_are_told_by_the_months_in_which_they_differ() -> None:
    months = [Month(year=2025, month=12), Month(year=2026, month=1), Month(year=2026, month=2)]
    single_adult = [change for change in rule_changes(LAW, as_of(LAW, JANUARY_2025), months) if change.either.name == "riksnorm.single"]

    assert [(change.first_month, change.last_month) for change in single_adult] == [(months[1], months[2])]
    assert rule_changes(LAW, LAW, months) == ()


def test_another_seed_of_the_sample_is_told_and_neither_of_the_two() -> None:
    first = LAW.guidelines.sample.values[0].value
    after = law_with(sample=replace(first, seed="another-secret-word"))

    changes = rule_changes(LAW, after, [MONTH])

    (seed,) = [change for change in changes if change.either.row == "seed"]
    assert not {first.seed, "another-secret-word"} & set(re.findall(r"[\w-]+", repr(seed)))


def test_changed_threshold_is_told_and_stops_an_income_that_moved_more(tmp_path: Path) -> None:
    pay = StatedIncome(party=Party.APPLICANT, kind="gåva", paid_on=PAY_DAY, amount=kronor(1080))
    case = with_record(with_application(single(), incomes=(pay,)), last_calculation=last(incomes=((Party.APPLICANT, "gåva", 1000),)))
    book = keep(tmp_path / "state", *numbered(case))
    other = changed_config(tmp_path / "other", guidelines=lambda text: text.replace("change_percent: 12", "change_percent: 5"))
    report = trial.tried(trial.Question(config=CONFIG, casebook=book, other_config=other))

    assert report is not None
    assert report.figures.difference == 0
    assert report.figures.commonest == (Alike("decide", "hand off", "INC-DIFF", "", 0, 1, 0),)
    said = dict((row[0], row[1:3]) for row in tables.changes(report, SWEDISH).rows)
    assert said["Kommunens riktlinjer, inkomsten gåva"] == ("får ändras med högst 12 procent", "får ändras med högst 5 procent")


def test_line_taken_out_of_the_delegation_makes_every_grant_a_proposal(tmp_path: Path) -> None:
    book = keep(tmp_path / "state", *numbered(single(), couple()))
    other = changed_config(tmp_path / "other", delegation=lambda text: re.sub(r"(?m)^  - \{decision: bifall, section: 12 kap.*\n", "", text))
    report = trial.tried(trial.Question(config=CONFIG, casebook=book, other_config=other))

    assert report is not None
    assert report.figures.outcomes["decide", "propose"] == 2
    assert "DELEG" not in report.figures.reasons.index
    assert [change.is_added for change in report.delegation_changes] == [False]
    assert "AMN 2025-05-21 § 48" in str(tables.changes(report, SWEDISH).rows[-1][0])
    assert delegation_changes(DELEGATION, DELEGATION) == ()


def test_rules_in_force_tried_against_themselves_change_nothing_and_no_case_is_read(tmp_path: Path) -> None:
    question = trial.Question(config=CONFIG, casebook=tmp_path / "no casebook here", other_config=CONFIG)

    assert trial.tried(question) is None


def test_every_past_case_comes_to_the_same_byte_for_byte_by_the_rules_that_it_was_decided_with(tmp_path: Path) -> None:
    earlier = as_of(LAW, JANUARY_2025)
    keep(tmp_path, *numbered(single(), couple()), law=earlier)
    later = with_application(family(child(CHILD_7)), attachments=("intyg.pdf",))
    book = keep(tmp_path, replace(later, application=replace(later.application, reference="EA-26-00003")))

    found = trial.checked(trial.Question(config=CONFIG, casebook=book, is_as_decided=True))

    assert (found.cases, found.same, found.differing, found.not_assessed) == (3, 3, (), {})
    assert found.holds


def test_case_that_comes_to_something_else_is_named(tmp_path: Path) -> None:
    past = numbered(single(), couple())
    book = keep(tmp_path, *past)
    altered = assess(past[1], as_of(LAW, JANUARY_2025))
    with Casebook(book) as opened:
        opened.keep(case_id_of(past[1]), DocumentKind.ASSESSMENT, to_record(Assessment, altered))

    found = trial.checked(trial.Question(config=CONFIG, casebook=book, is_as_decided=True))

    assert (found.same, found.differing, found.other_program, found.holds) == (1, ("EA-26-00002",), (), False)


def test_case_file_exchanged_together_with_its_assessment_is_noticed(tmp_path: Path) -> None:
    past = numbered(single())
    book = keep(tmp_path, *past)
    other = with_application(past[0], days_away=3)
    with Casebook(book) as opened:
        opened.keep(case_id_of(past[0]), DocumentKind.CASE_FILE, to_record(CaseFile, other))
        opened.keep(case_id_of(past[0]), DocumentKind.ASSESSMENT, to_record(Assessment, assess(other, LAW, decided_on=date(2026, 11, 3))))

    assert trial.checked(trial.Question(config=CONFIG, casebook=book, is_as_decided=True)).differing == ("EA-26-00001",)


def test_case_without_its_decision_record_or_rule_set_does_not_pass_the_check(tmp_path: Path) -> None:
    past = numbered(single(), couple())
    book = keep(tmp_path, *past)
    with Casebook(book) as opened:
        record = opened.document(case_id_of(past[0]), DocumentKind.DECISION_RECORD)
        opened.keep(case_id_of(past[0]), DocumentKind.DECISION_RECORD, {**(record or {}), "rule_set": "0" * 64})
        opened.keep(case_id_of(past[1]), DocumentKind.DECISION_RECORD, {"schema": 0})

    found = trial.checked(trial.Question(config=CONFIG, casebook=book, is_as_decided=True))

    assert found.not_assessed == {Standing.NO_RECORD: ("EA-26-00001", "EA-26-00002")}
    assert (found.same, found.holds) == (0, False)


def test_cases_as_they_were_decided_can_be_held_against_the_rules_of_today(tmp_path: Path) -> None:
    book = keep(tmp_path / "state", *numbered(single()), law=as_of(LAW, JANUARY_2025))
    report = trial.tried(trial.Question(config=CONFIG, casebook=book, other_config=CONFIG, is_as_decided=True))

    assert report is not None
    assert [(row.before_amount, row.after_amount) for row in report.figures.changed] == [(5180, 5220)]
    changed = {change.either.name: (change.before and change.before.value, change.after and change.after.value) for change in report.changes}
    assert changed["riksnorm.single"] == ("3910", "3940")


def test_case_file_of_an_older_schema_and_a_case_without_one_are_counted_and_named(tmp_path: Path) -> None:
    past = numbered(single(), couple(), renting(7000))
    keep(tmp_path / "state", *past)
    with Casebook(tmp_path / "state" / "casebook.sqlite") as opened:
        old = to_record(CaseFile, past[0])
        del old["application"]["children_incomes"]
        opened.keep(case_id_of(past[0]), DocumentKind.CASE_FILE, old)
        opened._engine.dispose()
        with opened._engine.begin() as connection:
            connection.exec_driver_sql("delete from documents where case_id = ? and kind = 'case file'", (case_id_of(past[1]),))
    other = changed_config(tmp_path / "other", guidelines=lower_rent_ceiling)
    report = trial.tried(trial.Question(config=CONFIG, casebook=tmp_path / "state" / "casebook.sqlite", other_config=other))

    assert report is not None
    assert (report.figures.cases, report.figures.assessed, report.figures.changes) == (3, 1, 1)
    assert report.figures.not_assessed == {Standing.NO_FACTS: ("EA-26-00002",), Standing.UNREADABLE: ("EA-26-00001",)}
    shown = page(report, ENGLISH)
    assert "Cases with facts in a format that this version of the program does not read: 1." in shown
    assert "EA-26-00001" in shown
    assert "EA-26-00002" in shown


def test_only_cases_of_the_months_asked_for_are_assessed(tmp_path: Path) -> None:
    past = numbered(single(), in_month(single(), Month(year=2026, month=3)), in_month(single(), Month(year=2025, month=12)))
    book = keep(tmp_path, *past)
    plan = Replay(casebook=book, before=RULES, after=RULES, months=(Month(year=2026, month=1), Month(year=2026, month=6)))

    assert [row.reference for row in replay(plan).rows] == ["EA-26-00002"]


def test_no_case_and_no_casebook_are_said_with_what_to_do(tmp_path: Path) -> None:
    other = changed_config(tmp_path / "other", guidelines=lower_rent_ceiling)
    book = keep(tmp_path / "state")

    with pytest.raises(SetupError, match=r"no case that has ended\. Choose other months"):
        trial.tried(trial.Question(config=CONFIG, casebook=book, other_config=other))
    with pytest.raises(SetupError, match="there is no casebook at .* Give the folder of the robot's state with --state"):
        trial.tried(trial.Question(config=CONFIG, casebook=tmp_path / "elsewhere" / "casebook.sqlite", other_config=other))
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.durable
def test_several_processes_give_the_rows_that_one_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    past = numbered(*(renting(6000 + 100 * number) for number in range(20)))
    book = keep(tmp_path / "state", *past)
    other = trial.load_rules(changed_config(tmp_path / "other", guidelines=lower_rent_ceiling))
    plan = Replay(casebook=book, before=RULES, after=other)
    alone = replay(plan, processes=1)
    monkeypatch.setattr(cases, "CASES_AT_A_TIME", 3)
    monkeypatch.setattr(cases, "_CASES_PER_PROCESS", 5)
    done: list[tuple[int, int]] = []
    together = replay(plan, processes=2, on_assessed=lambda ready, of: done.append((ready, of)))

    assert together.processes == 2
    assert together.rows == alone.rows
    assert [row.reference for row in alone.rows] == [case.application.reference for case in past]
    assert (done[0], done[-1]) == ((3, 20), (20, 20))


@pytest.mark.parametrize(
    ("case", "household"),
    [
        (single(), "1+0"),
        (with_application(single(), persons_in_dwelling=3), "1+0 shared"),
        (couple(), "2+0"),
        (family(child(CHILD_7)), "1+1"),
    ],
)
def test_household_is_told_by_adults_children_and_sharing(case: CaseFile, household: str) -> None:
    assert household_of(case.application) == household


def row(number: int, before: int | None, after: int | None, **changes: Any) -> Row:
    """Return a case that is decided before and after."""
    standard = Row(f"EA-26-{number:05d}", "2026-03", "1+0", "assessed", "decide", "", before, "decide", "", after)
    return standard._replace(**changes)


def counted(*rows: Row) -> Figures:
    """Return the figures of the rows."""
    return figures(Replayed(rows=rows))


@pytest.mark.parametrize(
    ("difference", "step"),
    [
        (-1, (-1, 100)),
        (-100, (-1, 100)),
        (-101, (-1, 200)),
        (-1000, (-1, 1000)),
        (-1001, (-1, None)),
        (1, (1, 100)),
        (500, (1, 500)),
        (501, (1, 1000)),
    ],
)
def test_differences_are_counted_in_steps_whose_upper_end_belongs_to_them(difference: int, step: tuple[int, int | None]) -> None:
    found = counted(row(1, 5000, 5000 + difference), row(2, 5000, 5000))

    assert {one: count for one, count in found.differences.items() if count} == {step: 1}


def test_missing_calculation_is_counted_apart_and_never_taken_for_no_kronor() -> None:
    found = counted(row(1, 5000, None), row(2, None, 700), row(3, None, None), row(4, 4000, 4100))

    assert (found.calculated, found.amount_before, found.amount_after) == (1, 4000, 4100)
    assert (found.lost_calculations, found.lost_amount, found.gained_calculations, found.gained_amount) == (1, 5000, 1, 700)
    assert (found.same, found.other_amount) == (1, 3)


def test_tables_add_up_to_the_figures_and_to_one_another() -> None:
    rows = [
        row(number, 5000 + number, 5000 + number * (number % 3), month=f"2026-{1 + number % 12:02d}", household=f"{1 + number % 2}+{number % 5}")
        for number in range(1, 60)
    ]
    found = counted(*rows, row(60, 1000, 1000, after_mode="hand off", after_codes="EXP-CAP PLAN"), row(61, None, None, standing="unreadable"))

    assert found.assessed == 60
    assert sum(found.outcomes.values()) == 60
    for table in (found.households, found.months):
        assert (table["cases"].sum(), table["changed"].sum(), table["difference"].sum()) == (60, found.changes, found.difference)
    assert sum(found.differences.values()) == found.months["lower"].sum() + found.months["higher"].sum()
    assert len(found.changed) == found.changes == found.assessed - found.same
    assert sum(one.cases for one in found.commonest) == found.changes
    assert Counter(found.reasons["gained"]) == {1: 2}


def test_households_with_the_greatest_change_stand_first_and_without_any_those_with_most_changes() -> None:
    found = counted(
        row(1, 5000, 5000, household="1+0"),
        row(2, 5000, 5000, household="1+1", after_codes="PLAN"),
        row(3, 5000, 4900, household="2+0"),
        row(4, 5000, 5200, household="2+1"),
    )

    assert list(found.households.index) == ["2+1", "2+0", "1+1", "1+0"]


HOSTILE = '=cmd|" /C calc"!A0<script>alert(1)</script>'


def hostile_trial(tmp_path: Path) -> Report:
    """Return a replay of a case that an applicant has filled with what no page or sheet may show."""
    income = StatedIncome(party=Party.APPLICANT, kind=HOSTILE, paid_on=PAY_DAY, amount=kronor(10))
    case = renting(7000)
    rent = case.application.expenses.need()
    case = with_application(case, incomes=(income,), expenses=(*rent, AppliedExpense(kind=HOSTILE, amount=kronor(5))), pending_benefits=(HOSTILE,))
    return rent_trial(tmp_path, replace(case, application=replace(case.application, reference=HOSTILE)))


def test_nothing_that_an_applicant_wrote_stands_in_page_workbook_or_list(tmp_path: Path) -> None:
    report = hostile_trial(tmp_path)
    assert report.figures.changes == 1
    paths = trial.write(tmp_path / "report", report, SWEDISH)

    written = [paths[0].read_text(encoding="utf-8"), paths[2].read_text(encoding="utf-8-sig"), json.dumps(trial.report_record(report))]
    written += [str(sheet.to_dict()) for sheet in pd.read_excel(paths[1], sheet_name=None, engine="openpyxl").values()]
    assert not [text for text in written if "cmd|" in text or "<script" in text or "alert(1)" in text]
    assert "okänd beteckning" in written[1]


class _Outline(HTMLParser):
    """Gathers what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.labelled: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes |= {name for name, _ in attrs}
        self.ids.update(value or "" for name, value in attrs if name == "id")
        self.labelled += [value or "" for name, value in attrs if name == "aria-labelledby"]


def test_page_is_one_file_without_scripts_and_each_plot_says_in_words_what_it_shows(tmp_path: Path) -> None:
    past = numbered(renting(7000), renting(7100, month=Month(year=2026, month=9)), renting(7600, couple()))
    shown = page(rent_trial(tmp_path, *past), SWEDISH)
    outline = _Outline()
    outline.feed(shown)

    assert outline.tags["svg"] == 3
    assert len(outline.labelled) == 3
    for names in outline.labelled:
        assert all(outline.ids[name] == 1 for name in names.split())
    assert max(outline.ids.values()) == 1
    assert "<desc" in shown
    assert "201–500 kr lägre: 2." in shown.replace("\N{NO-BREAK SPACE}", " ")
    assert not {"script", "link", "img", "iframe"} & set(outline.tags)
    assert not {name for name in outline.attributes if name.startswith("on") or name == "src"}
    assert not re.search(r"(?:href|url)\s*[=(]\s*[\"']?(?!#)\w+:", re.sub(r'xmlns(:\w+)?="[^"]*"', "", shown))


def test_months_without_cases_stand_in_the_plot_of_months(tmp_path: Path) -> None:
    past = numbered(renting(7000), renting(7100, month=Month(year=2026, month=8)))
    shown = page(rent_trial(tmp_path, *past), SWEDISH)

    assert [month for month in ("2026-08", "2026-09", "2026-10", "2026-11") if f">{month}</text>" not in shown] == []


def test_the_same_replay_gives_the_same_page_and_the_same_values(tmp_path: Path) -> None:
    past = numbered(renting(7000), renting(7600, couple()), single())
    one, other = (rent_trial(tmp_path / name, *past) for name in ("one", "other"))
    first, second = trial.write(tmp_path / "a", one, SWEDISH), trial.write(tmp_path / "b", other, SWEDISH)

    assert first[0].read_bytes() == second[0].read_bytes()
    assert first[2].read_bytes() == second[2].read_bytes()
    sheets, again = (pd.read_excel(path, sheet_name=None, engine="openpyxl") for path in (first[1], second[1]))
    assert list(sheets) == list(again)
    for name, sheet in sheets.items():
        pd.testing.assert_frame_equal(sheet, again[name])


def test_workbook_has_a_sheet_for_each_question_with_headings_that_stay_and_numbers_that_are_numbers(tmp_path: Path) -> None:
    report = rent_trial(tmp_path, *numbered(renting(7000), renting(7600, couple()), single()))
    paths = trial.write(tmp_path / "report", report, SWEDISH)

    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    sheets = pd.read_excel(paths[1], sheet_name=None, engine="openpyxl")
    assert list(sheets) == ["Kort svar", "Ändrat", "Vem som avgör", "Belopp", "Vanligast", "Orsaker", "Hushåll", "Månader", "Ärenden"]
    households = sheets["Hushåll"].set_index("Hushåll")
    assert [households.loc["en vuxen, utan barn", name] for name in ("Ärenden", "Ändras", "Ändring, kr")] == [2, 1, -300]
    assert households.loc["Summa", "Ändring, kr"] == -400
    assert sheets["Ärenden"]["Ansökan"].tolist() == ["EA-26-00001", "EA-26-00002"]
    with pd.ExcelWriter(paths[1], engine="openpyxl", mode="a") as opened:
        for name, sheet in opened.sheets.items():
            assert sheet.freeze_panes == "A2", name
            assert all(sheet.column_dimensions[cell.column_letter].width >= 10 for cell in sheet[1]), name
        assert opened.sheets["Hushåll"]["H2"].number_format == "+#,##0;−#,##0;0"


def test_list_in_the_workbook_is_cut_short_in_the_open_and_the_file_has_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = rent_trial(tmp_path, *numbered(*(renting(6800 + 10 * number) for number in range(6))))
    monkeypatch.setattr("robots.replay.workbook.LISTED_CASES", 4)
    paths = trial.write(tmp_path / "report", report, SWEDISH)

    sheets = pd.read_excel(paths[1], sheet_name=None, engine="openpyxl")
    assert len(sheets["Ärenden"]) == 4
    assert len(pd.read_csv(paths[2], sep=";")) == report.figures.changes == 6
    told = " ".join(sheets["Kort svar"].iloc[:, 0].dropna())
    assert "Arket visar de 4 ärenden av 6 som ändras mest. Alla står i filen cases.csv." in told


@pytest.mark.parametrize("language", ["sv", "en"])
def test_report_can_be_told_in_both_languages(tmp_path: Path, language: str) -> None:
    texts = Texts.load(CONFIG / "texts", language)
    report = rent_trial(tmp_path, *numbered(renting(7000), renting(7600, couple())))
    said = " ".join(tables.summary(report, texts)).replace("\N{NO-BREAK SPACE}", " ")

    assert (
        "28 330 kr till 27 930 kr. Det är −400 kr (−1,4 procent)" in said,
        "SEK 28,330 to SEK 27,930. That is SEK −400 (−1.4 percent)" in said,
    ) == (
        language == "sv",
        language == "en",
    )
    assert page(report, texts).startswith("<!doctype html>")


def test_past_cases_are_replayed_under_another_config_by_a_command(kollega: Callable[..., Done], tmp_path: Path) -> None:
    keep(tmp_path / "state", *numbered(renting(7000), single()))
    other = changed_config(tmp_path / "other", guidelines=lower_rent_ceiling)
    done = kollega("rules", "replay", "--config", str(other), "--state", str(tmp_path / "state"), "--to", str(tmp_path / "report"), "--json")

    record = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (record["cases"], record["changes"], record["difference"]) == (2, 1, -300)
    assert [Path(path).name for path in record["files"]] == ["replay.html", "replay.xlsx", "cases.csv"]
    assert all(Path(path).stat().st_size > 0 for path in record["files"])
    changed = {change["row"]: (change["before"], change["after"]) for change in record["rule_changes"]}
    assert changed["one_adult.0"] == ("7200", "6700")


def test_past_cases_are_replayed_under_the_law_of_another_month_by_a_command(kollega: Callable[..., Done], tmp_path: Path) -> None:
    keep(tmp_path / "state", *numbered(single(), in_month(single(), Month(year=2026, month=7))))
    where = ("--state", str(tmp_path / "state"), "--to", str(tmp_path / "report"))
    done = kollega("rules", "replay", "--law-of", "2025-01", "--months", "2026-01..2026-08", *where)

    assert done.returncode == 0, done.stderr
    assert "1 av 1 ärenden (100,0 procent) skulle få ett annat resultat." in done.stdout
    assert str(tmp_path / "report" / "replay.html") in done.stdout


def test_past_cases_are_checked_as_they_were_decided_by_a_command(kollega: Callable[..., Done], tmp_path: Path) -> None:
    past = numbered(single(), couple())
    book = keep(tmp_path / "state", *past)
    right = kollega("rules", "replay", "--as-decided", "--state", str(tmp_path / "state"))
    with Casebook(book) as opened:
        opened.keep(case_id_of(past[0]), DocumentKind.ASSESSMENT, to_record(Assessment, assess(past[0], LAW)))
    wrong = kollega("rules", "replay", "--as-decided", "--state", str(tmp_path / "state"))

    assert (right.returncode, right.stdout) == (0, "2 of 2 past cases come to the same assessment, byte for byte.\n")
    assert wrong.returncode == 1
    assert wrong.stdout.splitlines() == [
        "1 of 2 past cases come to the same assessment, byte for byte.",
        "EA-26-00001: the assessment is another now.",
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "nothing is changed"),
        (("--law-of", "2026"), "a month is written as in 2026-03"),
        (("--law-of", "2025-01", "--months", "2026-05..2026-01"), "the first month comes after the last"),
    ],
)
def test_replay_without_a_changed_thing_or_with_a_wrong_month_says_so(kollega: Callable[..., Done], options: tuple[str, ...], said: str) -> None:
    done = kollega("rules", "replay", *options)

    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_replay_under_the_rules_in_force_says_that_nothing_can_change(kollega: Callable[..., Done], tmp_path: Path) -> None:
    done = kollega("rules", "replay", "--config", str(CONFIG), "--state", str(tmp_path))

    assert (done.returncode, done.stdout) == (0, "The rules to try are those in force: nothing can change, and no case was assessed.\n")


@pytest.mark.durable
def test_a_casebook_on_postgresql_is_replayed_by_several_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if program("initdb") is None:
        pytest.skip("the server of PostgreSQL is not on this machine (apt install postgresql); the replay was tried on SQLite only")
    monkeypatch.setattr(cases, "CASES_AT_A_TIME", 2)
    monkeypatch.setattr(cases, "_CASES_PER_PROCESS", 3)
    past = numbered(*(renting(6500 + 100 * number) for number in range(7)))
    other = trial.load_rules(changed_config(tmp_path / "other", guidelines=lower_rent_ceiling))
    on_file = replay(Replay(casebook=keep(tmp_path, *past), before=RULES, after=other))
    with postgres() as address:
        keep_in(address, *past)
        on_server = replay(Replay(casebook=address, before=RULES, after=other), processes=2)

    assert on_server.processes == 2
    assert on_server.rows == on_file.rows
    assert {row.after_codes for row in on_server.rows} == {"", "EXP-CAP"}
