"""From an assessment to plain words: for the caseworker's list, the decision, the case note and the applicant.

Every sentence comes from the catalogue of texts and from findings and calculation; nothing that the applicant wrote is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from robots.assessment import Assessment, Authority, Calculation, CountedIncome, Finding, PersonalCost
from robots.errors import ReasonCode
from robots.texts import Texts

#: What a person should see first: what may have gone wrong, then what stops the whole case, then what must be judged.
IMPORTANCE = (
    ReasonCode.OUTCOME_UNKNOWN,
    ReasonCode.NO_PERSON,
    ReasonCode.SYS_DIFF,
    ReasonCode.TWICE,
    ReasonCode.NEW_CASE,
    ReasonCode.NO_NORM,
    ReasonCode.UNREADABLE,
    ReasonCode.SRC_DOWN,
    ReasonCode.RECLAIM,
    ReasonCode.PAYACC,
    ReasonCode.HH_CHANGE,
    ReasonCode.HH_CHILD,
    ReasonCode.HOUSING,
    ReasonCode.STAY,
    ReasonCode.PLAN,
    ReasonCode.INC_UNKNOWN,
    ReasonCode.INC_NOTINREG,
    ReasonCode.INC_NEW,
    ReasonCode.INC_GONE,
    ReasonCode.INC_DIFF,
    ReasonCode.INC_DOUBLE,
    ReasonCode.INC_WAGE,
    ReasonCode.INC_PENDING,
    ReasonCode.INC_CHILD,
    ReasonCode.FRAME,
    ReasonCode.ASSET,
    ReasonCode.EXP_NEW,
    ReasonCode.EXP_CAP,
    ReasonCode.EXP_JUDGE,
    ReasonCode.ATTACH,
    ReasonCode.LAW,
    ReasonCode.DELEG,
    ReasonCode.SAMPLE,
    ReasonCode.PROTECTED,
)

_NOTHING = Decimal(0)

#: which system each part of a case file was read in
_SYSTEMS = {"application": "e_service", "population": "population_register", "benefits": "benefits_register", "case": "case_system"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence of the reasons of a decision."""

    text: str
    #: names of the rules whose findings are behind it
    rules: tuple[str, ...]


def because(assessment: Assessment, texts: Texts, *, authority: Authority | None = None) -> tuple[str, ...]:
    """Return sentences for the caseworker, the most important first, each once; no amounts and nothing sensitive.

    A case with protected personal data gets the neutral sentence and nothing else.

    Args:
        assessment: the findings.
        texts: the catalogue.
        authority: adds why the robot may not decide, where that is so.
    """
    if ReasonCode.PROTECTED in assessment.codes:
        return (_sentence(texts.say(f"reason.{ReasonCode.PROTECTED}")),)
    against = [finding for finding in assessment.findings if finding.codes]
    sentences = [_say_finding(finding, texts) for finding in sorted(against, key=_importance)] or _without_codes(assessment, texts)
    if authority is not None and not against and authority.codes:
        sentences.append(_sentence(ground_of(authority, texts)))
    return tuple(dict.fromkeys(sentences))


def _importance(finding: Finding) -> int:
    return min(IMPORTANCE.index(code) for code in finding.codes)


def _say_finding(finding: Finding, texts: Texts) -> str:
    values = dict(finding.values)
    if "party" in values:
        values["party"] = texts.say(f"party.{values['party']}")
    if "system" in values:
        values["system"] = texts.texts.get(f"system.{values['system']}", values["system"])
    for word in ("income", "cost"):
        if values.get(word) == "":
            values[word] = texts.say(f"word.{word}")
    return _sentence(texts.say(finding.text, **values))


def _without_codes(assessment: Assessment, texts: Texts) -> list[str]:
    calculation = assessment.calculation
    if calculation is None or calculation.amount <= _NOTHING:
        return [_sentence(texts.say("because.surplus"))]
    special = [_sentence(texts.say("because.special"))] if calculation.special_sum > _NOTHING else []
    return [_sentence(texts.say("because.deficit")), *special]


def _sentence(text: str) -> str:
    """Return the text with a capital letter and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def ground_of(authority: Authority, texts: Texts) -> str:
    """Return the authority's ground in words: the board's minute, or why the robot may not decide."""
    return texts.texts.get(authority.ground, authority.ground)


def motivation(assessment: Assessment, authority: Authority, texts: Texts) -> str:
    """Return the reasons of the decision: what was decisive and which provisions were applied (FL 32 §).

    Raises:
        ValueError: the case has no calculation.
    """
    calculation = _calculation_of(assessment)
    month, control_month = texts.month(calculation.month), texts.month(calculation.month.previous)
    amount, balance = texts.amount(calculation.amount), texts.amount(abs(calculation.balance))
    if calculation.amount <= _NOTHING:
        first = texts.say("motivation.refused", month=month, control_month=control_month, surplus=balance)
    elif calculation.special_sum > _NOTHING:
        first = texts.say("motivation.granted_special", month=month, amount=amount, special=texts.amount(calculation.special_sum))
    else:
        first = texts.say("motivation.granted", month=month, control_month=control_month, amount=amount, deficit=balance)
    norm_section = next((finding.basis.law for finding in assessment.findings if finding.rule == "calculate"), "")
    act, _, place = norm_section.partition(" ")
    law = texts.say("motivation.law", section=authority.section, norm_section=f"{place} {act}")
    return " ".join((first, texts.say("motivation.checks"), law))


def case_note(assessment: Assessment, authority: Authority, texts: Texts, *, decided_on: date) -> str:
    """Return the note for the journal: date, content, who decided, on what ground, with which figures (FL 31 §).

    Raises:
        ValueError: the case has no calculation.
    """
    calculation = _calculation_of(assessment)
    parts = dict.fromkeys(fact.partition(".")[0] for finding in assessment.findings for fact in finding.basis.facts)
    names = ", ".join(texts.say(f"system.{_SYSTEMS[part]}") for part in parts)
    rules = str(len({finding.rule for finding in assessment.findings}))
    lines = [
        texts.say("case_note.heading", day=texts.day(decided_on)),
        _decision_line("case_note.content", assessment, authority, texts),
        texts.say("case_note.decided_by", ground=ground_of(authority, texts)),
        texts.say("case_note.sources", systems=names, rules=rules),
        texts.say("case_note.no_communication"),
        motivation(assessment, authority, texts),
        texts.say("case_note.calculation"),
        *calculation_lines(calculation, texts),
    ]
    return "\n".join(lines)


def watch_text(assessment: Assessment, authority: Authority, texts: Texts) -> str:
    """Return the text of the watch item (bevakning) that a proposal leaves for the caseworker.

    Raises:
        ValueError: the case has no calculation.
    """
    reasons = " ".join(because(assessment, texts))
    lines = (
        _decision_line("watch.proposal", assessment, authority, texts),
        texts.say("watch.because", reasons=reasons),
        texts.say("watch.to_do"),
    )
    return "\n".join(lines)


def _decision_line(key: str, assessment: Assessment, authority: Authority, texts: Texts) -> str:
    calculation = _calculation_of(assessment)
    return texts.say(
        key,
        decision=texts.say(f"decision.{authority.decision_type}"),
        section=authority.section,
        amount=texts.amount(calculation.amount),
        month=texts.month(calculation.month),
        reference=assessment.reference,
    )


def message(assessment: Assessment, authority: Authority, texts: Texts, *, decided_on: date) -> tuple[str, str]:
    """Return subject and body of the applicant's message: the decision, its reasons, the calculation and how to appeal (FL 33 §).

    Raises:
        ValueError: the case has no calculation.
    """
    calculation = _calculation_of(assessment)
    month = texts.month(calculation.month)
    is_granted = calculation.amount > _NOTHING
    if is_granted:
        opening = [texts.say("message.decision", amount=texts.amount(calculation.amount), month=month), texts.say("message.payment")]
    else:
        opening = [texts.say("message.decision_refused", month=month)]
    paragraphs = (
        "\n".join(opening),
        "\n".join((texts.say("message.reasons"), motivation(assessment, authority, texts))),
        "\n".join((texts.say("message.calculation"), *calculation_lines(calculation, texts))),
        texts.say("message.automated", day=texts.day(decided_on)),
        "\n".join((texts.say("message.appeal_heading"), texts.say("message.appeal"))),
    )
    return texts.say("message.subject" if is_granted else "message.subject_refused", month=month), "\n\n".join(paragraphs)


def calculation_lines(calculation: Calculation, texts: Texts) -> tuple[str, ...]:
    """Return the calculation, a line for each figure, in the order in which it is reckoned."""
    lines = [line for cost in calculation.personal if (line := _personal_line(cost, texts))]
    lines.append(texts.say("calculation.common", persons=str(calculation.common.household_size), amount=texts.amount(calculation.common.amount)))
    lines.append(texts.say("calculation.norm", amount=texts.amount(calculation.norm_sum)))
    ordinary = [expense for expense in calculation.expenses if not expense.is_special]
    lines += [texts.say("calculation.expense", kind=expense.kind, amount=texts.amount(expense.approved_amount)) for expense in ordinary]
    lines += [_income_line(income, texts) for income in calculation.incomes]
    is_deficit = calculation.balance < _NOTHING
    lines.append(texts.say("calculation.deficit" if is_deficit else "calculation.surplus", amount=texts.amount(abs(calculation.balance))))
    special = [expense for expense in calculation.expenses if expense.is_special]
    lines += [texts.say("calculation.special", kind=expense.kind, amount=texts.amount(expense.approved_amount)) for expense in special]
    lines.append(texts.say("calculation.amount", amount=texts.amount(calculation.amount)))
    return tuple(lines)


def _personal_line(cost: PersonalCost, texts: Texts) -> str:
    amount = texts.amount(cost.amount)
    if cost.norm_row == "couple":
        # Both adults share one amount; the second row is there for the household only.
        return texts.say("calculation.personal_couple", amount=amount) if cost.amount else ""
    word, _, number = cost.member.partition(" ")
    member = texts.say(f"member.{word}", number=number)
    if cost.days is None:
        return texts.say("calculation.personal", member=member, amount=amount)
    return texts.say("calculation.personal_days", member=member, days=str(cost.days), amount=amount)


def _income_line(income: CountedIncome, texts: Texts) -> str:
    values = {
        "kind": income.kind,
        "party": texts.say(f"party.{income.party}"),
        "day": texts.day(income.paid_on),
        "amount": texts.amount(income.counted),
    }
    if not income.disregarded:
        return texts.say("calculation.income", **values)
    return texts.say("calculation.income_disregarded", net=texts.amount(income.net_amount), disregarded=texts.amount(income.disregarded), **values)


def _calculation_of(assessment: Assessment) -> Calculation:
    if assessment.calculation is None:
        raise ValueError("a case without a calculation has no decision to give reasons for")
    return assessment.calculation
