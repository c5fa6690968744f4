"""What stands at the foot of a run's curves is what happened: read from its folder, with its meaning and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hornbook.files import write_json
from hornbook.training.journal import Journal, read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.recipe import load_recipe, to_toml
from hornbook.workflows.spikes import LEFT_OUT
from hornbook.workflows.train import RESUMED, resume, train
from hornbook.workflows.watchers import Silent, Status
from hornbook.workflows.watching.markers import KINDS, markers_of
from tests.workflows.test_train import Interrupted

RECIPE = """
name = "small"
[data]
text = ["text.txt"]
[tokenizer]
kind = "characters"
[model]
context = 17
width = 24
heads = 2
depth = 2
[training]
steps = 13
batch = 3
compile = "never"
threads = 1
evaluate_every = 5
save_every = 5
keep = 7
schedule = {kind = "trapezoid", warmup = 3, decay = 0.5}
[samples]
prompts = []
"""


class Breaking(Silent):
    """Breaks a training off as a killed process would be."""

    def updated(self, status: Status) -> None:
        """After the seventh update."""
        if status.step == 6:
            raise Interrupted


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recipe, its text, and a folder around both."""
    (tmp_path / "small.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "text.txt").write_text("the cat sat on the mat. " * 99, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "small.toml"


def told(run: Run, *kinds: str) -> list[tuple[int, str]]:
    """Step and kind of the events of some kinds."""
    return [(each["step"], each["kind"]) for each in markers_of(run) if each["kind"] in kinds]


@pytest.mark.slow
def test_checkpoints_phases_the_best_and_where_a_run_went_on_are_told_of_a_training_that_was_broken_off(
    recipe: Path,
) -> None:
    with pytest.raises(Interrupted):
        train(load_recipe(recipe), Path("run"), Breaking())
    run = Run.open("run")
    assert told(run, "stopped", "finished", "resumed") == [(7, "stopped")]
    resume("run", Silent())
    found = markers_of(run)
    assert [each["step"] for each in found] == sorted(each["step"] for each in found)
    assert told(run, "checkpoint") == [(5, "checkpoint"), (10, "checkpoint"), (13, "checkpoint")]
    assert told(run, "resumed", "finished", "stopped") == [(5, "resumed"), (13, "finished")]
    journal = read_journal(run.metrics)
    scores = {entry["step"]: entry["val_loss"] for entry in journal if entry["kind"] == "evaluation"}
    assert told(run, "best") == [(min(scores, key=scores.__getitem__), "best")]
    rates = [entry["learning_rate"] for entry in journal if entry["kind"] == "update"]
    first = rates.index(max(rates)) + 1
    falls = next(step for step in range(first, len(rates)) if rates[step] < rates[step - 1]) + 1
    assert told(run, "warmup_end", "decay_begin") == [(first, "warmup_end"), (falls, "decay_begin")]
    assert next(each for each in found if each["kind"] == "best")["checkpoint"] == run.best.name


def written(folder: Path, recipe: Path, entries: list[dict[str, Any]], **info: Any) -> Run:
    """A run folder with a journal."""
    run = Run.create(folder, to_toml(load_recipe(recipe)), {"seed": 0, **info})
    with Journal(run.metrics) as journal:
        for entry in entries:
            journal.write(entry)
    return run


def update(step: int, kind: str = "update") -> dict[str, Any]:
    """A line of a journal."""
    return {"kind": kind, "step": step, "loss": 2.0, "learning_rate": 1e-3, "tokens": 3, "fraction": step / 13}


def test_jumps_are_told_with_the_worst_of_their_rows_and_ways_back_apart_from_single_batches(
    recipe: Path, tmp_path: Path
) -> None:
    lines = [update(0), update(1, "skipped"), update(2), update(3, "skipped"), update(4, "skipped"), update(5)]
    run = written(tmp_path / "run", recipe, lines, **{LEFT_OUT: [[3, 5]], RESUMED: [3]})
    rows = [
        {"row": 0, "loss": 1.5, "text": "the cat", "documents": [{"name": "tales.txt"}]},
        {"row": 1, "loss": None},
        {"row": 2, "loss": 9.0, "text": "XQZ", "documents": [{"name": "noise.txt"}]},
    ]
    spike = {"step": 4, "loss": 9.5, "usual": None, "deviations": 12.0, "cause": 2, "rows": rows}
    write_json(run.folder / "spikes" / "step-000004.json", spike)
    assert told(run, "skipped", "rolled_back", "spike", "resumed") == [
        (2, "skipped"),
        (3, "resumed"),
        (5, "spike"),
        (5, "rolled_back"),
    ]
    found = next(each["spike"] for each in markers_of(run) if each["kind"] == "spike")
    assert [row["row"] for row in found["rows"]] == [1, 2, 0], "what is no number is the worst"
    assert found["rows"][1] == {"row": 2, "loss": 9.0, "documents": ["noise.txt"], "text": "XQZ"}
    assert found["command"] == f"hornbook runs batch {run.folder} 4"


def test_every_event_says_what_it_means_and_what_to_do_and_a_run_without_a_journal_has_none(
    recipe: Path, tmp_path: Path
) -> None:
    assert all(kind.means and kind.advice for kind in KINDS.values())
    run = written(tmp_path / "run", recipe, [update(step) for step in range(4)])
    for each in markers_of(run):
        assert (each["means"], each["advice"]) == (KINDS[each["kind"]].means, KINDS[each["kind"]].advice)
    run.metrics.unlink()
    assert markers_of(run) == []
