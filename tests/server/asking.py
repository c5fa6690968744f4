"""Plain HTTP, as little of it as a test needs."""

from __future__ import annotations

import http.client
import json
import socket
import urllib.request
from typing import Any


def ask(server, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """Status, JSON where it is any (else bytes), and headers in lower case."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    sent = None if body is None else json.dumps(body).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    connection.request(method, path, sent, {**kind, **{name.replace("_", "-"): it for name, it in headers.items()}})
    answer = connection.getresponse()
    read, told = answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return answer.status, json.loads(read) if "json" in told.get("content-type", "") else read, told


def asked_at(address: str, body: Any) -> Any:
    """The JSON that somebody's server answers to a POST."""
    head = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), head), timeout=60) as answer:
        return json.load(answer)


def events(server, method: str, path: str, body: Any = None, **headers: str) -> list[dict[str, Any]]:
    """All events of a stream, without its last line."""
    status, read, told = ask(server, method, path, body, **headers)
    assert status == 200, read
    assert told["content-type"].startswith("text/event-stream"), read
    lines = [line.removeprefix("data: ") for line in read.decode().split("\n") if line.startswith("data: ")]
    assert lines[-1] == "[DONE]", lines[-1]
    return [json.loads(line) for line in lines[:-1]]


def begun(server, path: str, body: Any) -> socket.socket:
    """A POST that was sent, and whose answer nobody has read."""
    sent = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost:{server.port}\r\nContent-Type: application/json\r\n"
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    connection.sendall(f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent)
    return connection
