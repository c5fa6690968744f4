"""A loss that jumps: its cause is found, and the recipe decides whether anything is learned from it."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hornbook.errors import DivergedError
from hornbook.training.guards import Spike, SpikeWatch
from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.spikes import LEFT_OUT, cause, layer_of, spikes_of
from hornbook.workflows.train import resume, train
from hornbook.workflows.watchers import Silent, Status
from tests.workflows.test_train import Interrupted, journal, weights

RECIPE = """
name = "small"
[data]
text = ["texts"]
[tokenizer]
kind = "characters"
[model]
context = 17
width = 24
heads = 2
depth = 2
dropout = 0.1
[training]
steps = 190
batch = 3
precision = "float32"
compile = "never"
threads = 1
evaluate_every = 0
save_every = 20
optimizer = {kind = "adamw", learning_rate = 1e-2}
[samples]
prompts = []
"""
GARBAGE = "texts/garbage.txt"


@dataclass
class Listening(Silent):
    """A watcher that keeps what is said, and may break the training off."""

    heard: list[str] = field(default_factory=list)
    stop: int = -1

    def said(self, text: str) -> None:
        """Keep it."""
        self.heard.append(text)

    def updated(self, status: Status) -> None:
        """Break off."""
        if status.step + 1 == self.stop:
            raise Interrupted


@pytest.fixture
def garbage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with sensible texts, and one among them that is noise of letters which stand nowhere else."""
    (tmp_path / "small.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "texts").mkdir()
    for number in range(40):
        text = "the cat sat on the mat and saw the rat that ate the bat in the hat. " * 9
        (tmp_path / "texts" / f"tale-{number}.txt").write_text(text[number:], encoding="utf-8")
    noise = "".join(random.Random(3).choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=500))
    (tmp_path / GARBAGE).write_text(noise, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trained(name: str, *settings: str, watcher: Silent | None = None) -> Run:
    """The run of the recipe with some settings."""
    return train(load_recipe("small.toml", list(settings)), Path(name), watcher or Silent()).run


@pytest.mark.usefixtures("garbage")
def test_a_jump_of_batches_that_were_exchanged_is_kept_though_their_rows_stand_nowhere() -> None:
    run = train(load_recipe("small.toml"), Path("broken"), Silent(), fault="targets-not-shifted").run
    assert spikes_of(run.folder)
    for path in spikes_of(run.folder):
        assert [set(row) for row in json.loads(path.read_text())["rows"]] == [{"row", "loss"}] * 3


@pytest.mark.slow
@pytest.mark.usefixtures("garbage")
def test_a_planted_document_is_named_as_the_cause_and_its_row_layers_and_losses_are_kept() -> None:
    listening = Listening()
    run = trained("run", watcher=listening)
    assert len(spikes_of(run.folder)) > 0
    for path in spikes_of(run.folder):
        found = json.loads(path.read_text(encoding="utf-8"))
        row = found["rows"][found["cause"]]
        assert GARBAGE in [each["name"] for each in row["documents"]]
        assert row["loss"] == max(each["loss"] for each in found["rows"])
        assert found["loss"] > found["usual"] and len(found["rows"]) == 3
        norms = found["layers"].values()
        assert sum(norm**2 for norm in norms) ** 0.5 == pytest.approx(found["gradient_norm"], rel=1e-4)
        told = [line for line in listening.heard if f"step {found['step']}:" in line]
        assert len(told) == 1 and GARBAGE in told[0] and str(path) in told[0]


def skipped(run: Run) -> list[int]:
    """The steps from which nothing was learned."""
    return [entry["step"] for entry in read_journal(run.metrics) if entry["kind"] == "skipped"]


@pytest.mark.slow
def test_a_batch_that_is_skipped_stays_skipped_when_the_run_goes_on(garbage: Path) -> None:
    whole = trained("whole", "training.on_spike=skip")
    assert skipped(whole) == [int(path.stem.rpartition("-")[2]) for path in spikes_of(whole.folder)] != []
    with pytest.raises(Interrupted):
        trained("cut", "training.on_spike=skip", watcher=Listening(stop=skipped(whole)[0] + 4))
    cut = resume("cut").run
    assert (weights(cut), journal(cut)) == (weights(whole), journal(whole))
    assert weights(whole) != weights(trained("all", "training.on_spike=report"))


@pytest.mark.slow
def test_a_run_that_goes_back_leaves_out_what_it_had_read_since_its_checkpoint_and_does_so_again(garbage: Path) -> None:
    listening = Listening()
    whole = trained("whole", "training.on_spike=roll_back", watcher=listening)
    ranges = whole.info[LEFT_OUT]
    assert [first % 20 for first, _ in ranges] == [0] * len(ranges) != [], "checkpoints are twenty steps apart"
    assert skipped(whole) == [step for first, behind in ranges for step in range(first, behind)]
    assert sum("going on from step-" in line for line in listening.heard) == len(ranges)
    with pytest.raises(Interrupted):
        trained("cut", "training.on_spike=roll_back", watcher=Listening(stop=ranges[0][1] + 5))
    cut = resume("cut").run
    assert (weights(cut), journal(cut)) == (weights(whole), journal(whole))


@pytest.mark.slow
@pytest.mark.usefixtures("garbage")
def test_batches_are_not_skipped_for_ever_and_what_is_no_number_teaches_nothing() -> None:
    with pytest.raises(DivergedError, match="10 batches in a row were left out"):
        trained("run", "training.on_spike=skip", "training.optimizer.learning_rate=1e30")
    for entry in read_journal(Run.open("run").metrics):
        assert (entry["loss"] is None) == (entry["kind"] == "skipped")


def test_the_cause_is_the_row_that_stands_out_or_is_no_number() -> None:
    assert cause([1.0, 1.2, 3.0, 0.9]) == 2
    assert cause([1.0, 1.2, 1.1]) is None
    assert cause([9.0, float("nan"), 1.0]) == 1
    assert cause([]) is None


def test_a_parameter_belongs_to_its_block_or_to_what_stands_around_the_blocks() -> None:
    assert layer_of("stack.blocks.3.attention.query.weight") == "stack.blocks.3"
    assert layer_of("embedding.tokens.weight") == "embedding"


@pytest.mark.slow
def test_a_jump_among_pairs_stops_no_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        SpikeWatch, "offer", lambda self, step, loss: Spike(step, loss, 1.0, 9.0) if step == 2 else None
    )
    settings = ["steps=4", "minutes=none", "compile=never", "batch=8", "threads=1", "evaluate_every=0"]
    recipe = load_recipe("numbers-translator", ["data.documents=300", *(f"training.{each}" for each in settings)])
    run = train(recipe, Path("run"), Silent()).run
    found = json.loads(spikes_of(run.folder)[0].read_text(encoding="utf-8"))
    assert (found["step"], found["rows"], found["cause"]) == (2, [], None) and found["layers"]
