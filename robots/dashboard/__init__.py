"""The situation as a small web page that this machine alone can open, in a process of its own: whatever becomes of it, no robot notices."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from robots.errors import SetupError
from robots.settings import Settings
from robots.situation import Situation
from robots.steering import Steering

if TYPE_CHECKING:
    from robots.health import Health

TOKEN_FILE = "dashboard_token"  # noqa: S105 - a name of a file
_LOOPBACK = "127.0.0.1"
_MOST_CONNECTIONS = 100


def listening_socket(port: int) -> socket.socket:
    """Return a socket that listens on this machine alone.

    Args:
        port: 0 for any that is free.

    Raises:
        SetupError: it is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_LOOPBACK, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise SetupError(
            f"the dashboard can't use port {port} ({error.strerror}): end what uses it, or set another one as dashboard.port in config/kollega.yaml"
        ) from None
    return listener


def serve(
    look: Callable[[], Situation],
    settings: Settings,
    *,
    health: Callable[[], Health],
    port: int,
    tell: Callable[[str], None],
    on_ready: Callable[[Callable[[], None]], None] = lambda _: None,
) -> None:
    """Serve the page until Ctrl-C or SIGTERM.

    Args:
        look: returns the situation; called from another thread.
        settings: of the installation, for pausing and for the place of the token.
        health: returns whether all is well; called from another thread.
        port: 0 for any that is free.
        tell: told where the page and the token are.
        on_ready: given what ends the serving, as an alternative to a signal; it is called from any thread.

    Raises:
        SetupError: the port is taken, or the token can't be kept.
    """
    import uvicorn

    from robots.dashboard.admission import Admission, token_in
    from robots.dashboard.patience import Impatient
    from robots.dashboard.site import Pulse, Site

    token_file = settings.paths.state / TOKEN_FILE
    site = Site(
        pulse=Pulse(look=look),
        admission=Admission(token=token_in(token_file)),
        pause=lambda scope, why, name: Steering(settings=settings, name=f"{name} (dashboard)").pause(scope, why),
        resume=lambda scope, name: Steering(settings=settings, name=f"{name} (dashboard)").resume(scope),
        health=Pulse(look=health),
        token_file=str(_shown(token_file)),
        version=version("kollega"),
    )
    with closing(listening_socket(port)) as listener:
        config = uvicorn.Config(
            site.app(),
            http=Impatient,
            log_config=None,
            access_log=False,
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            ws="none",
            limit_concurrency=_MOST_CONNECTIONS,
            # Pages that are open wait for what is new without end.
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)

        def end() -> None:
            server.should_exit = True

        on_ready(end)
        tell(f"The dashboard is at http://{_LOOPBACK}:{listener.getsockname()[1]}/ for this machine alone.")
        tell(f"To pause and resume there, sign in with what stands in {token_file}")
        server.run(sockets=[listener])


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
