"""A judge on this machine: a real HTTP server with an OpenAI-compatible address, and its moods."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def sensible(words: str) -> str:
    """More of the word good is better, said in three ways of laying out an answer."""
    body = {name: text.count("good") for name, text in re.findall(r"--- TEXT( \w)? ---\n(.*?)\n--- END", words, re.S)}
    if "REFERENCE ANSWER" in words:
        return "Score: 70/100"
    if len(body) == 2:
        best = max(body, key=lambda name: body[name]).strip()
        return f"Both have their merits.\nVerdict: [[{best}]]"
    return json.dumps(dict.fromkeys(("coherence", "relevance", "fluency"), min(5, body[""])))


@dataclass
class Bench:
    """How the judge behaves, and what it was asked."""

    answer: Any = sensible
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    """Answers as an API does."""

    bench: Bench

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.bench.asked.append({"path": self.path, **body})
        self.bench.keys.append(self.headers.get("Authorization"))
        if self.bench.refusals:
            code, headers = self.bench.refusals.pop(0)
            return self.send(code, {"error": {"message": "not now"}}, headers)
        said = self.bench.answer(body["messages"][0]["content"])
        return self.send(200, {"choices": [{"message": {"role": "assistant", "content": said}}]}, {})

    def send(self, code: int, value: Any, headers: dict[str, str]) -> None:
        data = json.dumps(value).encode()
        self.send_response(code)
        for name, text in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


class judging:
    """``with judging(bench)``: the judge in a thread, at ``bench.url``."""

    def __init__(self, bench: Bench) -> None:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"bench": bench}))
        bench.url = f"http://127.0.0.1:{self.http.server_port}/v1"

    def __enter__(self) -> None:
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def __exit__(self, *error: object) -> None:
        self.http.shutdown()
        self.http.server_close()
