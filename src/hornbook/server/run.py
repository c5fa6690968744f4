"""Listening: a port that is free, and an end that leaves nobody hanging."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from hornbook.errors import HornbookError
from hornbook.server.config import ServerConfig

PATIENCE = 5
"""Seconds that a stream may go on after the server was told to stop."""


class Server(uvicorn.Server):
    """A server that calls ``leaving`` when it is told to stop, before it waits for what is still being answered."""

    def __init__(self, settings: uvicorn.Config, leaving: Callable[[], None]) -> None:
        super().__init__(settings)
        self.leaving = leaving

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say it, and close."""
        self.leaving()
        await super().shutdown(sockets)


def nothing() -> None:
    """What most have to do when they leave."""


def listen(
    app: FastAPI,
    config: ServerConfig,
    report: Callable[[str], None],
    tries: int = 1,
    leaving: Callable[[], None] = nothing,
) -> None:
    """Answer until a signal comes; ``report`` is told the address. So many ports are tried, one after another.

    ``leaving`` is called when the signal has come, and may end what streams are waiting for.

    Raises:
        HornbookError: somebody else listens there.
    """
    opened = first_free(config.host, config.port, tries)
    opened.listen(128)  # who comes before the server is up waits a moment
    host, port = opened.getsockname()[:2]
    report(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    settings = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=PATIENCE, limit_concurrency=1024
    )
    with opened:
        Server(settings, leaving).run(sockets=[opened])


def first_free(host: str, port: int, tries: int) -> socket.socket:
    """A socket at this port, or at the next of ``tries`` that nobody listens at."""
    for number in range(port, min(port + tries, 1 << 16) - 1):
        try:
            return bound(host, number)
        except HornbookError:
            continue
    return bound(host, min(port + tries - 1, (1 << 16) - 1))


def bound(host: str, port: int) -> socket.socket:
    """A socket at this place; port 0 is any that is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise HornbookError(
            f"{host}:{port} cannot be listened at: {error.strerror or error}; choose another with --port, or --port 0 "
            "for any that is free"
        ) from error
    return opened
