"""The JSON schema of selector files, by which editors complete and check them: made of the keys and forms that the loader reads by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from robots.screens.dialogs import BROWSER_DIALOG_KEYS, OPTIONAL_VIEW_DIALOG_KEYS, VIEW_DIALOG_KEYS, DialogAnswer, DialogNotice, DialogResponse
from robots.screens.formats import Format
from robots.screens.routes import CHECK_KEYS, REACH_KEYS
from robots.screens.selector_file import (
    CHECKED_KEYS,
    ELEMENT_KEYS,
    FORMS_OF,
    FRAME_KEYS,
    KEYS_OF,
    NAME,
    OPTIONAL_ELEMENT_KEYS,
    OPTIONAL_TOP_KEYS,
    OPTIONAL_VIEW_KEYS,
    SCHEMA,
    TOP_KEYS,
    VIEW_KEYS,
    WEB_ELEMENT_KEYS,
    WEB_VIEW_KEYS,
    Driver,
)
from robots.screens.ways import Check, Form

Schema = dict[str, Any]

#: the loader takes every scalar for the text that stands there; an editor tells numbers and truth values from texts
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_FLAG: Schema = {"enum": [True, False]}


def selector_schema() -> Schema:
    """Return the schema, as JSON Schema 2020-12; what must agree with something else in a file only the loader checks."""
    web, desktop = (_file(driver) for driver in (Driver.WEB, Driver.DESKTOP))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Selector file: what a system's screens are called, and the approved ways to find what is on them",
        "type": "object",
        "required": ["driver"],
        "if": {"properties": {"driver": {"const": Driver.DESKTOP.value}}},
        "then": desktop,
        "else": web,
    }


def _said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _object(values: Mapping[str, Schema], required: Iterable[str], optional: Iterable[str] = ()) -> Schema:
    """Return the schema of a mapping with exactly these keys."""
    required = tuple(required)
    return {
        "type": "object",
        "required": list(required),
        "properties": {key: values[key] for key in (*required, *optional)},
        "additionalProperties": False,
    }


def _named(value: Schema) -> Schema:
    """Return the schema of a mapping whose keys are names that the file chooses itself."""
    return {"type": "object", "patternProperties": {f"^{NAME.pattern}$": value}, "additionalProperties": False, "minProperties": 1}


def _file(driver: Driver) -> Schema:
    values: dict[str, Schema] = {
        "schema": {"const": SCHEMA},
        "system": _said(_TEXT, "The name of the system, as in config/kollega.yaml."),
        "driver": {"const": driver.value},
        "checked": _said(_object({key: _TEXT for key in CHECKED_KEYS}, CHECKED_KEYS), "When a person last compared the file with the system."),
        "session_lost": _said(_list(_TEXT), "Views that mean that the session is gone."),
        "dialogs": _said(_named(_dialog(driver)), "Dialogs, and what is done about each."),
        "samples": _said(_named(_TEXT), "For a check of the screens: the column of a table whose first row gives a placeholder, view.table.column."),
        "window": _said(_TEXT, "Part of the main window's title."),
        "select_all": _said(_TEXT, "Keys that select all of a field, as ctrl+a."),
        "copy": _said(_TEXT, "Keys that copy what is selected, as ctrl+c."),
        "views": _said(_named(_view(driver)), "Screens, pages, tabs and dialogs, as their users see them."),
    }
    required = (*TOP_KEYS, *(("window",) if driver is Driver.DESKTOP else ()))
    return _object(values, required, (*OPTIONAL_TOP_KEYS, *(key for key in KEYS_OF[driver] if key not in required)))


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item, "minItems": 1}


def _dialog(driver: Driver) -> Schema:
    of_system = _object(
        {
            "view": _said(_TEXT, "The view that the dialog is; its landmark tells that it is up."),
            "meaning": _said(_TEXT, "What the system says with it, in a sentence for people."),
            "do": _said({"enum": [one.value for one in DialogResponse]}, "close it and go on; stop for a developer; or a fault of the system."),
            "press": _said(_TEXT, "The element of the view that closes it."),
            "tells": _said({"enum": [one.value for one in DialogNotice]}, "What operators are to be told of when it comes up."),
        },
        VIEW_DIALOG_KEYS,
        OPTIONAL_VIEW_DIALOG_KEYS,
    )
    of_browser = _object(
        {"text": _said(_TEXT, "The exact text of a dialog of the browser's own."), "answer": {"enum": [one.value for one in DialogAnswer]}},
        BROWSER_DIALOG_KEYS,
    )
    return {"anyOf": [of_browser, of_system]} if driver is Driver.WEB else of_system


def _view(driver: Driver) -> Schema:
    check: dict[str, Schema] = {
        "from": _TEXT,
        "press": _said(_TEXT, "An element of the view that is come from: view.element."),
        "enter": _said(_named(_TEXT), "What is entered before the press, by element; with {placeholders} for samples."),
        "after": _said(_TEXT, "A view that must have been come to before."),
        "leave": _said(_TEXT, "The element of the view that closes it."),
        "never": _said(_TEXT, "Why a check never brings the view up."),
    }
    values: dict[str, Schema] = {
        "landmark": _said(_TEXT, "The element that proves that the view is showing."),
        "elements": _named(_element(driver)),
        "reach": _said(_object(dict.fromkeys(REACH_KEYS, _TEXT), REACH_KEYS), "From which view and by which press the view is come to."),
        "check": _said({**_object(check, (), CHECK_KEYS), "minProperties": 1}, "How a check of the screens comes to the view without a case."),
        "address": _said({"type": "string", "pattern": "^/"}, "Path with {placeholders}."),
        "frame": _said(_object(dict.fromkeys(FRAME_KEYS, _TEXT), FRAME_KEYS), "Title of the frame that the view lives in."),
        "popup": _said(_FLAG, "Whether the view lives in a window of its own."),
    }
    return _object(values, VIEW_KEYS, (*OPTIONAL_VIEW_KEYS, *(WEB_VIEW_KEYS if driver is Driver.WEB else ())))


def _element(driver: Driver) -> Schema:
    values: dict[str, Schema] = {
        "find": _said(_list({"anyOf": [_way(form) for form in FORMS_OF[driver].values()]}), "The approved ways to find it, the expected one first."),
        "personal": _said(_FLAG, "Blacked out in pictures."),
        "secret": _said(_FLAG, "Blacked out in pictures, and never repeated in a message."),
        "read_only": _said(_FLAG, "Not to be entered or pressed."),
        "optional": _said(_FLAG, "Need not be there: its absence is no fault to a check of the screens."),
        "download": _said(_FLAG, "A press on it, or on the only button of a table's row, brings a file and does nothing else."),
        "format": _said({"enum": [one.value for one in Format]}, "What the field holds, where it writes that in its own way when it is left."),
        "columns": _said(_named(_TEXT), "For tables: the exact header of each column."),
        "next_page": _said(_TEXT, "For tables: the element of the view that turns to the next page."),
        "previous_page": _said(_TEXT, "For tables: the element that turns back; where a page has no address, the only way back to the first one."),
    }
    return _object(values, ELEMENT_KEYS, (*OPTIONAL_ELEMENT_KEYS, *(WEB_ELEMENT_KEYS if driver is Driver.WEB else ())))


def _way(form: Form) -> Schema:
    pixels: Schema = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 4, "maxItems": 4}
    special: dict[str, Schema] = {"within": pixels, "text_in": pixels, "check": {"enum": [one.value for one in Check]}}
    values = {key: special.get(key, _TEXT) for key in (*form.required, *form.optional)}
    schema = _object(values, form.required, form.optional)
    if form.one_of:
        schema["anyOf"] = [{"required": [key]} for key in form.one_of]
    return schema
