"""The figures of the follow-up, by pandas from the casebook's lines: counts and days, of nobody in particular."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import NamedTuple

import numpy as np
import pandas as pd

from robots.assessment import Ending
from robots.board_report.agreement import Agreement, agreement_of
from robots.board_report.material import Material
from robots.case import SWEDEN, Month
from robots.casebook import CaseState
from robots.casebook.answers import AnswerKind
from robots.casebook.ledger import AnswerLine, CaseLine
from robots.errors import ReasonCode
from robots.explanation import IMPORTANCE
from robots.report_settings import ReportSettings

#: what of a case's reasons is a fault of systems or of the robot's own
FAULTS = (ReasonCode.OUTCOME_UNKNOWN, ReasonCode.ROBOT_FAULT, ReasonCode.SRC_DOWN)
ALL = "all"
OPEN = "open"
#: how a case stands, as the columns of the months
STANDINGS = (*(ending.value for ending in Ending), OPEN)
_FINAL = frozenset(kind.value for kind in AnswerKind if not kind.reopens)
_HALF, _DOUBLE = 0.5, 1.5
_MINUTES_PER_HOUR = 60
_SLOW = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What became of the cases that were drawn for a person to look at."""

    drawn: int
    as_proposed: int
    otherwise: int

    @property
    def open(self) -> int:
        """Those that nobody has answered as yet."""
        return self.drawn - self.as_proposed - self.otherwise


class Share(NamedTuple):
    """One part of the time that was spared: so many cases of so many minutes each; negative where it costs."""

    name: str
    cases: int
    minutes: int

    @property
    def hours(self) -> float:
        """Of all the cases together."""
        return self.cases * self.minutes / _MINUTES_PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures; tables have months (`2026-03`, of coming in), endings or codes as their index."""

    #: the months that the figures are of, first and last; None when no case came in
    months: tuple[Month, Month] | None
    received: int
    #: received, decided, proposed, handed off, open; every month between the first and the last is there
    by_month: pd.DataFrame
    #: cases that came to a person at some time, and those of them that the robot decided afterwards
    came_to_person: int
    decided_afterwards: int
    #: of the cases that came to a person: code; cases, and for each month
    reasons: pd.DataFrame
    #: ending or `all`; ended, within, late, median, slow, not_due; of all applications whose day has come or that are settled
    lead_times: pd.DataFrame
    #: month; judged, within
    lead_by_month: pd.DataFrame
    promise_working_days: int
    shares: tuple[Share, ...]
    samples: Samples
    #: field; corrections
    corrections: pd.Series[int]
    corrected_cases: int
    #: code; cases
    faults: dict[ReasonCode, int]
    #: with any of them
    faulty_cases: int
    agreement: Agreement
    #: proposals that nobody has answered
    unanswered: int
    shadow_cases: int
    listed: int
    listed_known: int
    listed_own: int

    @property
    def hours_spared(self) -> float:
        """Hours of caseworkers' that were spared by the assumptions; negative when it cost more than it spared."""
        return sum(share.hours for share in self.shares)

    @property
    def hours_if(self) -> tuple[float, float]:
        """The same if all that spares time spared half as much and all that costs cost half as much again; and the other way round."""
        spared = sum(share.hours for share in self.shares if share.minutes > 0)
        cost = sum(share.hours for share in self.shares if share.minutes < 0)
        return spared * _HALF + cost * _DOUBLE, spared * _DOUBLE + cost * _HALF


def figures(
    material: Material,
    settings: ReportSettings,
    *,
    promise_working_days: int,
    today: date,
    go_live_types: Sequence[str] = (),
    months: tuple[Month, Month] | None = None,
) -> Figures:
    """Return the figures.

    Args:
        material: what is counted.
        settings: the assumptions.
        promise_working_days: in so many working days after it came in an application is to be answered.
        today: in Sweden; what is not settled counts as late when its day is past.
        go_live_types: kinds of decision of which the figure for going live is told.
        months: the first and the last that were asked for; those of the cases when left out.
    """
    frame = _frame(material.cases, material.answers)
    reasons = _reasons(frame, material)
    counted_months = months or ((Month.parse(frame["came_in"].min()), Month.parse(frame["came_in"].max())) if len(frame) else None)
    names = [] if counted_months is None else _months_between(*counted_months)
    by_month = _by_month(frame, names)
    lead = _lead_times(frame, promise_working_days, today)
    judged = lead[lead["is_judged"]]
    came_to_person = set(reasons["case_id"]) | set(frame.loc[frame["standing"].isin([Ending.PROPOSED, Ending.HANDED_OFF]), "case_id"])
    came_to_person |= {answer.case_id for answer in material.answers}
    decided = frame[frame["standing"] == Ending.DECIDED.value]
    counts = {standing: int(by_month[standing].sum()) for standing in STANDINGS}
    samples = _samples(material)
    fields = [field for answer in material.answers for field in answer.corrected.split()]
    proposed = frame[frame["standing"] == Ending.PROPOSED.value]
    return Figures(
        months=counted_months,
        received=len(frame),
        by_month=by_month,
        came_to_person=len(came_to_person),
        decided_afterwards=int(decided["case_id"].isin(came_to_person).sum()),
        reasons=_by_code_and_month(reasons, names),
        lead_times=_spread(lead),
        lead_by_month=pd.DataFrame(
            {"judged": judged.groupby("came_in").size(), "within": judged.groupby("came_in")["is_within"].sum()}, dtype="int64"
        ).reindex(names, fill_value=0),
        promise_working_days=promise_working_days,
        shares=(
            Share("decided", counts[Ending.DECIDED], settings.minutes_per_decided_case),
            Share("proposed", counts[Ending.PROPOSED], settings.minutes_per_proposal),
            Share("handed_off", counts[Ending.HANDED_OFF], -settings.minutes_per_hand_off),
            Share("samples", samples.drawn, -settings.minutes_per_sample),
        ),
        samples=samples,
        corrections=pd.Series(fields, dtype="object").value_counts().sort_index().sort_values(ascending=False, kind="stable"),
        corrected_cases=len({answer.case_id for answer in material.answers if answer.corrected}),
        faults={code: int(reasons.loc[reasons["code"] == code.value, "case_id"].nunique()) for code in FAULTS},
        faulty_cases=int(reasons.loc[reasons["code"].isin([code.value for code in FAULTS]), "case_id"].nunique()),
        agreement=agreement_of(material.verdicts, go_live_types),
        unanswered=int(proposed["settled_at"].isna().sum()),
        shadow_cases=material.shadow_cases,
        listed=material.listed,
        listed_known=material.listed_known,
        listed_own=material.listed_own,
    )


def _frame(cases: Sequence[CaseLine], answers: Sequence[AnswerLine]) -> pd.DataFrame:
    """Return a row for each case: when it came in, how it stands, and when it was settled, by the robot or by a person."""
    frame = pd.DataFrame.from_records([case[:8] for case in cases], columns=list(CaseLine._fields[:8]))
    received = pd.to_datetime(frame["received_at"], utc=True).dt.tz_convert(SWEDEN).dt.tz_localize(None)
    frame["received_on"] = received.dt.normalize()
    frame["came_in"] = received.dt.strftime("%Y-%m").astype("object")
    has_ended = frame["state"] == CaseState.ENDED.value
    frame["standing"] = frame["ending"].where(has_ended, OPEN)
    final = {answer.case_id: answer.answered_at for answer in answers if answer.kind in _FINAL}
    ended = pd.to_datetime(frame["ended_at"], utc=True)
    answered = pd.to_datetime(frame["case_id"].map(final), utc=True)
    is_decided = has_ended & (frame["ending"] == Ending.DECIDED.value)
    # An answer of an earlier round settled nothing.
    is_settled = is_decided | (has_ended & (answered >= ended))
    frame["settled_at"] = ended.where(is_decided, answered).where(is_settled).dt.tz_convert(SWEDEN).dt.tz_localize(None).dt.normalize()
    return frame


def _reasons(frame: pd.DataFrame, material: Material) -> pd.DataFrame:
    """Return each reason for which a case has come to a person, once for each case: case_id, code, came_in."""
    found: dict[str, dict[str, None]] = {}
    lines: Iterator[CaseLine | AnswerLine] = chain(material.cases, material.answers)
    for line in lines:
        if line.codes and line.ending != Ending.DECIDED:
            found.setdefault(line.case_id, {}).update(dict.fromkeys(line.codes.split()))
    came_in = dict(zip(frame["case_id"], frame["came_in"], strict=True))
    protected = ReasonCode.PROTECTED.value
    # Of a case that nothing may be told of no other reason is counted either.
    rows = [(case_id, code, came_in[case_id]) for case_id, codes in found.items() for code in ([protected] if protected in codes else codes)]
    return pd.DataFrame.from_records(rows, columns=["case_id", "code", "came_in"])


def _by_month(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    counted = frame.groupby(["came_in", "standing"]).size().unstack(fill_value=0) if len(frame) else pd.DataFrame()
    table = counted.reindex(index=list(names), columns=list(STANDINGS), fill_value=0).fillna(0).astype("int64")
    table.insert(0, "received", table.sum(axis=1))
    return table


def _by_code_and_month(reasons: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    counted = reasons.groupby(["code", "came_in"]).size().unstack(fill_value=0) if len(reasons) else pd.DataFrame()
    present = [code.value for code in IMPORTANCE if code.value in counted.index]
    table = counted.reindex(index=present, columns=list(names), fill_value=0).fillna(0).astype("int64")
    table.insert(0, "cases", table.sum(axis=1))
    return table


def _samples(material: Material) -> Samples:
    def is_sample(line: CaseLine | AnswerLine) -> bool:
        # One that was left to people for another reason too is no proposal, and nobody says whether it was right.
        return line.ending == Ending.PROPOSED and ReasonCode.SAMPLE in line.codes.split()

    # Of a case that was begun anew the latest counts.
    answered = {answer.case_id: answer.kind for answer in material.answers if is_sample(answer)}
    drawn = {case.case_id for case in material.cases if is_sample(case)} | set(answered)
    kinds = list(answered.values())
    return Samples(drawn=len(drawn), as_proposed=kinds.count(AnswerKind.AS_PROPOSED), otherwise=kinds.count(AnswerKind.OTHERWISE))


def _lead_times(frame: pd.DataFrame, promise_working_days: int, today: date) -> pd.DataFrame:
    """Return for each case its working days until it was settled, and whether that was within the promise; see `is_judged`."""
    lead = frame[["came_in", "standing"]].copy()
    received, settled = frame["received_on"].to_numpy("datetime64[D]"), frame["settled_at"].to_numpy("datetime64[D]")
    is_settled = ~np.isnat(settled)
    days_off = _days_off(received, today)
    # As `exception_queue.due_on` has it: the day itself is not counted, and 0 days are the same day or the next working day.
    due = np.busday_offset(received, promise_working_days, roll="backward" if promise_working_days else "forward", holidays=days_off)
    until = np.where(is_settled, settled, received)
    one_day = np.timedelta64(1, "D")
    days = np.busday_count(received + one_day, np.maximum(until, received) + one_day, holidays=days_off)
    lead["is_settled"] = is_settled
    lead["days"] = np.where(is_settled, days, np.nan)
    # What has not been settled is late when its day is past, and not to be judged before: only what was settled would look too good.
    is_overdue = ~is_settled & (due < np.datetime64(today, "D"))
    lead["is_judged"] = is_settled | is_overdue
    lead["is_within"] = is_settled & (until <= due)
    return lead


def _days_off(received: np.ndarray[tuple[int], np.dtype[np.datetime64]], today: date) -> list[date]:
    """Return public holidays and the eves that are as good as (lag 1930:173, 2 §), from the first application on."""
    import holidays

    first = today.year if not len(received) else min(received.min().astype(object).year, today.year)
    return sorted(holidays.country_holidays("SE", categories=("public", "de_facto"), years=range(first, today.year + 2)))


def _spread(lead: pd.DataFrame) -> pd.DataFrame:
    def row(of: pd.DataFrame) -> dict[str, float]:
        settled = of.loc[of["is_settled"], "days"]
        judged = of[of["is_judged"]]
        within = int(judged["is_within"].sum())
        return {
            "settled": len(settled),
            "within": within,
            "late": len(judged) - within,
            "not_due": len(of) - len(judged),
            "median": float(settled.median()) if len(settled) else float("nan"),
            # A number of days that a case took, so that nine of ten were settled in at most so many.
            "slow": float(settled.quantile(_SLOW, interpolation="higher")) if len(settled) else float("nan"),
        }

    return pd.DataFrame.from_dict({standing: row(lead[lead["standing"] == standing]) for standing in STANDINGS} | {ALL: row(lead)}, orient="index")


def _months_between(first: Month, last: Month) -> list[str]:
    months = [last]
    while months[-1] > first:
        months.append(months[-1].previous)
    return [str(month) for month in reversed(months)]
