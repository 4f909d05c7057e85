"""What the casebook asks and writes again and again while a case is handled, each statement built once: that takes longer than the statement itself.

Their parameters are named `of_…` where they say which row is meant; those of an insert have the names of its columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from robots.casebook.entries import CaseState, EffectState
from robots.casebook.tables import CASES, DOCUMENTS, EFFECTS, UtcTime, insert_into

_of_case = sa.bindparam("of_case", type_=sa.Text)
_of_name = sa.bindparam("of_name", type_=sa.Text)
_is_open = (CASES.c.case_id == _of_case, CASES.c.state != CaseState.ENDED)
_is_intended = (EFFECTS.c.case_id == _of_case, EFFECTS.c.name == _of_name, EFFECTS.c.state == EffectState.INTENDED)
# What has no time, because the screen was unclear before the robot had begun, comes first.
_in_order = (EFFECTS.c.intended_at.asc().nulls_first(), EFFECTS.c.name)

IS_BEGUN = sa.select(CASES.c.case_id).where(CASES.c.case_id == _of_case, CASES.c.taken_at.is_not(None))
#: gives back the time that stands; nothing for a case that has ended
TAKE = (
    CASES.update()
    .where(*_is_open)
    .values(state=CaseState.TAKEN, taken_at=sa.func.coalesce(CASES.c.taken_at, sa.bindparam("at", type_=UtcTime)))
    .returning(CASES.c.taken_at)
)
CLOSE = (
    CASES.update()
    .where(*_is_open)
    .values(state=CaseState.ENDED, ended_at=sa.bindparam("at", type_=UtcTime), outcome=sa.bindparam("how", type_=CASES.c.outcome.type))
)
OUTCOME = sa.select(CASES.c.outcome).where(CASES.c.case_id == _of_case, CASES.c.state == CaseState.ENDED)

EFFECT = sa.select(EFFECTS).where(EFFECTS.c.case_id == _of_case, EFFECTS.c.name == _of_name)
EFFECT_STATE = sa.select(EFFECTS.c.state).where(EFFECTS.c.case_id == _of_case, EFFECTS.c.name == _of_name)
EFFECTS_OF_CASE = sa.select(EFFECTS).where(EFFECTS.c.case_id == _of_case).order_by(*_in_order)
UNPROVEN = sa.select(EFFECTS.c.name).where(EFFECTS.c.case_id == _of_case, EFFECTS.c.state != EffectState.DONE).order_by(*_in_order)
SENT = EFFECTS.update().where(*_is_intended).values(is_unanswered=True, sent_at=sa.bindparam("at", type_=UtcTime))
ANSWERED = EFFECTS.update().where(*_is_intended).values(is_unanswered=False)
WITHDRAW = EFFECTS.delete().where(*_is_intended)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """The statements that enter a row, or change the one that is there: each database has its own way to say so."""

    #: the row that is there stands; gives the id back if there was none, as the number of rows is not to be had from every driver
    open: Any
    #: the row that is there stands
    intend: Any
    #: the first time and the first evidence stand
    effect_done: Any
    #: a done one stays done, and the first evidence stands
    effect_unknown: Any
    #: the latest record stands
    keep: Any

    @classmethod
    def into(cls, engine: sa.Engine) -> Entering:
        """Return those of the engine's database."""
        effect, document = insert_into(engine, EFFECTS), insert_into(engine, DOCUMENTS)
        key = [EFFECTS.c.case_id, EFFECTS.c.name]
        evidence = {"evidence": sa.func.coalesce(EFFECTS.c.evidence, effect.excluded.evidence)}
        done_at = sa.func.coalesce(EFFECTS.c.done_at, effect.excluded.done_at)
        done = {"state": EffectState.DONE, "is_unanswered": False, "done_at": done_at, **evidence}
        unknown = {"state": EffectState.UNKNOWN, **evidence}
        return cls(
            open=insert_into(engine, CASES).on_conflict_do_nothing().returning(CASES.c.case_id),
            intend=effect.on_conflict_do_nothing(),
            effect_done=effect.on_conflict_do_update(index_elements=key, set_=done),
            effect_unknown=effect.on_conflict_do_update(index_elements=key, set_=unknown, where=EFFECTS.c.state != EffectState.DONE),
            keep=document.on_conflict_do_update(index_elements=DOCUMENTS.primary_key, set_={"record": document.excluded.record}),
        )
