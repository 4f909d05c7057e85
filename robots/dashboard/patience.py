"""A connection that asks for nothing is closed, so that those who hold the line and say nothing leave room for others."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

#: a browser asks at once
REQUEST_SECONDS = 10.0


class Impatient(H11Protocol):
    """HTTP for those who ask soon."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in the library's own class
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self.loop.call_later(REQUEST_SECONDS, self._see_asked)

    def _see_asked(self) -> None:
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()
