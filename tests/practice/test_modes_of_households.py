"""Every kind of practice household handled in the three modes of a run: a shadow run tells what a run that decides does.

Only the screens are left out: rules, texts and casebook are the robot's own, and what the case system works out is the practice system's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

import pytest

from robots.assessment import ApprovedExpense, Calculation, ChildIncome, CountedIncome, Ending, Outcome, RunMode
from robots.casebook import Casebook
from robots.errors import ReasonCode, SumsDiffer
from robots.handling import handle
from robots.practice.case_calculation import Refused
from robots.practice.case_service import CaseService
from robots.practice.case_store import SCHEMA, CaseStore
from robots.practice.case_store import SYSTEM as CASE_SYSTEM
from robots.practice.examination import Result, differences, expected_in
from robots.practice.households import KINDS, generate
from robots.practice.office import prepare
from robots.practice.world import Household
from robots.systems.case_dialogs import written
from tests.past_cases import empty
from tests.practice.case_files_of_households import case_file_of
from tests.test_handling import FakeSystem, RememberedSteps, office_of

#: hundreds of ways through a real casebook
pytestmark = pytest.mark.durable

#: one more than there are kinds: one kind gives two households
EVERY_KIND = generate(1, len(KINDS) + 1)


@dataclass
class PracticeSystems(FakeSystem):
    """The systems as a household has them; what is entered is compared with what the practice case system fills in and works out itself."""

    service: CaseService | None = None

    async def enter_calculation(self, *args: object) -> None:
        self._compare(cast("Calculation", args[-1]))
        await super().enter_calculation(*args)

    async def compare_calculation(self, household: object, calculation: object) -> None:
        self._compare(cast("Calculation", calculation))

    def _compare(self, calculation: Calculation) -> None:
        assert self.service is not None
        assert self.case.case is not None
        number = self.case.case.case_number.need()
        try:
            theirs = self.service.work_out(number, {**self.service.draft(number, str(calculation.month)), **_rows(calculation)})
        except Refused as refused:
            raise SumsDiffer(str(refused), codes=(ReasonCode.SYS_DIFF,)) from None
        ours = {
            "norm": calculation.norm_sum,
            "expenses": calculation.expense_sum,
            "incomes": calculation.income_sum,
            "special": calculation.special_sum,
            "balance": calculation.balance,
            "amount": calculation.amount,
        }
        if {name: Decimal(theirs[name]) for name in ours} != ours:
            raise SumsDiffer("the sums differ", codes=(ReasonCode.SYS_DIFF,))


def _rows(calculation: Calculation) -> dict[str, list[dict[str, str]]]:
    of_adults = [_income(str(one.party), one) for one in calculation.incomes]
    return {
        "incomes": [*of_adults, *(_income(one.personnummer, one) for one in calculation.children_incomes)],
        "expenses": _costs(one for one in calculation.expenses if not one.is_special),
        "special": _costs(one for one in calculation.expenses if one.is_special),
    }


def _income(party: str, one: CountedIncome | ChildIncome) -> dict[str, str]:
    return {"party": party, "kind": one.kind, "paid_on": one.paid_on.isoformat(), "amount": written(one.net_amount)}


def _costs(expenses: Iterable[ApprovedExpense]) -> list[dict[str, str]]:
    return [{"kind": one.kind, "applied": written(one.applied_amount), "approved": written(one.approved_amount)} for one in expenses]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> CaseService:
    database = tmp_path_factory.mktemp("modes") / f"{CASE_SYSTEM}.sqlite"
    prepare(database, user="robot", password="rätt", schema=SCHEMA)
    store = CaseStore(database)
    store.add_cases(EVERY_KIND)
    return CaseService(store, database)


@pytest.fixture(scope="module")
def casebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Casebook]:
    with Casebook(tmp_path_factory.mktemp("modes") / "casebook.sqlite") as book:
        yield book


async def handled(told: Household, mode: RunMode, service: CaseService, casebook: Casebook) -> tuple[Outcome, list[str]]:
    """Return how the household's case ends in a run of the mode, and what was written."""
    case = case_file_of(told, EVERY_KIND)
    reference, month = case.application.reference, case.application.month.value
    case_id = f"ekonomiskt-bistand:{reference}:{month or 'unreadable'}"
    empty(casebook).open_case(case_id, reference=reference, month=str(month or "unreadable"))
    systems = PracticeSystems(case, service=service)
    outcome = await handle(case_id, reference, office_of(systems, casebook, mode), RememberedSteps())
    return outcome, systems.written


def result_of(outcome: Outcome) -> Result:
    return Result(ending=outcome.ending, amount=None if outcome.amount is None else int(outcome.amount), codes=tuple(outcome.codes))


@pytest.mark.parametrize("told", EVERY_KIND, ids=lambda told: told.kind if told.population else f"{told.kind}, again")
async def test_every_kind_of_household_ends_alike_in_every_mode(told: Household, service: CaseService, casebook: Casebook) -> None:
    decided, written_deciding = await handled(told, RunMode.DECIDE, service, casebook)
    proposed, written_proposing = await handled(told, RunMode.PROPOSE, service, casebook)
    shadow, written_in_shadow = await handled(told, RunMode.SHADOW, service, casebook)

    assert differences(told.expected, result_of(decided)) == ()
    # All that decide would say, but for what only a run that writes leaves behind or waits for.
    assert (shadow.ending, shadow.amount, shadow.codes, shadow.because) == (decided.ending, decided.amount, decided.codes, decided.because)
    assert shadow.authority == decided.authority
    assert differences(expected_in("propose", told.expected), result_of(proposed)) == ()
    assert (proposed.codes, proposed.amount) == (decided.codes, decided.amount)
    assert written_in_shadow == []
    assert bool(written_deciding) == bool(written_proposing) == (decided.ending is not Ending.HANDED_OFF)
