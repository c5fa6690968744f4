"""Compiling when it repays, the same numbers when it is done, and going on without when it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from hornbook.batches import Texts
from hornbook.training.compiling import (
    COST,
    GAIN,
    Compiled,
    Compiling,
    choose_compiling,
    duration,
    expected_seconds,
    prepared,
)
from hornbook.training.objectives import next_token
from tests.training.small import a_batch, a_model

CPU = torch.device("cpu")
ROOT = Path(__file__).resolve().parents[2]


def test_a_run_is_compiled_when_it_is_long_enough_to_repay_it():
    long, short = COST / GAIN * 1.01, COST / GAIN * 0.99
    assert choose_compiling("auto", long, CPU, "bfloat16").chosen
    assert not choose_compiling("auto", short, CPU, "bfloat16").chosen
    assert not choose_compiling("auto", None, CPU, "bfloat16").chosen
    assert "does not repay" in choose_compiling("auto", short, CPU, "bfloat16").reason
    assert choose_compiling("always", None, CPU, "bfloat16") == Compiling(True, "asked for")
    assert choose_compiling("never", long, CPU, "bfloat16") == Compiling(False, "asked for")


def test_on_a_processor_a_run_in_float32_has_to_be_longer():
    demo = 90.0
    assert choose_compiling("auto", demo, CPU, "bfloat16").chosen
    assert not choose_compiling("auto", demo, CPU, "float32").chosen
    assert choose_compiling("auto", demo, torch.device("cuda"), "float32").chosen


def test_without_a_compiler_nothing_is_compiled_and_the_reason_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    for asked in ("auto", "always"):
        decision = choose_compiling(asked, 1e6, CPU, "bfloat16")
        assert not decision.chosen
        assert "there is no C++ compiler (g++ or clang++)" in decision.reason


def test_durations_are_said_in_words():
    assert [duration(seconds) for seconds in (1.2, 119.0, 120.0, 3600.0, 7200.0, 86400.0)] == [
        "1 s",
        "119 s",
        "2 min",
        "60 min",
        "2.0 h",
        "24.0 h",
    ]


def test_the_expected_time_grows_with_the_work():
    assert 0 < expected_seconds(1e9, CPU) < 100
    assert expected_seconds(1e15, CPU) > expected_seconds(1e9, CPU)


@pytest.mark.slow
def test_what_is_not_compiled_is_the_objective_itself():
    assert prepared(next_token, Compiling(False, "")) is next_token
    assert isinstance(prepared(next_token, Compiling(True, "")), Compiled)


def test_an_objective_that_cannot_be_compiled_runs_as_it_is_with_a_warning():
    objective = Compiled(next_token)

    def failing(model, batch):
        raise torch._dynamo.exc.BackendCompilerFailed(next_token, RuntimeError("no compiler\nat all"), None)

    objective.compiled = failing
    with pytest.warns(RuntimeWarning, match="compiling failed, training goes on without: BackendCompilerFailed"):
        loss = objective(a_model(), a_batch(0))
    assert loss.total.item() == next_token(a_model(), a_batch(0)).total.item()
    assert objective(a_model(), a_batch(0)).count.item() == 21  # and says so once


def test_an_error_of_the_model_is_not_mistaken_for_a_failed_compilation():
    objective = Compiled(next_token)
    objective.compiled = next_token
    with pytest.raises(IndexError):
        objective(a_model(), Texts(torch.full((3, 5), 99), torch.zeros(3, 5, dtype=torch.long)))


COMPILED = """
import json, sys, torch
torch.set_num_threads(1)
from hornbook.training.compiling import Compiling, prepared
from hornbook.training.config import AdamW
from hornbook.training.objectives import next_token
from hornbook.training.loop import training_steps
from hornbook.training.optimizers import build_optimizer
from tests.training.small import a_model, batches
from hornbook.training.timer import BySteps

for dropout in (0.0, 0.2):
    model = a_model(dropout=dropout)
    objective = prepared(next_token, Compiling(sys.argv[1] == "compiled", ""))
    optimizer = build_optimizer(AdamW(), model)
    updates = training_steps(model, batches(), objective, optimizer, length=BySteps(3))
    print(json.dumps([update.loss for update in updates] + [sum(p.sum().item() for p in model.parameters())]))
"""


@pytest.mark.slow
def test_compiled_training_gives_eager_losses_and_the_same_bits_in_every_process(tmp_path):
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path),
    }

    def run(how: str) -> list[list[float]]:
        done = subprocess.run([sys.executable, "-c", COMPILED, how], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "compiling failed" not in done.stderr
        return [__import__("json").loads(line) for line in done.stdout.splitlines()]

    eager, first, second = run("eager"), run("compiled"), run("compiled")
    assert first == second
    assert eager[0] == pytest.approx(first[0], abs=1e-4)
    assert eager[1] == pytest.approx(first[1], abs=0.5), "dropout draws other numbers when compiled"
