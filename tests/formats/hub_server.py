"""A hub of models on this machine, for tests: it has one repository, and can cut, redirect, refuse and lie."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

NAME, REVISION = "owl/tiny-model", "main"
CONFIG = json.dumps({"model_type": "gpt2"}).encode()
WEIGHTS = bytes(range(256)) * 6007  # many pieces


def git_hash(data: bytes) -> str:
    """What git calls these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def entry(path: str, data: bytes) -> dict[str, object]:
    """A file in the hub's list: weights as a large file with its SHA-256, everything else with git's hash."""
    plain = {"type": "file", "path": path, "size": len(data), "oid": git_hash(data)}
    if path.endswith((".safetensors", ".bin")):
        pointer = git_hash(b"pointer to " + data)
        return {**plain, "oid": pointer, "lfs": {"oid": hashlib.sha256(data).hexdigest(), "size": len(data)}}
    return plain


@dataclass
class Asked:
    """One request."""

    path: str
    first: int
    token: str | None


@dataclass
class Hub:
    """A hub with one repository, and how it misbehaves: each dictionary by a file's path."""

    address: str = ""
    files: dict[str, bytes] = field(default_factory=lambda: {"config.json": CONFIG, "model.safetensors": WEIGHTS})
    sent: dict[str, bytes] = field(default_factory=dict)
    """Other bytes than those that are listed."""
    cut: dict[str, list[int]] = field(default_factory=dict)
    """After how many bytes the next answers break off."""
    status: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    """Refusals that come first, with their headers; the list itself is "list"."""
    redirect: str = ""
    """Where large files are said to be."""
    ranges: bool = True
    page_size: int = 1000
    asked: list[Asked] = field(default_factory=list)

    def fetched(self) -> list[str]:
        """The files that were asked for, in order."""
        return [
            unquote(asked.path).split(f"/resolve/{REVISION}/")[1] for asked in self.asked if "/resolve/" in asked.path
        ]


class Handler(BaseHTTPRequestHandler):
    """Answers as the hub does."""

    hub: Hub

    def do_GET(self) -> None:
        hub, url = self.hub, urlsplit(self.path)
        first = re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))
        hub.asked.append(Asked(url.path, int(first[1]) if first else 0, self.headers.get("Authorization")))
        listing = url.path.startswith(f"/api/models/{NAME}/tree/{REVISION}")
        name = "list" if listing else url.path.removeprefix(f"/{NAME}/resolve/{REVISION}/")
        if hub.status.get(name):
            code, headers = hub.status[name].pop(0)
            self.answer(code, b"no", headers)
        elif listing:
            self.list_files(int(url.query.partition("cursor=")[2] or 0))
        elif hub.redirect and name.endswith(".safetensors") and not url.path.startswith("/store/"):
            self.answer(302, b"", {"Location": f"{hub.redirect}/store/{name}?signed=yes"})
        elif (name := name.removeprefix("/store/")) in hub.files:
            self.send_file(name, int(first[1]) if first and hub.ranges else 0)
        else:
            self.answer(404, b"", {"X-Error-Code": "RepoNotFound"})

    def list_files(self, start: int) -> None:
        entries = [{"type": "directory", "path": "onnx", "size": 0, "oid": "0" * 40}]
        entries += [entry(path, data) for path, data in self.hub.files.items()]
        end = start + self.hub.page_size
        more = {"Link": f'<{self.hub.address}{self.path.split("&cursor")[0]}&cursor={end}>; rel="next"'}
        self.answer(200, json.dumps(entries[start:end]).encode(), more if end < len(entries) else {})

    def send_file(self, name: str, start: int) -> None:
        whole = self.hub.sent.get(name, self.hub.files[name])
        if start and start >= len(whole):
            return self.answer(416, b"", {})
        body, cuts = whole[start:], self.hub.cut.get(name)
        partial = {"Content-Range": f"bytes {start}-{len(whole) - 1}/{len(whole)}"} if start else {}
        return self.answer(206 if start else 200, body, partial, body[: cuts.pop(0)] if cuts else body)

    def answer(self, code: int, body: bytes, headers: dict[str, str], sent: bytes | None = None) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body if sent is None else sent)

    def log_message(self, *arguments: object) -> None:
        pass


class serving:
    """``with serving(hub)``: the hub in a thread, at ``hub.address``."""

    def __init__(self, hub: Hub) -> None:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"hub": hub}))
        hub.address = f"http://127.0.0.1:{self.http.server_port}"

    def __enter__(self) -> None:
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def __exit__(self, *error: object) -> None:
        self.http.shutdown()
        self.http.server_close()


@dataclass
class Clock:
    """Waits without waiting."""

    waited: list[float] = field(default_factory=list)

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)


def files(folder: Path) -> dict[str, bytes]:
    """What is in a folder, hidden files too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}
