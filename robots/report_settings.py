"""The section `report` of config/kollega.yaml: what the board's follow-up assumes, aims at and does not tell."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from robots.yaml_file import Item

_MOST_MINUTES = 600
_MOST_PERCENT = 100
_MOST_CASES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """How the board's follow-up is reckoned. The minutes are assumptions: nobody has measured them until the source says so."""

    #: minutes of a caseworker's that a case decided by the robot spares
    minutes_per_decided_case: int = 30
    #: that a proposal spares, since all is collected and reckoned
    minutes_per_proposal: int = 15
    #: that a hand-off costs beside what the case takes anyhow
    minutes_per_hand_off: int = 5
    #: that it costs to look through a sample
    minutes_per_sample: int = 10
    #: where the minutes come from, as the report says it; empty for a mere assumption
    minutes_source: str = ""
    #: a group of fewer cases is not told in breakdowns, as it could point at a person; 1 tells all
    hide_below: int = 5
    #: of fewer decisions no share and no interval is told
    few: int = 30
    #: what the board aims at, in percent: answers within the promise, and decisions that are as the robot proposed
    target_within_promise_percent: Decimal = Decimal(95)
    target_agreement_percent: Decimal = Decimal(98)


def read(item: Item | None) -> ReportSettings:
    """Return the settings that stand in the section; those of `ReportSettings` for what is left out."""
    minutes = ("minutes_per_decided_case", "minutes_per_proposal", "minutes_per_hand_off", "minutes_per_sample")
    targets = ("target_within_promise_percent", "target_agreement_percent")
    fields = {} if item is None else item.fields(optional=(*minutes, *targets, "minutes_source", "hide_below", "few"))
    found: dict[str, int | str | Decimal] = {name: fields[name].whole_number(at_most=_MOST_MINUTES) for name in minutes if name in fields}
    for name in targets:
        if name in fields:
            found[name] = fields[name].amount()
            if found[name] > _MOST_PERCENT:  # type: ignore[operator]  # an amount is a number
                fields[name].report(f"must be at most {_MOST_PERCENT}")
    for name in ("hide_below", "few"):
        if name in fields:
            found[name] = fields[name].whole_number(at_most=_MOST_CASES)
            if found[name] == 0:
                fields[name].report("must be at least 1")
    if "minutes_source" in fields and not fields["minutes_source"].is_null:
        found["minutes_source"] = fields["minutes_source"].text()
    return ReportSettings(**found)  # type: ignore[arg-type]  # each under the name that it was read by
