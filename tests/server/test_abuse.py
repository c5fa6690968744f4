"""What nobody should send: each is answered with a 4xx and a clear body, and the server is well afterwards."""

from __future__ import annotations

import http.client
import json
import socket

import pytest


def send(server, body: bytes, path: str = "/v1/completions", **headers: str) -> tuple[int, dict]:
    """A POST as it stands; the status, and the answer as JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def fetch(server, path: str, **headers: str) -> tuple[int, bytes, dict]:
    """A GET: status, body, headers."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.read(), dict(answer.getheaders())
    connection.close()
    return found


@pytest.fixture(autouse=True)
def well_afterwards(server):
    yield
    assert fetch(server, "/health")[0] == 200
    status, answer = send(server, b'{"model": "writer", "prompt": "The", "max_tokens": 2, "temperature": 0}')
    assert status == 200 and answer["usage"]["completion_tokens"] == 2


BODIES = {
    "no JSON": b"{",
    "nothing": b"",
    "a number": b"7",
    "a list": b"[]",
    "deeply nested": b"[" * 100_000 + b"]" * 100_000,
    "nested in a field": b'{"model": "writer", "prompt": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "not UTF-8": b'{"prompt": "\xff\xfe"}',
    "a wrong type": b'{"model": "writer", "prompt": {"a": 1}}',
    "mixed tokens": b'{"model": "writer", "prompt": [1, "a"]}',
    "true for a number": b'{"model": "writer", "prompt": "a", "max_tokens": true}',
    "negative": b'{"model": "writer", "prompt": "a", "max_tokens": -5}',
    "huge": b'{"model": "writer", "prompt": "a", "seed": 1' + b"0" * 4400 + b"}",
    "not a number": b'{"model": "writer", "prompt": "a", "temperature": NaN}',
    "infinite": b'{"model": "writer", "prompt": "a", "temperature": 1e999}',
    "too many": b'{"model": "writer", "prompt": "a", "n": 1000000}',
    "unknown model": b'{"model": "../../etc/passwd", "prompt": "a"}',
    "an empty stop": b'{"model": "writer", "prompt": "a", "stop": [""]}',
    "no prompt at all": b'{"model": "writer", "prompt": []}',
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_are_wrong_are_refused_in_words(server, name: str) -> None:
    status, answer = send(server, BODIES[name])
    assert 400 <= status < 500, answer
    assert answer["error"]["message"] and answer["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize("body", [b"{}", b'{"messages": []}', b'{"prompt": "a", "messages": [{"role": "user"}]}'])
def test_tokens_are_asked_for_with_a_text_or_a_conversation(server, body: bytes) -> None:
    status, answer = send(server, body, "/tokenize")
    assert status == 400 and answer["error"]["message"]


def test_large_bodies_are_not_read(server) -> None:
    status, answer = send(server, b'{"prompt": "' + b"a" * 10_000_000 + b'"}')
    assert status == 413 and "larger than" in answer["error"]["message"]


def test_bodies_that_do_not_say_how_long_they_are_are_not_read_to_the_end(server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        piece = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
        try:
            for _ in range(40):
                connection.sendall(piece)
        except OSError:  # it has hung up
            pass
        assert connection.recv(1 << 16)[:12] == b"HTTP/1.1 413"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Host": "evil.example"}, 403, "foreign_host"),
        ({"Host": "evil.example:8000"}, 403, "foreign_host"),
        ({"Host": "[::"}, 403, "foreign_host"),
        ({"Origin": "https://evil.example"}, 403, "foreign_origin"),
        ({"Origin": "null"}, 403, "foreign_origin"),
        ({"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        ({"Content-Length": "-1"}, None, None),
    ],
)
def test_strangers_are_not_answered(server, headers, status, code) -> None:
    if status is None:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(b"POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n")
            assert connection.recv(1 << 16)[9:10] == b"4"
        return
    found, answer = send(server, b'{"model": "writer", "prompt": "a"}', **headers)
    assert (found, answer["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/v1/models/..%2f..%2fetc%2fpasswd", "/static/%2e%2e/x", "/v1/responses"]
)
def test_paths_that_lead_elsewhere_lead_nowhere(server, path) -> None:
    status, body, _ = fetch(server, path)
    assert status == 404 and b"error" in body and b"root:" not in body


def test_answers_forbid_what_a_page_does_not_need(server) -> None:
    _, _, headers = fetch(server, "/v1/models")
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.slow
@pytest.mark.parametrize("clients", [60, pytest.param(1200, marks=pytest.mark.broad)])
def test_readers_that_stop_reading_and_clients_that_hang_up_hold_nobody_up(server, clients) -> None:
    body = json.dumps({"model": "writer", "prompt": "a", "max_tokens": 60, "stream": True, "temperature": 2}).encode()
    head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(body)}\r\n\r\n"
    held = []
    for number in range(clients):
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        connection.sendall(head.encode() + body)
        if number % 6:
            connection.recv(64)
            connection.close()
        else:
            held.append(connection)  # reads nothing
    status, _ = send(server, b'{"model": "writer", "prompt": "The", "max_tokens": 3}')
    assert status in (200, 429)
    for connection in held:
        connection.close()
    worker = server.models.by_name["writer"].worker
    for _ in range(400):
        if not worker.live:
            break
        fetch(server, "/health")
    assert not worker.live


def test_numbers_for_those_who_watch_add_up(server) -> None:
    def counted() -> dict[str, float]:
        text = fetch(server, "/metrics")[1].decode()
        rows = [line.rsplit(" ", 1) for line in text.splitlines() if 'model="writer"' in line]
        return {name.partition("{")[0]: float(value) for name, value in rows}

    before = counted()
    send(server, b'{"model": "writer", "prompt": "The", "max_tokens": 5, "temperature": 0, "n": 2}')
    after = counted()
    assert after["hornbook_requests_total"] - before["hornbook_requests_total"] == 2
    assert after["hornbook_generated_tokens_total"] - before["hornbook_generated_tokens_total"] == 10


def test_tokens_go_there_and_back(server) -> None:
    text = "naïve — 🎈"
    _, found = send(server, json.dumps({"model": "writer", "prompt": text}).encode(), "/tokenize")
    assert found["count"] == len(found["tokens"]) and found["max_model_len"] == 64
    _, back = send(server, json.dumps({"model": "writer", "tokens": found["tokens"]}).encode(), "/detokenize")
    assert back["prompt"] == text
    _, shown = send(
        server, b'{"model": "answerer", "messages": [{"role": "user", "content": "<|im_end|>"}]}', "/tokenize"
    )
    info = json.loads(fetch(server, "/tokenizer_info?model=answerer")[1])
    assert info["chat_template"] and shown["tokens"].count(shown["tokens"][0]) == 2, "user text forms no special token"


def test_evaluation_programs_learn_the_end_of_a_text_by_its_name(server) -> None:
    info = json.loads(fetch(server, "/tokenizer_info?model=writer")[1])
    body = json.dumps({"model": "writer", "prompt": info["eos_token"], "add_special_tokens": False}).encode()
    tokenizer = server.models.by_name["writer"].loaded.tokenizer
    assert send(server, body, "/tokenize")[1]["tokens"] == [tokenizer.roles.end]
    inside = json.dumps({"model": "writer", "prompt": "a" + info["eos_token"]}).encode()
    assert tokenizer.roles.end not in send(server, inside, "/tokenize")[1]["tokens"], "a text forms no special token"
