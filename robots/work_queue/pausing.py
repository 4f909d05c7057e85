"""What operators want of the run under way: pauses and orders, read from the casebook once a second at most, never for each read of a screen."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from math import inf

from robots.casebook import Casebook
from robots.casebook.orders import Order, OrderKind, Orders
from robots.casebook.pauses import EVERYTHING, Pause, Pauses, scope_of_case, scope_of_system
from robots.errors import KollegaError, Paused

#: how long an operator waits at most until the run knows of a pause or an order
FRESH_SECONDS = 1.0

#: says why a system may not be used just now; None when it may
Closed = Callable[[str], KollegaError | None]


class Wishes:
    """The pauses and orders of one run, and the hours of its systems."""

    def __init__(self, casebook: Casebook, closed: Closed) -> None:
        self._pauses_kept = Pauses(casebook)
        self._orders_kept = Orders(casebook)
        self._closed = closed
        self._pauses: dict[str, Pause] = {}
        self._orders: dict[str, Order] = {}
        self._carried_out: set[Order] = set()
        self._read_at = -inf
        self._reading = asyncio.Lock()

    async def look(self, *, anew: bool = False) -> None:
        """Read what operators want, if it was not read a moment ago; `anew` in any case.

        Raises:
            StateUnusable: the casebook can't be read.
        """
        if anew or self._is_old():
            async with self._reading:
                if anew or self._is_old():
                    self._pauses, self._orders = await asyncio.to_thread(self._read)
                    self._read_at = time.monotonic()

    def _is_old(self) -> bool:
        return time.monotonic() - self._read_at > FRESH_SECONDS

    def _read(self) -> tuple[dict[str, Pause], dict[str, Order]]:
        return {pause.scope: pause for pause in self._pauses_kept.standing()}, {order.case_id: order for order in self._orders_kept.standing()}

    def paused(self, case_id: str, system: str) -> Paused | None:
        """Return why the case may not go on in the system for a pause; with an empty system, why it may not go on at all."""
        scopes = (EVERYTHING, scope_of_case(case_id), *((scope_of_system(system),) if system else ()))
        pause = next((self._pauses[scope] for scope in scopes if scope in self._pauses), None)
        return None if pause is None else _told(pause)

    def why_not_at_all(self, system: str) -> KollegaError | None:
        """Return why no case may use the system just now; None when they may."""
        return self.why_not("", system)

    @property
    def is_all_paused(self) -> bool:
        """Whether everything is paused."""
        return EVERYTHING in self._pauses

    def wide(self) -> tuple[Paused, ...]:
        """Return the pauses of everything and of systems."""
        return tuple(_told(pause) for scope, pause in self._pauses.items() if not scope.startswith(scope_of_case("")))

    def why_not(self, case_id: str, system: str) -> KollegaError | None:
        """Return why the case may not go on in the system just now; None when it may."""
        return self.paused(case_id, system) or (self._closed(system) if system else None)

    def is_cancelled(self, case_id: str) -> bool:
        """Whether the case is to be handed off before its next step."""
        order = self._orders.get(case_id)
        return order is not None and order.kind is OrderKind.CANCEL

    def is_to_be_changed(self, case_id: str) -> bool:
        """Whether something is to be done with the case's results before it goes on."""
        order = self._orders.get(case_id)
        return order is not None and order.kind is not OrderKind.CANCEL and order not in self._carried_out

    def orders(self) -> tuple[Order, ...]:
        """Return the orders that this run has not carried out."""
        return tuple(order for order in self._orders.values() if order not in self._carried_out)

    def order_of(self, case_id: str) -> Order | None:
        """Return what is to be done with the case; None for nothing."""
        return self._orders.get(case_id)

    def note_carried_out(self, order: Order) -> None:
        """Carry the order out no second time in this run, whatever comes of it."""
        self._carried_out.add(order)

    def carrying_out(self, order: Order) -> AbstractContextManager[bool]:
        """Take the order out of the casebook when the block has ended without an error; False if it is not there, or in other hands."""
        return self._orders_kept.carrying_out(order)

    def fulfil(self, order: Order) -> bool:
        """Take the order out of the casebook; False if it is not there any more."""
        return self._orders_kept.fulfil(order)

    def begin_anew(self, case_id: str, *, why: str, event: str) -> None:
        """Order, in the robot's own name, that the case begins with its first step; seen at the next look."""
        self._orders_kept.give(case_id, OrderKind.BEGIN_ANEW, by="kollega", why=why, event=(event, why))
        self._read_at = -inf


def _told(pause: Pause) -> Paused:
    kind, _, name = pause.scope.partition(":")
    what, option = {
        "all": ("everything", "--all"),
        "system": (name, f"--system {name}"),
        "case": ("the case", name),
    }[kind]
    because = f" ({pause.why})" if pause.why else ""
    return Paused(
        f"{what} is paused since {pause.paused_at:%Y-%m-%d %H:%M} UTC{because}; kollega queue resume {option} ends it",
        system=name if kind == "system" else "",
    )
