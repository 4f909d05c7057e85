"""What operators can do with the queue from outside a run: every wish is on disk when it is told, and a robot at work sees it within a second."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from robots.assessment import Ending
from robots.casebook import Casebook, CaseEntry, CaseState
from robots.casebook.answers import Answers
from robots.casebook.orders import OrderKind, Orders
from robots.casebook.pauses import EVERYTHING, Pauses, scope_of_case
from robots.errors import SetupError
from robots.run_log import Action, redacted

#: the priority of a case that is put first
FIRST_PRIORITY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """One operator at one casebook."""

    casebook: Casebook
    #: account on the machine
    name: str

    def pause(self, scope: str, *, why: str) -> str:
        """Pause a case, a system or everything until it is resumed, and return what is told."""
        Pauses(self.casebook).pause(scope, by=self.name, why=redacted(why))
        self._note(scope, Action.PAUSED, redacted(why))
        return f"{_words(scope)} is paused: steps under way are finished, and no further one is begun until kollega queue resume."

    def resume(self, scope: str) -> str:
        """End the pause of this scope, and return what is told; other pauses stay."""
        if not Pauses(self.casebook).end(scope):
            return f"{_words(scope)} was not paused."
        self._note(scope, Action.UNPAUSED, "")
        others = ", ".join(pause.scope for pause in Pauses(self.casebook).standing())
        return (
            f"{_words(scope)} is no longer paused{f'; still paused: {others}' if others else ''}. A run under way goes on with it, else the next one."
        )

    def put_first(self, case: CaseEntry) -> str:
        """Have the case begun before the others, and return what is told.

        Raises:
            SetupError: the case has ended.
        """
        if not self.casebook.set_priority(case.case_id, FIRST_PRIORITY):
            raise SetupError(f"{case.case_id} has ended; there is nothing to begin")
        self.casebook.add_event(case.case_id, Action.PUT_FIRST, f"by {self.name}")
        return f"{case.case_id} is begun before all others that wait."

    def cancel(self, case: CaseEntry, *, why: str) -> bool:
        """Order that the case is handed off before its next step; return False, and change nothing, if it has ended."""
        order = Orders(self.casebook).of_case(case.case_id)
        if order is not None and order.kind is OrderKind.CANCEL and case.state is not CaseState.ENDED:
            return True
        words = redacted(why)
        return Orders(self.casebook).give(case.case_id, OrderKind.CANCEL, by=self.name, why=words, event=(Action.CANCELLED, words))

    def retry(self, case: CaseEntry, *, step: str, steps_done: Callable[[], Collection[str]]) -> str:
        """Order that the robot takes the case up again, and return what is told.

        Args:
            case: one that has failed, that waits, or that was handed off.
            step: where to begin: its result and those of the steps after it are forgotten. Empty to go on after the last finished step.
            steps_done: returns the steps of which the results are kept.

        Raises:
            SetupError: the case is none of these, or has no result of the step.
        """
        if case.state is CaseState.ENDED:
            return self._begin_anew(case)
        if case.state not in {CaseState.FAILED, CaseState.WAITING}:
            begun = (
                "has not begun" if case.state is CaseState.SUBMITTED else "is at hand, or was when its robot ended; pause it first to have it wait"
            )
            raise SetupError(f"{case.case_id} {begun}: a run takes it up by itself, and there is nothing to retry")
        kind = OrderKind.REWIND if step else OrderKind.GO_ON
        if step and step not in (done := steps_done()):
            raise SetupError(f"{case.case_id} has no result of the step '{step}'; it has: {', '.join(done) or 'none'}")
        where = f"from the step {step}" if step else "after its last finished step"
        event = (Action.RETRIED, f"{where}, by {self.name}")
        if not Orders(self.casebook).give(case.case_id, kind, by=self.name, why="", step=step, event=event):
            raise SetupError(f"{case.case_id} has just ended; look at it with kollega queue show {case.case_id}")
        return f"{case.case_id} goes on {where}, in the run under way or the next one. What is proven written is not written again."

    def _begin_anew(self, case: CaseEntry) -> str:
        outcome = self.casebook.outcome_of(case.case_id)
        if outcome is None or outcome.ending is not Ending.HANDED_OFF:
            raise SetupError(f"{case.case_id} was {'' if outcome is None else outcome.ending}: only what was handed off can be begun anew")
        answer = Answers(self.casebook).of_round(case.case_id)
        if answer is not None and not answer.kind.reopens:
            raise SetupError(f"a caseworker has answered {case.case_id} in the workbook: {answer.kind}. What a person has ended is not begun anew")
        before = f"it had been handed off with {', '.join(outcome.codes)} at {outcome.ended_at:%Y-%m-%d %H:%M} UTC; begun anew by {self.name}"
        event = (Action.RETRIED, before)
        if not Orders(self.casebook).give(case.case_id, OrderKind.BEGIN_ANEW, by=self.name, why="", event=event, reopens=True):
            raise SetupError(f"{case.case_id} has just been begun anew")
        return (
            f"{case.case_id} had ended, and the results of its steps are not kept: it begins anew, in the run under way or the next one. "
            "What is proven written is not written again; if it is assessed otherwise now, it is handed off again."
        )

    def _note(self, scope: str, action: Action, why: str) -> None:
        kind, _, case_id = scope.partition(":")
        if kind == "case":
            self.casebook.add_event(case_id, action, why)
        else:
            self.casebook.add_event(None, action, f"{scope} by {self.name}{f': {why}' if why else ''}")


def case_named(casebook: Casebook, name: str) -> CaseEntry:
    """Return the one case of that id or reference.

    Raises:
        SetupError: there is none, or several, which are named then.
    """
    found = casebook.find(name)
    if not found:
        raise SetupError(f"there is no case {name}; give the number of the application or the id of the case, as in kollega queue list")
    if len(found) > 1:
        raise SetupError(f"the application {name} has {len(found)} cases; give the id of one: {', '.join(case.case_id for case in found)}")
    return found[0]


def pauses_of(casebook: Casebook, case_id: str) -> tuple[str, ...]:
    """Return why the case is kept from its next step, whatever system that needs; systems that are paused are told besides."""
    standing = Pauses(casebook).standing()
    return tuple(f"{_words(pause.scope)} is paused: {pause.why}" for pause in standing if pause.scope in {EVERYTHING, scope_of_case(case_id)})


def _words(scope: str) -> str:
    kind, _, name = scope.partition(":")
    return {"all": "everything", "system": f"the system {name}", "case": name}[kind]
