"""What is sent to the server: bodies for every endpoint that reads one, through the application, without a socket.

The answer to anything has to be a 2xx or a 4xx with an error object in words; a 5xx, or an exception that leaves the
application, is a failure. Three runs of the smallest kind are behind it: one writes, one answers, one reads.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any

import torch

from hornbook.errors import SettingError
from hornbook.server.app import create_app
from hornbook.server.config import ServerConfig
from hornbook.server.models import open_models
from hornbook.server.page.place import Page
from hornbook.workflows.recipe import read_recipe
from hornbook.workflows.train import train
from hornbook.workflows.watchers import Silent
from tests.fuzz.http_samples import BODIES, RECIPES, WORDS
from tests.fuzz.mutating import as_json, changed, damaged, grown, noise
from tests.fuzz.target import BROKEN, RIGHT, Input

HEADERS = {"host": "localhost", "content-type": "application/json"}
ODD_HEADERS = (
    ("host", "evil.example"), ("host", "[::"), ("host", "LOCALHOST:80"), ("host", "page"), ("accept-encoding", "gzip"),
    ("origin", "null"), ("origin", "http://localhost"), ("origin", "http://page"), ("content-type", "text/plain"),
    ("content-type", "application/json; charset=utf-16"), ("content-length", "-1"), ("content-length", "9999999999"),
    ("content-length", "²"), ("authorization", "Bearer é"), ("authorization", "Bearer key"), ("authorization", ""),
)  # fmt: skip
"""Hosts, origins and lengths of others."""
KEY = {"authorization": "Bearer key"}


class Refused(SettingError):
    """The server has refused a body in words."""


class HttpBodies:
    """A body for one of the endpoints."""

    name = "HTTP bodies"
    loaders = tuple(
        f"server/{name}.py"
        for name in (
            "schemas",
            "guard",
            "errors",
            "completions",
            "chat",
            "embeddings",
            "about",
            "writing",
            "page/asked",
        )
    )

    def __init__(self, place: Path) -> None:
        torch.set_num_threads(1)
        os.environ |= {"HORNBOOK_GPT2": str(place / "nowhere"), "HORNBOOK_STUDIES": str(place / "studies")}
        runs = [trained(place, name, recipe) for name, recipe in RECIPES.items()]
        config = ServerConfig(rows=4, queue=28, body=1 << 16)
        self.models = open_models([str(run) for run in runs], {}, config)
        given = {run.name: run for run in runs}
        page = Page(self.models, config, place / "runs", given)
        self.app = create_app(self.models, config, page)
        guarded = ServerConfig(rows=4, queue=28, api_key="key", origins=("http://page",))
        self.with_key = create_app(self.models, guarded, page)
        self.loop = asyncio.new_event_loop()
        self.send("/page/studies", as_json(BODIES["/page/studies"][0]))
        self.paths = [path for path, bodies in BODIES.items() for _ in range(1 if path in SLOW else 6)]

    def make(self, draw: random.Random) -> Input:
        """A path and a body, now and then with another header."""
        lot, path = draw.random(), draw.choice(self.paths)
        body = draw.choice(BODIES[path])
        if lot < RIGHT:
            data = as_json(changed(draw, body), escaped=draw.random() < 0.5)
        elif lot < BROKEN:
            data = damaged(draw, as_json(body))
        else:
            data = as_json(grown(draw)) if draw.random() < 0.6 else noise(draw, WORDS)
        headers = {**(KEY if draw.random() < 0.5 else {})}
        if draw.random() < 0.03:
            headers |= dict([draw.choice(ODD_HEADERS)])
        said = {"path": path, "headers": headers, "pieces": draw.choice((1, 1, 1, 3)), "key": draw.random() < 0.03}
        return Input({"body": data, "request.json": json.dumps(said).encode()}, lot < RIGHT, path)

    def read(self, given: Input) -> None:
        """Send it."""
        said = json.loads(given.files["request.json"])
        app = self.with_key if said["key"] else self.app
        status, answer = self.send(said["path"], given.files["body"], said["pieces"], said["headers"], app)
        assert status < 500, (status, answer[:2000])
        if status >= 400:
            error = json.loads(answer)["error"]
            assert error["message"] and error["type"], answer[:2000]
            raise Refused(error["message"])

    def send(
        self, path: str, body: bytes, pieces: int = 1, headers: dict[str, str] | None = None, app: Any = None
    ) -> tuple[int, bytes]:
        """Status and body of the answer; a method may stand before the path. In pieces a body's length is not told."""
        told = {**HEADERS, **({"content-length": str(len(body))} if pieces == 1 else {}), **(headers or {})}
        method, _, path = path.rpartition(" ")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method or "POST",
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
            "headers": [(name.encode(), it.encode()) for name, it in told.items()],
        }  # fmt: skip
        size = -(-len(body) // pieces) or 1
        parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
        return self.loop.run_until_complete(answered(app or self.app, scope, parts))


async def answered(app: Any, scope: dict[str, Any], parts: list[bytes]) -> tuple[int, bytes]:
    """One request through an application; its client waits to the end."""
    left, status, answer = list(parts), 0, bytearray()

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)
        answer.extend(message.get("body", b""))

    await app(scope, receive, send)
    return status, bytes(answer)


SLOW = ("/page/studies", "/page/train/estimate", "/page/tokens/train", "/page/models/open", "/page/inside/attribute")
"""What takes longest is asked for less often."""


def trained(place: Path, name: str, recipe: str) -> Path:
    """A run of two steps."""
    path = place / f"{name}.toml"
    path.write_text(recipe.replace("FOLDER", str(place)), encoding="utf-8")
    text = "The café was near — 🎈 the old mill. A small bird sang: naïve, naïve!\n" * 20
    (place / "text.txt").write_text(text, encoding="utf-8")
    rows = [{"instruction": f"Say {number}.", "output": f"{number}, naïve!"} for number in range(40)]
    (place / "asked.json").write_text(json.dumps(rows), encoding="utf-8")
    train(read_recipe(path), place / "runs" / name, Silent())
    return place / "runs" / name
