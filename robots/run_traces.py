"""What cases leave in the folders of runs: lines of logs by the case's reference, pictures by the log's word of them, and pages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from robots.log_keeping import RECORDS
from robots.run_log import Action

#: of a line of run.log: time and level
_KEPT_OF_LINE = 35
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]+")
#: folders in that of a run which hold no log: a demo's own
_NOT_OF_RUN = {"state", "practice"}


def run_files(logs: Path) -> Iterator[Path]:
    """Yield every file in the folders of runs, of the service and of other commands that keep a log."""
    for folder in sorted({*logs.glob("*Z-*"), *logs.glob("*/*Z-*")}):
        if _RUN.fullmatch(folder.name) and folder.is_dir():
            for file in sorted(folder.rglob("*")):
                if file.is_file() and not _NOT_OF_RUN & set(file.relative_to(folder).parts[:-1]):
                    yield file


def lines_naming(file: Path, pattern: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield the lines of a log that name one of the cases, without their line breaks."""
    with file.open("rb") as lines:
        yield from (line.rstrip(b"\n") for line in lines if pattern.search(line))


def picture_in(line: bytes) -> str:
    """Return the name of the picture that a line of a log tells of; empty when it tells of none."""
    with suppress(ValueError, KeyError, TypeError):
        record = json.loads(line)
        if record["action"] == Action.PICTURE_TAKEN:
            name = str(record["message"]).partition(":")[0]
            return name if Path(name).name == name else ""
    return ""


def empty_lines(file: Path, pattern: re.Pattern[bytes]) -> int:
    """Write over the lines that name a case, in their own place: a service that has the log open goes on in it, and the bytes are gone."""
    count = 0
    with file.open("r+b") as log:
        while True:
            at = log.tell()
            line = log.readline()
            if not line:
                return count
            if pattern.search(line):
                said = line.removesuffix(b"\n")
                # One without an end is of somebody who was killed in it.
                emptied = b"" if said == line else _emptied(said, is_record=file.name == RECORDS)
                log.seek(at)
                log.write(emptied.ljust(len(said)) + line[len(said) :])
                log.flush()
                count += 1


def _emptied(line: bytes, *, is_record: bool) -> bytes:
    if not is_record:
        return line[:_KEPT_OF_LINE] + b"erased"
    try:
        record = {**json.loads(line), "case": "", "step": "", "message": ""}
    except (ValueError, TypeError):
        return b""
    emptied = json.dumps(record, ensure_ascii=False).encode()
    return emptied if len(emptied) <= len(line) else b""
