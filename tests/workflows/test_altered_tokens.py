"""Token files that are altered while a run reads them: it does not end as if nothing had happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from hornbook.errors import DamagedError
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.train import resume, train
from hornbook.workflows.watchers import Silent, Status


class Altering(Silent):
    """A watcher that changes bytes of a file after the third step."""

    def __init__(self, file: Path, change: int) -> None:
        self.file, self.change = file, change

    def updated(self, status: Status) -> None:
        """Alter the last half of the file, once."""
        if status.step == 2:
            with self.file.open("r+b") as opened:
                data = opened.read()
                opened.seek(len(data) // 2)
                opened.write(bytes(byte ^ self.change for byte in data[len(data) // 2 :]))


@pytest.mark.slow
@pytest.mark.parametrize("change", [1, 255])  # another token of the vocabulary; none that it has
def test_tokens_that_are_altered_under_a_run_are_the_error_it_ends_with(place: Path, change: int) -> None:
    recipe = load_recipe("small.toml", ["training.steps=9", "training.save_every=2", "samples.prompts=[]"])
    with pytest.raises(DamagedError, match=r"train\.tokens was altered"):
        train(recipe, place / "run", Altering(place / "run/data/train.tokens", change))
    assert not (place / "run/checkpoints/step-000009").exists()
    with pytest.raises(DamagedError, match=r"train\.tokens was altered"):
        resume(place / "run")
