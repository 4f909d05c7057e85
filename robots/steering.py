"""Pause and resume from a view of the situation, as `kollega queue pause` and `resume` do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from robots.errors import SetupError
from robots.settings import Settings

if TYPE_CHECKING:
    from robots.work_queue.operating import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """One operator at one installation; every wish is on disk when it is told."""

    settings: Settings
    #: the operator's account, or what they call themselves
    name: str

    def pause(self, scope: str, why: str) -> str:
        """Pause a system or everything, and return what is told.

        Raises:
            SetupError: there is no casebook yet, or it can't be written.
        """
        with self._operator() as operator:
            return operator.pause(scope, why=why)

    def resume(self, scope: str) -> str:
        """End the pause of this scope, and return what is told.

        Raises:
            SetupError: as for a pause.
        """
        with self._operator() as operator:
            return operator.resume(scope)

    @contextmanager
    def _operator(self) -> Iterator[Operator]:
        # The queue's own module takes time to load, and who only looks is not to wait for it.
        from robots.casebook import Casebook
        from robots.work_queue.operating import Operator

        where = self.settings.paths.casebook_of(self.settings.run.mode)
        if isinstance(where, Path) and not where.is_file():
            # Opening it would make an empty one.
            raise SetupError("no robot has worked here yet, so there is nothing to pause: begin a run first")
        with Casebook(where) as casebook:
            yield Operator(casebook=casebook, name=self.name)
