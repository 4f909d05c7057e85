"""What the municipality itself decides, by date, and one wrong value for every way of being wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from robots.assessment import Assessment, Basis
from robots.case import Month
from robots.errors import ParameterNotInForce, ReasonCode, SettingsInvalid
from robots.guidelines import ActivityRequirement, Agency, BroughtForward, ExpenseTreatment, Guidelines, IncomeTreatment
from robots.rules import Law, assess
from tests.case_files import CONFIG, LAW, PARAMETERS, last, single, with_application, with_record

_BROUGHT = "norm_brought_forward: []\n"
_ENTRY = "  - {norm_of: 2023-01-01, applies_from: 2022-12-01, source: AMN 2022-11-16 § 99}\n"


def _forward(norm_of: str = "2023-01-01", applies_from: str = "2022-12-01") -> str:
    return "norm_brought_forward:\n" + _ENTRY.replace("2023-01-01", norm_of).replace("2022-12-01", applies_from)


GUIDELINES = CONFIG.joinpath("guidelines.yaml").read_text(encoding="utf-8")
WRONG_GUIDELINES = {
    "unknown treatment": ("{treat: judge}", "{treat: guess}", "treat: must be one of: count, judge"),
    "counted without a ceiling": ("hemförsäkring: {treat: count, ceiling: 300}", "hemförsäkring: {treat: count}", "a cost that counts has a ceiling"),
    "rent ceiling for something else": ("ceiling: 300}", "ceiling: rent_ceiling}", "rent_ceiling is the ceiling of boendekostnad"),
    "no margin": ("swish: {treat: count, change_percent: 12}", "swish: {treat: count}", "an income that counts has change_percent"),
    "unknown agency": ("register: CSN, change_percent", "register: KFM, change_percent", "register: must be one of"),
    "kind twice": ("swish: {treat", "gåva: {treat", "the key stands twice"),
    "step left out": ("children_2: 10200, ", "", "must be children_N"),
    "last step not open": ("persons_4_or_more", "persons_4", "must be persons_N"),
    "unknown counting day": ("first_day_of_month", "birthday", "must be one of: first_day_of_month"),
    "flag in words": ("surplus_pays_special_costs: true", "surplus_pays_special_costs: ja", "must be true or false"),
    "month inside a month": (_BROUGHT, _forward(applies_from="2022-11-15"), "must be the first day of a month"),
    "norm year that begins in the year": (_BROUGHT, _forward(norm_of="2023-02-01"), "must be the first day of a norm year"),
    "norm brought forward to its own first day": (_BROUGHT, _forward(applies_from="2023-01-01"), "must lie before norm_of"),
    "norm put off": (_BROUGHT, _forward(applies_from="2023-02-01"), "must lie before norm_of"),
    "norm brought forward four months": (_BROUGHT, _forward(applies_from="2022-09-01"), "must lie at most 3 months before norm_of"),
    "norm brought forward a year and a month": (_BROUGHT, _forward(applies_from="2021-12-01"), "must lie at most 3 months before norm_of"),
    "norm brought forward twice": (_BROUGHT, f"{_forward()}{_ENTRY}", "begins before the norm year above has begun"),
    "norms brought forward in the wrong order": (
        _BROUGHT,
        _forward() + _ENTRY.replace("2023", "2022").replace("2022-12-01", "2021-12-01"),
        "begins before the norm year above has begun",
    ),
    "norm brought forward without a source": (_BROUGHT, _forward().replace(", source: AMN 2022-11-16 § 99", ""), "the key source is missing"),
    "norm brought forward on no day": (_BROUGHT, _forward(applies_from="soon"), "must be a date"),
    "sample of everything twice": ("    percent: 0", "    percent: 0\n    percent: 5", "the key stands twice"),
    "sample below nothing": ("    percent: 0", "    percent: -1", "must be a number"),
    "percent above hundred": ("    percent: 0", "    percent: 100.01", "must be at most 100"),
    "percent finer than a hundredth": ("    percent: 0", "    percent: 0.001", "must have at most 2 decimals"),
    "sample without a seed": ("seed: exempelstad-2024", "seed: ''", "must be a text"),
    "activity judged by nobody": ("    judged_by: plan", "    judged_by: nobody", "must be one of: plan, person"),
    "no source": ("    source: Riktlinjer för ekonomiskt bistånd 2024, avsnitt 4\n", "", "the key source is missing"),
    "no days in the year": ("year_days: 365", "year_days: 0", "year_days: must be 365 or 366"),
    "year short of a digit": ("year_days: 365", "year_days: 36", "year_days: must be 365 or 366"),
    "member without a day": ("member_from_days: 15", "member_from_days: 0", "member_from_days: must be more than zero"),
    "member of no month": ("member_from_days: 15", "member_from_days: 32", "member_from_days: must be at most 31"),
    "margin above hundred": ("change_percent: 12, is_wage", "change_percent: 100.1, is_wage", "change_percent: must be at most 100"),
    "union fee in lists": ("fackavgift: {treat: count, ceiling: 700, sensitive: true}", "fackavgift: {treat: judge}", "fackavgift must be sensitive"),
    "fritidskort as income": ("fritidskort: {treat: ignore}", "fritidskort: {treat: person}", "fritidskort must be ignore"),
    "unknown key": ("board:", "nämnd:", "unknown key"),
}


@pytest.mark.parametrize(("old", "new", "said"), WRONG_GUIDELINES.values(), ids=WRONG_GUIDELINES.keys())
def test_mistake_in_the_guidelines_is_named_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GUIDELINES
    path = tmp_path / "guidelines.yaml"
    path.write_text(GUIDELINES.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(SettingsInvalid) as caught:
        Guidelines.load(path)

    named = [line for line in str(caught.value).splitlines() if said in line]
    assert named
    assert named[0].removeprefix(f"{path}:").split(":")[0].isdigit()


def test_guideline_holds_until_the_next_one(tmp_path: Path) -> None:
    added = (
        "  - from: 2025-01-01\n    source: later\n"
        "    one_adult: {children_0: 1, children_1_or_more: 2}\n    two_adults: {children_0: 3, children_1_or_more: 4}\n"
    )
    path = tmp_path / "guidelines.yaml"
    path.write_text(GUIDELINES.replace("# Costs that can be applied for.", f"{added}# Costs that can be applied for.", 1), encoding="utf-8")

    ceiling = Guidelines.load(path).rent_ceiling
    assert ceiling.on(date(2024, 12, 31)).value.one_adult.at(0) == 7200
    assert ceiling.on(date(2025, 1, 1)).value.one_adult.at(7) == 2
    with pytest.raises(ParameterNotInForce):
        ceiling.on(date(2023, 12, 31))


def _guidelines(folder: Path, *changes: tuple[str, str]) -> Guidelines:
    """Return the guidelines with texts changed."""
    text = GUIDELINES
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "guidelines.yaml"
    path.write_text(text, encoding="utf-8")
    return Guidelines.load(path)


@pytest.mark.parametrize("percent", ["0", "0.01", "2.5", "99.99", "100"])
def test_sample_is_a_share_with_a_seed(tmp_path: Path, percent: str) -> None:
    sample = _guidelines(tmp_path, ("    percent: 0", f"    percent: {percent}")).sample.on(date(2026, 1, 1))

    assert sample.value.percent == Decimal(percent)
    assert sample.value.seed == "exempelstad-2024"
    assert sample.key == "guidelines.sample@2024-01-01"


def test_sample_can_be_changed_from_a_day(tmp_path: Path) -> None:
    later = "    seed: exempelstad-2024\n  - from: 2026-07-01\n    source: later\n    percent: 5\n    seed: another\n"
    sample = _guidelines(tmp_path, ("    seed: exempelstad-2024\n", later)).sample

    assert sample.on(date(2026, 6, 30)).value.percent == 0
    assert sample.on(date(2026, 7, 1)).value.percent == 5


def test_delivered_sample_draws_nothing_and_has_its_seed() -> None:
    delivered = LAW.guidelines.sample.newest.value
    assert delivered.percent == 0
    assert delivered.seed


def test_activity_requirement_is_judged_by_plan_or_by_a_person(tmp_path: Path) -> None:
    assert LAW.guidelines.activity_requirement.on(date(2026, 7, 1)).value is ActivityRequirement.PLAN
    person = _guidelines(tmp_path, ("    judged_by: plan", "    judged_by: person")).activity_requirement
    assert person.on(date(2024, 1, 1)).value is ActivityRequirement.PERSON
    with pytest.raises(ParameterNotInForce):
        person.on(date(2023, 12, 31))


def test_delivered_norm_is_not_brought_forward() -> None:
    assert LAW.guidelines.norm_brought_forward == ()
    assert LAW.norm_day(date(2025, 12, 1)) == date(2025, 12, 1)


@pytest.mark.parametrize("applies_from", ["2022-10-01", "2022-11-01", "2022-12-01"])
def test_norm_can_be_brought_forward_three_months_at_most(tmp_path: Path, applies_from: str) -> None:
    guidelines = _guidelines(tmp_path, (_BROUGHT, _forward(applies_from=applies_from)))

    expected = BroughtForward(norm_of=date(2023, 1, 1), applies_from=date.fromisoformat(applies_from), source="AMN 2022-11-16 § 99")
    assert guidelines.norm_brought_forward == (expected,)


def test_norms_of_several_years_can_be_brought_forward(tmp_path: Path) -> None:
    next_year = _ENTRY.replace("2023", "2024").replace("2022-12-01", "2023-12-01")
    law = Law(parameters=PARAMETERS, guidelines=_guidelines(tmp_path, (_BROUGHT, _forward() + next_year)))

    assert law.norm_day(date(2022, 11, 1)) == date(2022, 11, 1)
    assert law.norm_day(date(2022, 12, 1)) == date(2023, 1, 1)
    assert law.norm_day(date(2023, 1, 1)) == date(2023, 1, 1)
    assert law.norm_day(date(2023, 11, 1)) == date(2023, 11, 1)
    assert law.norm_day(date(2023, 12, 1)) == date(2024, 1, 1)


@pytest.fixture
def brought_forward(tmp_path: Path) -> Law:
    """Return the law of a municipality that used the norm of 2023 for December 2022, as some did."""
    return Law(parameters=PARAMETERS, guidelines=_guidelines(tmp_path, ("from: 2024-01-01", "from: 2018-01-01"), (_BROUGHT, _forward())))


def _assessed(law: Law, month: Month) -> Assessment:
    calculated = replace(last(), month=month.previous)
    case = with_application(single(), month=month, submitted_on=month.first_day)
    return assess(with_record(case, last_calculation=calculated, calculated_months=(month.previous,)), law)


def _bases(assessment: Assessment) -> list[Basis]:
    calculation = assessment.calculation
    assert calculation is not None
    figures = (*(cost.basis for cost in calculation.personal), calculation.common.basis)
    return [*(finding.basis for finding in assessment.findings), *figures]


@pytest.mark.parametrize(
    ("month", "norm_year", "expected"),
    [
        (Month(year=2022, month=11), 2022, 4250),  # 3210 + 1040, the day before the norm is brought forward
        (Month(year=2022, month=12), 2023, 4620),  # 3490 + 1130
        (Month(year=2023, month=1), 2023, 4620),
        (Month(year=2023, month=12), 2023, 4620),  # not brought forward a second time
        (Month(year=2024, month=1), 2024, 5030),  # 3800 + 1230
    ],
)
def test_household_gets_the_norm_that_was_brought_forward(brought_forward: Law, month: Month, norm_year: int, expected: int) -> None:
    assessment = _assessed(brought_forward, month)

    assert assessment.calculation is not None
    assert assessment.calculation.amount == expected
    norm_keys = {key for basis in _bases(assessment) for key in basis.parameters if key.startswith("riksnorm.")}
    assert norm_keys
    assert all(key.endswith(f"@{norm_year}-01-01") for key in norm_keys)


def test_norm_brought_forward_moves_nothing_but_the_norm(brought_forward: Law) -> None:
    december = date(2022, 12, 1)

    assert brought_forward.norm_day(december) == date(2023, 1, 1)
    assert PARAMETERS.amount("prisbasbelopp.amount").on(december).value == 48300
    moved = {
        key for basis in _bases(_assessed(brought_forward, Month(year=2022, month=12))) for key in basis.parameters if key.endswith("@2023-01-01")
    }
    assert moved
    assert all(key.startswith("riksnorm.") for key in moved)


def test_norm_brought_forward_moves_no_section(tmp_path: Path) -> None:
    """No renumbering has come at a new year; one that would come is still that of the month."""
    december, sections = date(2024, 12, 1), dict(PARAMETERS.sections)
    norm = sections["sections.norm"]
    old = replace(norm.values[-1], valid_from=date(2018, 1, 1), valid_until=date(2024, 12, 31), value="SoL 4 kap. 3 §")
    new = replace(norm.values[-1], valid_from=date(2025, 1, 1), valid_until=None, value="SoL 12 kap. 7 §")
    sections["sections.norm"] = replace(norm, values=(old, new))
    guidelines = _guidelines(tmp_path, (_BROUGHT, _forward(norm_of="2025-01-01", applies_from="2024-12-01")))
    law = Law(parameters=replace(PARAMETERS, sections=sections), guidelines=guidelines)

    assert law.norm_day(december) == date(2025, 1, 1)
    calculated = _assessed(law, Month(year=2024, month=12)).findings[-1]
    assert calculated.basis.law == "SoL 4 kap. 3 §"


def test_norm_that_is_not_known_can_not_be_brought_forward_in_fact(tmp_path: Path) -> None:
    """The norm of 2027 is not known: a month that would get it goes to a person, and never gets the norm of 2026 instead."""
    guidelines = _guidelines(tmp_path, (_BROUGHT, _forward(norm_of="2027-01-01", applies_from="2026-12-01")))
    law = Law(parameters=PARAMETERS, guidelines=guidelines)

    law.needed_on(date(2026, 11, 1))
    with pytest.raises(ParameterNotInForce, match=r"riksnorm\..* has no value for 2027-01-01"):
        law.needed_on(date(2026, 12, 1))
    assert _assessed(law, Month(year=2026, month=12)).codes == (ReasonCode.NO_NORM,)


def test_law_of_an_unknown_year_is_refused() -> None:
    LAW.needed_on(date(2026, 11, 1))
    LAW.needed_on(date(2026, 12, 31))
    for _ in range(2):
        with pytest.raises(ParameterNotInForce):
            LAW.needed_on(date(2027, 1, 1))


def test_law_before_the_first_guideline_is_refused() -> None:
    LAW.needed_on(date(2024, 1, 1))
    with pytest.raises(ParameterNotInForce):
        LAW.needed_on(date(2023, 12, 31))


NEEDED: dict[str, Callable[[Guidelines], Guidelines]] = {
    name: lambda guidelines, name=name: replace(guidelines, **{name: replace(getattr(guidelines, name), values=())})  # type: ignore[misc]  # a default binds the name
    for name in ("rent_ceiling", "expenses", "incomes", "calculation", "sample", "activity_requirement")
}


@pytest.mark.parametrize("without", NEEDED.values(), ids=NEEDED.keys())
def test_every_guideline_is_needed(without: Callable[[Guidelines], Guidelines]) -> None:
    law = Law(parameters=PARAMETERS, guidelines=without(LAW.guidelines))

    with pytest.raises(ParameterNotInForce):
        law.needed_on(date(2026, 11, 1))


@pytest.mark.parametrize("table", ["riksnorm", "ages", "jobbstimulans", "jobbstimulans_time", "prisbasbelopp"])
def test_every_table_of_the_law_is_needed(table: str) -> None:
    amounts = {name: replace(one, values=()) if name.startswith(f"{table}.") else one for name, one in PARAMETERS.amounts.items()}
    law = Law(parameters=replace(PARAMETERS, amounts=amounts), guidelines=LAW.guidelines)

    with pytest.raises(ParameterNotInForce, match=table):
        law.needed_on(date(2026, 11, 1))


COUNT, IGNORE, PERSON = IncomeTreatment.COUNT, IncomeTreatment.IGNORE, IncomeTreatment.PERSON
#: What each kind of income is to the calculation, and who must confirm it.
INCOMES: dict[str, tuple[IncomeTreatment, Agency | None]] = {
    "lön": (COUNT, None),
    "avgångsvederlag": (PERSON, None),
    "aktivitetsstöd": (COUNT, Agency.FK),
    "etableringsersättning": (COUNT, Agency.FK),
    "utvecklingsersättning": (COUNT, Agency.FK),
    "föräldrapenning": (COUNT, Agency.FK),
    "tillfällig föräldrapenning": (COUNT, Agency.FK),
    "sjukpenning": (COUNT, Agency.FK),
    "rehabiliteringspenning": (COUNT, Agency.FK),
    "sjukersättning": (COUNT, Agency.FK),
    "aktivitetsersättning": (COUNT, Agency.FK),
    "livränta": (COUNT, Agency.FK),
    "barnbidrag": (COUNT, Agency.FK),
    "flerbarnstillägg": (COUNT, Agency.FK),
    "bostadsbidrag": (COUNT, Agency.FK),
    "underhållsstöd": (COUNT, Agency.FK),
    "merkostnadsersättning": (IGNORE, Agency.FK),
    "handikappersättning": (IGNORE, Agency.FK),
    "omvårdnadsbidrag": (PERSON, Agency.FK),
    "vårdbidrag": (PERSON, Agency.FK),
    "jobbpremie": (PERSON, Agency.FK),
    "a-kassa": (COUNT, Agency.SO),
    "studiemedel": (COUNT, Agency.CSN),
    "extra tillägg": (IGNORE, Agency.CSN),
    "pension": (COUNT, Agency.PM),
    "bostadstillägg": (COUNT, Agency.PM),
    "äldreförsörjningsstöd": (COUNT, Agency.PM),
    "skatteåterbäring": (COUNT, Agency.SKV),
    "kapitalinkomst": (PERSON, None),
    "underhållsbidrag": (COUNT, None),
    "swish": (COUNT, None),
    "gåva": (COUNT, None),
    "lån": (PERSON, None),
    "skadestånd": (PERSON, None),
    "försäkringsersättning för kostnad": (IGNORE, None),
    "bidrag från fond": (IGNORE, None),
    "fritidskort": (IGNORE, None),
}
#: Kinds that tell of health or disability by their name alone.
SENSITIVE_INCOMES = {
    "sjukpenning",
    "rehabiliteringspenning",
    "sjukersättning",
    "aktivitetsersättning",
    "livränta",
    "merkostnadsersättning",
    "handikappersättning",
    "omvårdnadsbidrag",
    "vårdbidrag",
    "skadestånd",
}


def test_incomes_are_those_of_the_guidelines() -> None:
    table = LAW.guidelines.incomes.newest.value

    assert {kind: (rule.treatment, rule.register) for kind, rule in table.items()} == INCOMES
    assert {kind for kind, rule in table.items() if rule.is_sensitive} == SENSITIVE_INCOMES
    assert [kind for kind, rule in table.items() if rule.is_wage] == ["lön"]


def test_cost_of_a_kind_is_counted_or_judged() -> None:
    table = LAW.guidelines.expenses.newest.value
    counted = {kind for kind, rule in table.items() if rule.treatment is ExpenseTreatment.COUNT}

    assert counted == {"boendekostnad", "hushållsel", "hemförsäkring", "a-kasseavgift", "fackavgift", "arbetsresor", "medicin", "läkarvård"}
    assert {*table} - counted == {"bredband", "barnomsorgsavgift", "umgängeskostnad", "tandvård", "glasögon", "sjukresor", "övrigt"}
    assert {kind for kind, rule in table.items() if rule.is_special} == {"medicin", "läkarvård", "tandvård", "glasögon", "sjukresor"}
    assert {kind for kind, rule in table.items() if rule.is_sensitive} == {"fackavgift", "medicin", "läkarvård", "tandvård", "glasögon", "sjukresor"}
