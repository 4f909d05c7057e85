"""Cases in which the robot dies: which of them are suspected, which are set aside, and what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from robots.casebook import Casebook, EffectState
from robots.casebook.attempts import Attempt, Attempts

#: from so many deaths in a row on, a case is worked on alone, so that those that only sat beside are cleared
_SUSPECTED_DEATHS = 2
#: after so many deaths more, while it is handed off, a case is not touched again: those beside it would never end
_DEATHS_OF_HANDING_OFF = 2
_AFTER = "after "


class Poison:
    """The deaths of robots in one casebook."""

    def __init__(self, casebook: Casebook, *, most_deaths: int) -> None:
        """Know of no death yet.

        Args:
            casebook: where attempts are noted.
            most_deaths: after so many in a row in the same step a case is set aside, at least 1.
        """
        self._casebook = casebook
        self._most_deaths = most_deaths
        self.attempts = Attempts(casebook)
        self._died_in: dict[str, Attempt] = {}

    def count_deaths(self, is_dead: Callable[[str], bool], steps_done: Callable[[str], Collection[str]]) -> None:
        """Count the deaths of the robots that left an attempt; once each, whoever counts.

        Args:
            is_dead: whether the robot of that name in the engine works no more.
            steps_done: returns the steps of which the engine has the result, for a case's id.
        """
        for attempt in self.attempts.all():
            if attempt.worker and is_dead(attempt.worker):
                is_over = attempt.step in steps_done(attempt.case_id)
                self.attempts.count_death(attempt, step=f"{_AFTER}{attempt.step}" if is_over else attempt.step)
        self.look()

    def look(self) -> None:
        """Read which deaths are counted."""
        self._died_in = {attempt.case_id: attempt for attempt in self.attempts.all() if attempt.deaths}

    def forget(self, case_id: str) -> None:
        """Hold no death against the case any more."""
        self.attempts.forget(case_id)
        self._died_in.pop(case_id, None)

    def is_suspected(self, case_id: str) -> bool:
        """Whether the case is to be worked on alone."""
        # If two are enough, the first one suspects: else a case that only sat beside could never be cleared.
        return min(_SUSPECTED_DEATHS, max(1, self._most_deaths - 1)) <= self._deaths(case_id) < self._most_deaths

    def is_deadly(self, case_id: str) -> bool:
        """Whether no further step of the case is to be begun."""
        return self._deaths(case_id) >= self._most_deaths

    def is_hopeless(self, case_id: str) -> bool:
        """Whether the case is not to be touched, not even to hand it off."""
        return self._deaths(case_id) >= self._most_deaths + _DEATHS_OF_HANDING_OFF

    def told(self, case_id: str) -> str:
        """Return what is known of a case in which the robot died: where, how often, when, and what is written."""
        attempt = self._died_in[case_id]
        effects = self._casebook.effects(case_id)
        done = ", ".join(effect.name for effect in effects if effect.state is EffectState.DONE)
        unproven = ", ".join(effect.name for effect in effects if effect.state is not EffectState.DONE)
        where = attempt.step or "before its first step"
        return (
            f"the robot died {attempt.deaths} times in a row in this case: {where}, last begun {attempt.begun_at:%Y-%m-%d %H:%M:%S} UTC; "
            f"written: {done or 'nothing'}; perhaps written: {unproven or 'nothing'}"
        )

    def _deaths(self, case_id: str) -> int:
        attempt = self._died_in.get(case_id)
        return 0 if attempt is None else attempt.deaths
