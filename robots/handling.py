"""READ FIRST: the way of one case, top to bottom, in a caseworker's words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Protocol, TypeVar

from robots import corrections
from robots.assessment import Assessment, Authority, DecisionType, Ending, Mode, Outcome, RunMode
from robots.authority import Delegation, proposed_instead, who_decides
from robots.case import SWEDEN, Application, BenefitAnswers, CaseFile, CaseRecord, Party, PopulationRecord, RegisteredChild
from robots.casebook import Casebook, DocumentKind
from robots.casebook.answers import AnswerKind, Answers
from robots.completion import Asking, ask_to_complete, subjects_sent
from robots.decision_record import DecisionRecord, hash_of, record_of
from robots.errors import CaseNeedsPerson, ReasonCode, SystemFault
from robots.explanation import because, case_note, message, motivation, reasons, watch_text
from robots.records import from_record, to_record
from robots.rule_set import RuleSet
from robots.rules import Law, assess
from robots.systems.benefits_register import BenefitsRegister
from robots.systems.case_record import SYSTEM as CASE_SYSTEM
from robots.systems.case_system import CaseSystem, Household
from robots.systems.e_service import SYSTEM as E_SERVICE
from robots.systems.e_service import EService
from robots.systems.population_register import PopulationRegister
from robots.texts import Texts
from robots.way import COMPLETION, DECISION, FURTHER, NOTHING, PAYMENT, PROPOSAL, WRITES, Assessed, Way, check_unchanged, has_written, remember

__all__ = ["PROCESS", "PROPOSAL", "WRITES", "Assessed", "Office", "Step", "handle"]

T = TypeVar("T")

#: the first case type, in the ids of its cases
PROCESS = "ekonomiskt-bistand"


class Step(Protocol):
    """The whole durable engine, as the rest of the product sees it."""

    async def __call__(self, name: str, returns: Any, do: Callable[..., Awaitable[T]], /, *args: object) -> T:
        """Return the stored result of `name` for this case, or do it now and store it.

        Args:
            name: stored with the result; renaming a step is a migration.
            returns: type of the result, for `robots.records`.
            do: what is done; called with `args`.
            args: passed to `do`; not stored.

        Raises:
            KollegaError: what `do` raised at its last try; the same class when the case is replayed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Everything that a case is handled with."""

    e_service: EService
    population_register: PopulationRegister
    benefits_register: BenefitsRegister
    case_system: CaseSystem
    casebook: Casebook
    law: Law
    delegation: Delegation
    #: law and register together, as decisions name them
    rule_set: RuleSet
    texts: Texts
    #: how far the run may go; a shadow run has a casebook and a queue of its own
    run_mode: RunMode
    #: a shadow run may begin a calculation in the case system, to see its sums, and cancel it
    shadow_tries_calculation: bool = True
    #: returns the aware UTC time
    clock: Callable[[], datetime]
    #: returns the day by which a person should have acted on a case that ended at the time
    due_on: Callable[[datetime], date]
    #: {system: name of the robot's own account there}, for the decision record; none where no system is reached
    accounts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decision:
    """A decision to register, if it is still the robot's to make when its turn comes."""

    system: ClassVar[str] = CASE_SYSTEM
    assessment: Assessment
    authority: Authority
    reasons: str
    office: Office

    async def register(self, case_id: str, household: Household) -> date | None:
        """Register the decision, and return the day on which it was made; None when the run may only propose it.

        Raises:
            CaseNeedsPerson: code DELEG: on this day the robot may no longer make it.
        """
        office, calculation, today = self.office, self.assessment.calculation, _today(self.office)
        if calculation is None:
            raise RuntimeError("a decision has a calculation")
        is_begun = office.casebook.effect_state(case_id, DECISION.effect) is not None
        if not is_begun and who_decides(self.assessment, office.delegation, on=today) != self.authority:
            changed = "who may decide has changed since the case was assessed; nothing was decided. Decide by hand"
            raise CaseNeedsPerson(changed, codes=(ReasonCode.DELEG,))
        if not is_begun and office.casebook.effect_state(case_id, PROPOSAL.effect) is not None:
            # Begun anew after a proposal was left, or begun: what was begun as a proposal stays one.
            return None
        if not is_begun and office.run_mode is not RunMode.DECIDE:
            # Taken up in a run that decides, and gone on with in one that does not. A decision that was begun is finished all the same: it may stand
            # in the case system already, and without payment and message the applicant would be left with it unpaid and untold.
            return None
        await office.case_system.register_decision(case_id, household, calculation.month, self.authority, calculation.amount, self.reasons)
        return today


async def handle(case_id: str, reference: str, office: Office, step: Step) -> Outcome:
    """Take one follow-on application for ekonomiskt bistånd to its end.

    Args:
        case_id: names the case in the casebook and in every effect.
        reference: the e-service's number of the application.
        office: the systems, the law, and who may decide.
        step: runs and remembers each step.

    Returns:
        Decided, proposed or handed off: each is a result.
    """
    way = Way(case_id=case_id, reference=reference)
    asked = Answers(office.casebook).begun_anew_for(case_id)
    if asked is not None and asked.kind is AnswerKind.NEEDS_MORE:
        # What is kept of the case stays as it is: nothing is assessed.
        return await ask_to_complete(asked, _asking(office), step)
    outcome = await _end(way, office, step)
    office.casebook.keep(case_id, DocumentKind.DECISION_RECORD, to_record(DecisionRecord, _decision_record(way, outcome, office)))
    return outcome


async def _end(way: Way, office: Office, step: Step) -> Outcome:
    try:
        return await _handle(way, office, step)
    except CaseNeedsPerson as reason:
        return _handed_off(way, office, reason.codes)
    except SystemFault:
        # With an unproven write it is no longer the source that is the matter.
        return _handed_off(way, office, (ReasonCode.OUTCOME_UNKNOWN if office.casebook.unproven_effects(way.case_id) else ReasonCode.SRC_DOWN,))


async def _handle(way: Way, office: Office, step: Step) -> Outcome:
    application: Application = await step("read application", Application, office.e_service.application, way.reference)
    way.month = application.month.value
    case = corrections.apply(await _collect(application, office, step), Answers(office.casebook).corrections(way.case_id))
    kept = to_record(CaseFile, case)
    is_written = has_written(office.casebook, way.case_id)
    if not is_written:
        office.casebook.keep(way.case_id, DocumentKind.CASE_FILE, kept)
    way.case = case

    way.assessed = await step("assess", Assessed, _assess, kept, office)
    assessment = way.assessed.assessment
    # Stored like all that the way depends on: a register changed while a case waits must not turn back what is half written.
    way.authority = await step("see who decides", Authority, _authority, assessment, case, office)
    found = {DocumentKind.ASSESSMENT: to_record(Assessment, assessment), DocumentKind.AUTHORITY: to_record(Authority, way.authority)}
    if is_written:
        check_unchanged(way, office.casebook)
        found[DocumentKind.CASE_FILE] = kept
    office.casebook.keep_all(way.case_id, found)

    if way.authority.mode is Mode.HAND_OFF:
        return _handed_off(way, office, way.authority.codes, assessment=assessment)
    return await _fill_in(way, application, case, assessment, office, step)


async def _collect(application: Application, office: Office, step: Step) -> CaseFile:
    """Ask the registers and the case system about everybody who applies; ask no more than the case needs."""
    persons = _persons(application)
    population: dict[Party, PopulationRecord] = {}
    for party, personnummer in persons.items():
        if not _is_protected(*population.values()):
            population[party] = await step(f"read population register, {party}", PopulationRecord, office.population_register.record_of, personnummer)
    children: tuple[RegisteredChild, ...] = ()
    if numbers := () if _is_protected(*population.values()) else _children(application, population):
        children = await step("read population register, barn", tuple[RegisteredChild, ...], office.population_register.children_of, numbers)
    stated = CaseFile(schema=1, application=application, population=population, benefits={}, case=None, children=children)
    if _is_protected(*population.values(), *children) or not application.month.is_known:
        # Nothing more is looked up: about a protected person because nobody should, without a month because it would say nothing.
        return stated
    month = application.month.need()
    benefits: dict[Party, BenefitAnswers] = {}
    for party, personnummer in persons.items():
        asked = (personnummer, month.previous.first_day, month.previous.last_day)
        benefits[party] = await step(f"read benefits register, {party}", BenefitAnswers, office.benefits_register.answers_of, *asked)
    record: CaseRecord | None = await step("read case", CaseRecord | None, office.case_system.record_of, persons[Party.APPLICANT], month)
    if of_case := () if record is None else record.children.value:
        # Asked of those that the case alone has: who has fled with a child may have told nobody.
        left = tuple(child.personnummer for child in of_case if child.personnummer not in numbers)
        found = await step("read population register, barn i ärendet", tuple[RegisteredChild, ...], office.population_register.children_of, left)
        children = (*children, *found)
    return replace(stated, benefits=benefits, case=record, children=children)


def _is_protected(*records: PopulationRecord | RegisteredChild) -> bool:
    return any(record.is_protected.value for record in records)


def _children(application: Application, population: Mapping[Party, PopulationRecord]) -> tuple[str, ...]:
    """Return the numbers of the children that application and population register tell of, each once, as far as they can be read."""
    stated = [child.personnummer for child in application.children.value or ()]
    members = [member for record in population.values() for member in record.members.value or ()]
    return tuple(dict.fromkeys([*stated, *(member.personnummer for member in members if member.relation == "barn")]))


def _persons(application: Application) -> dict[Party, str]:
    unknown = [fact.unknown_code for fact in (application.applicant, application.co_applicant) if fact.unknown_code is not None]
    if unknown:
        raise CaseNeedsPerson("the application does not say for certain who applies; ask the applicant", codes=tuple(dict.fromkeys(unknown)))
    persons = {Party.APPLICANT: application.applicant.need()}
    co_applicant = application.co_applicant.need()
    return persons if co_applicant is None else {**persons, Party.CO_APPLICANT: co_applicant}


async def _fill_in(way: Way, application: Application, case: CaseFile, assessment: Assessment, office: Office, step: Step) -> Outcome:
    """Fill in the assessment screens; decide, pay and tell the applicant if that is the robot's to do."""
    calculation, authority, record = assessment.calculation, way.authority, case.case
    if calculation is None or authority is None or record is None:
        raise RuntimeError("a case without reason codes has a calculation, an authority and a record")
    if way.case_id.rpartition(":")[2] != str(calculation.month):
        # Changed since it was taken from the inbox, where it now is a case of the other month too: two at once could both pay.
        changed = "the application is no longer for the month that it was taken in for; look which of its cases stands"
        raise CaseNeedsPerson(changed, codes=(ReasonCode.TWICE,), system=E_SERVICE)
    way.is_refusal = calculation.amount <= NOTHING
    household = Household(case_number=record.case_number.need(), applicant=application.applicant.need(), reference=way.reference)
    if not office.run_mode.writes:
        sentences = because(assessment, office.texts, authority=authority)
        # What the case system itself works out shows nowhere else: told without it, a decision could be one that no run would make.
        if office.shadow_tries_calculation:
            await step("compare calculation", None, office.case_system.compare_calculation, household, calculation)
        else:
            sentences = (*sentences, office.texts.say("because.sums_not_compared"))
        ending = Ending.DECIDED if authority.mode is Mode.DECIDE else Ending.PROPOSED
        return _outcome(way, office, ending, amount=calculation.amount, codes=authority.codes, sentences=sentences, left=_left(way))
    month, amount, texts = calculation.month, calculation.amount, office.texts

    await step("enter calculation", None, office.case_system.enter_calculation, way.case_id, household, calculation)
    way.written.append("calculated")
    if authority.mode is Mode.PROPOSE:
        return await _propose(way, household, assessment, authority, office, step)

    grounds = motivation(assessment, authority, texts)
    decision = _Decision(assessment=assessment, authority=authority, reasons=grounds, office=office)
    # The day on which it is registered, which is a later one when the case has waited since it was assessed.
    decided_on: date | None = await step("register decision", date | None, decision.register, way.case_id, household)
    if decided_on is None:
        way.authority = proposed_instead(authority, ground="ground.run_proposes")
        office.casebook.keep(way.case_id, DocumentKind.AUTHORITY, to_record(Authority, way.authority))
        return await _propose(way, household, assessment, way.authority, office, step)
    way.written.append("decided")
    way.decided_on, way.told = decided_on, replace(way.told, reasons=reasons(assessment, authority, texts))
    if not way.is_refusal:
        account = record.account.need()
        await step("register payment", None, office.case_system.register_payment, way.case_id, household, month, amount, account)
        way.written.append("paid")
    note = case_note(assessment, authority, texts, decided_on=decided_on) + corrections.told(case, texts)
    await step("write case note", None, office.case_system.write_note, way.case_id, household, month, note)
    way.written.append("noted")
    way.told = replace(way.told, note=note)
    subject, body = message(assessment, authority, texts, decided_on=decided_on)
    asked = subjects_sent(way.case_id, office.casebook, texts)
    await step("tell applicant", None, office.e_service.send_message, way.case_id, way.reference, household.applicant, subject, body, *asked)
    way.written.append("notified")
    appeal = hash_of(texts.say("message.appeal"))
    way.told = replace(way.told, message_subject=subject, message_body=body, appeal_information=appeal)
    if way.is_refusal:
        section = office.delegation.section_of(DecisionType.FURTHER_ASSISTANCE, decided_on)
        words = texts.say("watch.try_further", month=texts.month(month), section=section)
        await step("leave trial of further assistance", None, office.case_system.watch, way.case_id, household, month, words)
        way.written.append("watched")
    return _outcome(way, office, Ending.DECIDED, amount=amount, sentences=because(assessment, texts))


async def _propose(way: Way, household: Household, assessment: Assessment, authority: Authority, office: Office, step: Step) -> Outcome:
    """Leave the calculated case to a caseworker as a proposal."""
    calculation = assessment.calculation
    if calculation is None:
        raise RuntimeError("a proposal has a calculation")
    words = watch_text(assessment, authority, office.texts)
    await step("leave proposal", None, office.case_system.watch, way.case_id, household, calculation.month, words)
    way.written.append("watched")
    way.told = replace(way.told, reasons=reasons(assessment, authority, office.texts))
    sentences = because(assessment, office.texts, authority=authority)
    return _outcome(way, office, Ending.PROPOSED, amount=calculation.amount, codes=authority.codes, sentences=sentences, left=_left(way))


def _handed_off(way: Way, office: Office, codes: tuple[ReasonCode, ...], *, assessment: Assessment | None = None) -> Outcome:
    remember(way, office.casebook, office.texts, rule_set=office.rule_set.hash)
    if office.casebook.unproven_effects(way.case_id):
        # Whatever the reason: with a write begun and never proven, somebody must look before doing it by hand.
        codes = tuple(dict.fromkeys((*codes, ReasonCode.OUTCOME_UNKNOWN)))
    if assessment is None:
        sentences: Sequence[str] = [office.texts.say(f"reason.{code}") for code in codes]
    else:
        sentences = because(assessment, office.texts, authority=way.authority)
    if ReasonCode.OUTCOME_UNKNOWN not in codes:
        return _outcome(way, office, Ending.HANDED_OFF, codes=codes, sentences=sentences, left=_left(way) if way.written else ["assess"])
    names = {write.effect: write.left for write in (*WRITES, FURTHER if way.is_refusal and DECISION.done in way.written else PROPOSAL)}
    unproven = []
    for effect in office.casebook.unproven_effects(way.case_id):
        name = "ask" if effect.startswith(COMPLETION) else names[effect]
        system, what = office.texts.say(f"system.{effect.partition('.')[0]}"), office.texts.say(f"left.{name}")
        sentences = [*sentences, office.texts.say("because.unproven", what=what)]
        unproven.append(office.texts.say("left.check", system=system, what=what))
    return _outcome(way, office, Ending.HANDED_OFF, codes=codes, sentences=sentences, left=_left(way), unproven=unproven)


def _left(way: Way) -> list[str]:
    left = [write.left for write in WRITES if write.done not in way.written and not (write is PAYMENT and way.is_refusal)]
    # The watch item of a proposal is another one.
    is_further_watched = DECISION.done in way.written and FURTHER.done in way.written
    return [*left, FURTHER.left] if way.is_refusal and not is_further_watched else left


def _outcome(
    way: Way,
    office: Office,
    ending: Ending,
    *,
    sentences: Sequence[str],
    left: Sequence[str] = (),
    unproven: Sequence[str] = (),
    amount: Decimal | None = None,
    codes: tuple[ReasonCode, ...] = (),
) -> Outcome:
    ended_at = office.clock()
    return Outcome(
        case_id=way.case_id,
        reference=way.reference,
        month=way.month,
        ending=ending,
        amount=amount,
        codes=codes,
        because=tuple(sentences),
        done=tuple(office.texts.say(f"done.{name}") for name in way.written or ["nothing"]),
        # The workbook shows what is left, so what must be looked for first is named here, not only among the reasons.
        left=(*unproven, *(office.texts.say(f"left.{name}") for name in left)),
        # In a shadow run nothing waits for a person because of the robot: people handle the case as if there were none.
        due_on=office.due_on(ended_at) if ending is not Ending.DECIDED and office.run_mode.writes else None,
        authority=way.authority,
        ended_at=ended_at,
        run_mode=office.run_mode,
    )


def _decision_record(way: Way, outcome: Outcome, office: Office) -> DecisionRecord:
    rule_set = office.rule_set
    if way.assessed is not None and way.assessed.rule_set != rule_set.hash:
        # Assessed in an earlier run, before the configuration was changed.
        rule_set = RuleSet.from_record(office.casebook.rule_set(way.assessed.rule_set))
    return record_of(
        outcome,
        case=way.case,
        assessment=None if way.assessed is None else way.assessed.assessment,
        delegation=office.delegation,
        rule_set=rule_set,
        told=way.told,
        decided_on=way.decided_on,
        payment=PAYMENT.effect if PAYMENT.done in way.written else "",
        accounts=office.accounts,
    )


def _asking(office: Office) -> Asking:
    return Asking(
        e_service=office.e_service,
        casebook=office.casebook,
        texts=office.texts,
        days=office.law.guidelines.completion_days,
        clock=office.clock,
        due_on=office.due_on,
    )


async def _assess(kept: Any, office: Office) -> Assessed:
    """Assess the case file as it is kept, so that the same comes out whenever it is assessed again."""
    assessment = assess(from_record(CaseFile, kept), office.law, decided_on=_today(office))
    return Assessed(assessment=assessment, rule_set=office.rule_set.hash)


async def _authority(assessment: Assessment, case: CaseFile, office: Office) -> Authority:
    # On the day by which the assessment cites the law, also when midnight has passed since; `_Decision` looks again on its own day.
    authority = who_decides(assessment, office.delegation, on=assessment.cited_on or _today(office), run_mode=office.run_mode)
    month = case.application.month.value
    # Before the control month was over, though assessed after: the case has waited in between, or was taken back to its assessment.
    is_read_early = month is not None and min(fact.source.read_at for _, fact in case.facts()).astimezone(SWEDEN).date() < month.first_day
    return proposed_instead(authority, ground="ground.control_month_not_over") if is_read_early else authority


def _today(office: Office) -> date:
    return office.clock().astimezone(SWEDEN).date()
