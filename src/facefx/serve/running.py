"""Running the application by uvicorn, until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from ..errors import OutputError

__all__ = ["run", "server_of"]

#: Seconds that requests at work are given when the server is stopped.
GRACE = 10


def run(application: Any, host: str, port: int, *, or_another: bool = False, ready: Callable[[int], None] | None = None) -> None:
    """Serve at a host's port until SIGINT or SIGTERM.

    Parameters
    ----------
    host, port : where; port 0 for any that is free.
    or_another : take any free port if that one is taken.
    ready : called with the port once connections are taken.

    Raises
    ------
    OutputError
        If the port is taken or the address is not this machine's.
    """
    listening = _listening(host, port, or_another)
    with listening:
        if ready:
            ready(listening.getsockname()[1])
        server_of(application).run(sockets=[listening])


def server_of(application: Any) -> Any:
    """The application in a `uvicorn.Server`, as `run` runs it."""
    import uvicorn

    from .connections import IDLE, Connection

    config = uvicorn.Config(
        application, http=Connection, log_config=None, access_log=False, server_header=False, lifespan="on", ws="none",
        timeout_keep_alive=IDLE, timeout_graceful_shutdown=GRACE, h11_max_incomplete_event_size=32 * 1024,
    )  # fmt: skip
    return uvicorn.Server(config)


def _listening(host: str, port: int, or_another: bool) -> socket.socket:
    try:
        return _bound(host, port)
    except OSError as error:
        if or_another:
            return _bound(host, 0)
        raise OutputError(f"cannot serve at {host}:{port}: {error.strerror or error}; give another --port") from None


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made
