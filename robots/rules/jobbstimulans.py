"""Jobbstimulans (särskild beräkningsregel): for which paydays a recorded decision on it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from robots.case import Jobbstimulans, Party
from robots.rules.grounds import Grounds, Situation

_MONTHS_OF_YEAR = 12
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stimulus:
    """The recorded decisions of a household, and the time that the law gives them."""

    decisions: tuple[Jobbstimulans, ...]
    #: how long a decision counts at most, from its first day
    longest_months: int
    #: so many months of support after one decision has ended before the next one can begin
    support_months: int

    def counts_on(self, party: Party, day: date) -> bool:
        """Whether a decision of the person's counts for the payday."""
        return any(self.is_recorded(decision, party, day) and self._counts(decision, day) for decision in self.decisions)

    def is_doubtful_on(self, party: Party, day: date) -> bool:
        """Whether a decision is recorded for the payday that does not count: too long, or too soon after the one before."""
        return not self.counts_on(party, day) and any(self.is_recorded(decision, party, day) for decision in self.decisions)

    @staticmethod
    def is_recorded(decision: Jobbstimulans, party: Party, day: date) -> bool:
        """Whether the decision is the person's and recorded for the day."""
        return decision.party is party and decision.valid_from <= day <= decision.valid_until

    def _counts(self, decision: Jobbstimulans, day: date) -> bool:
        earlier = [one for one in self.decisions if one.party is decision.party and one.valid_from < decision.valid_from]
        # Of all that began before, the one that ended last: a short one inside a long one takes nothing from the wait after the long one.
        if earlier and decision.valid_from < months_after(max(self._first_day_after(one) for one in earlier), self.support_months):
            return False
        return day < self._first_day_after(decision)

    def _first_day_after(self, decision: Jobbstimulans) -> date:
        longest = months_after(decision.valid_from, self.longest_months)
        return longest if decision.valid_until >= longest else decision.valid_until + _DAY


#: of a household in which nobody has a wage
NO_STIMULUS = Stimulus(decisions=(), longest_months=0, support_months=0)


def stimulus_of(situation: Situation, grounds: Grounds) -> Stimulus:
    """Return the decisions on jobbstimulans and their time.

    Raises:
        FactIsUnknown: the decisions are not known.
    """
    decisions = grounds.need(situation.record.jobbstimulans)
    parameters = situation.law.parameters
    years = grounds.use(parameters.amount("jobbstimulans_time.longest_years"), situation.day)
    months = grounds.use(parameters.amount("jobbstimulans_time.support_months"), situation.day)
    found: Stimulus | None = situation.memory.get("jobbstimulans")
    if found is None:
        found = Stimulus(decisions=decisions, longest_months=int(years * _MONTHS_OF_YEAR), support_months=int(months))
        situation.memory["jobbstimulans"] = found
    return found


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later; where that month is too short, the first day of the next one."""
    years, month = divmod(day.year * _MONTHS_OF_YEAR + day.month - 1 + months, _MONTHS_OF_YEAR)
    try:
        return date(years, month + 1, day.day)
    except ValueError:
        # December is never too short.
        return date(years, month + 2, 1)
