"""Who may decide: the board's delegation register, and the bans of the law, which no register lifts.

Only a decision that can be appealed by förvaltningsbesvär may be left to a machine, and none in a matter of greater weight (kommunallagen
6 kap. 38 §). `MATRIX` says for each kind of decision what follows from that; what the law bars or leaves unclear is a person's here, in code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path

from robots.assessment import Assessment, Authority, Calculation, DecisionType, Mode, RunMode
from robots.errors import ParameterNotInForce, ReasonCode
from robots.parameters import Parameter, Parameters, Value
from robots.yaml_file import YamlFile


class Automation(StrEnum):
    """Whether the law lets a board leave a decision to an automated decision function."""

    YES = "yes"
    NO = "no"
    NOT_CLEAR = "not clear"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """What law and product let a machine do with one kind of decision."""

    decision_type: DecisionType
    #: since 2022-07-01; before that day no decision could be left to a machine
    may_be_automated: Automation
    #: the most that a line of the register can give the robot; HAND_OFF is a ban that no configuration lifts
    most: Mode
    #: what is suggested to a board that has not thought otherwise; without a line a grant that is suggested to be decided is proposed
    suggested: Mode
    #: the section that it follows from, as the law in force is numbered
    law: str
    #: key of the sentences that say why, in the catalogue of texts
    text: str
    #: subject of the decision's own section in config/parameters/sections.yaml; empty when it has none there
    subject: str


def _row(decision_type: DecisionType, may_be_automated: Automation, most: Mode, suggested: Mode, law: str, subject: str) -> MatrixRow:
    return MatrixRow(
        decision_type=decision_type,
        may_be_automated=may_be_automated,
        most=most,
        suggested=suggested,
        law=law,
        text=f"matrix.{decision_type}",
        subject=subject,
    )


_YES, _NO, _NOT_CLEAR = Automation.YES, Automation.NO, Automation.NOT_CLEAR
_DECIDE, _PROPOSE, _HAND_OFF = Mode.DECIDE, Mode.PROPOSE, Mode.HAND_OFF

#: Every kind of decision: may it be automated, at most, suggested, law, subject.
MATRIX = (
    _row(DecisionType.GRANT, _YES, _DECIDE, _DECIDE, "SoL 35 kap. 1 §", "right"),
    _row(DecisionType.GRANT_WITH_SPECIAL_COSTS, _YES, _DECIDE, _PROPOSE, "SoL 35 kap. 1 §", "right"),
    _row(DecisionType.PARTIAL_GRANT, _YES, _PROPOSE, _HAND_OFF, "SoL 35 kap. 1 §", "right"),
    _row(DecisionType.REJECTION, _YES, _DECIDE, _HAND_OFF, "SoL 35 kap. 1 §", "right"),
    _row(DecisionType.REDUCTION, _NOT_CLEAR, _HAND_OFF, _HAND_OFF, "SoL 12 kap. 5 §", "reduction"),
    _row(DecisionType.ACTIVITY_REQUIREMENT, _NOT_CLEAR, _HAND_OFF, _HAND_OFF, "SoL 12 kap. 4 a–6 a §§", "activity"),
    _row(DecisionType.FURTHER_ASSISTANCE, _NO, _HAND_OFF, _HAND_OFF, "KL 6 kap. 38 §", "further"),
    _row(DecisionType.EMERGENCY_ASSISTANCE, _NOT_CLEAR, _HAND_OFF, _HAND_OFF, "KL 6 kap. 38 §", "right"),
    _row(DecisionType.DISMISSAL, _NOT_CLEAR, _HAND_OFF, _HAND_OFF, "SoL 35 kap. 1 §", "inquiry"),
    _row(DecisionType.RECOVERY, _NO, _HAND_OFF, _HAND_OFF, "SoL 30 kap. 6 §", "recovery"),
    _row(DecisionType.COURT_ACTION, _NO, _HAND_OFF, _HAND_OFF, "SoL 30 kap. 6 §", "recovery"),
    _row(DecisionType.CHANGE_TO_DISADVANTAGE, _NOT_CLEAR, _HAND_OFF, _HAND_OFF, "FL 37 §", ""),
    _row(DecisionType.RECONSIDERATION, _NOT_CLEAR, _HAND_OFF, _HAND_OFF, "FL 38 §", ""),
    _row(DecisionType.TIME_OF_APPEAL, _NOT_CLEAR, _HAND_OFF, _HAND_OFF, "FL 43–46 §§", "appeal"),
)
_ROWS = {row.decision_type: row for row in MATRIX}

#: Decisions that no machine may make or even propose, whatever the delegation register says.
BANNED = frozenset(row.decision_type for row in MATRIX if row.most is Mode.HAND_OFF)

#: Sections whose decisions may be left to a machine, in the old numbering and the new. A decision on any other is banned, whatever its type,
#: and a banned type stays so whatever its section: the file of sections may be wrong.
SECTIONS_LEFT_TO_MACHINES = frozenset({"4 kap. 1 § SoL", "12 kap. 1 § SoL"})

#: From the most careful to the boldest: of several lines that hold, the most careful counts.
_CAREFUL_FIRST = (Mode.HAND_OFF, Mode.PROPOSE, Mode.DECIDE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DelegationLine:
    """A line of the board's delegation register."""

    decision_type: DecisionType
    #: e.g. `12 kap. 1 § SoL`
    section: str
    mode: Mode
    valid_from: date
    #: last day; None until further notice
    valid_until: date | None
    #: the board's minute, e.g. `AMN 2022-06-15 § 61`
    minute: str

    def holds_on(self, day: date) -> bool:
        """Whether the line is in force on the day."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """The delegation register, and the law that it rests on."""

    lines: tuple[DelegationLine, ...]
    #: by name, as in config/parameters/sections.yaml
    sections: dict[str, Parameter[str]]
    #: the section that lets a board leave decisions to a machine, for the days on which there is one
    leave_to_automate: Parameter[str]

    @classmethod
    def load(cls, path: Path, parameters: Parameters) -> Delegation:
        """Read config/delegation.yaml.

        Args:
            path: the file.
            parameters: the legal parameters, of which the section numbers are used.

        Raises:
            SettingsInvalid: all mistakes, each with file and line.
        """
        file = YamlFile(path)
        top = file.top.fields("schema", "lines")
        top["schema"].schema(1)
        leave_to_automate = parameters.section("automated_decisions.delegation")
        first_day = leave_to_automate.values[0].valid_from
        lines: list[DelegationLine] = []
        for item in top["lines"].items():
            fields = item.fields("decision", "section", "mode", "from", "until", "minute")
            line = DelegationLine(
                decision_type=fields["decision"].choice(DecisionType),
                section=fields["section"].text(),
                mode=fields["mode"].choice(Mode),
                valid_from=fields["from"].day(),
                valid_until=fields["until"].day_or_none(),
                minute=fields["minute"].text(),
            )
            if line.valid_until is not None and line.valid_until < line.valid_from:
                item.report("ends before it begins")
            if _CAREFUL_FIRST.index(line.mode) > _CAREFUL_FIRST.index(_ROWS[line.decision_type].most):
                fields["mode"].report(f"the robot may at most {_ROWS[line.decision_type].most} this kind of decision, whatever stands here")
            if line.section and line.mode is not Mode.HAND_OFF and line.section not in SECTIONS_LEFT_TO_MACHINES:
                fields["section"].report(f"must be one of {' and '.join(sorted(SECTIONS_LEFT_TO_MACHINES))}: no other may be left to a machine")
            if line.mode is Mode.DECIDE and date.min < line.valid_from < first_day:
                fields["from"].report(f"before {first_day} no board could leave decisions to a machine. Begin on that day, or with the mode propose")
            if any(_overlap(line, earlier) for earlier in lines):
                item.report("another line for the same decision and section holds at the same time")
            lines.append(line)
        file.finish()
        sections = {subject: parameters.section(f"sections.{subject}") for subject in sorted({row.subject for row in MATRIX} - {""})}
        return cls(lines=tuple(lines), sections=sections, leave_to_automate=leave_to_automate)

    def section_of(self, decision_type: DecisionType, on: date) -> str:
        """Return the section as a decision of that day cites it, `12 kap. 1 § SoL`; empty when none is known for that day."""
        found = self._section(decision_type, on)
        if found is None:
            return ""
        act, _, place = found.value.partition(" ")
        return f"{place} {act}"

    def act_of(self, decision_type: DecisionType, on: date) -> str:
        """Return act and version that the section of that day is of, as its source in config says; empty when no section is known."""
        found = self._section(decision_type, on)
        return "" if found is None else found.source

    def _section(self, decision_type: DecisionType, on: date) -> Value[str] | None:
        subject = _ROWS[decision_type].subject
        if not subject:
            return None
        try:
            return self.sections[subject].on(on)
        except ParameterNotInForce:
            return None


def _overlap(one: DelegationLine, other: DelegationLine) -> bool:
    if (one.decision_type, one.section) != (other.decision_type, other.section):
        return False
    return one.valid_from <= (other.valid_until or date.max) and other.valid_from <= (one.valid_until or date.max)


def who_decides(assessment: Assessment, delegation: Delegation, on: date, run_mode: RunMode = RunMode.DECIDE) -> Authority:
    """Return who decides the case and on what ground.

    Args:
        assessment: all findings and the calculation.
        delegation: the register.
        on: day of the decision in Sweden; its law and its lines count, not those of the month applied for.
        run_mode: how far the run may go. A shadow run is told what the robot would do: that it writes nothing is not the authority's to say.

    Returns:
        A hand-off with the assessment's codes when it has any but that of a sample; otherwise what the law and the register allow for the
        decision that the calculation leads to. Never more than a proposal for a sampled case, in a run that proposes, and as long as the
        month whose incomes count is not over.
    """
    decision_type = decision_type_of(assessment.calculation)
    is_sampled = assessment.codes == (ReasonCode.SAMPLE,)
    if assessment.calculation is None or (assessment.codes and not is_sampled):
        codes = assessment.codes or (ReasonCode.UNREADABLE,)
        section = delegation.section_of(decision_type, on)
        return Authority(mode=Mode.HAND_OFF, decision_type=decision_type, section=section, ground="ground.findings", codes=codes)
    authority = authority_over(decision_type, delegation, on)
    if decision_type is DecisionType.REJECTION and not all(income.is_known_to_applicant for income in assessment.calculation.incomes):
        # What a register holds against the applicant is to be shown to the applicant before a refusal (FL 25 §), and that is a person's to do.
        authority = proposed_instead(authority, ground="ground.not_communicated")
    if on < assessment.calculation.month.first_day:
        # The incomes of the month before count: until it is over more may be paid than what is stated and registered by now.
        authority = proposed_instead(authority, ground="ground.control_month_not_over")
    if is_sampled:
        # A sample is there for a person to look at the robot's own work: it is done in full, and left to be decided.
        sampled = proposed_instead(authority, ground="ground.sampled")
        return replace(sampled, codes=(ReasonCode.SAMPLE, *authority.codes))
    return proposed_instead(authority, ground="ground.run_proposes") if run_mode is RunMode.PROPOSE else authority


def proposed_instead(authority: Authority, *, ground: str) -> Authority:
    """Return the authority as no more than one to propose.

    Args:
        authority: one to decide becomes one to propose; any other stays as it is.
        ground: why the robot does not decide, as key of the catalogue of texts.
    """
    return replace(authority, mode=Mode.PROPOSE, ground=ground) if authority.mode is Mode.DECIDE else authority


def decision_type_of(calculation: Calculation | None) -> DecisionType:
    """Return the decision that the calculation leads to; a full grant, which is what was applied for, when there is none."""
    if calculation is None:
        return DecisionType.GRANT
    if calculation.amount <= 0:
        return DecisionType.REJECTION
    if any(expense.approved_amount < expense.applied_amount for expense in calculation.expenses):
        return DecisionType.PARTIAL_GRANT
    return DecisionType.GRANT_WITH_SPECIAL_COSTS if any(expense.is_special for expense in calculation.expenses) else DecisionType.GRANT


def authority_over(decision_type: DecisionType, delegation: Delegation, on: date) -> Authority:
    """Return what the robot may do with a decision of that type on that day.

    Returns:
        HAND_OFF with LAW for what no machine may decide. Without a line that holds PROPOSE for a grant, as robots worked before boards
        could leave decisions to them, and HAND_OFF with DELEG for the rest, which `MATRIX` suggests to leave to a person. Never DECIDE on
        a day on which no section lets a board leave decisions to a machine, and never more than `MATRIX` has as the most.
    """
    section = delegation.section_of(decision_type, on)
    if decision_type in BANNED or section not in SECTIONS_LEFT_TO_MACHINES:
        return Authority(mode=Mode.HAND_OFF, decision_type=decision_type, section=section, ground="ground.banned", codes=(ReasonCode.LAW,))
    lines = [line for line in delegation.lines if line.decision_type is decision_type and line.section == section and line.holds_on(on)]
    if not lines and _ROWS[decision_type].suggested is not Mode.HAND_OFF:
        return Authority(mode=Mode.PROPOSE, decision_type=decision_type, section=section, ground="ground.no_line")
    if not lines:
        return Authority(mode=Mode.HAND_OFF, decision_type=decision_type, section=section, ground="ground.no_line", codes=(ReasonCode.DELEG,))
    line = min(lines, key=lambda one: _CAREFUL_FIRST.index(one.mode))
    codes = (ReasonCode.DELEG,) if line.mode is Mode.HAND_OFF else ()
    authority = Authority(mode=line.mode, decision_type=decision_type, section=section, ground=line.minute, codes=codes)
    if not _may_be_automated(delegation, on):
        return proposed_instead(authority, ground="ground.before_automation")
    return authority if _ROWS[decision_type].most is Mode.DECIDE else proposed_instead(authority, ground="ground.refused_in_part")


def _may_be_automated(delegation: Delegation, on: date) -> bool:
    try:
        delegation.leave_to_automate.on(on)
    except ParameterNotInForce:
        return False
    return True
