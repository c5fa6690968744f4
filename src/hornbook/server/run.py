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


def listen(app: FastAPI, config: ServerConfig, report: Callable[[str], None]) -> None:
    """Answer until a signal comes; ``report`` is told the address.

    Raises:
        HornbookError: somebody else listens there.
    """
    opened = bound(config.host, config.port)
    host, port = opened.getsockname()[:2]
    report(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    settings = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=PATIENCE, limit_concurrency=1024
    )
    with opened:
        uvicorn.Server(settings).run(sockets=[opened])


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
