"""The way from law to screen for one case, as frozen records: what `kollega explain --json` prints.

`Trace` is the whole. Times are aware UTC, amounts kronor; what people read stands beside what programs read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSection:
    """A section of law, as it was in force on the day that it was cited."""

    #: as the rules cite it, e.g. `SoL 12 kap. 7 §`
    citation: str
    title: str
    #: in plain words, not the text of the law; empty for a whole act
    says: str
    act: str
    sfs: str
    valid_from: date
    #: last day; None until further notice
    valid_until: date | None
    source: str
    status: str
    status_in_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedValue:
    """A dated value of the law or of the municipality's guidelines."""

    #: e.g. `riksnorm.single@2026-01-01`
    key: str
    name: str
    #: for programs: `3940`; empty when the row of the guidelines holds several values
    value: str
    unit: str
    in_words: str
    source: str
    status: str
    status_in_words: str
    valid_from: date
    #: last day; None until further notice
    valid_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFact:
    """A fact as it was read from a screen, or unknown with the reason why."""

    #: place in the case file, e.g. `application.month`
    place: str
    name: str
    #: a line for each value of a list; empty when the fact is unknown
    value: tuple[str, ...]
    #: in words; empty when the fact is known
    unknown_because: str
    system: str
    system_name: str
    view: str
    element: str
    read_at: datetime
    #: the caseworker who has corrected it; empty for what was read
    corrected_by: str = ""
    #: what stood there before, in words
    corrected_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedRule:
    """A rule in plain words."""

    #: the function's name in robots/rules
    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What an answer or a figure rests on."""

    section: CitedSection
    rule: CitedRule
    values: tuple[CitedValue, ...]
    facts: tuple[ReadFact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenField:
    """A field that the robot filled in, and where what it typed comes from."""

    #: name of the write, e.g. `case_system.calculation`
    effect: str
    system: str
    system_name: str
    view: str
    element: str
    typed: str
    read_back: str
    at: datetime
    #: what was typed: `calculation.incomes.0`, a fact's place, or `told.note`; empty when it can't be told
    origin: str
    #: the same in words
    origin_in_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownText:
    """What a system showed after the robot had written: an element, or one row of a table."""

    effect: str
    system: str
    system_name: str
    view: str
    element: str
    text: str
    at: datetime
    #: figure that the system shows here, e.g. `calculation.norm_sum`; empty when it shows none
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A line of the calculation, with its whole way."""

    #: e.g. `calculation.personal.0`
    place: str
    label: str
    amount: Decimal
    in_words: str
    note: str
    is_sum: bool
    #: whether the amount is taken from the sum
    is_income: bool
    ground: Ground
    written: tuple[WrittenField, ...]
    shown: tuple[ShownText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A rule's answer."""

    #: `met`, `not met` or `undetermined`
    answer: str
    answer_in_words: str
    #: what was found, in a sentence; empty when the rule is met
    said: str
    codes: tuple[str, ...]
    ground: Ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A sentence of the reasons of the decision, and the titles of the rules behind it."""

    text: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """Who decided, or decides, and on what ground."""

    who: str
    #: what is decided, or proposed; empty for a hand-off, in which both are a person's to say
    decision: str
    section: CitedSection | None
    #: the board's minute, or why the robot did not decide
    ground: str
    #: the line of the delegation register; empty without one
    delegation: str
    decided_on: date | None
    #: others who took part
    took_part: tuple[str, ...]
    run_mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was written for people, word for word; empty when it was not written."""

    reasons: tuple[Reason, ...]
    message_subject: str
    message_body: str
    note: str
    watch: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened to the case."""

    at: datetime
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """By what the record can be checked."""

    #: SHA-256 of rule set, program's rules, case file and assessment, as the decision record names them; empty without a record
    rule_set: str
    rules: str
    case_file: str
    assessment: str
    program: str
    #: whether the case, assessed again by the kept rule set, gives the kept assessment byte for byte; None when it can't be tried
    is_reproduced: bool | None
    in_words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The way from law to screen for one case. Of a case that may not be told of it holds nothing but the neutral `answer`."""

    schema: int
    case_id: str
    reference: str
    #: `2026-03`, or `unreadable`
    month: str
    month_in_words: str
    #: `decided`, `proposed` or `handed off`; empty while the case has not ended
    ending: str
    #: of the run that it ended in: `shadow`, `propose` or `decide`; empty while the case has not ended
    run_mode: str
    #: whether nothing is told; why stands nowhere, as the reason itself is what must not be told
    is_withheld: bool
    #: the outcome in two or three sentences
    answer: tuple[str, ...]
    #: the robot's sentences for the caseworker
    because: tuple[str, ...]
    #: what the robot has done in other systems, and what was left for a person
    done: tuple[str, ...]
    left: tuple[str, ...]
    figures: tuple[FigureRow, ...]
    checks: tuple[Check, ...]
    decided: Decided | None
    told: Told | None
    #: every field that was filled in, in order
    written: tuple[WrittenField, ...]
    happened: tuple[Happening, ...]
    proof: Proof | None

    @property
    def is_decided(self) -> bool:
        """Whether the robot has made a decision; in a shadow run it only says what it would have done."""
        return self.decided is not None and self.decided.decided_on is not None
