"""Which cases have been erased: kept where no backup takes it along, so that a backup that is put back does not bring them back.

One file beside casebook and engine, `erased.json`: a random key, and for each erased case the number of its certificate and a keyed hash of its id.
Nobody who has not the file can tell anything from a hash; who has it can try out the number of an application, and learns of that one whether it was
erased. Nothing else of the case or the person stands there.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robots.errors import SetupError, StateUnusable

FILE = "erased.json"
_SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The cases that have been erased in one installation."""

    key: bytes = field(repr=False)
    #: keyed hash of the case's id: number of the certificate
    certificates: Mapping[str, str]

    def certificate_of(self, case_id: str) -> str:
        """Return the number of the certificate by which the case was erased; empty if it was not."""
        return self.certificates.get(self._hash(case_id), "")

    def with_cases(self, case_ids: Iterable[str], number: str) -> Erased:
        """Return the list with these cases besides; one that is there keeps its certificate."""
        new = {self._hash(case_id): number for case_id in case_ids}
        return Erased(key=self.key, certificates={**new, **self.certificates})

    def _hash(self, case_id: str) -> str:
        return hmac.new(self.key, case_id.encode(), hashlib.sha256).hexdigest()


def read_erased(state: Path) -> Erased:
    """Return what was erased in the installation whose state lies in the folder.

    Raises:
        SetupError: the list is there and can't be read: without it nothing is put back.
    """
    try:
        record: Any = json.loads((state / FILE).read_text(encoding="utf-8"))
        if record["schema"] == _SCHEMA:
            return Erased(key=bytes.fromhex(record["key"]), certificates=dict(record["erased"]))
    except FileNotFoundError:
        return Erased(key=secrets.token_bytes(32), certificates={})
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise SetupError(
        f"{state / FILE} can't be read, which says what was erased; put it back from a copy of the folder, or give the robot the right to"
    )


def remember(state: Path, case_ids: Iterable[str], number: str) -> None:
    """Add cases to the list; it is on the disk when this returns, whole.

    Raises:
        StateUnusable: it can't be written.
    """
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(state):
            write(state, read_erased(state).with_cases(case_ids, number))
    except OSError as error:
        raise StateUnusable(f"{state / FILE} can't be written ({error.strerror}): give the robot's account a folder to write in, with room") from None


def write(state: Path, erased: Erased) -> None:
    """Write the list, in whole or not at all."""
    put_in_place(state / FILE, json.dumps({"schema": _SCHEMA, "key": erased.key.hex(), "erased": dict(erased.certificates)}, indent=1))


def put_in_place(file: Path, text: str) -> None:
    """Write a file for this account alone, in whole or not at all; it is on the disk when this returns."""
    new = file.with_name(f".{file.name}.new")
    with suppress(FileNotFoundError):
        new.unlink()
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as target:  # noqa: PTH123 - a descriptor, not a path
        target.write(text)
        target.flush()
        os.fsync(target.fileno())
    new.replace(file)
    descriptor = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    descriptor = os.open(state / "erased.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
