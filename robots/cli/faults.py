"""What is told of a fault that nobody has foreseen: where it is, and nothing that it was about.

The text of an exception of a library, and the values of a traceback, can hold what was on a screen. So of each only kind and places are told.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_ADVICE = "Tell the developer, with these lines; they hold nothing of a case. What was done is kept, and the next run goes on."


def tell_without_values() -> None:
    """Have every fault that nobody catches in this process told without its text, also in threads and in what is cleared away.

    Who has called a command from a program, and tells of faults in a way of its own, keeps it.
    """
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _tell
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = lambda args: _tell(args.exc_type, args.exc_value, args.exc_traceback)
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = lambda args: _tell(args.exc_type, args.exc_value, args.exc_traceback)
    # Where a library's log goes that nobody has taken in: to the terminal, with all that it quotes.
    logging.lastResort = logging.NullHandler()


def lines_of(error: BaseException) -> Iterator[str]:
    """Yield what may be told of an exception and of those that led to it: kind, file, line and function of each."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield f"{type(one).__module__}.{type(one).__qualname__}".removeprefix("builtins.")
        for frame in traceback.extract_tb(one.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
        if isinstance(one, BaseExceptionGroup):
            for part in one.exceptions:
                yield from (f"  {line}" for line in lines_of(part))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    shown = error if error is not None else kind()
    tell(shown if trace is None else shown.with_traceback(trace))


def tell(error: BaseException) -> None:
    """Tell of a fault on standard error."""
    told = "\n".join(lines_of(error))
    sys.stderr.write(f"A fault of the robot's own:\n{told}\n{_ADVICE}\n")
