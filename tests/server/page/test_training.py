"""Trainings started from the page: only where that was allowed, followed while they run, stopped without a loss."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hornbook.training.run_folder import Run
from hornbook.workflows.watching.trainings import Trainings
from tests.server.asking import ask, events
from tests.server.serving import serving

SMALL = [
    *("data.documents=300", "tokenizer.vocabulary=300", "model.width=16", "model.depth=1", "model.heads=2"),
    *(
        "model.context=32",
        "training.minutes=none",
        "training.compile=never",
        "training.threads=1",
        "samples.prompts=[]",
    ),
]


def until(true) -> None:
    """Wait for something to become true."""
    for _ in range(2400):
        if true():
            return
        time.sleep(0.1)
    raise AssertionError("it has not become true")


def test_nothing_is_started_where_it_was_not_allowed(page) -> None:
    for path, body in (("train", {"recipe": "quickstart"}), ("train/letters/stop", {}), ("train/letters/resume", {})):
        status, answer, _ = ask(page, "POST", f"/page/{path}", body)
        assert (status, answer["error"]["code"]) == (403, "not_allowed") and "--allow-train" in answer["error"][
            "message"
        ]


def test_recipes_are_shown_with_what_they_would_take(page) -> None:
    recipes = {each["name"]: each for each in ask(page, "GET", "/page/recipes")[1]["recipes"]}
    assert recipes["quickstart"]["minutes"] == 1.5
    asked = {"recipe": "quickstart", "overrides": ["model.depth=2", "training.minutes=none", "training.steps=10"]}
    found = ask(page, "POST", "/page/train/estimate", asked)[1]
    assert found["steps"] == 10 and found["tokens"] == 10 * 4 * 512
    more = ask(page, "POST", "/page/train/estimate", {"recipe": "quickstart"})[1]
    assert more["parameters"] > found["parameters"] > 0 and more["memory_bytes"] > found["memory_bytes"]
    status, answer, _ = ask(page, "POST", "/page/train/estimate", {"recipe": "/etc/passwd"})
    assert status == 400 and "there is no '/etc/passwd'" in answer["error"]["message"]


@pytest.mark.slow
def test_a_training_is_started_followed_stopped_and_resumed(tmp_path, runs) -> None:
    with serving([runs / "letters"], root=tmp_path, allow_train=True) as server:
        asked = {"recipe": "quickstart", "run": "mine", "overrides": [*SMALL, "training.steps=100000"]}
        for wrong, said in (("model.dept=2", "depth"), ("training.steps=-1", "steps")):
            body = {"recipe": "quickstart", "overrides": [wrong]}
            status, answer, _ = ask(server, "POST", "/page/train", body)
            assert status == 400 and said in answer["error"]["message"]
        assert ask(server, "POST", "/page/train", asked)[1]["run"] == "mine"
        assert ask(server, "POST", "/page/train", asked)[0] == 400, "the name is taken"
        until(lambda: (tmp_path / "mine" / "metrics.jsonl").exists())
        mine = {each["run"]: each for each in ask(server, "GET", "/page/runs")[1]["runs"]}["mine"]
        assert (mine["state"], mine["here"], mine["live"]) == ("training", True, True)
        assert ask(server, "POST", "/page/train/mine/resume", {})[0] == 409
        assert ask(server, "POST", "/page/train/mine/stop", {})[1]["state"] == "stopping"
        told = events(server, "GET", "/page/runs/mine/events")
        assert told[-1] == {"kind": "state", "state": "stopped"} and told[1]["kind"] == "update"
        until(lambda: ask(server, "GET", "/page/train")[1]["processes"][0]["state"] == "stopped")
        [process] = ask(server, "GET", "/page/train")[1]["processes"]
        assert process["exit_code"] == 143 and any("stopped after" in line for line in process["said"])
        before = Run(tmp_path / "mine").latest
        assert before is not None
        assert ask(server, "POST", "/page/train/mine/resume", {})[0] == 200
        until(lambda: len(ask(server, "GET", "/page/train")[1]["processes"][0]["said"]) > 0)
    assert not server.page.trainings.runs("mine"), "the server's end stops what it has started"


def test_a_training_that_is_stopped_before_its_first_step_leaves_nothing(tmp_path, runs) -> None:
    with serving([runs / "letters"], root=tmp_path, allow_train=True) as server:
        for _ in range(2):  # its name is free again
            asked = {"recipe": "quickstart", "run": "mine", "overrides": ["data.documents=100000"]}
            assert ask(server, "POST", "/page/train", asked)[0] == 200
            with ThreadPoolExecutor(2) as two:  # a click that comes twice
                told = list(two.map(lambda _: ask(server, "POST", "/page/train/mine/stop", {}), range(2)))
            assert sorted(status for status, *_ in told) == [200, 404]
            assert {"run": "mine", "state": "discarded"} in [answer for _, answer, _ in told]
            assert list(tmp_path.iterdir()) == [] and ask(server, "GET", "/page/train")[1]["processes"] == []


@pytest.mark.slow
def test_a_training_that_is_left_while_its_text_is_made_ends_at_once_and_leaves_no_run(tmp_path) -> None:
    trainings = Trainings()
    trainings.start("quickstart", ["data.documents=100000"], tmp_path / "mine", tmp_path)
    until((tmp_path / "mine" / "run.json").exists)
    began = time.monotonic()
    trainings.stop()
    assert time.monotonic() - began < 2
    assert list(tmp_path.iterdir()) == []
