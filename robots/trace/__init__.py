"""The way from law to screen for one case: for every figure and answer the section, the dated values, the rule, the facts and the fields.

Everything comes from the casebook and from the rule set that the case was assessed with. Nothing is read from any system.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from robots.assessment import Answer, Assessment, Authority, Basis, Ending, Finding, Outcome
from robots.authority import DelegationLine
from robots.case import SWEDEN, CaseFile
from robots.casebook import Casebook, CaseEntry, DocumentKind, EffectEntry, EffectState
from robots.casebook.answers import Answers
from robots.decision_record import DecisionRecord, reassess
from robots.errors import ReasonCode
from robots.explanation import because, ground_of, reasons
from robots.figures import Figure, figures
from robots.records import from_record
from robots.rule_set import canonical, restore, rules_hash_of_program
from robots.rules import Law
from robots.run_log import Action
from robots.statutes import Statutes
from robots.texts import Texts
from robots.trace.evidence import CALCULATION, Origins
from robots.trace.grounds import Library, held_in_words
from robots.trace.records import SCHEMA, Check, Decided, FigureRow, Happening, Proof, Reason, ShownText, Told, Trace, WrittenField
from robots.way import COMPLETION

__all__ = ["Trace", "trace_of"]

#: the rule that the sums of the calculation rest on
_CALCULATE = "calculate"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What the casebook holds of one case."""

    entry: CaseEntry
    outcome: Outcome | None
    case: CaseFile | None
    assessment: Assessment | None
    authority: Authority | None
    record: DecisionRecord | None
    effects: tuple[EffectEntry, ...]
    #: as they are stored, for the proof
    case_record: Any
    assessment_record: Any
    rule_set_record: Any

    @classmethod
    def read(cls, entry: CaseEntry, casebook: Casebook) -> _Kept:
        case_id = entry.case_id
        found = {kind: casebook.document(case_id, kind) for kind in DocumentKind}
        record = _from(DecisionRecord, found[DocumentKind.DECISION_RECORD])
        return cls(
            entry=entry,
            outcome=casebook.outcome_of(case_id),
            case=_from(CaseFile, found[DocumentKind.CASE_FILE]),
            assessment=_from(Assessment, found[DocumentKind.ASSESSMENT]),
            authority=_from(Authority, found[DocumentKind.AUTHORITY]),
            record=record,
            effects=casebook.effects(case_id),
            case_record=found[DocumentKind.CASE_FILE],
            assessment_record=found[DocumentKind.ASSESSMENT],
            rule_set_record=None if record is None else casebook.rule_set(record.rule_set),
        )

    @property
    def has_decided(self) -> bool:
        """Whether the robot has made a decision, which stands also when the case went to a person before all was done."""
        return self.record is not None and self.record.decided_on is not None

    @property
    def is_protected(self) -> bool:
        """Whether the case has, or may have, somebody with protected personal data."""
        told = (self.outcome, self.assessment, self.authority)
        if any(ReasonCode.PROTECTED in one.codes for one in told if one is not None):
            return True
        # Before the rules have answered only the registers' own marks can tell; one that was not read may be one.
        if self.assessment is not None or self.case is None:
            return False
        markings = [one.is_protected for one in self.case.population.values()] + [one.is_protected for one in self.case.children]
        return any(marking.value is not False for marking in markings)


def _from(record_type: Any, record: Any) -> Any:
    return None if record is None else from_record(record_type, record)


def trace_of(entry: CaseEntry, casebook: Casebook, *, law: Law, statutes: Statutes, texts: Texts) -> Trace:
    """Return the way from law to screen for a case of the casebook.

    Args:
        entry: the case.
        casebook: where it and its rule set are kept.
        law: that of the configuration, for a case without a decision record; every other is shown by its own rule set.
        statutes: the index of acts and sections.
        texts: the language to explain in.

    Raises:
        ValueError: what was kept is of another version of the program, or does not hang together.
        SettingsInvalid: the case cites a section that config/statutes.yaml lacks.
    """
    kept = _Kept.read(entry, casebook)
    if kept.is_protected:
        return _trace(kept, texts, is_withheld=True, answer=(f"{texts.say(f'reason.{ReasonCode.PROTECTED}')}.",))
    if kept.rule_set_record is not None:
        law, _ = restore(kept.rule_set_record)
    cited_on = (kept.assessment.cited_on if kept.assessment is not None else None) or (entry.ended_at or entry.submitted_at).astimezone(SWEDEN).date()
    library = Library.of(kept.case, law=law, statutes=statutes, texts=texts, cited_on=cited_on)
    written, shown = _evidence(kept, library)
    return _trace(
        kept,
        texts,
        answer=tuple(_answer(kept, texts)),
        because=_because(kept, texts),
        done=() if kept.outcome is None else kept.outcome.done,
        left=() if kept.outcome is None else kept.outcome.left,
        figures=tuple(_figures(kept, library, written, shown)),
        checks=tuple(_checks(kept, library)),
        decided=_decided(kept, library),
        told=_told(kept, library),
        written=written,
        happened=tuple(sorted(_happened(kept, casebook, library), key=lambda one: one.at)),
        proof=_proof(kept, texts),
    )


def _trace(kept: _Kept, texts: Texts, **found: Any) -> Trace:
    entry = kept.entry
    month = kept.outcome.month if kept.outcome is not None else None
    nothing: dict[str, Any] = {"because": (), "done": (), "left": (), "figures": (), "checks": (), "decided": None, "told": None}
    nothing |= {"written": (), "happened": (), "proof": None, "is_withheld": False}
    return Trace(
        schema=SCHEMA,
        case_id=entry.case_id,
        reference=entry.reference,
        month=entry.month,
        month_in_words=entry.month if month is None else texts.month(month),
        ending="" if kept.outcome is None else kept.outcome.ending.value,
        run_mode="" if kept.outcome is None else kept.outcome.run_mode.value,
        **(nothing | found),
    )


def _because(kept: _Kept, texts: Texts) -> tuple[str, ...]:
    if kept.assessment is not None and kept.outcome is not None and kept.outcome.codes == kept.assessment.codes:
        # In the language that is asked for; what else ended the case has its sentence in the outcome alone.
        return because(kept.assessment, texts, authority=kept.authority)
    return () if kept.outcome is None else kept.outcome.because


def _answer(kept: _Kept, texts: Texts) -> Iterator[str]:
    """Say how it ended, and what decided it."""
    outcome, record = kept.outcome, kept.record
    if outcome is None:
        yield texts.say("trace.answer.not_ended")
        return
    month = texts.month(outcome.month) if outcome.month is not None else kept.entry.month
    amount = outcome.amount if record is None else record.amount
    in_words = "" if amount is None else texts.amount(amount)
    key = {Ending.DECIDED: "decided", Ending.PROPOSED: "proposed", Ending.HANDED_OFF: "handed_off"}[outcome.ending]
    if kept.has_decided or key == "decided":
        key = "decided" if amount else "refused"
    day = record.decided_on if record is not None and record.decided_on is not None else outcome.ended_at.astimezone(SWEDEN).date()
    if not outcome.run_mode.writes:
        key = f"shadow_{key}"
    yield texts.say(f"trace.answer.{key}", month=month, amount=in_words, day=texts.day(day))
    if kept.has_decided and outcome.ending is Ending.HANDED_OFF:
        yield texts.say("trace.answer.left_unfinished")
    if outcome.ending is not Ending.HANDED_OFF and kept.assessment is not None and kept.authority is not None:
        # As it was told, and in the language that is asked for.
        yield reasons(kept.assessment, kept.authority, texts)[0].text
    else:
        yield from _because(kept, texts)[:1]


def _evidence(kept: _Kept, library: Library) -> tuple[tuple[WrittenField, ...], tuple[ShownText, ...]]:
    calculation = None if kept.assessment is None else kept.assessment.calculation
    origins = Origins(reference=kept.entry.reference, case=kept.case, calculation=calculation, authority=kept.authority, record=kept.record)
    written: list[WrittenField] = []
    shown: list[ShownText] = []
    for effect in kept.effects:
        system = effect.name.partition(".")[0]
        place = {"effect": effect.name, "system": system, "system_name": library.system(system)}
        for one, origin in origins.of_fields(effect):
            words = _origin_in_words(origin, library, calculation_lines=_labels(kept, library.texts))
            texts_of = {"view": one.view, "element": one.element, "typed": one.typed, "read_back": one.read_back}
            written.append(WrittenField(**place, **texts_of, at=one.at, origin=origin, origin_in_words=words))
        for seen in () if effect.evidence is None else effect.evidence.shown:
            for text, origin in origins.of_shown(seen):
                shown.append(ShownText(**place, view=seen.view, element=seen.element, text=text, at=seen.at, origin=origin))
    return tuple(written), tuple(shown)


def _labels(kept: _Kept, texts: Texts) -> dict[str, str]:
    calculation = None if kept.assessment is None else kept.assessment.calculation
    return {} if calculation is None else {f"{CALCULATION}{figure.place}": figure.label for figure in figures(calculation, texts)}


def _origin_in_words(origin: str, library: Library, *, calculation_lines: dict[str, str]) -> str:
    if not origin:
        return library.texts.say("trace.origin.none")
    if origin in calculation_lines:
        return calculation_lines[origin]
    key = f"trace.origin.{origin}"
    return library.texts.say(key) if key in library.texts.texts else library.place_in_words(origin)


def _figures(kept: _Kept, library: Library, written: tuple[WrittenField, ...], shown: tuple[ShownText, ...]) -> Iterator[FigureRow]:
    calculation = None if kept.assessment is None else kept.assessment.calculation
    if calculation is None:
        return
    for figure in figures(calculation, library.texts):
        place = f"{CALCULATION}{figure.place}"
        yield FigureRow(
            place=place,
            label=figure.label,
            amount=figure.amount,
            in_words=library.texts.amount(figure.amount),
            note=figure.note,
            is_sum=figure.is_sum,
            is_income=figure.is_income,
            ground=library.ground(_basis_of(figure, kept), _CALCULATE),
            written=tuple(one for one in written if one.origin == place),
            shown=tuple(one for one in shown if one.origin == place),
        )


def _basis_of(figure: Figure, kept: _Kept) -> Basis:
    """Return the figure's own basis; a sum rests on the lines above it, so that of it only the section is given."""
    assessment = kept.assessment
    if assessment is None or assessment.calculation is None:
        raise ValueError("a figure has a calculation")
    name, _, number = figure.place.partition(".")
    row = getattr(assessment.calculation, name)
    if number or name == "common":
        basis: Basis = (row[int(number)] if number else row).basis
        return basis
    law = next(finding.basis.law for finding in assessment.findings if finding.rule == _CALCULATE)
    return Basis(law=law)


def _checks(kept: _Kept, library: Library) -> Iterator[Check]:
    texts = library.texts
    for finding in () if kept.assessment is None else kept.assessment.findings:
        said = " ".join(because(Assessment(reference="", month=None, cited_on=None, findings=(finding,), calculation=None), texts))
        yield Check(
            answer=finding.answer.value,
            answer_in_words=_answer_in_words(finding, texts),
            said="" if finding.answer is Answer.MET else said,
            codes=tuple(code.value for code in finding.codes),
            ground=library.ground(finding.basis, finding.rule),
        )


def _answer_in_words(finding: Finding, texts: Texts) -> str:
    is_calculation = finding.rule == _CALCULATE and finding.answer is Answer.MET
    return texts.say("trace.met.calculated" if is_calculation else f"trace.met.{finding.answer.name.lower()}")


def _decided(kept: _Kept, library: Library) -> Decided | None:
    authority, record, texts = kept.authority, kept.record, library.texts
    if authority is None or kept.outcome is None:
        return None
    ending = kept.outcome.ending
    key = {Ending.DECIDED: "trace.who.decided", Ending.PROPOSED: "trace.who.proposed", Ending.HANDED_OFF: "trace.who.handed_off"}[ending]
    is_handed_off = ending is Ending.HANDED_OFF and not kept.has_decided
    if kept.has_decided:
        key = "trace.who.decided"
    elif not kept.outcome.run_mode.writes:
        key = "trace.who.handed_off"
    return Decided(
        who=texts.say(key, program="" if record is None else record.program),
        decision="" if is_handed_off else texts.say(f"decision.{authority.decision_type}"),
        section=library.section(authority.section) if authority.section and not is_handed_off else None,
        ground=ground_of(authority, texts, month=kept.outcome.month),
        delegation="" if record is None or record.delegation is None else _line_in_words(record.delegation, texts),
        decided_on=None if record is None else record.decided_on,
        took_part=() if record is None else record.took_part,
        run_mode=texts.say(f"trace.run_mode.{kept.outcome.run_mode.value}"),
    )


def _line_in_words(line: DelegationLine, texts: Texts) -> str:
    return texts.say(
        "trace.delegation",
        decision=texts.say(f"decision.{line.decision_type}"),
        section=line.section,
        mode=texts.say(f"trace.mode.{line.mode.name.lower()}"),
        held=held_in_words(line.valid_from, line.valid_until, texts),
        minute=line.minute,
    )


def _told(kept: _Kept, library: Library) -> Told | None:
    if kept.record is None:
        return None
    told = kept.record.told
    watches = [one.typed for effect in kept.effects if effect.evidence is not None for one in effect.evidence.entered if one.view == "watch"]
    return Told(
        reasons=tuple(Reason(text=one.text, rules=tuple(library.rule(name).title for name in one.rules)) for one in told.reasons),
        message_subject=told.message_subject,
        message_body=told.message_body,
        note=told.note,
        watch="\n\n".join(watches),
    )


def _happened(kept: _Kept, casebook: Casebook, library: Library) -> Iterator[Happening]:
    texts, entry = library.texts, kept.entry
    yield Happening(at=entry.submitted_at, what=texts.say("trace.happened.submitted"))
    if entry.taken_at is not None:
        yield Happening(at=entry.taken_at, what=texts.say("trace.happened.taken"))
    read: dict[str, list[Any]] = {}
    for answer in Answers(casebook).of_case(entry.case_id):
        yield Happening(at=answer.answered_at, what=texts.say("trace.happened.answer", by=answer.answered_by, answer=answer.words))
        for field, value in answer.corrections:
            name = texts.texts.get(f"correction.{field}", field)
            yield Happening(at=answer.answered_at, what=texts.say("trace.happened.correction", by=answer.answered_by, name=name, value=value))
    for fact in library.facts.values():
        if not fact.source.by:
            read.setdefault(fact.source.system, []).append(fact.source.read_at)
    for system, times in read.items():
        yield Happening(at=max(times), what=texts.say("trace.happened.read", system=library.system(system), number=str(len(times))))
    for event in casebook.events(entry.case_id):
        if event.action == Action.ANSWERED:
            continue
        key = f"trace.happened.{event.action}"
        yield Happening(at=event.at, what=f"{texts.texts.get(key, event.action)} {event.message}".strip())
    for effect in kept.effects:
        name = COMPLETION.rstrip("_") if effect.name.startswith(COMPLETION) else effect.name
        what = texts.texts.get(f"trace.effect.{name}", effect.name)
        if effect.intended_at is not None:
            yield Happening(at=effect.intended_at, what=texts.say("trace.happened.intended", what=what))
        if effect.done_at is not None:
            yield Happening(at=effect.done_at, what=texts.say("trace.happened.done", what=what))
        elif effect.state is EffectState.UNKNOWN:
            yield Happening(at=effect.intended_at or entry.submitted_at, what=texts.say("trace.happened.unknown", what=what))
    if entry.ended_at is not None:
        yield Happening(at=entry.ended_at, what=texts.say("trace.happened.ended"))


def _proof(kept: _Kept, texts: Texts) -> Proof:
    record = kept.record
    if record is None:
        nothing = dict.fromkeys(("rule_set", "rules", "case_file", "assessment", "program"), "")
        return Proof(**nothing, is_reproduced=None, in_words=texts.say("trace.proof.no_record"))
    is_reproduced = _is_reproduced(kept, record)
    differs = "differs" if record.rules == rules_hash_of_program() else "differs_in_program"
    key = {True: "trace.proof.same", False: f"trace.proof.{differs}", None: "trace.proof.not_tried"}[is_reproduced]
    hashes = {"rule_set": record.rule_set, "rules": record.rules, "case_file": record.case_file, "assessment": record.assessment}
    return Proof(**hashes, program=record.program, is_reproduced=is_reproduced, in_words=texts.say(key, program=record.program))


def _is_reproduced(kept: _Kept, record: DecisionRecord) -> bool | None:
    """Assess the kept case again by the kept rule set, and hold result and records against the hashes of the decision record."""
    assessment = kept.assessment
    if assessment is None or kept.case_record is None or kept.rule_set_record is None:
        return None
    again = reassess(kept.case_record, kept.rule_set_record, cited_on=assessment.cited_on)
    hashes = [hashlib.sha256(canonical(one)).hexdigest() for one in (kept.rule_set_record, kept.case_record, kept.assessment_record, again)]
    return hashes == [record.rule_set, record.case_file, record.assessment, record.assessment]
