"""How far a run may go. A module of its own, so that the command line can name the modes without loading what a case is made of."""

from __future__ import annotations

from enum import StrEnum


class RunMode(StrEnum):
    """How far a run of the robot may go, whatever law and delegation register would let it do."""

    #: reads everything and writes nothing in any other system; the outcome says what the robot would have done
    SHADOW = "shadow"
    #: never more than a proposal
    PROPOSE = "propose"
    #: what law and register allow
    DECIDE = "decide"

    @property
    def writes(self) -> bool:
        """Whether a run of this mode writes in other systems at all."""
        return self is not RunMode.SHADOW
