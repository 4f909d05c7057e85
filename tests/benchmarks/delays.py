"""A line between a browser and the practice systems on which every request takes some time, as on the way to a server elsewhere."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_CHUNK = 1 << 16


@contextmanager
def delayed(addresses: Mapping[str, str], seconds: float) -> Iterator[dict[str, str]]:
    """Yield an address for each system at which everything that is sent arrives so many seconds later; answers come at once.

    Args:
        addresses: {system: http://host:port}.
        seconds: each request's delay.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    servers: dict[str, asyncio.Server] = {}
    try:
        for system, address in addresses.items():
            servers[system] = asyncio.run_coroutine_threadsafe(_listen(urlsplit(address).port or 80, seconds), loop).result()
        yield {system: f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}" for system, server in servers.items()}
    finally:
        asyncio.run_coroutine_threadsafe(_end(list(servers.values())), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    passing = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in passing:
        task.cancel()
    await asyncio.gather(*passing, return_exceptions=True)


async def _listen(port: int, seconds: float) -> asyncio.Server:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        to_read, to_write = await asyncio.open_connection("127.0.0.1", port)
        try:
            await asyncio.gather(_late(reader, to_write, seconds), _at_once(to_read, writer))
        finally:
            to_write.close()
            writer.close()

    return await asyncio.start_server(connected, "127.0.0.1", 0)


async def _late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Pass on every piece so long after it came, however many come meanwhile."""
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def pass_on() -> None:
        while True:
            due, piece = await pieces.get()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if not piece:
                writer.close()
                return
            writer.write(piece)

    async def take_in() -> None:
        piece = b"."
        while piece:
            piece = await reader.read(_CHUNK)
            pieces.put_nowait((asyncio.get_running_loop().time() + seconds, piece))

    with suppress(ConnectionError):
        await asyncio.gather(take_in(), pass_on())


async def _at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(_CHUNK):
            writer.write(piece)
    writer.close()
