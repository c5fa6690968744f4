"""A run survives being killed: at moments drawn over its whole life, and in the middle of writing a checkpoint."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

Hornbook = Callable[..., subprocess.CompletedProcess[str]]
SEED = 20_261_120
LARGER = ["model.width=130", "model.heads=13", "training.save_every=2", "training.evaluate_every=19"]


def weights(run: Path) -> str:
    """The hash of the last checkpoint's weights."""
    name = (run / "latest").read_text(encoding="utf-8").strip()
    return hashlib.sha256((run / "checkpoints" / name / "model.safetensors").read_bytes()).hexdigest()


def start(run: str) -> subprocess.Popen[bytes]:
    """Begin a training in a process of its own."""
    command = [sys.executable, "-m", "hornbook", "train", "small.toml", *LARGER, "--run", run]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ)


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> bool:
    """Wait until something is so, or the process has ended; whether it is so."""
    while process.poll() is None:
        if condition():
            return True
        time.sleep(0.0005)
    return condition()


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a process without asking."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def half_written(run: Path) -> bool:
    """Whether a checkpoint is being written."""
    return any((run / "checkpoints").glob(".step-*.partial-*"))


@pytest.mark.slow
@pytest.mark.usefixtures("place")
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("uniform", "writing"), [(1, 2), pytest.param(15, 5, marks=pytest.mark.broad)])
def test_a_run_killed_at_any_moment_ends_with_the_weights_of_an_unbroken_one(
    place: Path, hornbook: Hornbook, monkeypatch: pytest.MonkeyPatch, uniform: int, writing: int
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "src"))
    draw = random.Random(SEED)
    process = start("unbroken")
    assert wait_for((place / "unbroken/run.json").exists, process)
    began = time.monotonic()
    assert process.wait() == 0
    life, expected, inside = time.monotonic() - began, weights(place / "unbroken"), 0
    print(f"seed {SEED}: {uniform} moments over {life:.1f} s, then {writing} while a checkpoint is written")

    for number in range(uniform + writing):
        run, process = place / f"run-{number}", start(f"run-{number}")
        assert wait_for((run / "run.json").exists, process)
        if number < uniform:
            time.sleep(draw.uniform(0, life))
        else:
            wanted = draw.randint(1, 15)  # the checkpoint that is being written when the kill comes
            checkpoints = run / "checkpoints"
            wait_for(
                lambda at=f"step-{wanted * 2:06d}", there=checkpoints: any(there.glob(f".{at}.partial-*")), process
            )
            time.sleep(draw.uniform(0, 0.003))
        kill(process)
        inside += half_written(run)
        hornbook("train", "--resume", run.name, cwd=place)
        assert weights(run) == expected, f"kill number {number} (seed {SEED}) changed the weights"
        assert not half_written(run)
    assert inside >= writing, f"only {inside} of the kills fell into the writing of a checkpoint"


@pytest.mark.slow
@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_finishes_the_step_saves_and_exits_with_its_code(
    place: Path, hornbook: Hornbook, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "src"))
    process = start("run")
    metrics = place / "run/metrics.jsonl"
    assert wait_for(lambda: metrics.exists() and metrics.read_bytes().count(b"\n") > 3, process)
    process.send_signal(number)
    assert process.wait() == code
    steps = sum(b'"update"' in line for line in metrics.read_bytes().splitlines())
    assert (place / "run/latest").read_text() == f"step-{steps:06d}\n"
    said = hornbook("train", "--resume", "run", cwd=place).stderr
    assert f"going on from step-{steps:06d}" in said
