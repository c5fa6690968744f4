"""A real server on loopback, for tests: uvicorn in a thread, a small run that was trained for it behind it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from hornbook.server.app import create_app
from hornbook.server.config import ServerConfig
from hornbook.server.models import Models, open_models


@dataclass
class Running:
    """Where a server listens, and what it serves."""

    url: str
    port: int
    models: Models


@contextlib.contextmanager
def serving(runs: Sequence[Path], **settings) -> Iterator[Running]:
    """A server for as long as the block lasts."""
    config = ServerConfig(port=0, **{"rows": 8, "queue": 64, **settings})
    models = open_models([str(run) for run in runs], {}, config)
    opened = socket.socket()
    opened.bind(("127.0.0.1", 0))
    port = opened.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(create_app(models, config), log_level="error", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Running(f"http://127.0.0.1:{port}", port, models)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        opened.close()
    assert not thread.is_alive()
