"""What goes wrong around a run: a damaged checkpoint, a clock that is set back."""

from __future__ import annotations

from pathlib import Path

import pytest

from hornbook.errors import DamagedError
from hornbook.training.checkpoints import MANIFEST, MODEL
from hornbook.training.loop import Update
from hornbook.training.metrics import Throughput
from hornbook.training.run_folder import Run
from hornbook.training.timer import Clock
from tests.training.small import a_model


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with checkpoints after 1, 2 and 3 steps."""
    made = Run.create(tmp_path / "run", "", {})
    for step in (1, 2, 3):
        made.save(a_model(seed=step), None, {"step": step}, keep=9)
    return made


def damage(path: Path) -> None:
    """Flip one bit."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def test_a_run_goes_on_from_the_newest_whole_checkpoint_with_a_warning(run: Run) -> None:
    said: list[str] = []
    assert run.last_whole(said.append) == run.checkpoint(3) and not said
    damage(run.checkpoint(3) / MODEL)
    (run.checkpoint(2) / MANIFEST).unlink()
    assert run.last_whole(said.append) == run.checkpoint(1) == run.latest
    [line] = said
    assert line.startswith("warning: ") and "model.safetensors is damaged" in line
    assert line.endswith("going on from step-000001 instead of step-000003")


def test_a_checkpoint_after_the_last_one_is_not_gone_on_from(run: Run) -> None:
    (run.folder / "latest").write_text("step-000002\n")
    damage(run.checkpoint(2) / MODEL)
    assert run.last_whole(lambda line: None) == run.checkpoint(1)


def test_where_no_checkpoint_is_whole_that_is_said(run: Run) -> None:
    for step in (1, 2, 3):
        damage(run.checkpoint(step) / MODEL)
    with pytest.raises(DamagedError, match=r"no other checkpoint of .* is whole"):
        run.last_whole(lambda line: None)


def test_a_clock_that_is_set_back_makes_no_training_undone_and_stops_none() -> None:
    now = iter([5000.0, 100.0])
    clock = Clock(now=lambda: next(now))
    clock.start()
    assert clock.seconds == 0.0
    speed = Throughput()
    for seconds in (1.0, 2.0, -3600.0 * 26, 2.0):
        speed.add(Update(1, 2.0, 0.1, 1.0, 21, seconds, 0.0, 0.5))
    assert speed.seen == 4
