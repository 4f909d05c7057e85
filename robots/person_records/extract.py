"""Everything that the robot keeps on one person, gathered from wherever it is, as JSON and as a page; a folder that its owner alone can read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from robots import pages
from robots.assessing import load_law
from robots.assessment import Outcome, RunMode
from robots.casebook import Casebook, DocumentKind
from robots.casebook.answers import Answers
from robots.casebook.attempts import Attempts
from robots.casebook.orders import Orders
from robots.erased import put_in_place
from robots.errors import SetupError
from robots.evidence import Evidence
from robots.exception_queue import case_mark
from robots.exception_queue.erasing import Wanted, beside, names, not_searched, rows_naming
from robots.log_keeping import LINES, RECORDS
from robots.person_records.finding import FoundCase
from robots.records import to_record
from robots.run_traces import lines_naming, picture_in, run_files
from robots.settings import Settings
from robots.statutes import Statutes
from robots.texts import Texts
from robots.trace import trace_of
from robots.trace.page import page as explanation
from robots.work_queue.engine_record import results_of

SCHEMA = 1
ANOTHER = "about_another_person"
_NUMBER = re.compile(r"(?<![0-9])(?:19|20)[0-9]{10}(?![0-9])")
_FACT = ("source", "value", "unknown_because")
#: what is told of a case in a line each
_SHORT = ("month", "state", "received_at", "submitted_at", "taken_at", "ended_at", "due_at")
_PARTIES = ("sökande", "medsökande")


def gather(settings: Settings, casebook: Casebook, found: Sequence[FoundCase], *, number: str, by: str, approved_by: str) -> dict[str, Any]:
    """Return all of it as plain JSON types.

    Args:
        settings: name the places.
        casebook: of the runs that write.
        found: the person's cases.
        number: of the person, twelve digits; empty when an application was named, and then nothing says of whom it is.
        by: the operator's account.
        approved_by: who has approved that protected data is handed out; empty when there is none.
    """
    shadow = settings.paths.casebook_of(RunMode.SHADOW)
    cases = [_case(settings, casebook, one, number) for one in found if not one.is_shadow]
    if any(one.is_shadow for one in found):
        with Casebook(shadow) as book:
            cases += [_case(settings, book, one, number) for one in found if one.is_shadow]
    return {
        "schema": SCHEMA,
        "made_at": datetime.now(UTC).isoformat(),
        "made_by": by,
        "approved_by": approved_by,
        "person": number,
        "cases": cases,
        "not_searched": [list(one) for one in _not_searched(settings)],
    }


def write(folder: Path, record: dict[str, Any], texts: Texts, *, explanations: Mapping[str, str]) -> None:
    """Write the extract into a new folder, for this account alone.

    Args:
        folder: of its own.
        record: from `gather`.
        texts: the language of the page.
        explanations: pages that explain cases, by the case's id, from `explain`.

    Raises:
        SetupError: there is something in the folder, or it can't be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise SetupError(f"{folder} is not empty; name a new folder")
        folder.chmod(0o700)
        put_in_place(folder / "extract.json", json.dumps(record, ensure_ascii=False, indent=1))
        linked = {case_id: f"{case_mark(case_id)}.html" for case_id in explanations}
        for case_id, explanation in explanations.items():
            pages.write(folder / linked[case_id], explanation)
        made_at = datetime.fromisoformat(record["made_at"])
        page = pages.render("extract.html", texts, record=record, lines=_lines, short=_SHORT, linked=linked, made_at=made_at)
        pages.write(folder / "extract.html", page)
    except OSError as error:
        raise SetupError(f"the extract can't be written into {folder} ({error.strerror}); look over the folder, its rights and its room") from None


def explain(settings: Settings, casebook: Casebook, found: Sequence[FoundCase], texts: Texts) -> dict[str, str]:
    """Return the page that explains each of the cases, by its id; none of a case that is of another version of the program or protected."""
    law, statutes = load_law(settings.root / "config"), Statutes.load(settings.root / "config" / "statutes.yaml")
    explained = {}
    for one in found:
        if not one.is_shadow:
            with suppress(ValueError):
                trace = trace_of(one.entry, casebook, law=law, statutes=statutes, texts=texts)
                if not trace.is_withheld:
                    explained[one.entry.case_id] = explanation(trace, texts)
    return explained


# --- from each place --------------------------------------------------------------------------------------------------


def _case(settings: Settings, casebook: Casebook, found: FoundCase, number: str) -> dict[str, Any]:
    entry = found.entry
    case_id, mode = entry.case_id, RunMode.SHADOW if found.is_shadow else RunMode.DECIDE
    kept = casebook.document(case_id, DocumentKind.CASE_FILE)
    stated = (kept or {}).get("application", {})
    owners = {party: (stated.get(key) or {}).get("value") for party, key in zip(_PARTIES, ("applicant", "co_applicant"), strict=True)}
    documents = {str(kind): casebook.document(case_id, kind) for kind in DocumentKind}
    outcome, order, attempt = casebook.outcome_of(case_id), Orders(casebook).of_case(case_id), Attempts(casebook).of_case(case_id)
    record: dict[str, Any] = {
        "case": case_id,
        "reference": entry.reference,
        "month": entry.month,
        "role": str(found.role),
        "of_shadow_runs": found.is_shadow,
        "state": str(entry.state),
        "submitted_at": _iso(entry.submitted_at),
        "received_at": _iso(entry.received_at),
        "taken_at": _iso(entry.taken_at),
        "ended_at": _iso(entry.ended_at),
        "due_at": _iso(entry.due_at),
        "documents": {kind: one for kind, one in documents.items() if one is not None},
        "outcome": None if outcome is None else to_record(Outcome, outcome),
        "writes": [
            {
                "name": one.name,
                "state": str(one.state),
                "intended_at": _iso(one.intended_at),
                "done_at": _iso(one.done_at),
                "evidence": None if one.evidence is None else to_record(Evidence, one.evidence),
            }
            for one in casebook.effects(case_id)
        ],
        "answers": [
            {
                "answer": str(one.kind),
                "words": one.words,
                "answered_by": one.answered_by,
                "answered_at": _iso(one.answered_at),
                "corrections": [list(pair) for pair in one.corrections],
            }
            for one in Answers(casebook).of_case(case_id)
        ],
        "order": None if order is None else {"kind": str(order.kind), "ordered_by": order.ordered_by, "why": order.why},
        "attempt": None if attempt is None else {"step": attempt.step, "begun_at": _iso(attempt.begun_at)},
        "events": [{"at": _iso(one.at), "action": one.action, "message": one.message} for one in casebook.events(case_id)],
        "engine": [
            {**one, "result": _read(one["result"])} for one in results_of(settings.paths.database_of(mode) or settings.paths.state_of(mode), case_id)
        ],
    }
    marked: dict[str, Any] = _marked(record, number, owners, owner=None) if number else record
    return marked | _files(settings, found)


def _files(settings: Settings, found: FoundCase) -> dict[str, Any]:
    """Return what is kept of the case outside of the databases; pictures, which can't be searched, by the log's word of them."""
    entry, workbook = found.entry, settings.paths.workbook
    wanted = Wanted.of([(entry.case_id, entry.reference)])
    pattern = re.compile(Wanted(references=(entry.reference,), marks=(entry.case_id,)).pattern.pattern.encode())
    lines: list[str] = []
    pictures: list[str] = []
    others: list[str] = []
    for file in run_files(settings.paths.logs):
        if file.name in {LINES, RECORDS}:
            for line in lines_naming(file, pattern) if file.name == RECORDS else ():
                lines.append(line.decode(errors="replace"))
                if name := picture_in(line):
                    pictures.append(str(file.parent / "pictures" / name))
        elif pattern.search(file.name.encode()) or pattern.search(file.read_bytes()):
            others.append(str(file))
    page = None if settings.paths.explanations is None else settings.paths.explanations / f"{case_mark(entry.case_id)}.html"
    return {
        "workbook_rows": list(rows_naming(workbook, wanted)),
        "workbook_versions": [str(one) for one in beside(workbook) if names(one, wanted)],
        "explanation_page": str(page) if page is not None and page.exists() else None,
        "pictures": pictures,
        "log_lines": lines,
        "other_files": others,
    }


def _not_searched(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield what the catalogue of texts calls it (`records.not_searched_…`), and its name."""
    yield "backups", ""
    yield "pictures", ""
    yield from (("workbook", file.name) for file in not_searched(settings.paths.workbook))
    if settings.paths.database:
        yield "machines", ""


# --- whose it is ------------------------------------------------------------------------------------------------------


def _marked(value: Any, number: str, owners: dict[str, Any], *, owner: str | None) -> Any:
    """Return the record with a mark in every part of it that is on somebody else: their own data is not this person's to have."""
    if isinstance(value, list):
        return [_marked(one, number, owners, owner=owner) for one in value]
    if not isinstance(value, dict):
        return value
    mine = _owner_in(value, owners) or _named_in(value, number) or owner
    parts = {key: _marked(one, number, owners, owner=_owner_below(key, one, owners) or mine) for key, one in value.items()}
    return {ANOTHER: True, **parts} if mine is not None and mine != number else parts


def _owner_in(part: dict[str, Any], owners: dict[str, Any]) -> str | None:
    named = part.get("personnummer")
    named = named.get("value") if isinstance(named, dict) else named
    return named if isinstance(named, str) else owners.get(str(part.get("party"))) if "party" in part else None


def _named_in(part: dict[str, Any], number: str) -> str | None:
    """Return the number of somebody else that a text of the part has, such as what was typed; None when it has the person's own, or none."""
    found = {one for text in part.values() if isinstance(text, str) for one in _NUMBER.findall(text)}
    return None if number in found else next(iter(found), None)


def _owner_below(key: str, part: Any, owners: dict[str, Any]) -> str | None:
    if key in _PARTIES:
        return owners.get(key)
    if key in {"applicant", "co_applicant"} and isinstance(part, dict):
        return part.get("value") if isinstance(part.get("value"), str) else None
    return None


def _read(result: Any) -> Any:
    try:
        return json.loads(result)
    except (TypeError, ValueError):
        return result


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _lines(value: Any, place: str = "", *, is_another: bool = False, read: str = "") -> Iterator[tuple[str, str, str, bool]]:
    """Yield (place, text, where it was read, whether it is on somebody else) of every value of a record, for the page."""
    if isinstance(value, dict):
        is_another |= bool(value.get(ANOTHER))
        if set(_FACT) <= value.keys():
            source = value["source"]
            read = f"{source['system']}, {source['view']}.{source['element']}, {str(source['read_at'])[:16].replace('T', ' ')}"
            known = value["unknown_because"] or value["value"]
            yield from _lines(known, place, is_another=is_another, read=read)
            return
        for key, one in value.items():
            if key not in (ANOTHER, "schema"):
                yield from _lines(one, f"{place} › {key}" if place else str(key), is_another=is_another, read=read)
    elif isinstance(value, list):
        for number, one in enumerate(value, start=1):
            yield from _lines(one, f"{place} {number}", is_another=is_another, read=read)
    elif value not in (None, ""):
        yield place, str(value), read, is_another
