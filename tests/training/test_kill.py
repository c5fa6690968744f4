"""A process that is killed while it saves leaves a run that can go on, whatever the moment."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hornbook.training.checkpoints import checkpoints_in, load_model, verify_checkpoint
from hornbook.training.run_folder import Run
from tests.training.small import a_model

ROOT = Path(__file__).resolve().parents[2]
KILLS = 20

SAVER = """
import itertools, sys
from pathlib import Path
import torch
from hornbook.training.journal import Journal
from hornbook.training.run_folder import Run
from tests.training.small import a_model

run, model = Run(Path(sys.argv[1])), a_model()
with Journal(run.metrics) as journal:
    first = 1 + max((int(p.name[5:]) for p in run.checkpoints.glob("step-*")), default=0)
    print("ready", flush=True)
    for step in itertools.count(first):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.fill_(float(step))
        journal.write({"kind": "update", "step": step - 1})
        run.save(model, None, {"step": step, "best": None}, best=step % 3 == 0, keep=2)
"""


def saver(run: Run) -> subprocess.Popen[str]:
    """A process that does nothing but save, one checkpoint after another; it has begun."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    process = subprocess.Popen(
        [sys.executable, "-c", SAVER, str(run.folder)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.slow
def test_killed_at_any_moment_of_saving_the_latest_checkpoint_is_whole(tmp_path):
    seed = random.randrange(10**9)
    print(f"seed {seed}")
    moments = random.Random(seed)
    run = Run.create(tmp_path / "run", "", {"seed": seed})
    inside = 0
    for _ in range(KILLS):
        process = saver(run)
        time.sleep(0.05 + 0.2 * moments.random())
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()

        inside += any(run.checkpoints.glob(".*"))
        for checkpoint in checkpoints_in(run.checkpoints):
            verify_checkpoint(checkpoint)
        left = run.tidy()
        assert not any(run.checkpoints.glob(".*")), left
        assert run.latest is not None
        model = a_model()
        progress = load_model(run.latest, model)
        assert run.latest.name == f"step-{progress['step']:06d}"
        assert {value for p in model.parameters() for value in p.flatten().tolist()} == {float(progress["step"])}
        assert (
            len(checkpoints_in(run.checkpoints)) <= 4
        )  # two, the best, and one whose saving was cut off behind the rename
        if run.best is not None:
            verify_checkpoint(run.best)
        run.rewind(run.latest)
        assert run.metrics.read_text().count("\n") <= progress["step"]
    assert inside >= 5, f"only {inside} of {KILLS} were killed while a checkpoint was being written; seed {seed}"


def test_a_replacement_cut_off_between_its_two_renames_is_undone(tmp_path):
    run = Run.create(tmp_path / "run", "", {})
    run.save(a_model(), None, {"step": 1})
    path = run.checkpoint(1)
    path.rename(path.with_name(f".{path.name}.old"))
    (run.checkpoints / ".step-000001.partial-17").mkdir()
    (run.checkpoints / ".step-000000.gone").mkdir()
    (run.folder / ".latest.partial-17").write_text("step-0")
    assert sorted(run.tidy()) == [
        ".latest.partial-17",
        ".step-000000.gone",
        ".step-000001.old",
        ".step-000001.partial-17",
    ]
    verify_checkpoint(path)
    assert sorted(file.name for file in itertools.chain(run.checkpoints.iterdir())) == ["step-000001"]
    assert run.tidy() == []
