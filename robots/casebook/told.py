"""What a person has found of writes that the robot could not prove, done or not; the robot may then go on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from robots.casebook import Casebook, CaseState, EffectState
from robots.casebook.tables import CASES, EFFECTS


def tell_effects(casebook: Casebook, case_id: str, told: Mapping[str, bool], *, in_round: int) -> bool:
    """Note of each write whether a person has found it done; one that is not is as if it had never been begun, and is looked for before it is begun.

    Args:
        casebook: of the case.
        case_id: of the case.
        told: {name of the effect: whether it is done}; those that are proven stay as they are.
        in_round: the case must still be with a person for this time, from 1. Later the robot may have begun the write again.

    Returns:
        False if it is not, and nothing was noted.
    """
    now = datetime.now(UTC)
    with casebook.engine.begin() as connection:
        # Changed by nothing, and locked against whoever would begin the case anew meanwhile.
        stands = (CASES.c.case_id == case_id, CASES.c.state == CaseState.ENDED, CASES.c.reopened == in_round - 1)
        if not connection.execute(CASES.update().where(*stands).values(reopened=CASES.c.reopened)).rowcount:
            return False
        for name, is_done in told.items():
            is_it = (EFFECTS.c.case_id == case_id, EFFECTS.c.name == name, EFFECTS.c.state != EffectState.DONE)
            if is_done:
                connection.execute(EFFECTS.update().where(*is_it).values(state=EffectState.DONE, is_unanswered=False, done_at=now))
            else:
                connection.execute(EFFECTS.delete().where(*is_it))
    return True
