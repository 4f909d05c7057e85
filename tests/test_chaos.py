"""The robot killed again and again, with all that it works with: no case is lost, none doubled, none left half. `make chaos` does it for long."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from robots.practice.households import generate
from robots.practice.office import Effect
from tests.chaos.judgement import explained, judge
from tests.chaos.lives import Kill
from tests.chaos.plan import BROWSER, MOST_IN_A_CASE, MOST_IN_A_STEP, PROGRAM, ROBOT, Blow, Death, Plan, draw, moved, parted
from tests.chaos.points import ALL, route, step_of, was_broken_off_before
from tests.chaos.report import complaints, report
from tests.chaos.runs import run, shared
from tests.hostile_runs import mixed

#: where the robot is killed while it handles three applications to be granted and one to be proposed
OF_DECIDED = (
    ("case: taken", "case_system.calculation: in the press", "e_service.message: in the press"),
    ("enter calculation: before it is stored", "case_system.decision: after the press", "case: before the close"),
    ("read application: before it is stored", "register decision: stored", "case_system.payment: in the press"),
)
OF_PROPOSED = ("read case: before the body", "case_system.watch: acted")


@pytest.mark.browser
@pytest.mark.desktop
@pytest.mark.durable
def test_no_case_is_lost_doubled_or_left_half_wherever_the_robot_and_its_systems_are_killed(tmp_path: Path) -> None:
    households = mixed(3, 1, 1)
    of_ending = {ending: [one.application.reference for one in households if one.expected.ending == ending] for ending in ("decided", "proposed")}
    places = [*zip(of_ending["decided"], OF_DECIDED, strict=True), (of_ending["proposed"][0], OF_PROPOSED), (ALL, ("workbook: half written",))]
    deaths = tuple(Death(reference=reference, point=one, after_seconds=0.02) for reference, points in places for one in points)
    blows = tuple(Blow(target=target, after_seconds=3) for target in (BROWSER, PROGRAM, "case_system", ROBOT))

    # As short as the settings allow: so long a robot looks for what the one before it sent off and was not answered.
    limits = {"view_seconds": 8, "answer_seconds": 4, "late_seconds": 12}

    runs = run(tmp_path, shared(households, 2), Plan(seed=0, deaths=deaths, blows=blows), **limits)

    told = f"{deaths} {blows}\n{report(runs, seconds=runs[0][0].seconds)}"
    assert complaints(runs) == [], told
    died = {(one.reference, one.point) for lives, _ in runs for one in lives.kills if one.point}
    forestalled = {one for lives, _ in runs for one in lives.forestalled}
    assert died | forestalled == {(one.reference, one.point) for one in deaths}, told
    assert sum(judgement.as_worked_out + len(judgement.handed_off) for _, judgement in runs) == len(households), told

    # A judge that finds nothing must be one that would.
    lives, _ = runs[0]
    with sqlite3.connect(lives.practice / "case_system.sqlite") as database:
        database.execute("INSERT INTO effects SELECT * FROM effects WHERE kind = 'payment' LIMIT 1")
        database.execute("DELETE FROM effects WHERE kind = 'note'")
    database.close()
    (lives.root / "logs" / "undantag.xlsx").unlink()
    found = judge(lives)
    assert found.doubles
    assert found.halves
    assert found.workbook


@pytest.mark.parametrize(
    ("name", "passed", "was_broken_off"),
    [
        ("case_system.note: acted", ("before the press", "in the press"), True),
        ("case_system.note: in the press", ("before the press", "in the press"), True),
        ("case_system.note: acted", ("intended",), False),
        ("case_system.note: acted", ("before the press", "in the press", "after the press", "acted"), False),
        ("case_system.note: before the press", ("intended", "before the press"), False),
        ("write case note: stored", ("before the body", "before it is stored"), True),
        ("write case note: stored", ("before the body", "before it is stored", "stored"), False),
        ("write case note: before it is stored", ("before the body",), False),
        ("case: closed", ("before the close",), False),
    ],
)
def test_a_death_is_forestalled_only_in_the_midst_of_what_is_done_but_once(name: str, passed: tuple[str, ...], was_broken_off: bool) -> None:
    what = name.partition(":")[0]

    assert was_broken_off_before(name, {f"{what}: {one}" for one in passed}) is was_broken_off


def test_the_same_seed_gives_the_same_plan_and_another_seed_another() -> None:
    households = generate(3, 30)

    assert draw(3, households, 60) == draw(3, households, 60)
    assert draw(3, households, 60) != draw(4, households, 60)


def test_a_plan_is_what_was_written(tmp_path: Path) -> None:
    plan = draw(5, generate(3, 12), 20)
    plan.save(tmp_path / "plan")

    assert Plan.load(tmp_path / "plan") == plan


def test_a_plan_kills_at_every_point_and_makes_no_poison_case() -> None:
    households = generate(3, 200)
    plan = draw(3, households, 300, robots=2)

    assert len(plan.deaths) + sum(1 for one in plan.blows if one.target == ROBOT) == 300
    points = {point for household in households for point in route(household)}
    assert points <= {one.point for one in plan.deaths}
    of_cases = [one for one in plan.deaths if one.reference != ALL]
    assert max(Counter(one.reference for one in of_cases).values()) <= MOST_IN_A_CASE
    assert max(Counter((one.reference, step_of(one.point)) for one in of_cases).values()) <= MOST_IN_A_STEP
    assert len(set(of_cases)) == len(of_cases)
    parts = parted(plan, shared(households, 2))
    assert Counter(one for part in parts for one in part.deaths) == Counter(plan.deaths)
    assert Counter(one for part in parts for one in part.blows) == Counter(plan.blows)
    assert [sum(one.reference == ALL for one in part.deaths) for part in parts] == [3, 3]


def test_a_plan_for_one_point_has_no_other() -> None:
    plan = draw(3, generate(3, 30), 8, only="register payment: stored")

    assert {one.point for one in plan.deaths} == {"register payment: stored"}
    assert (len(plan.deaths), plan.blows) == (8, ())


def test_a_death_whose_case_is_over_goes_to_a_case_that_has_not_begun() -> None:
    households = [one for one in generate(3, 40) if one.expected.ending == "decided"][:3]
    first, second, third = (one.application.reference for one in households)
    place = "case_system.payment: read back"
    plan = Plan(seed=1, deaths=(Death(reference=first, point=place), Death(reference=second, point="case: taken")), blows=())

    after = moved(plan, [], {first}, {second}, households)

    assert {(one.reference, one.point) for one in after.deaths} == {(second, "case: taken"), (third, place)}
    assert moved(after, [], {first}, {second}, households) == after


@pytest.mark.parametrize(
    ("there_at", "killed", "could_be_told", "why"),
    [
        (None, ("robot", "case_system.payment: in the press"), False, "could still have come"),
        (None, ("case_system", ""), False, "could still have come"),
        (None, ("robot", "case_system.payment: intended"), True, "nothing can have been sent off"),
        (None, None, True, "nothing was killed"),
        (3, ("robot", "case_system.payment: in the press"), True, "had it 7.0 s before"),
        (12, ("robot", "case_system.payment: in the press"), False, "came after the look"),
    ],
)
def test_an_outcome_is_rightly_unknown_only_if_something_was_sent_off_that_the_system_did_not_show(
    there_at: int | None, killed: tuple[str, str] | None, could_be_told: bool, why: str
) -> None:
    def at(second: int) -> datetime:
        return datetime(2026, 3, 2, 9, 0, second, tzinfo=UTC)

    there = [] if there_at is None else [effect_at(at(there_at))]
    kills = [] if killed is None else [Kill(at=at(2), life=1, target=killed[0], point=killed[1])]

    said, can = explained(there, at(1), at(10), kills, is_looked_at=True)

    assert (why in said, can) == (True, could_be_told), said


def effect_at(moment: datetime) -> Effect:
    return Effect(
        at=moment, who="kollega", system="case_system", kind="payment", reference="EB-2024-0017", month="2026-03", amount="5000.00", details=""
    )
