"""Who may pause and resume from the dashboard: a token in a file that only the robot's account can read, and the sessions begun with it."""

from __future__ import annotations

import hmac
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from robots.errors import SetupError

SESSION_SECONDS = 8 * 3600.0
_MOST_SESSIONS = 100
_BYTES = 32
_RIGHTS = 0o600


def token_in(file: Path) -> str:
    """Return the token that the file holds; a new one where there is none.

    Args:
        file: made with rights for this account alone, as is its folder.

    Raises:
        SetupError: it can't be read or made, or others can read it.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _RIGHTS)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w", encoding="ascii") as new:
                new.write(f"{secrets.token_urlsafe(_BYTES)}\n")
        if file.stat().st_mode & 0o077:
            raise SetupError(f"others can read {file}, with which one signs in to the dashboard: delete it, and a new one is made")
        token = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SetupError(f"{file}, with which one signs in to the dashboard, can't be used ({why}): look at its rights, or delete it") from None
    if len(token) < _BYTES:
        raise SetupError(f"{file} holds no token: delete it, and a new one is made")
    return token


@dataclass(slots=True, kw_only=True)
class Session:
    """Somebody who has signed in."""

    #: what they call themselves; stands in the record of what they do
    name: str
    #: in every form; a page of another origin can't read it
    csrf: str
    ends_at: float
    #: what the last thing they did has come to; shown once
    told: str = ""


@dataclass(slots=True, kw_only=True)
class Admission:
    """The sessions of one dashboard; they end with it."""

    token: str = field(repr=False)
    clock: Callable[[], float] = time.monotonic
    _sessions: dict[str, Session] = field(default_factory=dict, repr=False)

    def sign_in(self, token: str, *, name: str) -> str | None:
        """Return the name of a new session, which is a secret; None when the token is not the right one."""
        if not hmac.compare_digest(token.strip().encode(), self.token.encode()):
            return None
        now = self.clock()
        self._sessions = {key: one for key, one in self._sessions.items() if one.ends_at > now}
        while len(self._sessions) >= _MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        key = secrets.token_urlsafe(_BYTES)
        self._sessions[key] = Session(name=name, csrf=secrets.token_urlsafe(_BYTES), ends_at=now + SESSION_SECONDS)
        return key

    def session(self, key: str) -> Session | None:
        """Return the session of that name; None when there is none, or it is over."""
        found = self._sessions.get(key)
        return found if found is not None and found.ends_at > self.clock() else None

    def sign_out(self, key: str) -> None:
        """End a session."""
        self._sessions.pop(key, None)
