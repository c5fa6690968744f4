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

import pytest

from tests.server.conftest import TEXT, writer

__all__ = ["TEXT", "writer"]


@contextlib.contextmanager
def page(*words: str, folder, lines: int, **settings: str):
    """``hornbook ui`` with these words, and settings of what it trains: its first lines."""
    command = [sys.executable, "-m", "hornbook", "ui", "--no-open", *words]
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "HORNBOOK_RUNS": str(folder), **settings}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
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


@pytest.mark.slow
def test_without_any_run_a_first_model_is_trained_in_front_of_the_user(tmp_path) -> None:
    quick = {"HORNBOOK_DATA__DOCUMENTS": "300", "HORNBOOK_TRAINING__COMPILE": "never", "HORNBOOK_MODEL__CONTEXT": "64"}
    quick |= {"HORNBOOK_TOKENIZER__VOCABULARY": "300", "HORNBOOK_SAMPLES__PROMPTS": "[]"}
    with page("--demo", "--port", "0", folder=tmp_path, lines=2, **quick) as said:
        assert "training a first model" in said[0]
        for _ in range(1200):
            about = fetched(said[1], "page/about")
            if about["demo"]["state"] == "training" and (tmp_path / "demo-1" / "metrics.jsonl").exists():
                break
            time.sleep(0.2)
        assert about["demo"] == {"run": "demo-1", "state": "training"} and about["default"] is None
        assert fetched(said[1], "page/runs")["runs"][0]["state"] == "training"
    assert (tmp_path / "demo-1" / "latest").exists(), "who leaves early has what was learned so far"


def test_without_a_run_one_is_told_how_to_get_one(hornbook, tmp_path) -> None:
    assert "hornbook ui --demo" in hornbook("ui", "--no-open", expect=3).stderr
    assert "nowhere" in hornbook("ui", "nowhere", expect=3).stderr
