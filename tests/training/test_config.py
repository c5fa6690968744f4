"""What can be said about a training, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hornbook.errors import SettingError
from hornbook.settings import build, plain
from hornbook.training.config import (
    KINDS,
    AdamW,
    Constant,
    Cosine,
    Linear,
    Muon,
    OptimizerConfig,
    ScheduleConfig,
    TrainingConfig,
    Trapezoid,
)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, "steps: expected exactly one of steps, epochs, tokens, minutes, found none"),
        (
            {"steps": 7, "minutes": 1.5},
            "minutes: expected exactly one of steps, epochs, tokens, minutes, found steps = 7 and",
        ),
        ({"steps": 0}, "steps: expected a number above 0 (as in 2000), found 0"),
        ({"minutes": float("inf")}, "minutes: expected a number above 0"),
        ({"steps": 7, "batch": 0}, "batch: expected a number of at least 1 (as in 32), found 0"),
        (
            {"steps": 7, "batch": 12, "micro_batches": 5},
            "micro_batches: 5 does not divide batch 12; try micro_batches = 6",
        ),
        (
            {"steps": 7, "batch": 3, "micro_batches": 5},
            "micro_batches: 5 does not divide batch 3; try micro_batches = 3",
        ),
        ({"steps": 7, "clip": -1.0}, "clip: expected a number of at least 0"),
        ({"steps": 7, "precision": "bf16"}, "precision: 'bf16' is none of auto, float32, bfloat16, float16"),
        ({"steps": 7, "compile": "allways"}, "compile: 'allways' is none of auto, never, always (did you mean 'always"),
        ({"steps": 7, "device": "tpu"}, "device: 'tpu' is none of auto, cpu, cuda"),
        ({"steps": 7, "threads": 0}, "threads: expected a number of at least 1"),
        ({"steps": 7, "keep": 0}, "keep: expected a number of at least 1"),
        (
            {"steps": 7, "evaluate_every": 1.5},
            "evaluate_every: expected a number of steps (as in 200), a part of the run",
        ),
        ({"steps": 7, "save_every": -1}, "save_every: expected"),
        (
            {"steps": 7, "schedule": {"kind": "cosine", "warmup": 7}},
            "schedule.warmup: expected fewer steps than the run has (7), found 7",
        ),
        ({"steps": 7, "schedule": {"kind": "cosine", "warmup": 1.0}}, "schedule.warmup: expected a number of steps"),
        ({"steps": 7, "schedule": {"kind": "linear", "warmup": -1}}, "schedule.warmup: expected 0 or more steps"),
        ({"steps": 7, "schedule": {"kind": "linear", "final": 1.1}}, "schedule.final: expected a part of the peak"),
        (
            {"steps": 7, "schedule": {"kind": "trapezoid", "decay": 0.0}},
            "schedule.decay: expected a part of the run above 0",
        ),
        (
            {"steps": 7, "schedule": "cosin"},
            "schedule.kind: 'cosin' is none of cosine, linear, constant, trapezoid (did you mean",
        ),
        (
            {"steps": 7, "optimizer": {"kind": "adamw", "learning_rate": 0.0}},
            "optimizer.learning_rate: expected a number above 0",
        ),
        (
            {"steps": 7, "optimizer": {"kind": "adamw", "embedding_learning_rate": -1.0}},
            "optimizer.embedding_learning_rate: expected",
        ),
        ({"steps": 7, "optimizer": {"kind": "adamw", "betas": [0.9]}}, "optimizer.betas: expected two numbers"),
        (
            {"steps": 7, "optimizer": {"kind": "adamw", "betas": [0.9, 1.0]}},
            "optimizer.betas[1]: expected a number of at least 0 and below 1",
        ),
        ({"steps": 7, "optimizer": {"kind": "adamw", "weight_decay": -0.1}}, "optimizer.weight_decay: expected"),
        ({"steps": 7, "optimizer": {"kind": "adamw", "epsilon": 0.0}}, "optimizer.epsilon: expected a number above 0"),
        (
            {"steps": 7, "optimizer": {"kind": "muon", "momentum": 1.0}},
            "optimizer.momentum: expected a number of at least 0 and below 1",
        ),
        (
            {"steps": 7, "optimizer": {"kind": "muon", "iterations": 0}},
            "optimizer.iterations: expected a number of at least 1",
        ),
        (
            {"steps": 7, "optimizer": {"kind": "muon", "adamw": {"epsilom": 1e-8}}},
            "optimizer.adamw.epsilom: no such setting (did you mean 'epsilon'?)",
        ),
        ({"steps": 7, "optimizer": {"kind": "muon", "scale": "row"}}, "optimizer.scale: 'row' is none of rows, rms"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(table, says):
    with pytest.raises(SettingError) as error:
        build(TrainingConfig, table, KINDS)
    assert str(error.value).startswith(says)


@pytest.mark.parametrize(
    "optimizer", [AdamW(), AdamW(betas=(0.8, 0.95), kernel="explicit"), Muon(adamw=AdamW(epsilon=1e-9))]
)
@pytest.mark.parametrize("schedule", [Cosine(warmup=3), Cosine(warmup=0.25), Linear(), Constant(warmup=0), Trapezoid()])
def test_a_training_survives_being_written_as_plain_data(optimizer: OptimizerConfig, schedule: ScheduleConfig):
    config = TrainingConfig(tokens=10_007, optimizer=optimizer, schedule=schedule, evaluate_every=5, save_every=0.2)
    again = build(TrainingConfig, plain(config, KINDS), KINDS)
    assert again == config
    assert type(again.schedule.warmup) is type(schedule.warmup), "3 steps and 0.25 of the run are different things"


def test_how_long_a_run_is_can_be_said_in_four_ways():
    said = {"steps": 7, "epochs": 2.5, "tokens": 1000, "minutes": 3.0}
    steps = {
        name: TrainingConfig(**{name: value}).total_steps(steps_per_epoch=13, tokens_per_step=77)
        for name, value in said.items()
    }
    assert steps == {"steps": 7, "epochs": 32, "tokens": 13, "minutes": None}
    assert TrainingConfig(epochs=0.001).total_steps(13, 77) == 1
    assert TrainingConfig(tokens=77).total_steps(13, 77) == 1
    assert TrainingConfig(tokens=78).total_steps(13, 77) == 2, "all the tokens that were asked for, and no step less"


def test_settings_are_read_without_torch_or_numpy():
    code = "import sys, hornbook.training.config; print({'torch', 'numpy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
