"""What else must be as before or in order: plan, stay, assets, other benefits, account, attachments, earlier payments."""

from __future__ import annotations

from collections import Counter

from robots.assessment import Answer, Finding
from robots.case import Party, Plan
from robots.errors import ReasonCode
from robots.guidelines import ActivityRequirement
from robots.rules.grounds import Grounds, Rule, Situation

_JOB_SEEKER = "jobbsökande"


def no_benefit_is_pending(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """No other benefit is applied for and undecided, as the applicant states it.

    Law: SoL 12 kap. 1 §.
    Facts: pending benefits in the application.
    Undetermined: when they are not known.
    """
    if grounds.need(situation.application.pending_benefits):
        return (grounds.not_met("benefit_pending", ReasonCode.INC_PENDING),)
    return grounds.answer()


def no_claim_is_open(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """No adult has an undecided claim at Försäkringskassan.

    Law: SoL 12 kap. 1 §.
    Facts: open claims, of each adult.
    Undetermined: when one of them is not known.
    """
    facts = {party: situation.benefits[party].open_claims for party in situation.parties}
    grounds.need_all(*facts.values())
    return grounds.answer(
        *(grounds.not_met("claim_open", ReasonCode.INC_PENDING, party=party.value) for party, fact in facts.items() if grounds.need(fact))
    )


def assets_are_as_in_the_case(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The assets stated, kind and amount, are those in the case system.

    Law: SoL 12 kap. 1 §.
    Facts: assets in the application and in the case system.
    Undetermined: when one of the lists is not known.
    """
    stated, recorded = situation.application.assets, situation.record.assets
    grounds.need_all(stated, recorded)
    stated_assets, recorded_assets = grounds.need(stated), grounds.need(recorded)
    if Counter(stated_assets) != Counter(recorded_assets):
        return (grounds.not_met("assets_changed", ReasonCode.ASSET),)
    return grounds.answer()


def vehicles_are_in_the_case(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The case system has every vehicle that is registered on an adult, and none besides: one that is gone may be money now.

    Law: SoL 12 kap. 1 §.
    Facts: vehicles at Transportstyrelsen, of each adult, and in the case system.
    Undetermined: when one of the lists is not known.
    """
    facts = {party: situation.benefits[party].vehicles for party in situation.parties}
    grounds.need_all(situation.record.vehicles, *facts.values())
    recorded = grounds.need(situation.record.vehicles)
    against = []
    for party, fact in facts.items():
        registered = grounds.need(fact)
        if any(vehicle not in recorded for vehicle in registered):
            against.append(grounds.not_met("vehicle_unknown", ReasonCode.ASSET, party=party.value))
    if any(all(vehicle not in grounds.need(fact) for fact in facts.values()) for vehicle in recorded):
        against.append(grounds.not_met("vehicle_gone", ReasonCode.ASSET))
    return grounds.answer(*against)


def plan_is_followed(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The applicant follows the plan and every adult has one on the last day of the control month.

    Law: SoL 12 kap. 3 §.
    Facts: whether the plan is followed, in the application; plans in the case system.
    Undetermined: when one of them is not known.
    """
    follows, plans = situation.application.follows_plan, situation.record.plans
    grounds.need_all(follows, plans)
    against = [] if grounds.need(follows) else [grounds.not_met("plan_not_followed", ReasonCode.PLAN)]
    against += [
        grounds.not_met("plan_missing", ReasonCode.PLAN, party=party.value) for party in situation.parties if not _plans_of(party, situation, grounds)
    ]
    return grounds.answer(*against)


def activity_requirement_is_met(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """What the guidelines ask for to show that the activity requirement is met is there: a followed plan, or a person's judgement.

    Asked only for months whose law has the requirement. A plan that is not followed speaks against the case in
    `plan_is_followed`; it is not said a second time here.

    Law: SoL 12 kap. 4 a–6 a §§.
    Facts: where a plan is enough, those of `plan_is_followed`; otherwise the month in the application.
    Parameters: guidelines.activity_requirement.
    Undetermined: when one of the facts is not known.
    """
    if grounds.use(situation.law.guidelines.activity_requirement, situation.day) is ActivityRequirement.PERSON:
        grounds.need(situation.application.month)
        return (grounds.not_met("activity_for_person", ReasonCode.PLAN),)
    is_followed = all(finding.answer is Answer.MET for finding in plan_is_followed(situation, grounds))
    return grounds.answer() if is_followed else ()


def job_seekers_report(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every adult whose plan is to seek work is registered at Arbetsförmedlingen and has reported in the control month or after.

    Law: SoL 12 kap. 3 §.
    Facts: plans in the case system; Arbetsförmedlingen's answer, of each adult with such a plan.
    Undetermined: when one of them is not known.
    """
    against = []
    for party in situation.parties:
        if not any(plan.kind == _JOB_SEEKER for plan in _plans_of(party, situation, grounds)):
            continue
        answer = grounds.need(situation.benefits[party].job_seeker)
        reported_on = answer.latest_activity_report_on
        if not answer.is_registered:
            against.append(grounds.not_met("not_job_seeker", ReasonCode.PLAN, party=party.value))
        elif reported_on is None or not (reported_on in situation.control_month or reported_on in situation.month):
            against.append(grounds.not_met("no_activity_report", ReasonCode.PLAN, party=party.value))
    return grounds.answer(*against)


def _plans_of(party: Party, situation: Situation, grounds: Grounds) -> list[Plan]:
    day = situation.control_month.last_day
    return [plan for plan in grounds.need(situation.record.plans) if plan.party is party and plan.valid_from <= day <= plan.valid_until]


def applicant_has_stayed(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The applicant has spent no day outside the municipality.

    Law: SoL 12 kap. 1 §.
    Facts: days away in the application.
    Undetermined: when they are not known.
    """
    if grounds.need(situation.application.days_away) > 0:
        return (grounds.not_met("days_away", ReasonCode.STAY),)
    return grounds.answer()


def residence_permit_lasts(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """Every adult who needs a residence permit has one to the end of the month.

    Law: SoL 12 kap. 1 §.
    Facts: last day of the permit at Migrationsverket, of each adult; none is needed when there is no such day.
    Undetermined: when one of them is not known.
    """
    facts = {party: situation.benefits[party].residence_permit_until for party in situation.parties}
    grounds.need_all(*facts.values())
    against = []
    for party, fact in facts.items():
        until = grounds.need(fact)
        if until is not None and until < situation.month.last_day:
            against.append(grounds.not_met("permit_ends", ReasonCode.STAY, party=party.value))
    return grounds.answer(*against)


def account_is_as_in_the_case(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The account stated is the one in the case system.

    Law: FL 23 §.
    Facts: the account in the application and in the case system.
    Undetermined: when one of them is not known.
    """
    if grounds.need(situation.application.account) != grounds.need(situation.record.account):
        return (grounds.not_met("account_changed", ReasonCode.PAYACC),)
    return grounds.answer()


def nothing_is_attached(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """The application has no attachment, which only a person can read.

    Law: FL 23 §.
    Facts: attachments of the application.
    Undetermined: when they are not known.
    """
    if grounds.need(situation.application.attachments):
        return (grounds.not_met("attachment", ReasonCode.ATTACH),)
    return grounds.answer()


def no_overpayment_is_open(situation: Situation, grounds: Grounds) -> tuple[Finding, ...]:
    """No earlier payment is under examination as wrong.

    Law: SoL 33 kap. 1–6 §§.
    Facts: open overpayment in the case system. It is never set off against this month: a person handles it.
    Undetermined: when it is not known.
    """
    if grounds.need(situation.record.has_open_overpayment):
        return (grounds.not_met("overpayment_open", ReasonCode.RECLAIM),)
    return grounds.answer()


RULES = (
    Rule(subject="right", ask=no_benefit_is_pending),
    Rule(subject="right", ask=no_claim_is_open),
    Rule(subject="right", ask=assets_are_as_in_the_case),
    Rule(subject="right", ask=vehicles_are_in_the_case),
    Rule(subject="duty_to_work", ask=plan_is_followed),
    Rule(subject="activity", ask=activity_requirement_is_met),
    Rule(subject="duty_to_work", ask=job_seekers_report),
    Rule(subject="right", ask=applicant_has_stayed),
    Rule(subject="right", ask=residence_permit_lasts),
    Rule(subject="inquiry", ask=account_is_as_in_the_case),
    Rule(subject="inquiry", ask=nothing_is_attached),
    Rule(subject="recovery", ask=no_overpayment_is_open),
)
