"""The service exchanges answers and rows with the workbook while no run is under way."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from robots import run_log, settings
from robots.casebook import Casebook
from robots.casebook.answers import Answers
from robots.run_process import ExchangeReport, exchange_as_process
from robots.service import Exchanges
from tests.case_files import single, with_application
from tests.past_cases import keep_in, numbered
from tests.workbook.people import REPOSITORY, TEXTS, edit, fill

ONE, TWO = "EA-26-00001", "EA-26-00002"
HANDLED = TEXTS.say("workbook.answer_handled")
Told = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """Return a function that gives action, level and sentence of the events so far."""
    log = run_log.set_up(tmp_path / "logs of the service", console=False)

    def read() -> list[tuple[str, str, str]]:
        lines = (log.folder / "events.jsonl").read_text(encoding="utf-8").splitlines()
        return [(one["action"], one["level"], one["message"]) for one in map(json.loads, lines)]

    yield read
    log.close()


class Times:
    """A clock that the test sets, exchanges that end as it says, and when they were done."""

    def __init__(self, *reports: ExchangeReport) -> None:
        self.now = datetime(2026, 11, 23, 8, tzinfo=UTC)
        self.minutes = 10
        self.reports = list(reports)
        self.done: list[str] = []

    async def exchange(self, _: asyncio.Event) -> ExchangeReport:
        self.done.append(f"{self.now:%H:%M}")
        return self.reports.pop(0) if self.reports else ExchangeReport()

    async def look(self, exchanges: Exchanges, *, minutes: float, every: float = 0.5) -> None:
        until = self.now + timedelta(minutes=minutes)
        while self.now < until:
            self.now += timedelta(minutes=every)
            await exchanges.go_on(asyncio.Event())


def exchanges_of(times: Times) -> Exchanges:
    return Exchanges(times.exchange, every_minutes=lambda: times.minutes, clock=lambda: times.now)


async def test_answers_are_exchanged_every_few_minutes_as_the_setting_says_now() -> None:
    times = Times()
    exchanges = exchanges_of(times)
    await times.look(exchanges, minutes=25)
    assert times.done == ["08:10", "08:20"]
    times.minutes = 0
    await times.look(exchanges, minutes=60)
    times.minutes = 5
    await times.look(exchanges, minutes=6)
    assert times.done == ["08:10", "08:20", "09:25", "09:30"]


async def test_after_the_clock_was_set_back_the_exchanges_go_on() -> None:
    times = Times()
    exchanges = exchanges_of(times)
    times.now -= timedelta(days=1)
    await times.look(exchanges, minutes=11)
    assert len(times.done) == 1


async def test_what_keeps_the_rows_waiting_is_told_once_and_once_that_it_is_over(told: Told) -> None:
    is_open, fails = ExchangeReport(trouble="open"), ExchangeReport(trouble="no room", is_fault=True)
    times = Times(is_open, is_open, fails, fails, fails, ExchangeReport(answers=2), ExchangeReport(), is_open)
    await times.look(exchanges_of(times), minutes=80)
    assert told() == [
        ("workbook_locked", "WARNING", "open"),
        ("workbook_locked", "ERROR", "no room"),
        ("answered", "INFO", "answers read between runs: 2"),
        ("workbook_written", "INFO", "answers and rows are exchanged with the workbook again"),
        ("workbook_locked", "WARNING", "open"),
    ]


@pytest.fixture
def installation(tmp_path: Path) -> Path:
    """Return the folder of one that has two cases with a person."""
    root = tmp_path / "robot"
    root.mkdir()
    for name in ("config", "selectors"):
        (root / name).symlink_to(REPOSITORY / name)
    away = with_application(single(), days_away=3)
    here = settings.load(root)
    casebook = here.paths.casebook_of(here.run.mode)
    assert isinstance(casebook, Path)
    casebook.parent.mkdir(parents=True)
    keep_in(casebook, *numbered(away, away))
    return root


@pytest.mark.durable
async def test_an_exchange_as_a_process_reads_answers_and_says_what_rows_wait_for(installation: Path) -> None:
    stop = asyncio.Event()

    async def exchange() -> ExchangeReport:
        return await exchange_as_process(stop, arguments=("--root", str(installation)), folder=installation)

    assert await exchange() == ExchangeReport()
    here = settings.load(installation)
    path = here.paths.workbook
    edit(path, lambda book: fill(book, ONE, answer=HANDLED, assigned_to="Ann Berg"))
    mark = path.with_name(f".~lock.{path.name}#")
    mark.write_text("Ann Berg")
    report = await exchange()
    assert (report.answers, report.is_fault) == (1, False)
    assert f"if nobody has it open any more, delete {mark.name} beside it" in report.trouble
    assert await exchange() == ExchangeReport(trouble=report.trouble)
    mark.unlink()
    assert await exchange() == ExchangeReport()
    with Casebook(here.paths.casebook_of(here.run.mode)) as casebook:
        assert [one.answered_by for one in Answers(casebook).all()] == ["Ann Berg"]

    path.unlink()
    path.mkdir()
    report = await exchange()
    assert (report.is_fault, "paths.workbook" in report.trouble) == (True, True)
    stop.set()
    assert await exchange() == ExchangeReport()
