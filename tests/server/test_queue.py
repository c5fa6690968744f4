"""Nobody waits without end, and who has left takes up no room."""

from __future__ import annotations

import threading
import time

import pytest

from hornbook.server.errors import ApiError
from tests.server.asking import ask, begun
from tests.server.serving import serving

LONG = {"model": "default", "prompt": "a", "max_tokens": 60, "temperature": 2, "stream": True}


@pytest.fixture
def narrow(writer):
    """One text is written, one more may wait, and the thread that writes can be held up."""
    with serving([writer], rows=1, queue=1) as running:
        yield running


@pytest.fixture
def held(narrow):
    """Until it is set, the thread that writes does nothing."""
    go_on = threading.Event()
    worker = narrow.models.first.writer
    worker.notes.put(lambda: go_on.wait(60))
    yield go_on
    go_on.set()


def until(true) -> None:
    """Wait for something to become true."""
    for _ in range(3000):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it has not become true")


def test_a_stream_that_was_left_before_its_first_token_makes_room_at_once(narrow, held) -> None:
    worker = narrow.models.first.writer
    connections = [begun(narrow, "/v1/completions", LONG) for _ in range(2)]
    until(lambda: len(worker.live) == 2)
    assert ask(narrow, "POST", "/v1/completions", LONG)[0] == 429
    for connection in connections:
        connection.close()
    until(lambda: not worker.live)
    held.set()
    assert ask(narrow, "POST", "/v1/completions", LONG)[0] == 200


def test_texts_that_are_only_scored_wait_in_the_same_line(narrow, held) -> None:
    scored = {"model": "default", "prompt": "The old mill", "max_tokens": 0, "echo": True, "logprobs": 1}
    worker = narrow.models.first.writer
    connections = [begun(narrow, "/v1/completions", scored) for _ in range(2)]
    until(lambda: worker.asked == 2)
    status, answer, told = ask(narrow, "POST", "/v1/completions", scored)
    assert (status, answer["error"]["code"], told["retry-after"]) == (429, "queue_full", "1")
    held.set()
    for connection in connections:
        assert connection.recv(12) == b"HTTP/1.1 200"
        connection.close()


def test_embeddings_wait_in_a_line_that_ends(reader) -> None:
    go_on = threading.Event()
    with serving([reader], queue=1) as running:
        running.models.desk.thread.submit(go_on.wait, 60)
        asked = {"model": "default", "input": "a small bird"}
        connections = [begun(running, "/v1/embeddings", asked) for _ in range(2)]
        until(lambda: running.models.desk.here == 2)
        assert ask(running, "POST", "/v1/embeddings", asked)[0] == 429
        go_on.set()
        for connection in connections:
            assert connection.recv(12) == b"HTTP/1.1 200"
            connection.close()


def test_a_text_that_ends_with_a_stop_string_was_not_left_by_anybody(server) -> None:
    worker = server.models.by_name["writer"].writer
    before = worker.counts.cancelled
    asked = {"model": "writer", "prompt": "The", "max_tokens": 60, "stop": [" ", "e", "a", "i", "\n"], "temperature": 0}
    status, answer, _ = ask(server, "POST", "/v1/completions", asked)
    assert status == 200 and answer["choices"][0]["finish_reason"] == "stop"
    until(lambda: not worker.orders)
    assert worker.counts.cancelled == before


def test_whoever_is_told_that_it_is_too_much_is_told_when_to_come_again() -> None:
    for status in (429, 503):
        assert int(ApiError(status, "later").headers()["Retry-After"]) >= 1
    assert "Retry-After" not in ApiError(400, "never").headers()
