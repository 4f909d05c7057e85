"""How far one case has come: in memory while it is handled, and from the record when it was begun before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from robots.assessment import Assessment, Authority
from robots.case import SWEDEN, CaseFile, Month
from robots.casebook import Casebook, DocumentKind, EffectState
from robots.decision_record import Told
from robots.errors import CaseNeedsPerson, ReasonCode
from robots.explanation import reasons
from robots.records import from_record
from robots.texts import Texts

NOTHING = Decimal(0)
_KEPT = (DocumentKind.CASE_FILE, DocumentKind.ASSESSMENT, DocumentKind.AUTHORITY, DocumentKind.DECISION_RECORD)


@dataclass(frozen=True, slots=True)
class Write:
    """Something that is written in another system: keys of the catalogue of texts, and its name as an effect."""

    left: str
    done: str
    effect: str


DECISION = Write("decide", "decided", "case_system.decision")
PAYMENT = Write("pay", "paid", "case_system.payment")
#: what is to be written about a granted application, in this order
WRITES = (
    Write("calculate", "calculated", "case_system.calculation"),
    DECISION,
    PAYMENT,
    Write("note", "noted", "case_system.note"),
    Write("notify", "notified", "e_service.message"),
)
PROPOSAL = Write("propose", "watched", "case_system.watch")
#: after a refusal: the trial of further assistance (SoL 12 kap. 2 §), which no machine may make
FURTHER = Write("try_further", "watched", "case_system.watch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """An assessment, and the hash of the rule set that it follows; a stored format."""

    assessment: Assessment
    rule_set: str


@dataclass(slots=True, kw_only=True)
class Way:
    """How far one case has come, for the people who may have to take it from there."""

    case_id: str
    reference: str
    month: Month | None = None
    case: CaseFile | None = None
    assessed: Assessed | None = None
    authority: Authority | None = None
    #: whether the calculation leads to a refusal, after which nothing is paid
    is_refusal: bool = False
    #: what the robot has written in other systems: keys of the catalogue of texts under `done.`
    written: list[str] = field(default_factory=list)
    #: day on which the robot registered a decision, and what it has written about it
    decided_on: date | None = None
    told: Told = field(default_factory=Told)


def check_unchanged(way: Way, casebook: Casebook) -> None:
    """See that a case that has written, and was begun anew, is assessed as it was: otherwise half of each would stand in the systems.

    Raises:
        CaseNeedsPerson: code SYS-DIFF: it is not; what was kept of the first assessment stands.
    """
    was = casebook.document(way.case_id, DocumentKind.ASSESSMENT)
    was_for = casebook.document(way.case_id, DocumentKind.AUTHORITY)
    if way.assessed is None or way.authority is None or was is None or was_for is None:
        # Both are kept before the first write.
        return
    authority = from_record(Authority, was_for)
    is_decided = casebook.effect_state(way.case_id, DECISION.effect) is not None
    is_same_decision = (authority.mode, authority.decision_type) == (way.authority.mode, way.authority.decision_type)
    is_same_calculation = from_record(Assessment, was).calculation == way.assessed.assessment.calculation
    if not is_same_calculation or (is_decided and not is_same_decision):
        way.case = way.assessed = way.authority = None
        changed = "begun anew, the case was assessed otherwise than what is written of it already; look at what is written, and do the rest by hand"
        raise CaseNeedsPerson(changed, codes=(ReasonCode.SYS_DIFF,))


def remember(way: Way, casebook: Casebook, texts: Texts, *, rule_set: str) -> None:
    """Know what is on record of the case, also where this time's steps have not come to it: a person must not do again what is done.

    Args:
        way: is brought up to what is on record.
        casebook: the record.
        texts: in which the reasons of a decision are written.
        rule_set: hash of the rules in force, for a case of which none other is kept.
    """
    month = way.case_id.rpartition(":")[2]
    if way.month is None and month != "unreadable":
        way.month = Month.parse(month)
    done = {effect.name: effect for effect in casebook.effects(way.case_id) if effect.state is EffectState.DONE}
    if not done:
        return
    if way.assessed is None:
        _recall(way, casebook, rule_set)
    # The watch item has one name as an effect, whatever it is about.
    way.written = [write.done for write in (*WRITES, PROPOSAL) if write.done in way.written or write.effect in done]
    decided_at = done[DECISION.effect].done_at if DECISION.effect in done else None
    if decided_at is not None and way.decided_on is None and way.assessed is not None and way.authority is not None:
        way.decided_on = decided_at.astimezone(SWEDEN).date()
        way.told = replace(way.told, reasons=reasons(way.assessed.assessment, way.authority, texts))


def _recall(way: Way, casebook: Casebook, rule_set: str) -> None:
    """Take the assessment that the writes on record rest on from what was kept of it."""
    case, assessment, authority, record = (casebook.document(way.case_id, kind) for kind in _KEPT)
    if case is None or assessment is None or authority is None:
        return
    way.case = from_record(CaseFile, case)
    way.assessed = Assessed(assessment=from_record(Assessment, assessment), rule_set=rule_set if record is None else record["rule_set"])
    way.authority = from_record(Authority, authority)
    calculation = way.assessed.assessment.calculation
    way.is_refusal = calculation is not None and calculation.amount <= NOTHING
