"""What nobody should send to the page's endpoints: each is answered with a 4xx and a clear body."""

from __future__ import annotations

import http.client
import json

import pytest

from hornbook.server.guard import is_open
from tests.server.asking import ask, begun

BODIES = {
    "no JSON": b"{",
    "a list": b"[]",
    "deeply nested": b"[" * 50_000 + b"]" * 50_000,
    "an unknown field": b'{"no such field": 1}',
    "a wrong type": b'{"model": {"a": 1}, "study": [], "recipe": 7, "rater": 7, "text": 7, "tokenizer": 7, "run": 7}',
    "half a surrogate pair": b'{"model": "\\ud800", "study": "\\ud800", "recipe": "\\ud800", "rater": "\\ud800"}',
}


def posts(page) -> list[str]:
    """Every path under /page that takes a body, with something in place of what varies."""
    paths = ask(page, "GET", "/openapi.json")[1]["paths"]
    found = [path for path, methods in paths.items() if path.startswith("/page/") and "post" in methods]
    return [path.format(name="letters", study="first", trace="0", kind="0", layer=0, head=0) for path in found]


@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_are_wrong_are_refused_in_words_by_every_endpoint(page, name) -> None:
    for path in posts(page):
        connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
        connection.request("POST", path, BODIES[name], {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        assert 400 <= answer.status < 500 and found["error"]["message"], (path, found)


def test_streams_that_are_left_at_once_leave_nothing_behind(page) -> None:
    asked = {"prompt": "ab", "max_tokens": 60, "temperature": 2}
    for _ in range(20):
        begun(page, "/page/write", asked).close()
    worker = page.models.by_name["letters"].writer
    for _ in range(1000):
        if not worker.live:
            break
        ask(page, "GET", "/health")
    assert not worker.live and page.models.desk.here == 0
    assert ask(page, "POST", "/page/next", {"prompt": "ab", "top": 1})[0] == 200


def test_a_page_with_a_key_hands_out_its_files_and_nothing_else() -> None:
    assert is_open("/") and is_open("/assets/index.js")
    assert not any(map(is_open, ("/page/about", "/v1/models", "/openapi.json", "/metrics", "/assets", "//assets/x")))
