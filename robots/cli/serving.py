"""Stay, and begin a run whenever one is due."""

from __future__ import annotations

import os
import signal
from contextlib import ExitStack, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robots.cli.console import Root
from robots.cli.running import Mode
from robots.errors import SetupError

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from robots.schedule import Schedule
    from robots.service import Service
    from robots.settings import Settings


def serve(
    *,
    root: Root = Path(),
    mode: Mode = None,
    once_now: Annotated[bool, typer.Option("--once-now", help="Begin a run at once, and then as due.")] = False,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="Show how things stand on a page that this machine alone can open.")] = False,
) -> None:
    """Stay, and begin a run whenever one is due by `schedule.runs` of config/kollega.yaml.

    SIGTERM or Ctrl-C ends it after the steps under way, a second one at once. A run that hangs is ended, and another one begun.
    Exit code 0: ended as asked. 3: an operator must act before the service can begin.
    """
    import asyncio

    from robots import retention, run_log, settings
    from robots.alerts.minding import minding
    from robots.assessment import RunMode
    from robots.dashboard.beside import dashboard_beside
    from robots.run_process import ExchangeReport, Patience, RunReport, exchange_as_process, run_as_process
    from robots.service import Exchanges, Service, Watch, notifier
    from robots.work_queue.lock import locked

    here = settings.load(root)
    _check_accounts(here)
    folder = here.paths.state / "service"
    arguments = ("--check", "--root", str(here.root), *(() if mode is None else ("--mode", mode.value)))

    def read_schedule() -> Schedule:
        nonlocal here
        here = settings.load(here.root)
        return here.schedule

    async def begin_run(stop: asyncio.Event) -> RunReport:
        patience = Patience(hung_seconds=60 * here.schedule.hung_minutes, stop_seconds=here.run.stop_seconds)
        return await run_as_process(stop, arguments=arguments, folder=here.root, patience=patience)

    async def exchange(stop: asyncio.Event) -> ExchangeReport:
        casebook = here.paths.casebook_of(here.run.mode)
        if not here.run.mode.writes or mode is RunMode.SHADOW or (isinstance(casebook, Path) and not casebook.is_file()):
            # A shadow run leaves the workbook alone; before the first run there is nothing to show.
            return ExchangeReport()
        return await exchange_as_process(stop, arguments=("--root", str(here.root)), folder=here.root)

    clock = partial(datetime.now, UTC)
    exchanges = Exchanges(exchange, every_minutes=lambda: here.workbook.sync_minutes, clock=clock)
    delete_daily = retention.once_a_day(lambda: settings.load(here.root))

    async def between_runs(stop: asyncio.Event) -> None:
        await exchanges.go_on(stop)
        await asyncio.to_thread(delete_daily, clock())

    service = Service(
        read_schedule=read_schedule,
        begin_run=begin_run,
        between_runs=between_runs,
        watch=Watch(folder),
        clock=clock,
        notify=notifier(os.environ),
    )
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder))
        except SetupError as error:
            if type(error) is not SetupError:
                raise
            raise SetupError("another service is at work with this installation; end that one first") from None
        log = run_log.set_up(here.paths.logs / "service", console=True, keep_days=here.log.keep_days, is_of_service=True)
        held.callback(log.close)
        held.enter_context(minding(here))
        shown = ("--root", str(here.root), *(() if mode is None else ("--mode", mode.value)))
        beside = dashboard_beside(arguments=shown, folder=here.root) if dashboard else nullcontext()
        asyncio.run(_until_told(service, beside, begins_now=once_now))


def _check_accounts(here: Settings) -> None:
    """See that the runs will have their accounts, which nothing can add while the service is there."""
    from robots.accounts import look_up

    look_up(here.secrets, here.systems)


async def _until_told(service: Service, beside: AbstractAsyncContextManager[None], *, begins_now: bool) -> None:
    import asyncio

    from robots.service import watchdog_fed

    stop = asyncio.Event()

    def request_stop() -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, request_stop)
    async with watchdog_fed(os.environ, service.notify), beside:
        await service.serve(stop, begins_now=begins_now)
