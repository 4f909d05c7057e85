"""The reasons of a decision (FL 32 §): which circumstances were decisive, which provisions were applied, and the rules behind each sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from robots.assessment import Answer, Assessment, Authority, Calculation
from robots.figures import is_spread
from robots.texts import Texts

_NOTHING = Decimal(0)
_KRONA = Decimal(1)
#: in `ApprovedExpense.basis.facts` when a cost was compared with what was approved the month before
_COMPARED = "case.last_calculation"

#: the rule that makes the calculation
_CALCULATE = "calculate"
#: draws cases for a person to look at
_SAMPLE = "case_is_not_sampled"
#: keeps a case from being looked at; a text that is handed out says nothing of it, not even that it is met
_SECRECY = "nobody_is_protected"
#: What the reasons say, in this order, and the rules behind each part. A part that no function words has its one sentence in the catalogue of texts.
_GROUPS: dict[str, frozenset[str]] = {
    "decisive": frozenset({_CALCULATE}),
    "household": frozenset({_CALCULATE, "children_are_below_the_age_limit"}),
    "household_checked": frozenset(
        {
            "civil_status_is_as_in_the_case",
            "co_applicant_is_as_in_the_case",
            "persons_in_dwelling_are_as_in_the_case",
            "civil_status_is_as_registered",
            "partner_is_as_registered",
            "addresses_are_as_in_the_case",
            "children_are_as_in_the_case",
            "full_time_children_are_registered",
            "registered_children_are_in_the_application",
        }
    ),
    "incomes": frozenset({_CALCULATE}),
    "incomes_checked": frozenset({"incomes_are_as_expected", "spread_incomes_are_clear", "frame_is_valid"}),
    "children_incomes": frozenset({"children_earnings_are_below_the_limit"}),
    "costs": frozenset({"expenses_are_within_the_guidelines"}),
    "housing": frozenset({"housing_is_unchanged"}),
    "activity": frozenset({"plan_is_followed", "job_seekers_report", "activity_requirement_is_met"}),
    "rights": frozenset(
        {
            "no_benefit_is_pending",
            "no_claim_is_open",
            "assets_are_as_in_the_case",
            "vehicles_are_in_the_case",
            "applicant_has_stayed",
            "residence_permit_lasts",
            "no_overpayment_is_open",
        }
    ),
    "inquiry": frozenset({"records_are_of_those_who_apply", "case_is_of_those_who_apply", "account_is_as_in_the_case", "nothing_is_attached"}),
    "continued": frozenset(
        {
            _SECRECY,
            "month_is_readable",
            "norm_is_in_force",
            "month_is_not_handled_already",
            "case_continues",
            _SAMPLE,
        }
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of the reasons of a decision."""

    text: str
    #: names of the rules whose findings are behind it
    rules: tuple[str, ...]


def reasons(assessment: Assessment, authority: Authority, texts: Texts) -> tuple[Sentence, ...]:
    """Return the reasons of the decision: which circumstances were decisive and which provisions were applied (FL 32 §).

    Made from findings and calculation alone. Each sentence names the rules that it rests on, and when all rules are met each stands behind at
    least one. A part of which a rule is not met is left out, as its sentence would not be true: `because` tells of that rule.

    Raises:
        ValueError: the case has no calculation, or authority and assessment cite the law by two numberings, which no text may mix.
    """
    calculation = calculation_of(assessment)
    against = {finding.rule for finding in assessment.findings if finding.answer is not Answer.MET}
    met = tuple(dict.fromkeys(finding.rule for finding in assessment.findings if finding.rule not in against))
    said: dict[str, list[str]] = {
        "decisive": list(_decisive(calculation, texts)),
        "household": list(_household(calculation, texts)),
        "incomes": list(_incomes(calculation, texts)),
        "children_incomes": [_children_incomes(calculation, texts)],
        "costs": [_costs(calculation, texts)],
    }
    sentences: list[Sentence] = []
    for group, rules in _groups(calculation).items():
        # That a case is drawn for a sample says nothing against it.
        is_true = rules.isdisjoint(against - {_SAMPLE})
        behind = tuple(rule for rule in met if rule in rules) if is_true else ()
        texts_of_group = said.get(group) or [texts.say(f"motivation.{group}")]
        sentences += [Sentence(text=text, rules=behind) for text in texts_of_group if behind]
    others = tuple(rule for rule in met if not any(rule in rules for rules in _GROUPS.values()))
    if others:
        sentences.append(Sentence(text=texts.say("motivation.others"), rules=others))
    return (*sentences, _provisions(assessment, authority, met, texts))


def _groups(calculation: Calculation) -> dict[str, frozenset[str]]:
    """Return the parts that the case has: without incomes of children nothing is said of them, and their rule stands with the other incomes'."""
    if calculation.children_incomes:
        return _GROUPS
    groups = {group: rules for group, rules in _GROUPS.items() if group != "children_incomes"}
    groups["incomes_checked"] |= _GROUPS["children_incomes"]
    return groups


def _decisive(calculation: Calculation, texts: Texts) -> Iterator[str]:
    """Yield what the calculation came to, which is what decides."""
    has_special, is_granted = calculation.special_sum > _NOTHING, calculation.amount > _NOTHING
    exact = calculation.special_sum - calculation.balance
    if not is_granted and exact > _NOTHING:
        yield texts.say("motivation.refused_below_krona", month=texts.month(calculation.month), deficit=texts.amount(exact))
        return
    key = "granted" if is_granted else "refused"
    if has_special:
        key += "_special_only" if is_granted and calculation.balance >= _NOTHING else "_special"
    yield texts.say(
        f"motivation.{key}",
        month=texts.month(calculation.month),
        control_month=texts.month(calculation.month.previous),
        deficit=texts.amount(abs(calculation.balance)),
        surplus=texts.amount(abs(calculation.balance)),
        special=texts.amount(calculation.special_sum),
        amount=texts.amount(calculation.amount),
    )
    if is_granted and _NOTHING < abs(calculation.amount - exact) < _KRONA:
        yield texts.say("motivation.rounded")


def _household(calculation: Calculation, texts: Texts) -> Iterator[str]:
    children = [cost for cost in calculation.personal if cost.member.startswith("barn")]
    household = texts.say("motivation.one_adult" if len(calculation.personal) - len(children) == 1 else "motivation.two_adults")
    if children:
        key = "motivation.adults_and_child" if len(children) == 1 else "motivation.adults_and_children"
        household = texts.say(key, adults=household, children=str(len(children)))
    yield texts.say("motivation.household", household=household, norm=texts.amount(calculation.norm_sum))
    if any(cost.days is not None for cost in children):
        yield texts.say("motivation.days")
    common = calculation.common
    if common.persons_in_dwelling > common.household_size:
        size, persons = str(common.household_size), str(common.persons_in_dwelling)
        yield texts.say("motivation.share", size=size, persons=persons, amount=texts.amount(common.amount))


def _incomes(calculation: Calculation, texts: Texts) -> Iterator[str]:
    control_month = texts.month(calculation.month.previous)
    key = "motivation.incomes" if calculation.income_sum else "motivation.no_incomes"
    yield texts.say(key, control_month=control_month, incomes=texts.amount(calculation.income_sum))
    disregarded = sum((income.disregarded for income in calculation.incomes), _NOTHING)
    if disregarded:
        yield texts.say("motivation.jobbstimulans", disregarded=texts.amount(disregarded))
    for income in calculation.incomes:
        if is_spread(income):
            yield texts.say("motivation.spread", control_month=control_month, amount=texts.amount(income.counted))
    unstated = sum((income.counted for income in calculation.incomes if not income.is_known_to_applicant), _NOTHING)
    if unstated:
        yield texts.say("motivation.incomes_of_register", incomes=texts.amount(unstated))


def _children_incomes(calculation: Calculation, texts: Texts) -> str:
    net = sum((income.net_amount for income in calculation.children_incomes), _NOTHING)
    counted = sum((income.counted for income in calculation.children_incomes), _NOTHING)
    return texts.say(
        "motivation.children_counted" if counted else "motivation.children_ignored", net=texts.amount(net), counted=texts.amount(counted)
    )


def _costs(calculation: Calculation, texts: Texts) -> str:
    applied = sum((expense.applied_amount for expense in calculation.expenses), _NOTHING)
    approved = sum((expense.approved_amount for expense in calculation.expenses), _NOTHING)
    if not calculation.expenses:
        key = "no_costs"
    elif approved < applied:
        key = "costs_partly"
    else:
        # A special cost is held against its ceiling alone, and what a caseworker's frame approves against the frame alone.
        is_compared = all(_COMPARED in expense.basis.facts for expense in calculation.expenses)
        key = "costs" if is_compared else "costs_judged"
    return texts.say(f"motivation.{key}", applied=texts.amount(applied), approved=texts.amount(approved))


def _provisions(assessment: Assessment, authority: Authority, met: tuple[str, ...], texts: Texts) -> Sentence:
    """Return the sentence on the sections that were applied: the decision's own, then those of figures and checks, by act."""
    calculation = calculation_of(assessment)
    applied = [finding for finding in assessment.findings if finding.rule in met and finding.rule != _SECRECY]
    bases = [finding.basis for finding in applied] + [row.basis for row in calculation.personal] + [calculation.common.basis]
    bases += [row.basis for row in calculation.expenses] + [row.basis for row in calculation.incomes]
    bases += [row.basis for row in calculation.children_incomes]
    laws = dict.fromkeys(basis.law for basis in bases)
    place, _, act = authority.section.rpartition(" ")
    own = f"{act} {place}"
    if own not in laws:
        raise ValueError("the authority cites a section that the assessment does not; assess and decide on the same day")
    by_act: dict[str, list[str]] = {act: []}
    for law in laws:
        cited_act, _, cited_place = law.partition(" ")
        if law != own:
            by_act.setdefault(cited_act, []).append(cited_place)
    sections = [_of_act(cited_act, places, texts) for cited_act, places in by_act.items() if places]
    text = texts.say("motivation.law", section=place, act=_act(act, texts), sections=_join(sections, texts))
    return Sentence(text=text, rules=tuple(dict.fromkeys(finding.rule for finding in applied)))


def _of_act(act: str, places: list[str], texts: Texts) -> str:
    """Return `12 kap. 3 § och 12 kap. 7 § socialtjänstlagen`; an act of which no section is known is named by its number."""
    if places[0].startswith("("):
        return f"{_act(act, texts)} {_join(places, texts)}"
    return f"{_join(sorted(places, key=_in_order), texts)} {_act(act, texts)}"


def _act(act: str, texts: Texts) -> str:
    return texts.texts.get(f"motivation.act.{act}", act)


def _in_order(place: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", place))


def _join(parts: list[str], texts: Texts) -> str:
    return parts[0] if len(parts) == 1 else texts.say("motivation.and", some=", ".join(parts[:-1]), last=parts[-1])


def calculation_of(assessment: Assessment) -> Calculation:
    """Return the calculation.

    Raises:
        ValueError: there is none.
    """
    if assessment.calculation is None:
        raise ValueError("a case without a calculation has no decision to give reasons for")
    return assessment.calculation
