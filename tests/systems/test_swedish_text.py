"""Text from Swedish screens: what is understood, and what must not be guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robots.case import CivilStatus, Month, Residence
from robots.errors import ReasonCode
from robots.systems.swedish_text import (
    account,
    amount,
    choice,
    count,
    day,
    fact,
    known,
    line,
    month,
    personnummer,
    reference,
    table,
    unknown,
    word,
    yes_no,
)

SYSTEM = "e_service"


@pytest.mark.parametrize(
    ("text", "kronor"),
    [
        ("5 000,00", "5000.00"),
        ("5\u00a0000,00", "5000.00"),
        ("5\u202f000,00", "5000.00"),
        ("5000,00", "5000.00"),
        ("5000", "5000"),
        ("1 234 567,89", "1234567.89"),
        ("0", "0"),
        ("0,50", "0.50"),
        (" 450,00 ", "450.00"),
        ("-1 234,50", "-1234.50"),
        ("\u22121 234,50", "-1234.50"),
    ],
)
def test_an_amount_is_understood_in_every_swedish_way_of_writing_it(text: str, kronor: str) -> None:
    assert amount(text) == Decimal(kronor)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "-", ",", "ca 5000", "5.000,00", "5,000.00", "5 000 kr", "5 00,00", "50 00", "1  000", "5 000,0", "5 000,001", "5000:-", "1e3"),
        *(
            "5 000,00 5 000,00",
            "fem tusen",
            "5O00",
            "٥٠٠٠",
            "½",
            "--5",
            "+5",
            "5-",
            "NaN",
            "Infinity",
            "1234567890",
            "0x10",
            "5\n000",
            "5_000",
            "5 000 0000",
        ),
    ],
)
def test_an_amount_that_a_person_would_have_to_interpret_is_not_understood(text: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        amount(text)


def test_an_amount_below_what_is_allowed_is_not_understood() -> None:
    with pytest.raises(ValueError, match="too low"):
        amount("-1,00", at_least=Decimal(0))
    assert amount("0,00", at_least=Decimal(0)) == 0


@given(st.decimals(min_value=-99999999, max_value=99999999, places=2))
def test_an_amount_written_by_a_system_comes_back_exactly(kronor: Decimal) -> None:
    written = f"{kronor:,.2f}".replace(",", "\u00a0").replace(".", ",")
    assert amount(written) == kronor


@given(st.text(max_size=30))
def test_no_text_whatever_is_read_as_anything_but_an_amount_or_a_value_error(text: str) -> None:
    try:
        value = amount(text)
    except ValueError:
        return
    assert value.is_finite()


def test_a_day_is_understood_only_as_an_iso_date() -> None:
    assert day("2026-02-25") == date(2026, 2, 25)
    assert day(" 2024-02-29 ") == date(2024, 2, 29)
    for text in ("", "2026-02-30", "2025-02-29", "25/2 2026", "2026-2-5", "20260225", "2026-02-25 10:00", "2026-W08-3", "i går", "２０２６-02-25"):
        with pytest.raises(ValueError):  # noqa: PT011 - the class is the promise, the sentence is not
            day(text)


def test_a_month_is_understood_only_in_figures() -> None:
    assert month("2026-03") == Month(year=2026, month=3)
    for text in ("", "mars 2026", "2026-13", "2026-00", "2026-3", "202603", "2026-03-01"):
        with pytest.raises(ValueError):  # noqa: PT011 - the class is the promise, the sentence is not
            month(text)


def test_yes_and_no_are_the_only_answers() -> None:
    assert (yes_no("Ja"), yes_no("nej"), yes_no(" JA ")) == (True, False, True)
    for text in ("", "J", "Jag vet inte", "Ja/Nej", "True", "1", "Kanske"):
        with pytest.raises(ValueError, match="Ja or Nej"):
            yes_no(text)


def test_a_count_has_a_highest_value() -> None:
    assert (count("0", at_most=31), count("31", at_most=31), count(" 3 ", at_most=31)) == (0, 31, 3)
    for text in ("", "32", "-1", "3,5", "tre", "3 dagar", "٣", "1e1", "9999999999"):
        with pytest.raises(ValueError, match="whole number"):
            count(text, at_most=31)


#: an official test number: `NUMBER` in twelve digits, and in ten with a hyphen
NUMBER = "197901012380"
SHORT_NUMBER = f"{NUMBER[2:8]}-{NUMBER[8:]}"


def with_check_digit(eleven_digits: str) -> str:
    """Return the number with the digit that makes it possible; made up at run time, so that no such number stands in a file."""
    return next(number for digit in range(10) if luhn_sum((number := f"{eleven_digits}{digit}")[2:]) % 10 == 0)


def luhn_sum(digits: str) -> int:
    return sum(sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10)) for place, digit in enumerate(digits))


@pytest.mark.parametrize(
    "text",
    [NUMBER, f"{NUMBER[:8]}-{NUMBER[8:]}", SHORT_NUMBER, f" {NUMBER} "],
    ids=["twelve digits", "twelve with a hyphen", "ten with a hyphen", "blanks around"],
)
def test_a_personnummer_becomes_twelve_digits(text: str) -> None:
    assert personnummer(text) == NUMBER


def test_a_plus_sign_means_a_hundred_years_more_than_a_hyphen() -> None:
    assert personnummer(SHORT_NUMBER.replace("-", "+")) == f"18{NUMBER[2:]}"


def test_a_hyphen_means_the_latest_year_that_has_been() -> None:
    this_year, next_year = datetime.now(UTC).year, datetime.now(UTC).year + 1
    born_this_year = with_check_digit(f"{this_year}0101238")
    assert personnummer(f"{born_this_year[2:8]}-{born_this_year[8:]}") == born_this_year
    born_long_ago = with_check_digit(f"{next_year - 100}0101238")
    assert personnummer(f"{born_long_ago[2:8]}-{born_long_ago[8:]}") == born_long_ago


@pytest.mark.parametrize("day_of_birth", ["0161", "1291", "0160", "0000", "0060"], ids=["first", "last", "day unknown", "no day", "nothing known"])
def test_a_coordination_number_is_understood_also_when_the_day_of_birth_is_unknown(day_of_birth: str) -> None:
    number = with_check_digit(f"1979{day_of_birth}238")
    if day_of_birth == "0000":
        with pytest.raises(ValueError, match="day of birth"):
            personnummer(number)
    else:
        assert personnummer(number) == number


@pytest.mark.parametrize(
    "text",
    [
        *("", NUMBER[2:], NUMBER[:11], f"{NUMBER}0", f"{NUMBER[:8]}+{NUMBER[8:]}", f"{NUMBER[:4]} {NUMBER[4:]}", "åtta siffror", "19790101T050"),
        f"{NUMBER[:4]}-{NUMBER[4:6]}-{NUMBER[6:8]}-{NUMBER[8:]}",
        f"{NUMBER[:11]}{(int(NUMBER[11]) + 1) % 10}",
        with_check_digit("19791301238"),
        with_check_digit("19790230238"),
        with_check_digit("19790192238"),
        with_check_digit(f"{datetime.now(UTC).year + 1}0101238"),
        "0" * 12,
    ],
)
def test_a_number_that_is_nobodys_is_not_understood(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the class is the promise, the sentence is not
        personnummer(text)


def test_an_account_has_digits_and_one_hyphen() -> None:
    assert account("8327-9940123456") == "8327-9940123456"
    assert account(" 8327-994 012 345 6 ") == "8327-9940123456"
    for text in ("", "83279940123456", "8327-99401-23456", "8327-", "Swish", "SE35 5000 0000 0549 1000 0003"):
        with pytest.raises(ValueError, match="account"):
            account(text)


def test_words_come_in_lower_case_and_empty_ones_not_at_all() -> None:
    assert word("  Boendekostnad ") == "boendekostnad"
    assert word("Extra\u00a0 tillägg") == "extra tillägg"
    assert choice(CivilStatus, "Ensamstående") is CivilStatus.SINGLE
    assert choice(Residence, "växelvis") is Residence.ALTERNATING
    assert line(" Storgatan 1,\n 012 34  Exempelstad ") == "Storgatan 1, 012 34 Exempelstad"
    for parse in (word, line):
        with pytest.raises(ValueError, match="empty"):
            parse(" \u00a0")
    with pytest.raises(ValueError, match="valid"):
        choice(CivilStatus, "särbo")


def test_a_fact_holds_the_value_and_where_and_when_it_was_read() -> None:
    before = datetime.now(UTC)
    read = fact(SYSTEM, "plan.days_away", "3", lambda text: count(text, at_most=31))
    assert read.need() == 3
    assert (read.source.system, read.source.view, read.source.element) == (SYSTEM, "plan", "days_away")
    assert before <= read.source.read_at <= datetime.now(UTC)


def test_a_text_that_is_not_understood_is_an_unknown_fact_that_does_not_repeat_it() -> None:
    read = fact(SYSTEM, "household.applicant", "kalle på torget", personnummer)
    assert (read.is_known, read.value, read.unknown_code) == (False, None, ReasonCode.UNREADABLE)
    assert "torget" not in read.unknown_because


def test_one_row_that_is_not_understood_makes_the_table_unknown() -> None:
    rows = [{"amount": "100,00"}, {"amount": "hundra"}]
    assert table(SYSTEM, "expenses.expenses", rows, lambda row: amount(row["amount"])).unknown_code is ReasonCode.UNREADABLE
    assert table(SYSTEM, "expenses.expenses", rows[:1], lambda row: amount(row["amount"])).value == (Decimal("100.00"),)
    assert table(SYSTEM, "expenses.expenses", [], lambda row: amount(row["amount"])).need() == ()


def test_nobody_can_be_known() -> None:
    assert known(SYSTEM, "household.co_applicant", None).is_known
    assert unknown(SYSTEM, "fk.payments", "the agency did not answer", ReasonCode.SRC_DOWN).unknown_code is ReasonCode.SRC_DOWN


@pytest.mark.parametrize("text", ["EA-26-00017", " EA-26-00017 ", "2026/123", "SN.2026_0012", "1234"])
def test_a_reference_is_a_number_that_a_system_has_given(text: str) -> None:
    assert reference(text) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Andersson",
        "Påhittsvägen 1",
        "197901012380",
        "790101-2380",
        "..",
        "../EA-1",
        "EA-26-1/../2",
        "EA-26-1/",
        "EA-26-[bold]1[/]",
        "=EA-1",
        "EA-1?sida=2",
        "EA-1\nEA-2",
        "EA-1\x1b[31m",
        "EA-1\u202e",
        "EA-１",
        "E" * 40 + "1",
    ],
)
def test_a_reference_is_nothing_that_could_be_a_person_a_path_or_a_command(text: str) -> None:
    with pytest.raises(ValueError, match="reference"):
        reference(text)
