"""Who may decide: the board's delegation register, and the bans of the law, which no register lifts.

The bans (kommunallagen 6 kap. 38 §, socialtjänstlagen 12 kap. 2 §, 30 kap. 6 §, 33 kap. and 35 kap. 1 §): only a decision that can be
appealed by förvaltningsbesvär may be left to a machine. Further assistance is tried by laglighetsprövning, recovery belongs to
the board itself, and dismissal is not among the decisions that the act names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from robots.assessment import Assessment, Authority, Calculation, DecisionType, Mode, RunMode
from robots.errors import ParameterNotInForce, ReasonCode
from robots.parameters import Parameter, Parameters
from robots.yaml_file import YamlFile

#: Decisions that no machine may make or even propose, whatever the delegation register says.
BANNED = frozenset({DecisionType.FURTHER_ASSISTANCE, DecisionType.RECOVERY, DecisionType.DISMISSAL})

#: Sections whose decisions are appealed by förvaltningsbesvär, in the old numbering and the new. A decision on any other is banned.
APPEALABLE_SECTIONS = frozenset({"4 kap. 1 § SoL", "4 kap. 5 § SoL", "12 kap. 1 § SoL", "12 kap. 5 § SoL"})

#: Subject of each decision type in config/parameters/sections.yaml.
_SUBJECTS = {
    DecisionType.GRANT: "right",
    DecisionType.GRANT_WITH_SPECIAL_COSTS: "right",
    DecisionType.PARTIAL_GRANT: "right",
    DecisionType.REJECTION: "right",
    DecisionType.DISMISSAL: "inquiry",
    DecisionType.REDUCTION: "reduction",
    DecisionType.FURTHER_ASSISTANCE: "further",
    DecisionType.RECOVERY: "recovery",
}

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
            if any(_overlap(line, earlier) for earlier in lines):
                item.report("another line for the same decision and section holds at the same time")
            lines.append(line)
        file.finish()
        sections = {subject: parameters.section(f"sections.{subject}") for subject in {*_SUBJECTS.values()}}
        return cls(lines=tuple(lines), sections=sections, leave_to_automate=parameters.section("automated_decisions.delegation"))

    def section_of(self, decision_type: DecisionType, on: date) -> str:
        """Return the section as a decision of that day cites it, `12 kap. 1 § SoL`; empty for a day without a known law."""
        try:
            act, _, place = self.sections[_SUBJECTS[decision_type]].on(on).value.partition(" ")
        except ParameterNotInForce:
            return ""
        return f"{place} {act}"


def _overlap(one: DelegationLine, other: DelegationLine) -> bool:
    if (one.decision_type, one.section) != (other.decision_type, other.section):
        return False
    return one.valid_from <= (other.valid_until or date.max) and other.valid_from <= (one.valid_until or date.max)


def who_decides(assessment: Assessment, delegation: Delegation, on: date, run_mode: RunMode = RunMode.DECIDE) -> Authority:
    """Return who decides the case and on what ground.

    Args:
        assessment: all findings and the calculation.
        delegation: the register.
        on: day of the decision; its law and its lines count, not those of the month applied for.
        run_mode: how far the run may go. A shadow run is told what the robot would do: that it writes nothing is not the authority's to say.

    Returns:
        A hand-off with the assessment's codes when it has any but that of a sample; otherwise what the law and the register allow for the
        decision that the calculation leads to, and never more than a proposal for a sampled case or in a run that proposes.
    """
    decision_type = decision_type_of(assessment.calculation)
    is_sampled = assessment.codes == (ReasonCode.SAMPLE,)
    if assessment.calculation is None or (assessment.codes and not is_sampled):
        codes = assessment.codes or (ReasonCode.UNREADABLE,)
        section = delegation.section_of(decision_type, on)
        return Authority(mode=Mode.HAND_OFF, decision_type=decision_type, section=section, ground="ground.findings", codes=codes)
    authority = authority_over(decision_type, delegation, on)
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
        HAND_OFF with LAW for what no machine may decide, HAND_OFF with DELEG without a line that holds, never DECIDE on a
        day on which no section lets a board leave decisions to a machine.
    """
    section = delegation.section_of(decision_type, on)
    if decision_type in BANNED or section not in APPEALABLE_SECTIONS:
        return Authority(mode=Mode.HAND_OFF, decision_type=decision_type, section=section, ground="ground.banned", codes=(ReasonCode.LAW,))
    lines = [line for line in delegation.lines if line.decision_type is decision_type and line.section == section and line.holds_on(on)]
    if not lines:
        return Authority(mode=Mode.HAND_OFF, decision_type=decision_type, section=section, ground="ground.no_line", codes=(ReasonCode.DELEG,))
    line = min(lines, key=lambda one: _CAREFUL_FIRST.index(one.mode))
    if line.mode is Mode.HAND_OFF:
        return Authority(mode=Mode.HAND_OFF, decision_type=decision_type, section=section, ground=line.minute, codes=(ReasonCode.DELEG,))
    may_decide = line.mode is Mode.DECIDE and _may_be_automated(delegation, on)
    return Authority(mode=Mode.DECIDE if may_decide else Mode.PROPOSE, decision_type=decision_type, section=section, ground=line.minute)


def _may_be_automated(delegation: Delegation, on: date) -> bool:
    try:
        delegation.leave_to_automate.on(on)
    except ParameterNotInForce:
        return False
    return True
