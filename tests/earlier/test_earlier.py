"""What earlier versions have written is opened, asked and gone on with by this one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from hornbook.data.prepare import Prepared
from hornbook.errors import DamagedError
from hornbook.training.checkpoints import checkpoints_in, read_progress, verify_checkpoint
from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.evaluate import evaluate
from hornbook.workflows.load import load_prepared, load_run
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.train import resume, train

HERE = Path(__file__).parent
VERSIONS = sorted(path.name for path in HERE.iterdir() if (path / "run").is_dir())


@pytest.fixture(params=VERSIONS)
def earlier(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what one version wrote, in the current folder."""
    shutil.copytree(HERE / request.param, tmp_path / "earlier")
    monkeypatch.chdir(tmp_path / "earlier")
    return tmp_path / "earlier"


def updates(run: Run) -> dict[int, float]:
    """The loss of every step."""
    return {entry["step"]: entry["loss"] for entry in read_journal(run.metrics) if entry["kind"] == "update"}


def test_there_is_a_version_to_read() -> None:
    assert VERSIONS


def test_its_checkpoints_token_files_and_tokenizer_are_whole(earlier: Path) -> None:
    for checkpoint in checkpoints_in(earlier / "run" / "checkpoints"):
        verify_checkpoint(checkpoint)
    data = Prepared.open(earlier / "run" / "data")
    data.verify()
    text = "Verse 1: the dog sees the shoe."
    assert data.tokenizer.decode(data.tokenizer.encode(text)) == text
    assert data.train.documents + data.validation.documents == 12


def test_its_model_scores_what_it_scored_then(earlier: Path) -> None:
    said = json.loads((earlier / "run" / "evaluation.json").read_text(encoding="utf-8"))
    loaded = load_run(earlier / "run")
    found = evaluate(loaded, load_prepared(Run(earlier / "run")))
    assert loaded.checkpoint.name == said["checkpoint"]
    assert found.measured.loss == pytest.approx(said["val_loss"], rel=1e-4)


def test_its_run_is_gone_on_with_from_the_middle_and_ends_where_it_did(earlier: Path) -> None:
    run = Run(earlier / "run")
    before = updates(run)
    middle, last = checkpoints_in(run.checkpoints)
    shutil.rmtree(last)
    (run.folder / "latest").write_text(middle.name + "\n", encoding="utf-8")
    assert resume(run.folder).step == read_progress(run.chosen())["step"] == max(before) + 1
    assert updates(run) == pytest.approx(before, rel=1e-3)


def test_its_recipe_still_means_the_same_training(earlier: Path) -> None:
    again = train(load_recipe("earlier.toml", []), Path("again")).run
    assert updates(again) == pytest.approx(updates(Run(earlier / "run")), rel=1e-3)


def test_a_format_of_a_later_version_is_refused_in_words(earlier: Path) -> None:
    file = earlier / "run" / "data" / "data.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"schema": 1', '"schema": 99'), encoding="utf-8")
    with pytest.raises(DamagedError, match="expected schema"):
        Prepared.open(earlier / "run" / "data")
