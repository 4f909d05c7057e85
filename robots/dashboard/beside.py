"""The dashboard beside the service: a process of its own, begun again when it ends, of which the service loses nothing but the page."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from robots.run_log import Action, event, redacted

_FIRST_WAIT_SECONDS = 5.0
_LONGEST_WAIT_SECONDS = 600.0
_MOST_LETTERS = 300
#: what the page has no use for: the robots' accounts, and the service manager's
_NOT_ITS = re.compile(r"KOLLEGA_\w+_(USER|PASSWORD|TOKEN)|NOTIFY_SOCKET|WATCHDOG_\w+")


@asynccontextmanager
async def dashboard_beside(*, arguments: Sequence[str], folder: Path, first_wait_seconds: float = _FIRST_WAIT_SECONDS) -> AsyncIterator[None]:
    """Keep a dashboard up until the block ends. That it can't be is told, once for each reason, and hinders nothing.

    Args:
        arguments: options of `kollega dashboard`.
        folder: where it is begun.
        first_wait_seconds: before it is begun again; doubled each time.
    """
    keeping = asyncio.create_task(_keep(arguments, folder, first_wait_seconds))
    try:
        yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await keeping


async def _keep(arguments: Sequence[str], folder: Path, wait_seconds: float) -> None:
    told = ""
    while True:
        try:
            why = await _shown(arguments, folder)
        except OSError as error:
            why = f"it could not be begun ({error.strerror})"
        if why != told:
            told = why
            event(Action.SERVICE_DASHBOARD, f"the dashboard is not there, the service goes on without it: {why}", level="WARNING")
        await asyncio.sleep(wait_seconds)
        wait_seconds = min(2 * wait_seconds, _LONGEST_WAIT_SECONDS)


async def _shown(arguments: Sequence[str], folder: Path) -> str:
    """Serve the page, and return why it has ended."""
    command = (sys.executable, "-P", "-m", "robots.cli", "dashboard", "--until-closed", *arguments)
    with TemporaryFile() as complaints:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=_environment_of(os.environ),
            # When the service ends, however it does, this ends too, and with it the page.
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=complaints,
            # The terminal's Ctrl-C is for the service, which ends it.
            start_new_session=True,
        )
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                with suppress(TimeoutError):
                    async with asyncio.timeout(_FIRST_WAIT_SECONDS):
                        await process.wait()
        complaints.seek(0)
        lines = complaints.read().decode("utf-8", errors="replace").split("\n")
    last = next((line for line in reversed(lines) if line.strip()), "")
    return redacted(last)[:_MOST_LETTERS] or f"it ended with exit code {process.returncode}"


def _environment_of(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not _NOT_ITS.fullmatch(name)}
