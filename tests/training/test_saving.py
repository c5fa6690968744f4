"""Checkpoints written beside the steps: the same bytes, no step waits for the disk, and what goes wrong is told."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import torch

from hornbook.errors import HornbookError
from hornbook.training.checkpoints import load_model
from hornbook.training.config import AdamW
from hornbook.training.optimizers import build_optimizer
from hornbook.training.run_folder import Run
from hornbook.training.saving import Saver
from tests.training.small import a_model


def files(folder: Path) -> dict[str, bytes]:
    """All files of a run's checkpoints."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def stepped(run: Run, beside: bool) -> None:
    """Four steps, and a checkpoint after each."""
    model = a_model()
    optimizer = build_optimizer(AdamW(), model)
    with Saver(run, keep=9, beside=beside) as saver:
        for step in range(1, 5):
            for number, parameter in enumerate(model.parameters()):
                parameter.grad = torch.full_like(parameter, 0.01 * (step + number % 3))
            optimizer.step()
            saver.save(model, optimizer, {"step": step, "best": None})
            with torch.no_grad():  # what a copy must not see
                next(model.parameters()).add_(1.0)


def test_what_is_written_beside_the_steps_is_what_is_written_between_them(tmp_path: Path) -> None:
    runs = {beside: Run.create(tmp_path / str(beside), "", {}) for beside in (False, True)}
    for beside, run in runs.items():
        stepped(run, beside)
    found = [files(run.checkpoints) for run in runs.values()]
    assert len(found[0]) == 4 * 4 and found[0] == found[1]
    assert runs[True].latest == runs[True].checkpoint(4)


def test_steps_go_on_while_the_disk_is_slow_and_one_checkpoint_is_written_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, slow, order = Run.create(tmp_path / "run", "", {}), threading.Event(), []
    write = Run.write

    def waiting(self: Run, held, **how):
        assert slow.wait(60)
        order.append(held.progress["step"])
        return write(self, held, **how)

    monkeypatch.setattr(Run, "write", waiting)
    with Saver(run, keep=9, beside=True) as saver:
        model = a_model()
        saver.save(model, None, {"step": 1})
        assert run.latest is None, "nothing is on the disk, and here we are"
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.zero_()
        threading.Timer(0.2, slow.set).start()
        saver.save(model, None, {"step": 2})
        assert order[0] == 1, "the second waits for the first"
    assert order == [1, 2] and run.latest == run.checkpoint(2)
    load_model(run.checkpoint(1), again := a_model(seed=5))
    assert all(torch.equal(tensor, before[name]) for name, tensor in again.state_dict().items())


def test_what_cannot_be_written_is_told_at_the_next_checkpoint_or_at_the_end(tmp_path: Path) -> None:
    for count in (1, 2):
        run = Run.create(tmp_path / f"run-{count}", "", {})
        run.checkpoints.rmdir() if run.checkpoints.is_dir() else None
        run.checkpoints.write_text("a file where a folder has to be")
        with pytest.raises(HornbookError, match="a part of this path is a file"), Saver(run, 2, beside=True) as saver:
            for step in range(count):
                saver.save(a_model(), None, {"step": step + 1})


def test_an_error_between_is_what_is_told_and_not_that_the_disk_was_full_too(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", "", {})
    run.checkpoints.rmdir() if run.checkpoints.is_dir() else None
    run.checkpoints.write_text("a file where a folder has to be")
    with pytest.raises(ZeroDivisionError), Saver(run, 2, beside=True) as saver:
        saver.save(a_model(), None, {"step": 1})
        raise ZeroDivisionError
