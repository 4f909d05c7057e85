"""Which robot is killed where: all of it follows from the seed."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from robots.practice.world import Household
from tests.chaos.points import ALL, WORKBOOK, is_sending, point, route, step_of

#: more in a row would make a poison case of it
MOST_IN_A_STEP = 2
MOST_IN_A_CASE = 4
_LONGEST_PRESS_SECONDS = 0.08
#: so many of a hundred kills of the robot come from outside, at whatever it is doing just then
FROM_OUTSIDE_PERCENT = 20
ROBOT, BROWSER, PROGRAM = "robot", "browser", "program"
SERVERS = ("e_service", "population_register", "benefits_register", "case_system")


@dataclass(frozen=True, kw_only=True)
class Death:
    """One kill of the robot from within, when this case passes this point."""

    #: of the application; `points.ALL` for what is not of one case
    reference: str
    point: str
    #: in a press: how long after its beginning
    after_seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Blow:
    """One kill from outside: of the robot or of what it works with."""

    #: ROBOT, BROWSER, PROGRAM, or the name of a system, whose server it is
    target: str
    #: after the blow before it, or after the first start
    after_seconds: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All kills of one run."""

    seed: int
    deaths: tuple[Death, ...]
    blows: tuple[Blow, ...]

    def save(self, path: Path) -> None:
        """Write the plan where the robot reads it; in whole, as a robot may be starting."""
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self), ensure_ascii=False, indent=1), encoding="utf-8")
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read what `save` wrote."""
        record = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            seed=record["seed"],
            deaths=tuple(Death(**death) for death in record["deaths"]),
            blows=tuple(Blow(**blow) for blow in record["blows"]),
        )


def draw(seed: int, households: Sequence[Household], kills: int, *, robots: int = 1, only: str = "", life_seconds: float = 9.0) -> Plan:
    """Return the plan of a run; `parted` parts it among its robots.

    Besides the robot the browser, the program and the servers are killed, together a third as often.

    Args:
        seed: decides everything.
        households: the applications.
        kills: of the robot, from within and from outside together.
        robots: so many share the applications.
        only: this point alone, and nothing from outside.
        life_seconds: how long a robot lives, about; so that what comes from outside is spread over the whole run.
    """
    chance = random.Random(f"chaos {seed}")
    from_outside = 0 if only else kills * FROM_OUTSIDE_PERCENT // 100
    deaths = tuple(_deaths(chance, households, kills - from_outside, robots, only))
    targets = [ROBOT] * from_outside + [target for target, _ in zip(_others(), range(0 if only else kills // 3), strict=False)]
    chance.shuffle(targets)
    pace_seconds = life_seconds * kills / (len(targets) or 1)
    # On average in half the time that there is, so that all find something to kill.
    return Plan(seed=seed, deaths=deaths, blows=tuple(Blow(target=one, after_seconds=round(chance.uniform(0.1, pace_seconds), 2)) for one in targets))


def parted(plan: Plan, parts: Sequence[Sequence[Household]]) -> list[Plan]:
    """Return the plan of each robot, by the applications that it has."""
    of_all = [one for one in plan.deaths if one.reference == ALL]
    plans = []
    for place, households in enumerate(parts):
        references = {household.application.reference for household in households}
        deaths = [*(one for one in plan.deaths if one.reference in references), *dict.fromkeys(of_all[place :: len(parts)])]
        plans.append(Plan(seed=plan.seed, deaths=tuple(deaths), blows=plan.blows[place :: len(parts)]))
    return plans


def _others() -> Iterator[str]:
    while True:
        for server in SERVERS:
            yield from (BROWSER, PROGRAM, server)


def _deaths(chance: random.Random, households: Sequence[Household], wanted: int, robots: int, only: str) -> Iterator[Death]:
    """Go round all points again and again, each time to a case that has been killed least and passes it for certain."""
    routes = {household.application.reference: route(household) for household in households}
    # Once by each robot: it writes one workbook. One after the other, as the first parts of a plan go to the first robots.
    of_all = [point("workbook", boundary) for boundary in WORKBOOK]
    of_all = [one for one in of_all if only in ("", one)]
    for one in [one for one in of_all for _ in range(robots)][:wanted]:
        wanted -= 1
        yield Death(reference=ALL, point=one)
    every = [only] if only else sorted({one for way in routes.values() for one in way})
    given: dict[str, list[str]] = {reference: [] for reference in routes}
    left = wanted
    while left:
        chance.shuffle(every)
        # Those that few cases pass before the others, which would use those cases up; and of these the presses, which must come last in a case.
        every.sort(key=lambda one: (sum(one in way for way in routes.values()), not is_sending(one)))
        before = left
        for one in every:
            if left and (reference := _chosen(chance, one, routes, given)):
                left -= 1
                given[reference].append(one)
                yield _death(chance, reference, one)
        if left == before:
            return


def _death(chance: random.Random, reference: str, where: str) -> Death:
    after_seconds = round(chance.uniform(0, _LONGEST_PRESS_SECONDS), 3) if is_sending(where) else 0.0
    return Death(reference=reference, point=where, after_seconds=after_seconds)


def _chosen(chance: random.Random, where: str, routes: Mapping[str, Sequence[str]], given: Mapping[str, Sequence[str]]) -> str:
    fitting = [reference for reference, way in routes.items() if _fits(where, way, given[reference])]
    return min(fitting, key=lambda reference: (len(given[reference]), chance.random()), default="")


def _fits(where: str, way: Sequence[str], given: Sequence[str]) -> bool:
    if where not in way or where in given or len(given) >= MOST_IN_A_CASE:
        return False
    if Counter(step_of(one) for one in given)[step_of(where)] >= MOST_IN_A_STEP:
        return False
    # After a press nobody may be able to tell what has come of it, and then the case ends with a person:
    # nothing that comes later is passed for certain.
    last = min((way.index(one) for one in (*given, where) if is_sending(one)), default=len(way))
    return all(way.index(one) <= last for one in (*given, where))


def moved(plan: Plan, done: Iterable[Death], over: set[str], begun: set[str], households: Sequence[Household]) -> Plan:
    """Return the plan with the deaths that can no longer come, as their cases are over, given to cases that have not begun.

    Args:
        plan: so far.
        done: the deaths that were died.
        over: references of the cases that have ended.
        begun: references of the cases that have begun.
        households: the applications.
    """
    died = {(one.reference, one.point) for one in done}
    missed = [one for one in plan.deaths if one.reference in over and (one.reference, one.point) not in died]
    if not missed:
        return plan
    chance = random.Random(f"chaos {plan.seed} {sorted(str(one) for one in missed)}")
    routes = {one.application.reference: route(one) for one in households if one.application.reference not in begun | over}
    kept = [one for one in plan.deaths if one not in missed]
    given: dict[str, list[str]] = {reference: [one.point for one in kept if one.reference == reference] for reference in routes}
    for one in missed:
        if reference := _chosen(chance, one.point, routes, given):
            given[reference].append(one.point)
            kept.append(_death(chance, reference, one.point))
        else:
            kept.append(one)
    return Plan(seed=plan.seed, deaths=tuple(kept), blows=plan.blows)
