"""The chapters of who may decide, of what no setting can change, and of what applicants get to read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from robots.assessment import DecisionType, Mode
from robots.authority import MATRIX, Delegation, MatrixRow, authority_over
from robots.examples import Tried
from robots.explanation import ground_of, message
from robots.statutes import Statutes
from robots.texts import Texts


def authority_chapter(delegation: Delegation, statutes: Statutes, texts: Texts, *, on: date) -> dict[str, Any]:
    """Return what the law allows, what the board has delegated, what holds on a day, and the bans.

    Args:
        delegation: the register.
        statutes: the index of sections.
        texts: the catalogue.
        on: the day whose standing the matrix shows.
    """
    return {
        "leave": [
            {
                "from": value.valid_from.isoformat(),
                "until": _until(value.valid_until),
                "section": value.value,
                "words": texts.say("book.authority.leave", day=texts.day(value.valid_from), section=value.value),
            }
            for value in delegation.leave_to_automate.values
        ],
        "on": on.isoformat(),
        "on_words": texts.day(on),
        "matrix": [_row(row, delegation, statutes, texts, on=on) for row in MATRIX],
        "lines": [
            {
                "decision": line.decision_type.value,
                "label": texts.say(f"decision.{line.decision_type}"),
                "section": line.section,
                "mode": line.mode.value,
                "mode_words": _mode(line.mode, texts),
                "from": line.valid_from.isoformat(),
                "until": _until(line.valid_until),
                "minute": line.minute,
            }
            for line in delegation.lines
        ],
        "bans": [texts.texts[key].format_map({"board": texts.board}) for key in sorted(texts.texts) if key.startswith("book.bans.general_")],
    }


def _row(row: MatrixRow, delegation: Delegation, statutes: Statutes, texts: Texts, *, on: date) -> dict[str, Any]:
    authority = authority_over(row.decision_type, delegation, on)
    # As the law is numbered now, whatever the day: the matrix says what follows from the law in force.
    act, _, place = row.law.partition(" ")
    return {
        "decision": row.decision_type.value,
        "label": texts.say(f"decision.{row.decision_type}"),
        "may_be_automated": row.may_be_automated.value,
        "may_be_automated_words": texts.say(f"automation.{row.may_be_automated}"),
        "most": row.most.value,
        "most_words": texts.say("book.authority.banned") if row.most is Mode.HAND_OFF else _mode(row.most, texts),
        "is_banned": row.most is Mode.HAND_OFF,
        "suggested": row.suggested.value,
        "now": authority.mode.value,
        "now_words": _mode(authority.mode, texts),
        "ground": ground_of(authority, texts, month=None),
        "why": texts.say(row.text),
        "law": row.law,
        "law_title": statutes.sections[act, place][-1].title,
    }


def _mode(mode: Mode, texts: Texts) -> str:
    return texts.say(f"book.authority.mode_{mode.name.lower()}")


def _until(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def messages_chapter(tried: Sequence[Tried], texts: Texts) -> list[dict[str, str]]:
    """Return the whole message of a grant and of a rejection, each for that example with most costs and incomes that nothing speaks against."""
    return [
        _message(kind, one, texts)
        for kind, one in (("granted", _richest(tried, DecisionType.GRANT)), ("refused", _richest(tried, DecisionType.REJECTION)))
        if one
    ]


def _richest(tried: Sequence[Tried], decision_type: DecisionType) -> Tried | None:
    fitting = [one for one in tried if one.authority.decision_type is decision_type and not one.assessment.codes and one.assessment.calculation]
    return max(fitting, key=_figures, default=None)


def _figures(one: Tried) -> int:
    calculation = one.assessment.calculation
    return 0 if calculation is None else len(calculation.expenses) + len(calculation.incomes)


def _message(kind: str, one: Tried, texts: Texts) -> dict[str, str]:
    subject, body = message(one.assessment, one.authority, texts, decided_on=one.example.decided_on)
    return {
        "kind": kind,
        "title": texts.say(f"book.messages.{kind}"),
        "example": one.example.name,
        "example_title": one.example.titles[texts.language],
        "subject": subject,
        "body": body,
    }
