"""What an event costs with a thousand values to keep out of it, both files written: under 50 µs, and the same for a thousand alike as for one."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from robots import redaction
from robots.run_log import Action, RunLog, case_context, event, redact_of_case, set_up

pytestmark = pytest.mark.benchmark

LIMIT_MICROSECONDS = 50
#: few at a time and often, so that some go through while no other program takes the processor away
EVENTS, TURNS = 50, 60
SENTENCE = "The application was read and all its fields were understood, in one go, at stage {} of the walk through the municipality's pages."


@pytest.fixture
def log(tmp_path: Path) -> Iterator[RunLog]:
    log = set_up(tmp_path / "logs", console=False)
    try:
        yield log
    finally:
        log.close()
        redaction.forget_all()


def values(count: int, *, are_alike: bool) -> list[str]:
    """Names, addresses and accounts; alike: all of one street, so that all begin with the same letters."""
    rng = random.Random(7)
    if are_alike:
        return [f"Storgatan {number} lägenhet {number % 17}" for number in range(count)]
    letters = "abcdefghijklmnopqrstuvwxyzåäö "
    return ["".join(rng.choices(letters, k=14)) if number % 2 else f"8327-{rng.randrange(10**10):010}" for number in range(count)]


def microseconds_per_event(sentence: str) -> float:
    best = float("inf")
    for turn in range(TURNS):
        begun = time.perf_counter()
        for number in range(EVENTS):
            # Each with another text, as nothing but a name comes again and again.
            event(Action.STEP_DONE, f"{sentence} {turn} {number}", system="case_system", step="collect.record", seconds=1.2)
        best = min(best, (time.perf_counter() - begun) / EVENTS * 1e6)
    return best


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize("are_alike", [False, True])
def test_an_event_with_a_thousand_known_values_takes_less_than_fifty_microseconds(*, are_alike: bool) -> None:
    with case_context("EA-26-00017"):
        redact_of_case("Exempelgatan 3")
        with_one = microseconds_per_event(SENTENCE)
        redact_of_case(*values(1000, are_alike=are_alike))
        with_thousand = microseconds_per_event(SENTENCE)
        with_finds = microseconds_per_event(f"{SENTENCE} Storgatan 12 lägenhet 12 and 8327-99 401 234 56")
    print(f"\nµs an event: {with_one:.1f} with one value, {with_thousand:.1f} with 1,000, {with_finds:.1f} with 1,000 and some found")  # noqa: T201 - what a benchmark is for
    assert with_thousand < LIMIT_MICROSECONDS
    # One in which something is found is a fault of whoever wrote it, and rare; it too costs the same however many values are known.
    assert with_finds < 3 * with_thousand
    assert with_thousand < 2 * with_one
