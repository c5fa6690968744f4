"""Where the time goes: phases add up, the files are there, and watching changes no number of the run."""

from __future__ import annotations

import gzip
import json

import pytest
import torch

from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from hornbook.training.profile import PHASES, WARM, WATCHED, Watch, peak
from tests.training.small import a_batch, a_model


def losses(watch=None):
    model, said = a_model(), []
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    found = []
    for update in training_steps(model, ([a_batch(step)] for step in range(12)), next_token, optimizer):
        found.append(update.loss)
        if watch is not None and (line := watch.step(update.tokens)):
            said.append(line)
    return found, said


@pytest.mark.slow
def test_phases_make_up_a_step_and_the_run_is_what_it_was(tmp_path):
    watch = Watch(tmp_path / "profile", 1e6, torch.float32, torch.device("cpu"))
    watched, said = losses(watch)
    assert watched == losses()[0]
    [line] = said
    assert line.startswith("profile: ")
    assert line.endswith(str(tmp_path / "profile" / "table.txt"))
    table = (tmp_path / "profile" / "table.txt").read_text()
    shares = {name: float(table.split(name)[1].split("%")[0]) for name in (*PHASES, "between the steps")}
    assert 95 < sum(shares.values()) < 105
    assert shares["forward"] > 1 and shares["backward"] > 1
    assert f"{WATCHED} steps" in table and "utilisation" in table
    with gzip.open(tmp_path / "profile" / "trace.json.gz") as file:
        names = {event.get("name") for event in json.load(file)["traceEvents"]}
    assert {f"hornbook: {name}" for name in PHASES} <= names


def test_a_run_that_is_too_short_leaves_nothing(tmp_path):
    watch = Watch(tmp_path / "profile", 1e6, torch.float32, torch.device("cpu"))
    for _ in range(WARM - 1):
        assert watch.step(10) is None
    assert not (tmp_path / "profile").exists()


@pytest.mark.slow
def test_the_peak_is_a_speed():
    assert 1e9 < peak(torch.float32, torch.device("cpu")) < 1e16
