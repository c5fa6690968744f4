"""The command serves a run until it is stopped, and says what is wrong before it listens."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.server.conftest import TEXT, writer

__all__ = ["TEXT", "writer"]


@pytest.mark.slow
def test_a_run_is_served_until_the_process_is_told_to_stop(writer) -> None:
    command = [sys.executable, "-m", "hornbook", "serve", str(writer), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"})
    try:
        said = [process.stderr.readline() for _ in range(2)]
        assert said[0] == "writer: completions\n"
        address = said[1].removeprefix("listening at ").strip()
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"{address}/models", timeout=10) as answer:
                    found = json.load(answer)
                break
            except OSError:
                time.sleep(0.05)
        assert [each["id"] for each in found["data"]] == ["writer"]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) in (0, 130)
    finally:
        process.kill()
        process.stderr.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "at least one run"),
        (("nowhere",), 3, "nowhere"),
        (("nowhere", "--host", "0.0.0.0"), 2, "--api-key"),
    ],
)
def test_what_cannot_be_served_is_refused(hornbook, words, code, said) -> None:
    assert said in hornbook("serve", *words, expect=code).stderr


@pytest.mark.slow
def test_a_port_that_is_taken_is_an_error_with_a_way_out(hornbook, writer) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert "--port 0" in hornbook("serve", str(writer), "--port", str(port), expect=1).stderr
