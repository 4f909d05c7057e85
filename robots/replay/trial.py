"""One replay from its question to its files: which rules against which, the report, and where it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from robots import pages
from robots.authority import Delegation
from robots.case import Month
from robots.casebook import Casebook
from robots.citations import Cited
from robots.errors import SetupError
from robots.guidelines import Guidelines
from robots.parameters import Parameters
from robots.replay import workbook
from robots.replay.cases import Replay, Replayed, kept_rules, replay
from robots.replay.figures import Check, check, figures
from robots.replay.page import page
from robots.replay.rule_changes import RuleChange, Rules, as_of, delegation_changes, rule_changes
from robots.replay.tables import Report
from robots.rule_set import program_name, rule_set_of
from robots.rules import Law
from robots.statutes import Statutes
from robots.texts import Texts

PAGE, WORKBOOK, CASES = "replay.html", "replay.xlsx", "cases.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be tried on the past cases."""

    #: folder of the rules in force
    config: Path
    #: path of the casebook's file, or a PostgreSQL address
    casebook: Path | str
    #: folder of the rules to try; None for those in force
    other_config: Path | None = None
    #: month whose amounts and guidelines are tried for all cases
    law_of: Month | None = None
    #: hold against how each case was assessed when it was handled, not against the rules in force
    is_as_decided: bool = False
    #: first and last month applied for; None for all
    months: tuple[Month, Month] | None = None

    @property
    def is_check(self) -> bool:
        """Whether nothing else is tried, only whether every case still comes to what it did."""
        return self.is_as_decided and self.other_config is None and self.law_of is None


def load_rules(config: Path) -> Rules:
    """Return the rules of a config folder.

    Raises:
        SettingsInvalid: all mistakes of the first file or folder that has any; or a section is cited that the index of statutes has not.
    """
    Statutes.load(config / "statutes.yaml").check(config)
    parameters = Parameters.load(config / "parameters")
    law = Law(parameters=parameters, guidelines=Guidelines.load(config / "guidelines.yaml"))
    return Rules(law=law, delegation=Delegation.load(config / "delegation.yaml", parameters))


def checked(question: Question, *, on_assessed: Callable[[int, int], None] | None = None) -> Check:
    """Assess every past case again by the rule set that it was decided with.

    Raises:
        SetupError: there is no casebook, or no case.
    """
    plan = Replay(casebook=question.casebook, before=None, after=None, months=question.months)
    return check(_with_cases(replay(plan, on_assessed=on_assessed), question))


def tried(question: Question, *, on_assessed: Callable[[int, int], None] | None = None) -> Report | None:
    """Assess the past cases by the changed rules; None when the changed rules are those in force, so that nothing can change.

    Raises:
        SetupError: there is no casebook or no case, or a config folder is wrong.
        ParameterNotInForce: what a calculation needs is not in force in the month of `law_of`.
    """
    in_force = load_rules(question.config)
    changed = in_force if question.other_config is None else load_rules(question.other_config)
    after = changed if question.law_of is None else Rules(law=as_of(changed.law, question.law_of), delegation=changed.delegation)
    before_hash, after_hash = (rule_set_of(rules.law, rules.delegation).hash for rules in (in_force, after))
    if before_hash == after_hash and not question.is_as_decided:
        return None
    before = None if question.is_as_decided else in_force
    plan = Replay(casebook=question.casebook, before=before, after=after, months=question.months)
    replayed = _with_cases(replay(plan, on_assessed=on_assessed), question)
    counted = figures(replayed)
    months = [Month.parse(month) for month in counted.months.index if month]
    earlier = [in_force] if before is not None else _kept(question.casebook, replayed.rule_sets)
    return Report(
        figures=counted,
        changes=_each_once(change for rules in earlier for change in rule_changes(rules.law, after.law, months)),
        delegation_changes=_each_once(change for rules in earlier for change in delegation_changes(rules.delegation, after.delegation)),
        is_as_decided=question.is_as_decided,
        is_other_config=question.other_config is not None,
        law_of=question.law_of,
        rules_before=(before_hash,) if before is not None else replayed.rule_sets,
        rules_after=after_hash,
        program=program_name(),
        spent=_spent(replayed),
    )


def _each_once(found: Any) -> tuple[Any, ...]:
    # Not by hash: a value of the guidelines holds its rows by name.
    unique: list[Any] = []
    for one in found:
        if one not in unique:
            unique.append(one)
    return tuple(unique)


def _spent(replayed: Replayed) -> dict[str, float]:
    spent = {"reading": replayed.spent.reading, "decoding": replayed.spent.decoding, "assessing": replayed.spent.assessing}
    return {"processes": replayed.processes, **{part: round(seconds, 3) for part, seconds in spent.items()}}


def _with_cases(replayed: Replayed, question: Question) -> Replayed:
    if not replayed.rows:
        where = "" if question.months is None else f" for {question.months[0]} to {question.months[1]}"
        raise SetupError(f"the casebook holds no case that has ended{where}. Choose other months, or the state of a robot that has handled cases")
    return replayed


def _kept(casebook: Path | str, names: Sequence[str]) -> list[Rules]:
    with closing(Casebook(casebook)) as opened:
        return [rules for name in names if (rules := kept_rules(opened, name)) is not None]


def write(folder: Path, report: Report, texts: Texts) -> tuple[Path, ...]:
    """Write page, workbook and the list of cases into the folder, and return their paths.

    Raises:
        SetupError: the folder can't be written to.
    """
    paths = tuple(folder / name for name in (PAGE, WORKBOOK, CASES))
    try:
        pages.write(paths[0], page(report, texts))
        workbook.write(paths[1], report, texts, all_cases=CASES)
        workbook.write_cases(paths[2], report, texts)
    except OSError as error:
        raise SetupError(f"the report can't be written to {folder} ({type(error).__name__}). Give another folder with --to") from None
    return paths


def report_record(report: Report) -> dict[str, Any]:
    """Return the figures as a record of plain JSON types, for programs."""
    counted = report.figures
    names = ("cases", "assessed", "same", "changes", "other_amount", "other_outcome", "other_codes", "calculated")
    kronor = ("amount_before", "amount_after", "difference", "lost_calculations", "lost_amount", "gained_calculations", "gained_amount")
    return {
        **{name: getattr(counted, name) for name in (*names, *kronor)},
        "outcomes": [{"before": before, "after": after, "cases": cases} for (before, after), cases in counted.outcomes.items()],
        **{name: _rows(getattr(counted, name), name) for name in ("reasons", "households", "months")},
        "differences": [{"sign": sign, "up_to": upto, "cases": cases} for (sign, upto), cases in counted.differences.items()],
        "commonest": [one._asdict() for one in counted.commonest],
        "not_assessed": {standing.value: list(references) for standing, references in counted.not_assessed.items()},
        "rule_changes": [_change_record(change) for change in report.changes],
        "rules_before": list(report.rules_before),
        "rules_after": report.rules_after,
        "program": report.program,
        "spent": report.spent,
    }


def check_record(found: Check) -> dict[str, Any]:
    """Return what a check came to as a record of plain JSON types, for programs."""
    return {
        "cases": found.cases,
        "same": found.same,
        "differing": list(found.differing),
        "other_program": list(found.other_program),
        "not_assessed": {standing.value: list(references) for standing, references in found.not_assessed.items()},
        "holds": found.holds,
    }


def _rows(table: Any, name: str) -> list[dict[str, Any]]:
    key = {"reasons": "code", "households": "household", "months": "month"}[name]
    return [{key: str(index), **{column: int(row[column]) for column in table.columns}} for index, row in table.iterrows()]


def _change_record(change: RuleChange) -> dict[str, Any]:
    def value(one: Cited | None) -> Any:
        return None if one is None else one.fields or one.value

    names = {"name": change.either.name, "row": change.either.row}
    return {**names, "before": value(change.before), "after": value(change.after), "from": str(change.first_month), "until": str(change.last_month)}
