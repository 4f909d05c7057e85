"""What a replay comes to: how many cases change, by how much, why, and for which households."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from robots.assessment import Mode
from robots.replay.cases import Replayed, Row, Standing
from robots.systems import swedish_text

#: kronor up to which a difference is counted in each step; more is the last one
STEPS = (100, 200, 500, 1_000)
#: so many of the commonest changes are told of
COMMONEST = 12

_WORDS = ("month", "household", "standing", "before_mode", "before_codes", "after_mode", "after_codes")
_MODES = [mode.value for mode in Mode]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Whether every past case still comes to what it was decided with."""

    cases: int
    same: int
    #: references of cases whose assessment is another now, and of those that another version of the program assessed
    differing: tuple[str, ...]
    other_program: tuple[str, ...]
    #: references of those that could not be assessed, by why
    not_assessed: dict[Standing, tuple[str, ...]]

    @property
    def holds(self) -> bool:
        """Whether all are the same, apart from those that ended before there was anything to assess."""
        return not self.differing and not set(self.not_assessed) - {Standing.NO_FACTS}


class Alike(NamedTuple):
    """Cases that change in the same way."""

    before_mode: str
    after_mode: str
    #: reason codes that have come and that are gone, with a space between
    gained: str
    lost: str
    #: whether the amount is lower (-1), higher (1) or neither (0)
    sign: int
    cases: int
    #: kronor, of all of them together
    difference: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a replay; kronor are whole, and of cases that have a calculation both before and after."""

    #: all the cases that were looked at
    cases: int
    #: references of those that could not be assessed, by why
    not_assessed: dict[Standing, tuple[str, ...]]
    #: cases that come to the same outcome, amount and codes
    same: int
    #: of the others; a case can be among several
    other_amount: int
    other_outcome: int
    other_codes: int
    #: cases that have a calculation both before and after
    calculated: int
    amount_before: int
    amount_after: int
    #: cases with a calculation before only and after only, and what these end in
    lost_calculations: int
    lost_amount: int
    gained_calculations: int
    gained_amount: int
    #: number of cases by outcome before and after, in values of Mode; every pair is there
    outcomes: dict[tuple[str, str], int]
    #: code; before, after, gained, lost
    reasons: pd.DataFrame
    #: household; cases, changed, lower, higher, before, after, difference. Those with the greatest difference first, then those with most changes
    households: pd.DataFrame
    #: month; cases, changed, before, after, difference
    months: pd.DataFrame
    #: number of cases by step of difference: (sign, up to; None for more)
    differences: dict[tuple[int, int | None], int]
    #: the most first
    commonest: tuple[Alike, ...]
    #: the cases that change, the greatest differences first
    changed: tuple[Row, ...]

    @property
    def assessed(self) -> int:
        """How many cases were assessed both ways."""
        return self.cases - sum(len(references) for references in self.not_assessed.values())

    @property
    def changes(self) -> int:
        """How many cases come to something else."""
        return self.assessed - self.same

    @property
    def difference(self) -> int:
        """Kronor that all the cases together get more, or less when it is negative."""
        return self.amount_after - self.amount_before


def figures(replayed: Replayed) -> Figures:
    """Return the figures of a replay."""
    frame = _frame(replayed.rows)
    is_assessed = frame["standing"] == Standing.ASSESSED.value
    assessed = frame[is_assessed].copy()
    before, after = assessed["before_amount"], assessed["after_amount"]
    has_both = before.notna() & after.notna()
    assessed["difference"] = after - before
    other_outcome = assessed["before_mode"].astype("str") != assessed["after_mode"].astype("str")
    other_codes = assessed["before_codes"].astype("str") != assessed["after_codes"].astype("str")
    other_amount = (has_both & (assessed["difference"] != 0).fillna(value=False)) | (before.notna() != after.notna())
    assessed["is_changed"] = (other_outcome | other_codes | other_amount).astype("bool")
    assessed["is_lower"] = (assessed["difference"] < 0).fillna(value=False).astype("bool")
    assessed["is_higher"] = (assessed["difference"] > 0).fillna(value=False).astype("bool")
    # What both have, so that a calculation that is missing is never taken for 0 kronor.
    assessed["before"], assessed["after"] = before.where(has_both).fillna(0), after.where(has_both).fillna(0)
    is_lost, is_gained = before.notna() & after.isna(), before.isna() & after.notna()
    return Figures(
        cases=len(frame),
        not_assessed=_not_assessed(replayed.rows),
        same=int((~assessed["is_changed"]).sum()),
        other_amount=int(other_amount.sum()),
        other_outcome=int(other_outcome.sum()),
        other_codes=int(other_codes.sum()),
        calculated=int(has_both.sum()),
        amount_before=int(assessed["before"].sum()),
        amount_after=int(assessed["after"].sum()),
        lost_calculations=int(is_lost.sum()),
        lost_amount=int(before[is_lost].sum()),
        gained_calculations=int(is_gained.sum()),
        gained_amount=int(after[is_gained].sum()),
        outcomes=_outcomes(assessed),
        reasons=_reasons(assessed),
        households=_most_affected_first(_sums(assessed, "household")),
        months=_sums(assessed, "month"),
        differences=_differences(assessed["difference"].dropna()),
        commonest=_commonest(assessed[assessed["is_changed"]]),
        changed=_changed(replayed.rows, assessed.index[assessed["is_changed"]]),
    )


def check(replayed: Replayed) -> Check:
    """Return what a check came to: of cases that were held against how they were decided, by the same rules."""
    assessed = [row for row in replayed.rows if row.standing == Standing.ASSESSED]
    differing = [row for row in assessed if row.differs]
    return Check(
        cases=len(replayed.rows),
        same=len(assessed) - len(differing),
        differing=tuple(shown_reference(row.reference) for row in differing),
        other_program=tuple(shown_reference(row.reference) for row in differing if row.other_program),
        not_assessed=_not_assessed(replayed.rows),
    )


def _not_assessed(rows: Iterable[Row]) -> dict[Standing, tuple[str, ...]]:
    found: dict[Standing, list[str]] = {}
    for row in rows:
        if row.standing != Standing.ASSESSED:
            found.setdefault(Standing(row.standing), []).append(shown_reference(row.reference))
    return {standing: tuple(found[standing]) for standing in Standing if standing in found}


def shown_reference(text: str) -> str:
    """Return the reference if it has the form of one, otherwise `?`: what else a screen gave is not told on."""
    try:
        return swedish_text.reference(text)
    except ValueError:
        return "?"


def gained_and_lost(before: str, after: str) -> tuple[str, str]:
    """Return the codes that have come and those that are gone, with a space between."""
    old, new = before.split(), after.split()
    return " ".join(code for code in new if code not in old), " ".join(code for code in old if code not in new)


def _frame(rows: Iterable[Row]) -> pd.DataFrame:
    frame = pd.DataFrame.from_records(list(rows), columns=list(Row._fields))
    for name in _WORDS:
        frame[name] = frame[name].astype("category")
    for name in ("before_amount", "after_amount"):
        frame[name] = frame[name].astype("Int64")
    return frame


def _outcomes(assessed: pd.DataFrame) -> dict[tuple[str, str], int]:
    counted = assessed.groupby(["before_mode", "after_mode"], observed=True).size()
    return {(before, after): int(counted.get((before, after), 0)) for before in _MODES for after in _MODES}


def _reasons(assessed: pd.DataFrame) -> pd.DataFrame:
    """Count codes over the few combinations that there are, not over the cases."""
    found: dict[str, list[int]] = {}
    counted = assessed.groupby(["before_codes", "after_codes"], observed=True).size().reset_index()
    for before, after, cases in counted.itertuples(index=False, name=None):
        gained, lost = gained_and_lost(before, after)
        for position, codes in enumerate((before, after, gained, lost)):
            for code in codes.split():
                found.setdefault(code, [0, 0, 0, 0])[position] += int(cases)
    columns = ["before", "after", "gained", "lost"]
    table = pd.DataFrame.from_dict(found, orient="index", columns=columns, dtype="int64").sort_index()
    moved = table["gained"] + table["lost"]
    return table.loc[(-moved).sort_values(kind="stable").index]


def _sums(assessed: pd.DataFrame, by: str) -> pd.DataFrame:
    grouped = assessed.groupby(by, observed=True)
    table = pd.DataFrame(
        {
            "cases": grouped.size(),
            "changed": grouped["is_changed"].sum(),
            "lower": grouped["is_lower"].sum(),
            "higher": grouped["is_higher"].sum(),
            "before": grouped["before"].sum(),
            "after": grouped["after"].sum(),
        }
    ).astype("int64")
    table.index = table.index.astype("str")
    table["difference"] = table["after"] - table["before"]
    return table.sort_index()


def _most_affected_first(table: pd.DataFrame) -> pd.DataFrame:
    ranks = pd.DataFrame({"size": table["difference"].abs(), "changed": table["changed"]}).sort_values(
        ["size", "changed"], ascending=False, kind="stable"
    )
    return table.loc[ranks.index]


def _differences(differences: pd.Series[int]) -> dict[tuple[int, int | None], int]:
    found: dict[tuple[int, int | None], int] = {}
    for sign in (-1, 1):
        sizes = differences[differences * sign > 0].abs()
        steps = zip((0, *STEPS), STEPS, strict=False)
        counts: dict[tuple[int, int | None], int] = {(sign, upto): int(((sizes > above) & (sizes <= upto)).sum()) for above, upto in steps}
        counts[sign, None] = int((sizes > STEPS[-1]).sum())
        # From the greatest loss to the greatest gain.
        found |= dict(reversed(counts.items())) if sign < 0 else counts
    return found


def _commonest(changed: pd.DataFrame) -> tuple[Alike, ...]:
    sign = changed["is_higher"].astype("int64") - changed["is_lower"].astype("int64")
    by = ["before_mode", "after_mode", "before_codes", "after_codes"]
    counted = changed.assign(sign=sign, kronor=changed["after"] - changed["before"]).groupby([*by, "sign"], observed=True)
    found: dict[tuple[str, str, str, str, int], list[int]] = {}
    sums = counted["kronor"].agg(["size", "sum"]).reset_index()
    for before, after, old, new, which, cases, kronor in sums.itertuples(index=False, name=None):
        gained, lost = gained_and_lost(old, new)
        total = found.setdefault((before, after, gained, lost, which), [0, 0])
        total[0] += int(cases)
        total[1] += int(kronor)
    commonest = sorted(found.items(), key=lambda one: (-one[1][0], one[0]))[:COMMONEST]
    return tuple(Alike(*kind, *total) for kind, total in commonest)


def _changed(rows: Sequence[Row], changed: Iterable[int]) -> tuple[Row, ...]:
    return tuple(sorted((rows[number] for number in changed), key=lambda row: (-abs(difference_of(row) or 0), row.month, row.reference)))


def difference_of(row: Row) -> int | None:
    """Return the kronor that a case gets more, or less; None when it has no calculation before or after."""
    return None if row.before_amount is None or row.after_amount is None else row.after_amount - row.before_amount
