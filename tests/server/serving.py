"""A real server on loopback, for tests: uvicorn in a thread, a small run that was trained for it behind it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from hornbook.server.app import create_app
from hornbook.server.config import ServerConfig
from hornbook.server.models import Models, open_models
from hornbook.server.page.place import Page


@dataclass
class Running:
    """Where a server listens, and what it serves."""

    url: str
    port: int
    models: Models
    page: Page


@contextlib.contextmanager
def serving(
    runs: Sequence[Path], root: Path | None = None, adapters: Mapping[str, Path] | None = None, **settings
) -> Iterator[Running]:
    """A server for as long as the block lasts; its page knows of the runs in ``root``, too."""
    config = ServerConfig(port=0, **{"rows": 8, "queue": 64, **settings})
    models = open_models([str(run) for run in runs], adapters or {}, config)
    given = {each.loaded.run.name: each.loaded.run.folder for each in models.by_name.values()}
    page = Page(models, config, root or Path("nowhere"), given)
    opened = socket.socket()
    opened.bind(("127.0.0.1", 0))
    port = opened.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(create_app(models, config, page), log_level="error", timeout_graceful_shutdown=2)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Running(f"http://127.0.0.1:{port}", port, models, page)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        opened.close()
    assert not thread.is_alive()
