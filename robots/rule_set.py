"""The rule set: everything that an assessment follows apart from the case.

A decision names it by its hash, and the casebook keeps it, so that the same case can be assessed again in the same way.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from robots.authority import Delegation
from robots.guidelines import Guidelines
from robots.parameters import Parameters
from robots.records import from_record, to_record
from robots.rules import Law

SCHEMA = 1

#: what decides the outcome of a case, below the folder of this module
_RULE_FILES = ("rules/*.py", "authority.py", "assessment.py", "case.py", "guidelines.py", "parameters.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Parameters, guidelines and delegation register in force, and the program that applied them."""

    #: SHA-256 of `record` in its canonical form, hexadecimal
    hash: str
    #: name and version of the program, e.g. `Kollega 0.1.0`
    program: str
    #: SHA-256 of the program's rules
    rules_hash: str
    #: of plain JSON types; `restore` reads it
    record: Any

    @classmethod
    def from_record(cls, record: Any) -> RuleSet:
        """Return the rule set of a record that was kept."""
        return cls(hash=hashlib.sha256(canonical(record)).hexdigest(), program=record["program"], rules_hash=record["rules"], record=record)


def rule_set_of(law: Law, delegation: Delegation) -> RuleSet:
    """Return the rule set that the law, the register and this program make up."""
    record = {
        "schema": SCHEMA,
        "program": program_name(),
        "rules": rules_hash_of_program(),
        "parameters": to_record(Parameters, law.parameters),
        "guidelines": to_record(Guidelines, law.guidelines),
        "delegation": to_record(Delegation, delegation),
    }
    return RuleSet.from_record(record)


def restore(record: Any) -> tuple[Law, Delegation]:
    """Return law and delegation register as they were when the rule set was kept.

    Raises:
        ValueError: the record is of another version of the program; says where it differs.
    """
    if record.get("schema") != SCHEMA:
        raise ValueError(f"the rule set is of schema {record.get('schema')}, this version reads schema {SCHEMA}")
    parameters, guidelines = from_record(Parameters, record["parameters"]), from_record(Guidelines, record["guidelines"])
    return Law(parameters=parameters, guidelines=guidelines), from_record(Delegation, record["delegation"])


def canonical(record: Any) -> bytes:
    """Return a record of plain JSON types as the one sequence of bytes that stands for it."""
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def program_name() -> str:
    """Return name and version of this program."""
    return f"Kollega {version('kollega')}"


@cache
def rules_hash_of_program() -> str:
    """Return the SHA-256 of the source of everything that decides an outcome; the same wherever the program is installed."""
    folder = Path(__file__).parent
    found = hashlib.sha256()
    for path in sorted({path for pattern in _RULE_FILES for path in folder.glob(pattern)}):
        source = path.read_bytes().replace(b"\r\n", b"\n")
        found.update(f"{path.relative_to(folder).as_posix()} {len(source)}\n".encode())
        found.update(source)
    return found.hexdigest()
