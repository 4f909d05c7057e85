"""Stay, and begin a run whenever one is due."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import Root
from robots.cli.running import Mode
from robots.errors import SetupError

if TYPE_CHECKING:
    from robots.service import Service
    from robots.settings import Settings


def serve(
    *,
    root: Root = Path(),
    mode: Mode = None,
    once_now: Annotated[bool, typer.Option("--once-now", help="Begin a run at once, and then as due.")] = False,
) -> None:
    """Stay, and begin a run whenever one is due by `schedule.runs` of config/kollega.yaml.

    SIGTERM or Ctrl-C ends it after the steps under way, a second one at once.
    Exit code 0: ended as asked. 3: an operator must act before the service can begin.
    """
    from robots import run_log, settings
    from robots.service import Service, Watch, notifier, run_as_process
    from robots.work_queue.lock import locked

    here = settings.load(root)
    _check_accounts(here)
    folder = here.paths.state / "service"
    arguments = ("--check", "--root", str(here.root), *(() if mode is None else ("--mode", mode.value)))
    service = Service(
        read_schedule=lambda: settings.load(here.root).schedule,
        begin_run=partial(run_as_process, arguments=arguments, folder=here.root),
        watch=Watch(folder),
        clock=lambda: datetime.now(UTC),
        notify=notifier(os.environ),
    )
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder))
        except SetupError as error:
            if type(error) is not SetupError:
                raise
            raise SetupError("another service is at work with this installation; end that one first") from None
        log = run_log.set_up(here.paths.logs / "service", console=True)
        held.callback(log.close)
        asyncio.run(_until_told(service, begins_now=once_now))


def _check_accounts(here: Settings) -> None:
    """See that the runs will have their accounts, which nothing can add while the service is there."""
    from robots import settings

    mistakes: list[str] = []
    for name in here.systems:
        try:
            settings.credentials(name)
        except SetupError as error:
            mistakes.append(str(error))
    if mistakes:
        raise SetupError("\n".join(mistakes))


async def _until_told(service: Service, *, begins_now: bool) -> None:
    from robots.service import watchdog_fed

    stop = asyncio.Event()

    def request_stop() -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, request_stop)
    async with watchdog_fed(os.environ, service.notify):
        await service.serve(stop, begins_now=begins_now)
