"""The robot in the race: its own systems over its own web driver, every value compared that is written and every person that is shown."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from robots.casebook import Casebook
from robots.effects import Effects
from robots.screens import Screen, TimeLimits, selector_file
from robots.screens.sessions import Sessions
from robots.screens.web import Browser
from robots.systems import benefits_register, case_system, e_service, population_register
from robots.systems.benefits_register import BenefitsRegister
from robots.systems.case_calculation import save_calculation
from robots.systems.case_dialogs import Household, fill_in, open_case
from robots.systems.case_record import read_case
from robots.systems.case_system import CaseSystem
from robots.systems.e_service import EService
from robots.systems.person_lookup import PersonLookup
from robots.systems.population_register import PopulationRegister
from tests.benchmarks.contest import ROOT, Task, compete
from tests.benchmarks.web_case import CALCULATION, FIRST_DAY, LAST_DAY, MONTH

Case = Mapping[str, str]

#: {system: (selector file, whose server, what logs it in)}
SYSTEMS: dict[str, tuple[str, str, Callable[[Screen, str, str], Any]]] = {
    "e_service": ("e_service", "e_service", e_service.log_in),
    "population_register": ("population_register", "population_register", population_register.log_in),
    "benefits_register": ("benefits_register", "benefits_register", benefits_register.log_in),
    "case_system": ("case_system_web", "case_system", case_system.log_in),
    "person_lookup": ("person_lookup_web", "case_system", case_system.log_in_to_lookup),
}


class Robot:
    """The robot with its sessions."""

    def __init__(self, task: Task, browser: Browser, folder: Path) -> None:
        self._task, self._browser, self._folder = task, browser, folder
        self._places = asyncio.Semaphore(task["sessions"])
        self._pools = {system: self._pool(system) for system in SYSTEMS}
        self._casebook = Casebook(folder / "casebook.sqlite")
        self._e_service = EService(self._pools["e_service"], Effects(self._casebook))

    def _pool(self, system: str) -> Sessions:
        file, server, log_in = SYSTEMS[system]
        selectors = selector_file.load(ROOT / "selectors" / f"{file}.yaml")
        user, password = (self._task["environment"][f"KOLLEGA_{system.upper()}_{part}"] for part in ("USER", "PASSWORD"))
        address = self._task["addresses"][server]
        open_one = partial(self._browser.screen, selectors, address=address, pictures=self._folder, limits=TimeLimits())
        return Sessions(system, open_one, lambda screen: log_in(screen, user, password), self._task["sessions"])

    async def get_ready(self) -> None:
        """Open and log in every session of every system, and look at the inbox."""
        for pool in self._pools.values():
            # None is given back before all are lent, so that none is lent twice.
            barrier = asyncio.Barrier(self._task["sessions"])
            await asyncio.gather(*(self._open_one(pool, barrier) for _ in range(self._task["sessions"])))
        await self._e_service.inbox()

    @staticmethod
    async def _open_one(pool: Sessions, barrier: asyncio.Barrier) -> None:
        async with pool.session():
            await barrier.wait()

    async def work(self, cases: list[Case]) -> None:
        """Work the cases, as many at once as there are sessions."""
        await asyncio.gather(*(self._work_in_turn(one) for one in cases))

    async def _work_in_turn(self, case: Case) -> None:
        async with self._places:
            await self._collect(case)
            await (self._handle(case) if self._task["is_whole"] else self._go_through_the_scripts_pages(case))

    async def _collect(self, case: Case) -> None:
        await self._e_service.application(case["reference"])
        await PopulationRegister(self._pools["population_register"]).record_of(case["applicant"])
        await BenefitsRegister(self._pools["benefits_register"]).answers_of(case["applicant"], FIRST_DAY, LAST_DAY)

    async def _handle(self, case: Case) -> None:
        """Do everything as in a real case: look before each write, keep account of it in the casebook, read it back."""
        system = CaseSystem(self._pools["case_system"], self._pools["person_lookup"], Effects(self._casebook))
        record = await system.record_of(case["applicant"], MONTH)
        assert record is not None
        household = Household(case_number=case["case_number"], applicant=case["applicant"], reference=case["reference"])
        case_id = f"ekonomiskt-bistand:{case['reference']}:{MONTH}"
        self._casebook.open_case(case_id, reference=case["reference"], month=str(MONTH))
        await system.enter_calculation(case_id, household, CALCULATION)
        await system.write_note(case_id, household, MONTH, case["note"])

    async def _go_through_the_scripts_pages(self, case: Case) -> None:
        """Open the pages that the scripts open and no others, as without the looks before the writes; read back and compare all the same."""
        case_number = await PersonLookup(self._pools["person_lookup"]).case_number_of(case["applicant"])
        assert case_number is not None
        household = Household(case_number=case_number, applicant=case["applicant"], reference=case["reference"])
        async with self._pools["case_system"].session() as screen:
            await open_case(screen, case_number)
            record = await read_case(screen, MONTH)
            assert record.applicant.value == case["applicant"]
            await save_calculation(screen, household, CALCULATION)
            await screen.rows("calculations.rows")
            await fill_in(screen, "note", household, {"heading": case["heading"], "text": case["note"]}, then="journal")
            await screen.rows("journal.notes")


def prepare(task: Task) -> Callable[[Any], object]:
    """Start the browser and log in; a lap is a list of cases."""
    runner = asyncio.Runner()

    async def ready() -> Robot:
        robot = Robot(task, await Browser.open(executable=None), Path(tempfile.mkdtemp(dir=task["folder"])))
        await robot.get_ready()
        return robot

    robot = runner.run(ready())
    return lambda cases: runner.run(robot.work(cases))


if __name__ == "__main__":
    compete(prepare)
