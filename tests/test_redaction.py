"""What is taken out of all text on its way to the log: numbers of persons, and what is registered for good or of the case at hand."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from robots import case, redaction
from robots.case import PERSONAL_FIELDS, Application, BenefitAnswers, CaseFile, CaseRecord, PopulationRecord
from robots.records import schema_of
from robots.redaction import case_at_hand, redact, redact_of_case, redacted
from robots.run_log import Action, case_context, event, set_up
from robots.systems.swedish_text import account, line, personnummer
from robots.work_queue.step import _personal

TEST_NUMBER = "195803012805"  # an official test number
SHORT = TEST_NUMBER[2:]
ROOT = Path(__file__).parent.parent

#: text fields of the records of a case that stand for nobody: kinds, sources, reasons, and the number that names the case everywhere
IMPERSONAL = {
    "source", "system", "view", "element", "read_at", "by", "unknown_because", "unknown_code",
    "kind", "relation", "reference", "earlier_for_month", "housing_form", "pending_benefits", "open_claims",
}  # fmt: skip


@pytest.fixture(autouse=True)
def known_values() -> Iterator[None]:
    """Values registered by a test are forgotten after it."""
    try:
        yield
    finally:
        redaction.forget_all()


@pytest.mark.parametrize(
    "text",
    [
        f"{SHORT[:6]} - {SHORT[6:]}",
        f"{TEST_NUMBER[:4]} {TEST_NUMBER[4:6]} {TEST_NUMBER[6:8]} {TEST_NUMBER[8:10]} {TEST_NUMBER[10:]}",
        " ".join(TEST_NUMBER),
        f"{SHORT[:6]}\u00a0{SHORT[6:]}",
        f"{SHORT[:6]}\u200b-{SHORT[6:]}",
        f"+{TEST_NUMBER}",
        f"{TEST_NUMBER[:8]}+{TEST_NUMBER[8:]}",
        "".join(chr(0x0660 + int(digit)) for digit in TEST_NUMBER),
    ],
)
def test_a_number_of_a_person_is_taken_out_however_its_figures_are_parted(text: str) -> None:
    assert redacted(f"nobody has {text}, look").replace("+[", "[") == "nobody has [number], look"


@pytest.mark.parametrize(("before", "after"), [("00000", ""), ("", "0001"), ("4711", "99"), ("0", "0")])
def test_a_number_of_a_person_is_taken_out_of_a_longer_string_of_figures(before: str, after: str) -> None:
    for number in (TEST_NUMBER, SHORT, f"{SHORT[:6]}-{SHORT[6:]}"):
        assert redacted(f"{before}{number}{after}") == f"{before}[number]{after}"


def test_a_coordination_number_of_somebody_whose_day_of_birth_nobody_knows_is_taken_out() -> None:
    body = f"{SHORT[:2]}0060{SHORT[6:9]}"
    doubled = "".join(str(int(digit) * (2 - place % 2)) for place, digit in enumerate(body))
    assert redacted(f"x {body}{-sum(map(int, doubled)) % 10} y") == "x [number] y"


@pytest.mark.parametrize("text", ["ports 8701 8702 8703 8704", "20261122T055315Z-ab12cd", "2026-11-22 05:53:15", "1 234 567,00 of 9 876 543,00"])
def test_figures_that_have_nothing_to_do_with_one_another_are_left_alone(text: str) -> None:
    assert redacted(text) == text


def test_what_a_case_holds_is_taken_out_while_it_is_at_hand_and_not_a_moment_longer() -> None:
    with case_at_hand():
        redact_of_case("Storgatan 12 B, Exempelstad", "8327-9940123456", "ABC 123")
        assert redacted("at Storgatan 12 B, Exempelstad") == "at [secret]"
        assert redacted("on storgatan, with abc 123") == "on [secret], with [secret]"
        assert redacted("to 8327-9 940 123 456 or 83279940123456") == "to [secret] or [secret]"
        assert redacted("Storgatans and xABC 1234") == "Storgatans and xABC 1234", "whole words only"
    assert redacted("on storgatan, 8327-9940123456") == "on storgatan, 8327-9940123456"
    redact_of_case("Storgatan 12 B")
    assert redacted("Storgatan 12 B") == "Storgatan 12 B", "without a case nothing would ever forget it"


def test_what_two_cases_hold_is_forgotten_with_the_second_one() -> None:
    async def handle(mine: asyncio.Event, others: asyncio.Event) -> str:
        with case_at_hand():
            await asyncio.to_thread(redact_of_case, "Storgatan 12")
            mine.set()
            await others.wait()
        return redacted("at Storgatan 12")

    async def handle_both() -> tuple[str, str]:
        first, second = asyncio.Event(), asyncio.Event()
        begun = asyncio.create_task(handle(first, asyncio.Event()))
        await first.wait()
        assert redacted("at Storgatan 12") == "at [secret]", "also in another task than the case's"
        ended = await handle(second, first)
        begun.cancel()
        await asyncio.gather(begun, return_exceptions=True)
        return ended, redacted("at Storgatan 12")

    assert asyncio.run(handle_both()) == ("at [secret]", "at Storgatan 12")


def test_a_password_of_figures_is_taken_out_in_the_midst_of_others() -> None:
    redact("556677889")
    assert redacted("pin 005566778899 given") == "pin 00[secret]9 given"


def test_what_the_systems_read_is_registered_with_the_case(tmp_path: Path) -> None:
    log = set_up(tmp_path, console=False)
    try:
        with case_context("EA-26-00017"):
            line("  Exempelgatan   3 ")
            account("8327-9940 123 456")
            personnummer(f"{SHORT[:6]}-{SHORT[6:]}")
            event(Action.STEP_FAILED, f"Exempelgatan 3, 8327-9940123456, {TEST_NUMBER}")
        event(Action.STEP_FAILED, "Exempelgatan 3")
    finally:
        log.close()
    written = [json.loads(one)["message"] for one in (log.folder / "events.jsonl").read_text().splitlines()]
    assert written == ["[secret], [secret], [secret]", "Exempelgatan 3"]


def test_every_text_of_a_case_is_known_to_be_personal_or_not() -> None:
    """A new field of a record must be put among the one or the other."""
    texts: set[str] = set()

    def gather(part: object) -> None:
        if isinstance(part, dict):
            for name, field in part.get("properties", {}).items():
                if '"type": "string"' in json.dumps(field) and "enum" not in json.dumps(field) and "format" not in json.dumps(field):
                    texts.add(name)
            for one in part.values():
                gather(one)
        elif isinstance(part, list):
            for one in part:
                gather(one)

    for record in (Application, PopulationRecord, BenefitAnswers, CaseRecord, CaseFile):
        gather(schema_of(record))
        assert dataclasses.is_dataclass(record)
    # Facts of text stand in the schema by reference.
    facts = {
        field.name
        for record in vars(case).values()
        if dataclasses.is_dataclass(record)
        for field in dataclasses.fields(record)
        if str(field.type).startswith("Fact[") and "str" in str(field.type)
    }
    decimals_and_months = {"amount", "net_amount", "approved_amount", "monthly_amount", "lowest", "highest", "value"}
    assert texts | facts >= PERSONAL_FIELDS
    assert (texts | facts) - PERSONAL_FIELDS - IMPERSONAL - decimals_and_months == set()


def test_of_a_stored_result_the_personal_texts_are_found() -> None:
    source = {"system": "case_system", "view": "overview", "element": "address", "read_at": f"{date(2026, 3, 1)}", "by": ""}
    record = {
        "reference": "EA-26-00017",
        "address": {"source": source, "value": "Storgatan 1", "unknown_because": "", "unknown_code": None},
        "children": {"source": source, "value": [{"personnummer": "P", "days": 30, "residence": "heltid"}]},
        "vehicles": {"source": source, "value": ["ABC123", "DEF456"]},
    }
    assert sorted(_personal(record)) == ["ABC123", "DEF456", "P", "Storgatan 1"]
