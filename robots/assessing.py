"""One case file assessed on its own: what `kollega assess CASE.json` prints. Nothing is read from or written to any system."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from robots.assessment import Assessment, Authority
from robots.authority import Delegation, who_decides
from robots.case import CaseFile
from robots.errors import CaseFileInvalid
from robots.explanation import because, calculation_lines
from robots.guidelines import Guidelines
from robots.parameters import Parameters
from robots.records import from_record, key_name, to_record
from robots.rules import Law, assess
from robots.rules.completeness import check_complete
from robots.statutes import Statutes
from robots.texts import Texts

SCHEMA = 1

_AMOUNT = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,4})?")


def load_law(config: Path) -> Law:
    """Return the law and the guidelines of a config folder.

    Raises:
        SettingsInvalid: all mistakes of the first file or folder that has any; or a row that the rules ask for is missing, or a section is cited
            that the index of statutes has not.
    """
    law = Law(parameters=Parameters.load(config / "parameters"), guidelines=Guidelines.load(config / "guidelines.yaml"))
    check_complete(law.parameters, config / "parameters")
    Statutes.load(config / "statutes.yaml").check(config)
    return law


def read_case_file(path: Path) -> CaseFile:
    """Read a case file strictly.

    Raises:
        CaseFileInvalid: all mistakes, each with its place and without any value.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_double_keys)
    except OSError:
        raise CaseFileInvalid("the case file can't be read. Give the path of a JSON file") from None
    except UnicodeDecodeError:
        raise CaseFileInvalid("the case file is not UTF-8. Save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise CaseFileInvalid(f"line {error.lineno}, column {error.colno}: not JSON. Set the line right") from None
    except RecursionError:
        raise CaseFileInvalid("the case file is nested too deep. A case file has few levels") from None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA or isinstance(record.get("schema"), bool):
        raise CaseFileInvalid(f"schema: this program reads case files of schema {SCHEMA} only")
    mistakes = list(_wrong_amounts(record, ""))
    try:
        case = from_record(CaseFile, record)
    except ValueError as error:
        mistakes = [*str(error).splitlines(), *mistakes]
    if mistakes:
        lines = "\n".join(dict.fromkeys(mistakes))
        raise CaseFileInvalid(f"the case file is not in the documented format:\n{lines}")
    return case


def _wrong_amounts(value: Any, place: str) -> Iterator[str]:
    """Say where an amount is no text of kronor: a number in JSON may have been a float, and no household has billions."""
    if isinstance(value, list):
        for number, member in enumerate(value):
            yield from _wrong_amounts(member, f"{place}.{number}")
    elif isinstance(value, dict):
        for key, member in value.items():
            inside = f"{place}.{key_name(key)}" if place else key_name(key)
            if key.endswith("amount") and not (isinstance(member, str) and _AMOUNT.fullmatch(member)):
                yield f"{inside}: an amount is a text of kronor such as 5000 or 5000.50"
            else:
                yield from _wrong_amounts(member, inside)


def _without_double_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            # The key itself is not repeated: in a broken file it may be anything.
            raise CaseFileInvalid("a key stands twice in the same object. Remove one of them")
        found[key] = value
    return found


def assessed(path: Path, config: Path, *, language: str, on: date) -> dict[str, Any]:
    """Assess a case file and return the record to print, of plain JSON types.

    Args:
        path: the case file.
        config: folder with parameters, guidelines, delegation and texts.
        language: `sv` or `en`, for the sentences.
        on: day of the decision; says whose delegation counts.

    Returns:
        `schema`, `reference`, `month`, `codes`, `because` (sentences), `authority`, `calculation` (or null), `calculation_lines`
        and `findings`.

    Raises:
        CaseFileInvalid: the case file is wrong.
        SettingsInvalid: a file of the config folder is wrong.
    """
    law = load_law(config)
    guidelines = law.guidelines
    texts = Texts.load(config / "texts", language, municipality=guidelines.municipality, board=guidelines.board)
    delegation = Delegation.load(config / "delegation.yaml", law.parameters)
    return record_to_print(read_case_file(path), law, delegation, texts, on=on)


def record_to_print(case: CaseFile, law: Law, delegation: Delegation, texts: Texts, *, on: date) -> dict[str, Any]:
    """Return what `assessed` returns, of a case and a config folder that have been read."""
    assessment = assess(case, law, decided_on=on)
    authority = who_decides(assessment, delegation, on=on)
    record = to_record(Assessment, assessment)
    calculation = assessment.calculation
    return {
        "schema": SCHEMA,
        "reference": record["reference"],
        "month": str(assessment.month) if assessment.month is not None else None,
        "codes": [code.value for code in assessment.codes or authority.codes],
        "because": list(because(assessment, texts, authority=authority)),
        "authority": to_record(Authority, authority),
        "calculation": record["calculation"],
        "calculation_lines": list(calculation_lines(calculation, texts)) if calculation is not None else [],
        "findings": record["findings"],
    }
