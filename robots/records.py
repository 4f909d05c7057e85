"""Records as JSON and back, strictly: an unknown key or a wrong type is an error that names its place."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, TypeVar, cast

from pydantic import ConfigDict, TypeAdapter, ValidationError

T = TypeVar("T")

#: names of fields, parties, and the validator's own word for a key of a mapping
_KEY = re.compile(r"[a-zåäö]+(?:_[a-zåäö]+)*|\[key\]")


@cache
def _adapter(record_type: Any, /) -> TypeAdapter[Any]:
    # The settings reach plain dataclasses only from an outer type; hence the tuple of one.
    return TypeAdapter(tuple[record_type], config=ConfigDict(extra="forbid", strict=True))


def to_record(record_type: Any, value: object) -> Any:
    """Return the value as plain JSON types; Decimals, dates and enums become text."""
    return _adapter(record_type).dump_python((value,), mode="json")[0]


def from_record(record_type: type[T], record: Any) -> T:
    """Return the value that `to_record` wrote.

    Raises:
        ValueError: a key is unknown or missing, or a value has the wrong form; every mistake stands on a line of its
            own, with its place and without the value itself, which may be personal.
    """
    return from_json_text(record_type, json.dumps(record))


def from_json_text(record_type: type[T], text: str) -> T:
    """Return the value of a record that is stored as JSON text, without reading the text twice.

    Raises:
        ValueError: as `from_record`; also when the text is no JSON.
    """
    try:
        return cast("T", _adapter(cast("Any", record_type)).validate_json(f"[{text}]")[0])
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False, include_context=False)
        lines = [f"{'.'.join(key_name(part) for part in one['loc'][1:]) or 'top level'}: {one['msg']}" for one in found]
        raise ValueError("\n".join(lines)) from None


def key_name(key: str | int) -> str:
    """Return the key if it can be the name of a field or a place in a list; what else stands as a key may be personal and is `?`."""
    return str(key) if isinstance(key, int) or _KEY.fullmatch(key) else "?"


def schema_of(record_type: Any) -> dict[str, Any]:
    """Return the JSON schema of the record, for documentation and editors."""
    return TypeAdapter(record_type).json_schema()
