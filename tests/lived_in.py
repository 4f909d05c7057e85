"""An installation that has handled cases of several people: casebook, engine, workbook with versions, pages, pictures, logs and a shadow run."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from robots import settings
from robots.assessment import Assessment, Ending, Outcome, RunMode
from robots.audit import anchor_of
from robots.case import CaseFile
from robots.casebook import Casebook, DocumentKind
from robots.casebook.answers import Answer, AnswerKind, Answers, AnswerState
from robots.configuration import read_configuration
from robots.errors import ReasonCode
from robots.evidence import Entered, Evidence, Shown
from robots.exchange import exchange
from robots.handling import PROCESS, Step
from robots.records import from_record, to_record
from robots.rules import assess
from robots.run_log import Action, case_context, event, set_up
from robots.settings import Settings
from robots.work_queue import WorkQueue, case_id_of
from tests.case_files import APPLICANT, CO_APPLICANT, LAW, couple, single
from tests.outcomes import outcome_of
from tests.past_cases import DECIDED_ON
from tests.workbook.people import edit, fill

ROOT = Path(__file__).resolve().parent.parent
#: people of the cases, by official test numbers
ANN, BEA, CARL, EVE = "198102162388", "195808052384", "195809092652", "195809132896"
#: what a person has written in the workbook
WORDS = "Ring efter lunch"
_MONTH = "2026-11"
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


@dataclass(frozen=True, kw_only=True)
class Past:
    """One case that is laid out."""

    reference: str
    people: dict[str, str]
    ending: Ending
    is_answered: bool = False
    is_couple: bool = False

    @property
    def case_id(self) -> str:
        return case_id_of(PROCESS, self.reference, _MONTH)

    @property
    def record(self) -> Any:
        """The case file, with the people of the case in the places of those whom all case files of the tests have."""
        base = couple() if self.is_couple else single()
        text = json.dumps(to_record(CaseFile, base)).replace(base.application.reference, self.reference)
        return json.loads(re.sub("|".join(self.people), lambda one: self.people[one[0]], text))


PAST = (
    Past(reference="EA-26-00001", people={APPLICANT: ANN}, ending=Ending.DECIDED),
    Past(reference="EA-26-00002", people={APPLICANT: BEA, CO_APPLICANT: CARL}, ending=Ending.HANDED_OFF, is_answered=True, is_couple=True),
    Past(reference="EA-26-00010", people={APPLICANT: ANN}, ending=Ending.HANDED_OFF, is_answered=True),
    Past(reference="EA-26-00101", people={APPLICANT: EVE}, ending=Ending.HANDED_OFF),
)
BY_REFERENCE = {one.reference: one for one in PAST}


def install(root: Path, *, database: str = "") -> Settings:
    """Make an installation in the folder, which also writes pages that explain cases."""
    for folder in ("config", "selectors"):
        shutil.copytree(ROOT / folder, root / folder)
    file = root / "config" / "kollega.yaml"
    text = file.read_text(encoding="utf-8").replace("# explanations:", "explanations:")
    if database:
        text = text.replace("\n  logs: logs\n", f"\n  logs: logs\n  database: {database}\n")
    file.write_text(text, encoding="utf-8")
    return settings.load(root)


async def live(root: Path, *, database: str = "") -> None:
    """Handle the cases with the real queue, and write what a run writes; in the database of that address, if there is one."""
    configured = install(root, database=database)
    paths = configured.paths
    log = set_up(paths.logs, console=False)
    with Casebook(paths.casebook_of(RunMode.DECIDE)) as casebook:
        await _handle_all(configured, casebook)
        _write_files(log.folder)
        configuration = read_configuration(root)
        exchange(configuration, casebook, now=datetime.now(UTC))
        for past in PAST:
            if past.is_answered:
                edit(paths.workbook, lambda book, past=past: fill(book, past.reference, answer=None, comment=WORDS))  # type: ignore[misc] # mypy can't tell the type of a default
        _answer(casebook)
        for days in (1, 2):
            exchange(configuration, casebook, now=datetime.now(UTC) + timedelta(days=days))
        event(Action.RUN_ENDED, f"4 ended; exit code 0; {anchor_of(casebook.head())}")
    with Casebook(paths.casebook_of(RunMode.SHADOW)) as shadow:
        one = PAST[0]
        shadow.open_case(one.case_id, reference=one.reference, month=_MONTH)
        shadow.keep(one.case_id, DocumentKind.CASE_FILE, one.record)
        shadow.close_case(outcome_of(one.case_id, one.reference))
    log.close()


async def _handle_all(configured: Settings, casebook: Casebook) -> None:
    import asyncio

    async def handle(case_id: str, reference: str, step: Step) -> Outcome:
        past = BY_REFERENCE[reference]

        async def read() -> str:
            event(Action.STEP_DONE, step="read case")
            return json.dumps(past.record)

        kept = json.loads(await step("read case", str, read))
        case = from_record(CaseFile, kept)
        casebook.keep(case_id, DocumentKind.CASE_FILE, kept)
        casebook.keep(case_id, DocumentKind.ASSESSMENT, to_record(Assessment, assess(case, LAW, decided_on=DECIDED_ON)))
        casebook.intend(case_id, "payment")
        at, number = datetime.now(UTC), next(iter(past.people.values()))
        typed = Entered(view="payment", element="person", typed=number, read_back=number, at=at)
        casebook.effect_done(case_id, "payment", Evidence(entered=(typed,), shown=(Shown(view="payment", element="list", text=number, at=at),)))
        event(Action.PICTURE_TAKEN, f"case_system-{reference[-3:]}.png: everything personal is blacked out")
        codes = () if past.ending is Ending.DECIDED else (ReasonCode.HOUSING,)
        amount = Decimal(4210) if past.ending is Ending.DECIDED else None
        return outcome_of(case_id, reference, ending=past.ending, codes=codes, amount=amount, month=case.application.month.value)

    state, database = configured.paths.state, configured.paths.database_of(RunMode.DECIDE)
    async with WorkQueue.open(
        state, database=database, executor="main", handle=handle, casebook=casebook, tries=1, first_wait_seconds=1, at_once=4, poll_seconds=0.05
    ) as queue:
        for past in PAST:
            await queue.submit(PROCESS, past.reference, _MONTH)
        await queue.run(asyncio.Event(), lambda _: None)


def _write_files(folder: Path) -> None:
    """Write what the cases have beside their lines in the log."""
    (folder / "pictures").mkdir()
    for past in PAST:
        (folder / "pictures" / f"case_system-{past.reference[-3:]}.png").write_bytes(b"a picture")
        with case_context(past.reference):
            event(Action.DECIDED, f"{past.reference} ended")
    (folder / "run.html").write_text(f"<p>{' '.join(BY_REFERENCE)}</p>", encoding="utf-8")


def _answer(casebook: Casebook) -> None:
    answers = Answers(casebook)
    for past in PAST:
        outcome = casebook.outcome_of(past.case_id)
        if past.is_answered and outcome is not None:
            given: dict[str, Any] = {"case_id": past.case_id, "round": 1, "kind": AnswerKind.HANDLED, "words": "Hanterat", "answered_by": "Ann Berg"}
            answers.receive([Answer(**given, answered_at=datetime.now(UTC), outcome=outcome)], event=Action.ANSWERED)
            answers.settle({(past.case_id, 1): AnswerState.ACTED})


# --- what is left -----------------------------------------------------------------------------------------------------


def forms_of(number: str) -> tuple[str, ...]:
    """Return how a number of a person may be written."""
    return number, f"{number[:8]}-{number[8:]}", number[2:], f"{number[2:8]}-{number[8:]}"


def places_with(folder: Path, words: Iterable[str]) -> list[str]:
    """Return every file in which one of the words is: in its name, plain, in UTF-16, packed by zlib, or in a member of an archive."""
    wanted = [form for word in words for form in (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"))]
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            file = Path(base) / name
            if any(form in piece for piece in _pieces(file) for form in wanted):
                found.append(file.relative_to(folder).as_posix())
    return sorted(found)


def _pieces(file: Path) -> Iterator[bytes]:
    content = file.read_bytes()
    yield str(file).encode()
    yield content
    for match in _ZLIB.finditer(content):
        try:
            yield zlib.decompressobj().decompress(content[match.start() :])
        except zlib.error:
            continue
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            yield from (archive.read(name) for name in archive.namelist())
