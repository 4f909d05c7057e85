"""The program's line to its server: blocking calls, as the legacy programs that it stands for make them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx


class Refused(Exception):
    """The server does not take what was entered; the text is for the screen."""


class SessionEnded(Exception):
    """The server wants a new log-in."""


class NoContact(Exception):
    """The server does not answer, or answers with an error; the text is for the screen."""


class Connection:
    """A logged-in line to the server at the address."""

    def __init__(self, server: str) -> None:
        # The environment's proxies are for other machines than the practice municipality's.
        self._http = httpx.Client(base_url=server, timeout=60, trust_env=False)

    def log_in(self, user: str, password: str) -> None:
        """Log in; `Refused` for a wrong name or password."""
        answer = self._call("POST", "inloggning", {"user": user, "password": password})
        self._http.headers["Authorization"] = f"Bearer {answer['token']}"

    def get(self, *path: str) -> dict[str, Any]:
        """Fetch what the path's parts name."""
        return self._call("GET", "/".join(quote(part, safe="") for part in path), None)

    def post(self, *path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send the body to what the path's parts name."""
        return self._call("POST", "/".join(quote(part, safe="") for part in path), body)

    def _call(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        try:
            answer = self._http.request(method, f"/api/{path}", json=body)
            content = answer.json()
        except (httpx.HTTPError, ValueError):
            raise NoContact("Ingen kontakt med servern.") from None
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise SessionEnded
        if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
            raise Refused(content["message"])
        if not answer.is_success:
            raise NoContact(content.get("message", "Ett fel har inträffat."))
        return dict(content)
