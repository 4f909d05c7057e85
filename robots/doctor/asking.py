"""Asking the systems on the web for a sign of life: all at once, and none for longer than a moment, however slowly it answers."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from robots.trust import Mistrust, Trust, mistrust_of

#: from the beginning to the last line of an answer's head, at whatever pace it comes
ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: a status, or why there was none."""

    status: int = 0
    #: as the system wrote it; empty when it wrote none
    date: str = ""
    #: when it came, aware UTC; None when nothing did
    at: datetime | None = None
    #: name of the error; empty when there was an answer
    fault: str = ""
    #: why its certificate is not believed; None when it is, or none was shown
    mistrust: Mistrust | None = None


def ask_all(addresses: Iterable[str], *, trust: Trust) -> dict[str, Answer]:
    """Return what each address answers to a request for it; its page is not read."""
    return asyncio.run(_ask_all(tuple(dict.fromkeys(addresses)), trust))


async def _ask_all(addresses: tuple[str, ...], trust: Trust) -> dict[str, Answer]:
    # Reading whom to trust takes time, and without a closed line nobody is asked.
    is_closed = any(address.startswith("https:") for address in addresses)
    trusted = trust.context() if is_closed else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Through no proxy, which would tell its own time.
    # Its limit for a piece is longer than ours for the whole, which alone is to end the waiting: of two at the same moment either could.
    async with httpx.AsyncClient(trust_env=False, verify=trusted, timeout=2 * ANSWER_SECONDS) as client:
        return dict(zip(addresses, await asyncio.gather(*(_ask(client, address) for address in addresses)), strict=True))


async def _ask(client: httpx.AsyncClient, address: str) -> Answer:
    try:
        # The library's limit is for each piece of an answer: one that comes in drops would never end.
        async with asyncio.timeout(ANSWER_SECONDS), client.stream("GET", address) as answer:
            return Answer(status=answer.status_code, date=answer.headers.get("Date", ""), at=datetime.now(UTC))
    except TimeoutError:
        return Answer(fault="it is too slow")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Answer(fault=type(error).__name__, mistrust=mistrust_of(error))
