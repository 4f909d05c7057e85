"""What is typed and shown is noted while somebody collects it, and nothing else ever is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest

from robots.evidence import Collector, Evidence, collecting, open_collector
from robots.records import from_record, to_record
from robots.screens import Screen
from robots.screens.selector_file import load
from robots.screens.sessions import Sessions

ROW = {"month": "2026-03", "amount": "6 720,00", "text": "första raden\n  andra raden"}
EARLIER = {"month": "2026-02", "amount": "6 500,00", "text": ""}


class FormScreen:
    """A screen that keeps what is entered in its own form: amounts get two decimals."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.table = [EARLIER]

    async def enter(self, values: Mapping[str, str]) -> dict[str, str]:
        await asyncio.sleep(0)
        entered = {name: f"{text},00" if name.endswith("amount") else text for name, text in values.items()}
        self.held |= entered
        return entered

    async def read(self, *elements: str) -> dict[str, str]:
        return {name: self.held[name] for name in elements}

    async def rows(self, table: str) -> list[dict[str, str]]:
        return self.table

    async def close(self) -> None: ...


def sessions(*, limit: int = 1) -> Sessions:
    async def opened() -> Screen:
        return cast("Screen", FormScreen())

    async def log_in(screen: Screen) -> None:
        await screen.enter({"log_in.user": "robot", "log_in.password": "hemligt"})
        await screen.read("log_in.user")

    return Sessions("case_system", opened, log_in, limit)


def texts(evidence: Evidence | None) -> list[tuple[str, str, str]]:
    assert evidence is not None
    return [(f"{one.view}.{one.element}", one.typed, one.read_back) for one in evidence.entered]


def shown(evidence: Evidence | None) -> dict[str, str]:
    assert evidence is not None
    return {f"{one.view}.{one.element}": one.text for one in evidence.shown}


async def test_what_is_typed_is_noted_with_what_the_field_held_and_when() -> None:
    with collecting() as collector:
        async with sessions().session() as screen:
            assert await screen.enter({"decision.amount": "6720", "decision.kind": "bifall"}) == {
                "decision.amount": "6720,00",
                "decision.kind": "bifall",
            }
    evidence = collector.evidence()
    assert texts(evidence) == [("decision.amount", "6720", "6720,00"), ("decision.kind", "bifall", "bifall")]
    assert evidence is not None
    assert all(one.at.tzinfo is UTC and datetime.now(UTC) - one.at < timedelta(minutes=1) for one in evidence.entered)


async def test_fields_that_are_filled_in_for_several_rows_stand_once_for_each_in_their_order() -> None:
    with collecting() as collector:
        async with sessions().session() as screen:
            for amount in ("5000", "5000", "120"):
                await screen.enter({"incomes.amount": amount})
    assert [typed for _, typed, _ in texts(collector.evidence())] == ["5000", "5000", "120"]


async def test_the_last_reading_of_an_element_and_of_a_table_stands() -> None:
    with collecting() as collector:
        async with sessions().session() as screen:
            for count in ("1", "2"):
                await screen.enter({"incomes.count": count})
                await screen.read("incomes.count")
            await screen.rows("decisions.rows")
            cast("FormScreen", screen._screen).table = [ROW]  # type: ignore[attr-defined]  # the screen behind
            await screen.rows("decisions.rows")
    evidence = collector.evidence()
    assert shown(evidence) == {"incomes.count": "2", "decisions.rows": "month: 2026-03; amount: 6 720,00; text: första raden andra raden"}
    assert evidence is not None
    assert [one.rows for one in evidence.shown] == [(), (ROW,)]


def test_of_a_table_that_was_read_before_the_write_only_the_new_rows_are_kept() -> None:
    before, after, unchanged = Collector(), Collector(), Collector()
    before.note_rows("decisions.rows", [EARLIER, EARLIER])
    after.note_rows("decisions.rows", [ROW, EARLIER, EARLIER, EARLIER])
    after.note_rows("family.members", [EARLIER])
    unchanged.note_rows("decisions.rows", [EARLIER])
    narrowed = after.evidence(before=before)
    assert narrowed is not None
    assert [(one.element, one.rows) for one in narrowed.shown] == [("rows", (ROW, EARLIER)), ("members", (EARLIER,))]
    assert narrowed.shown[0].text.splitlines() == [
        "month: 2026-03; amount: 6 720,00; text: första raden andra raden",
        "month: 2026-02; amount: 6 500,00; text: ",
    ]
    same = unchanged.evidence(before=before)
    assert same is not None
    assert same.shown[0].rows == (EARLIER,)


def test_nothing_noted_is_no_evidence() -> None:
    assert Collector().evidence() is None


async def test_nothing_is_noted_outside_and_an_inner_collector_notes_for_itself() -> None:
    pool = sessions()
    with collecting() as outer:
        async with pool.session() as screen:
            await screen.enter({"form.first": "a"})
            with collecting() as inner:
                await screen.enter({"form.second": "b"})
            await screen.enter({"form.third": "c"})
    async with pool.session() as screen:
        await screen.enter({"form.fourth": "d"})
        assert open_collector() is None
    assert [name for name, _, _ in texts(outer.evidence())] == ["form.first", "form.third"]
    assert [name for name, _, _ in texts(inner.evidence())] == ["form.second"]


async def test_tasks_and_threads_note_for_the_case_that_started_them_and_for_no_other() -> None:
    pool = sessions(limit=4)

    async def step(name: str, turn: int) -> None:
        async with pool.session() as screen:
            await screen.enter({f"form.{name}": str(turn)})

    def in_a_thread(name: str) -> None:
        collector = open_collector()
        assert collector is not None
        collector.note_shown({f"form.{name}": "seen in a thread"})

    async def case(name: str) -> Collector:
        with collecting() as collector:
            async with asyncio.TaskGroup() as group:
                for turn in range(5):
                    group.create_task(step(name, turn))
            await asyncio.to_thread(in_a_thread, name)
        return collector

    for name, collector in zip("abcdef", await asyncio.gather(*(case(name) for name in "abcdef")), strict=True):
        assert sorted(texts(collector.evidence())) == [(f"form.{name}", str(turn), str(turn)) for turn in range(5)]
        assert shown(collector.evidence()) == {f"form.{name}": "seen in a thread"}


async def test_a_log_in_in_the_midst_of_a_write_is_no_evidence() -> None:
    with collecting() as collector:
        async with sessions().session() as screen:
            await screen.enter({"decision.kind": "bifall"})
    evidence = collector.evidence()
    assert texts(evidence) == [("decision.kind", "bifall", "bifall")]
    assert shown(evidence) == {}
    assert "hemligt" not in json.dumps(to_record(Evidence, evidence))


def test_a_password_is_refused_however_it_comes() -> None:
    collector = Collector()
    collector.note_entered({"log_in.user": "robot", "log_in.password": "hemligt"}, {"log_in.user": "robot", "log_in.password": "hemligt"})
    collector.note_shown({"log_in.password": "hemligt"})
    collector.note_rows("log_in.password", [{"password": "hemligt"}])
    evidence = collector.evidence()
    assert texts(evidence) == [("log_in.user", "robot", "robot")]
    assert shown(evidence) == {}


@pytest.mark.parametrize("path", sorted(Path("selectors").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_secret_element_of_the_selector_files_is_called_password(path: Path) -> None:
    secrets = {element.name for view in load(path).views.values() for element in view.elements.values() if element.is_secret}
    assert secrets == {"password"}


def test_nothing_that_was_noted_stands_in_a_repr() -> None:
    collector = Collector()
    collector.note_entered({"decision.account": "8327-9940123456"}, {"decision.account": "8327 9940 123456"})
    collector.note_shown({"main.personnummer": "197901012380"})
    collector.note_rows("decisions.rows", [{"account": "8327-9940123456"}])
    for one in (collector, collector.evidence()):
        assert "account" not in repr(one).replace("element='account'", "")
        assert not any(text in repr(one) for text in ("8327", "19790101"))


def test_evidence_is_stored_and_read_back_equal_also_with_half_a_character() -> None:
    collector = Collector()
    collector.note_entered({"note.text": "“½” – Åsa\n\x00\t"}, {"note.text": "½\ud83d!"})
    collector.note_rows("journal.notes", [{"text": "\udc00", "heading": "Kollega"}])
    evidence = collector.evidence()
    assert evidence is not None
    assert from_record(Evidence, json.loads(json.dumps(to_record(Evidence, evidence)))) == evidence
    assert texts(evidence) == [("note.text", "“½” – Åsa\n\x00\t", "½?!")]
    assert evidence.shown[0].rows == ({"text": "?", "heading": "Kollega"},)
