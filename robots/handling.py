"""READ FIRST: the way of one case, top to bottom, in a caseworker's words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Step(Protocol):
    """The whole durable engine, as the rest of the product sees it."""

    async def __call__(self, name: str, returns: Any, do: Callable[..., Awaitable[T]], /, *args: object) -> T:
        """Return the stored result of `name` for this case, or do it now and store it.

        Args:
            name: stored with the result; renaming a step is a migration.
            returns: type of the result, for `robots.records`.
            do: what is done; called with `args`.
            args: passed to `do`; not stored.

        Raises:
            KollegaError: what `do` raised at its last try; the same class when the case is replayed.
        """
