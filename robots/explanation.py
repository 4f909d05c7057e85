"""From an assessment to plain words: for the caseworker's list, the decision, the case note and the applicant.

Every sentence comes from the catalogue of texts and from findings and calculation; nothing that the applicant wrote is repeated.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from robots.assessment import Assessment, Authority, Finding, Mode
from robots.case import Month
from robots.errors import ReasonCode
from robots.figures import aligned_lines, calculation_lines
from robots.reasons import Sentence, calculation_of, reasons
from robots.texts import Texts

__all__ = [
    "IMPORTANCE",
    "Sentence",
    "because",
    "calculation_lines",
    "case_note",
    "communication",
    "ground_of",
    "message",
    "motivation",
    "reasons",
    "watch_text",
]

#: What a person should see first: what may have gone wrong, then what stops the whole case, then what must be judged.
IMPORTANCE = (
    ReasonCode.OUTCOME_UNKNOWN,
    ReasonCode.ROBOT_FAULT,
    ReasonCode.CANCELLED,
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

#: grounds that need no sentence of their own: the findings say what it is
_SAID_BY_FINDINGS = frozenset({"ground.findings", "ground.sampled"})

#: which system each part of a case file was read in
_SYSTEMS = {"application": "e_service", "population": "population_register", "benefits": "benefits_register", "case": "case_system"}


def because(assessment: Assessment, texts: Texts, *, authority: Authority | None = None) -> tuple[str, ...]:
    """Return sentences for the caseworker, the most important first, each once; no amounts and nothing sensitive.

    A case with protected personal data gets the neutral sentence and nothing else.

    Args:
        assessment: the findings.
        texts: the catalogue.
        authority: adds why the robot does not decide, where findings do not say it already.
    """
    if ReasonCode.PROTECTED in assessment.codes:
        return (_sentence(texts.say(f"reason.{ReasonCode.PROTECTED}")),)
    against = [finding for finding in assessment.findings if finding.codes]
    sentences = [_say_finding(finding, texts) for finding in sorted(against, key=_importance)] or _without_codes(assessment, texts)
    if authority is not None and authority.mode is not Mode.DECIDE and authority.ground not in _SAID_BY_FINDINGS:
        is_minute = authority.ground not in texts.texts
        sentences.append(
            _sentence(texts.say("ground.by_line", minute=authority.ground) if is_minute else ground_of(authority, texts, month=assessment.month))
        )
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
    is_deficit = calculation.balance < _NOTHING
    return [_sentence(texts.say("because.deficit" if is_deficit else "because.special_only")), *special]


def _sentence(text: str) -> str:
    """Return the text with a capital letter and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def ground_of(authority: Authority, texts: Texts, *, month: Month | None) -> str:
    """Return the authority's ground in words: the board's minute, or why the robot may not decide.

    Args:
        authority: who decides.
        texts: the catalogue.
        month: applied for, whose control month a ground may name; None where there is no case, or none that could be calculated.
    """
    if authority.ground not in texts.texts:
        return authority.ground
    control = {} if month is None else {"control_month": texts.month(month.previous), "last_day": texts.day(month.previous.last_day)}
    return texts.say(authority.ground, **control)


def motivation(assessment: Assessment, authority: Authority, texts: Texts) -> str:
    """Return the reasons of the decision as one text; see `reasons`.

    Raises:
        ValueError: as `reasons`.
    """
    return " ".join(sentence.text for sentence in reasons(assessment, authority, texts))


def communication(assessment: Assessment) -> str:
    """Return why the applicant was not asked before the decision (FL 25 §), as key of the catalogue of texts.

    Raises:
        ValueError: the case has no calculation.
    """
    is_known = all(income.is_known_to_applicant for income in calculation_of(assessment).incomes)
    return "case_note.no_communication" if is_known else "case_note.no_communication_of_register"


def _reason_lines(assessment: Assessment, authority: Authority, texts: Texts) -> list[str]:
    return [f"- {sentence.text}" for sentence in reasons(assessment, authority, texts)]


def case_note(assessment: Assessment, authority: Authority, texts: Texts, *, decided_on: date) -> str:
    """Return the note for the journal: date, content, who decided, on what ground, with which figures (FL 31 §).

    Raises:
        ValueError: as `reasons`.
    """
    calculation = calculation_of(assessment)
    parts = dict.fromkeys(fact.partition(".")[0] for finding in assessment.findings for fact in finding.basis.facts)
    names = ", ".join(texts.say(f"system.{_SYSTEMS[part]}") for part in parts)
    rules = str(len({finding.rule for finding in assessment.findings}))
    lines = [
        texts.say("case_note.heading", day=texts.day(decided_on)),
        _decision_line("case_note.content", assessment, authority, texts),
        texts.say("case_note.decided_by", ground=ground_of(authority, texts, month=calculation.month)),
        texts.say("case_note.sources", systems=names, rules=rules),
        texts.say(communication(assessment)),
        texts.say("case_note.reasons"),
        *_reason_lines(assessment, authority, texts),
        texts.say("case_note.calculation"),
        *aligned_lines(calculation, texts),
    ]
    return "\n".join(lines)


def watch_text(assessment: Assessment, authority: Authority, texts: Texts) -> str:
    """Return the text of the watch item (bevakning) that a proposal leaves for the caseworker.

    Raises:
        ValueError: as `reasons`.
    """
    lines = (
        _decision_line("watch.proposal", assessment, authority, texts),
        texts.say("watch.because", reasons=" ".join(because(assessment, texts, authority=authority))),
        texts.say("watch.reasons", reasons=motivation(assessment, authority, texts)),
        texts.say("watch.to_do"),
    )
    return "\n".join(lines)


def _decision_line(key: str, assessment: Assessment, authority: Authority, texts: Texts) -> str:
    calculation = calculation_of(assessment)
    return texts.say(
        key,
        decision=texts.say(f"decision.{authority.decision_type}"),
        section=authority.section,
        amount=texts.amount(calculation.amount),
        month=texts.month(calculation.month),
        reference=assessment.reference,
    )


def message(assessment: Assessment, authority: Authority, texts: Texts, *, decided_on: date) -> tuple[str, str]:
    """Return subject and body of the applicant's message: the decision, its reasons, the calculation, the payment and how to appeal (FL 33 §).

    Raises:
        ValueError: as `reasons`.
    """
    calculation = calculation_of(assessment)
    month = texts.month(calculation.month)
    is_granted = calculation.amount > _NOTHING
    opening = "message.decision" if is_granted else "message.decision_refused"
    payment = [(texts.say("message.payment_heading"), texts.say("message.payment"))] if is_granted else []
    parts = (
        (texts.say(opening, amount=texts.amount(calculation.amount), month=month),),
        (texts.say("message.reasons"), *_reason_lines(assessment, authority, texts)),
        (texts.say("message.calculation"), *aligned_lines(calculation, texts)),
        *payment,
        (texts.say("message.automated_heading"), texts.say("message.automated", day=texts.day(decided_on))),
        (texts.say("message.appeal_heading"), texts.say("message.appeal")),
    )
    subject = texts.say("message.subject" if is_granted else "message.subject_refused", month=month)
    return subject, "\n\n".join("\n".join(part) for part in parts)
