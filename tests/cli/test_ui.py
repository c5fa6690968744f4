"""The page's command: the run that is meant, the next free port, and a first model trained in front of the user."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from functools import partial

import pytest

from tests.server.conftest import TEXT, writer

__all__ = ["TEXT", "writer"]


@contextlib.contextmanager
def page(*words: str, folder, lines: int, **settings: str):
    """``hornbook ui`` with these words, and settings of what it trains: its first lines."""
    command = [sys.executable, "-m", "hornbook", "ui", "--no-open", *words]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "HORNBOOK_RUNS": str(folder), **settings}
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell may start us deaf to it, in the background
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, preexec_fn=heard)
    try:
        yield [process.stderr.readline() for _ in range(lines)]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) in (0, 130)
    finally:
        process.kill()
        process.stderr.close()


def fetched(said: str, path: str):
    """An answer of the page that said where it is."""
    with urllib.request.urlopen(said.removeprefix("the page is at ").strip() + path, timeout=60) as answer:
        return json.load(answer)


@pytest.mark.slow
def test_with_nothing_said_the_newest_run_is_shown_at_the_next_free_port(writer, tmp_path) -> None:
    shutil.copytree(writer, tmp_path / "mine")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with page("--port", str(port), folder=tmp_path, lines=3) as said:
            assert said[:2] == [f"runs in {tmp_path}: mine\n", "mine: completions\n"]
            assert f":{port}/" not in said[2]
            assert fetched(said[2], "page/about")["default"] == "mine"
            assert fetched(said[2], "v1/models")["data"][0]["id"] == "mine"


QUICK = {
    "HORNBOOK_DATA__DOCUMENTS": "300",
    "HORNBOOK_TRAINING__COMPILE": "never",
    "HORNBOOK_MODEL__CONTEXT": "64",
    "HORNBOOK_TOKENIZER__VOCABULARY": "300",
    "HORNBOOK_SAMPLES__PROMPTS": "[]",
}


def wait_for(condition) -> None:
    """Wait until something is so, four minutes at most."""
    for _ in range(2400):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to that")


@pytest.mark.slow
def test_without_any_run_a_first_model_is_trained_in_front_of_the_user(tmp_path) -> None:
    with page("--demo", "--port", "0", folder=tmp_path, lines=2, **QUICK) as said:
        assert "training a first model" in said[0]
        metrics = tmp_path / "demo-1" / "metrics.jsonl"
        wait_for(lambda: metrics.exists() and metrics.stat().st_size)
        about = fetched(said[1], "page/about")
        assert about["demo"] == {"run": "demo-1", "state": "training"} and about["default"] is None
        assert fetched(said[1], "page/runs")["runs"][0]["state"] == "training"
    assert (tmp_path / "demo-1" / "latest").exists(), "who leaves early has what was learned so far"


@pytest.mark.slow
def test_ctrl_c_while_the_first_step_is_being_compiled_ends_it_at_once_and_leaves_no_run(tmp_path) -> None:
    slow = QUICK | {"HORNBOOK_TRAINING__COMPILE": "always", "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "cache")}
    began = time.monotonic()
    asked = page("--demo", "--port", "0", folder=tmp_path / "runs", lines=2, **slow)
    with contextlib.ExitStack() as kept_open, asked as said:
        starting = time.monotonic() - began
        metrics = tmp_path / "runs" / "demo-1" / "metrics.jsonl"
        wait_for(metrics.exists)
        events = said[1].removeprefix("the page is at ").strip() + "page/runs/demo-1/events"
        curves = kept_open.enter_context(urllib.request.urlopen(events, timeout=60))  # as the page does
        assert json.loads(curves.readline().partition(b"data: ")[2])["state"] == "training"
        assert metrics.stat().st_size == 0, "it has not made a step"
        pressed = time.monotonic()
    ending = time.monotonic() - pressed
    print(f"started in {starting:.1f} s, ended in {ending:.1f} s")
    assert ending < starting, "compiling takes several times as long"
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.slow
def test_without_a_run_one_is_told_how_to_get_one(hornbook, tmp_path) -> None:
    assert "hornbook ui --demo" in hornbook("ui", "--no-open", expect=3).stderr
    assert "nowhere" in hornbook("ui", "nowhere", expect=3).stderr
