"""The run's log: what is written, what is never written, and what it costs."""

from __future__ import annotations

import asyncio
import json
import logging
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from robots import redaction
from robots.run_log import MEANINGS, Action, RunLog, case_context, event, redact, redacted, set_up

TEST_NUMBER = "195803012805"  # official test numbers, both
OTHER_TEST_NUMBER = "195803193258"


def coordination_number_like(number: str) -> str:
    """The number that the person would have with a day of birth plus 60; made here so that none stands in the code."""
    body = number[2:6] + str(int(number[6:8]) + 60) + number[8:11]
    doubled = "".join(str(int(digit) * (2 - place % 2)) for place, digit in enumerate(body))
    return number[:2] + body + str(-sum(map(int, doubled)) % 10)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RunLog]:
    log = set_up(tmp_path / "logs", console=False)
    try:
        yield log
    finally:
        log.close()


@pytest.fixture
def known_values() -> Iterator[None]:
    """Values registered by a test are forgotten after it."""
    try:
        yield
    finally:
        redaction.forget_all()


def records(log: RunLog) -> list[dict[str, object]]:
    return [json.loads(line) for line in (log.folder / "events.jsonl").read_text().splitlines()]


def test_every_action_has_a_meaning_of_one_sentence() -> None:
    assert set(MEANINGS) == set(Action)
    assert all(meaning.endswith(".") and "\n" not in meaning for meaning in MEANINGS.values())


def test_an_event_is_on_disk_as_a_line_and_as_json_when_the_call_returns(log: RunLog) -> None:
    with case_context("EA-26-00017"):
        event(Action.STEP_DONE, "The application was read.", system="e_service", step="collect", seconds=1.23456)
    line = (log.folder / "run.log").read_text()
    at, level, case, system, step, seconds, action, sentence = line.split(maxsplit=7)
    assert (level, case, system, step, seconds, action, sentence) == (
        "INFO",
        "EA-26-00017",
        "e_service",
        "collect",
        "1.23",
        "step_done",
        "The application was read.\n",
    )
    assert at.endswith("Z")
    assert records(log) == [
        {
            "at": at,
            "run": log.run_id,
            "level": "INFO",
            "action": "step_done",
            "case": "EA-26-00017",
            "system": "e_service",
            "step": "collect",
            "seconds": 1.235,
            "message": "The application was read.",
        }
    ]


def test_an_event_without_a_sentence_says_the_meaning_of_its_action(log: RunLog) -> None:
    event(Action.RUN_BEGUN)
    assert records(log)[0]["message"] == MEANINGS[Action.RUN_BEGUN]


def test_the_folder_and_its_files_are_closed_to_others(log: RunLog) -> None:
    assert stat.S_IMODE(log.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in log.folder.iterdir()} == {0o600}
    assert log.folder.name.endswith(log.run_id)


def test_lines_are_aligned(log: RunLog) -> None:
    event(Action.LOG_IN, "sentence", system="population_register", seconds=0.5)
    with case_context("EA-26-00017"):
        event(Action.RETRY, "sentence", system="e_service", step="collect", level="WARNING")
    assert len({line.index("sentence") for line in (log.folder / "run.log").read_text().splitlines()}) == 1


def test_tasks_and_threads_carry_the_reference_of_their_own_case(log: RunLog) -> None:
    async def handle(reference: str) -> None:
        with case_context(reference):
            await asyncio.sleep(0)
            await asyncio.to_thread(event, Action.STEP_DONE, reference)

    async def handle_both() -> None:
        await asyncio.gather(handle("EA-26-00001"), handle("EA-26-00002"))

    asyncio.run(handle_both())
    assert sorted((str(one["case"]), str(one["message"])) for one in records(log)) == [
        ("EA-26-00001", "EA-26-00001"),
        ("EA-26-00002", "EA-26-00002"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        TEST_NUMBER,
        f"{TEST_NUMBER[:8]}-{TEST_NUMBER[8:]}",
        TEST_NUMBER[2:],
        f"{TEST_NUMBER[2:8]}-{TEST_NUMBER[8:]}",
        f"{TEST_NUMBER[2:8]}+{TEST_NUMBER[8:]}",
        f"{TEST_NUMBER[:8]} {TEST_NUMBER[8:]}",
        f"{TEST_NUMBER[:8]}\u2013{TEST_NUMBER[8:]}",
        coordination_number_like(TEST_NUMBER),
    ],
)
def test_numbers_of_persons_are_taken_out_in_every_way_of_writing(text: str) -> None:
    assert redacted(f"search for {text}, nobody found") == "search for [number], nobody found"
    assert redacted(f"id_{text}x{OTHER_TEST_NUMBER}") == "id_[number]x[number]"


def test_every_official_test_number_is_taken_out() -> None:
    lines = (Path(__file__).parent.parent / "robots" / "practice" / "test-personnummer.txt").read_text().splitlines()
    numbers = [line for line in lines if line.isdecimal()]
    assert len(numbers) > 900
    assert {redacted(form) for number in numbers for form in (number, number[2:], f"{number[2:8]}-{number[8:]}")} == {"[number]"}


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01 12:30:00",
        "EB-2024-0017",
        "EA-26-00017",
        TEST_NUMBER[:-1] + "4",  # the check digit is wrong
        "195813012801",  # there is no month 13
        "12345678901234567890",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    assert redacted(text) == text


@pytest.mark.usefixtures("known_values")
def test_registered_values_are_taken_out_wherever_they_stand_and_in_any_case() -> None:
    redact("Exempel-Lösen.42", "exempel", "Bo", "", "  ")
    assert redacted("user:exempel-lösen.42@host") == "user:[secret]@host"
    assert redacted("EXEMPELGATAN 3, Bo bor här, Borås") == "[secret]GATAN 3, [secret] bor här, Borås"
    assert redacted("xexemplar") == "xexemplar"


@pytest.mark.usefixtures("known_values")
def test_a_value_registered_late_is_taken_out_of_names_already_seen(log: RunLog) -> None:
    event(Action.STEP_DONE, system="hemlighet")
    redact("hemlighet")
    event(Action.STEP_DONE, system="hemlighet")
    assert [one["system"] for one in records(log)] == ["hemlighet", "[secret]"]


def test_a_text_with_line_breaks_and_control_characters_stays_one_line(log: RunLog) -> None:
    event(Action.STEP_FAILED, "one\ntwo\r\x1b[31mred\u2028three\u202etfel", step="a\nb")
    event(Action.STEP_FAILED, "{braces} {0} <red>stay</red> %s")
    lines = (log.folder / "run.log").read_text().splitlines()
    assert len(lines) == 2
    assert "\x1b" not in lines[0]
    assert "\u202e" not in lines[0]
    assert lines[1].endswith("{braces} {0} <red>stay</red> %s")


def test_everything_written_is_redacted_in_both_files(log: RunLog) -> None:
    with case_context(TEST_NUMBER):
        event(Action.STEP_FAILED, TEST_NUMBER, system=TEST_NUMBER, step=TEST_NUMBER)
    logging.getLogger("dbos").error("step of %s failed", TEST_NUMBER)
    logging.getLogger("dbos").error(f"{TEST_NUMBER} failed")  # the way that library writes
    assert all(TEST_NUMBER not in path.read_text() for path in log.folder.iterdir())


def test_a_librarys_warning_is_taken_in_without_the_text_of_its_exception(log: RunLog) -> None:
    fault = ValueError("Storgatan 1")
    logging.getLogger("dbos").error(f"Exception in workflow: {fault}", exc_info=fault)
    logging.getLogger("sqlalchemy.pool").warning("gone away %s", "Storgatan 1")
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: <Storgatan 1>")
    logging.getLogger("dbos").info("chatter")
    assert [str(one["message"]).rpartition(",")[0] for one in records(log)] == [
        "dbos: Exception in workflow (ValueError)",
        "sqlalchemy.pool: gone away %s",
        "asyncio: Task exception was never retrieved",
    ]
    assert {one["action"] for one in records(log)} == {"library"}


def test_closing_gives_the_libraries_their_own_logs_back_and_ends_the_writing(tmp_path: Path) -> None:
    library = logging.getLogger("dbos")
    before = (library.handlers[:], library.propagate)
    log = set_up(tmp_path, console=False)
    event(Action.RUN_BEGUN)
    log.close()
    log.close()
    event(Action.RUN_ENDED)
    assert (library.handlers, library.propagate) == before
    assert len(records(log)) == 1


def test_lines_are_shown_on_standard_error_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = set_up(tmp_path, console=True)
    try:
        event(Action.RUN_BEGUN)
    finally:
        log.close()
    out, shown = capsys.readouterr()
    assert out == ""
    assert shown == (log.folder / "run.log").read_text()


def test_threads_write_whole_lines(log: RunLog) -> None:
    def write() -> None:
        for _ in range(100):
            event(Action.STEP_DONE, "x" * 200)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records(log)) == 400
