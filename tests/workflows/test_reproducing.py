"""A run trained again comes out the same, and where it does not, that is said."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from hornbook.errors import DamagedError, MissingError
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.reproducing import compared, export_capsule, reproduced, retraced
from hornbook.workflows.train import train

pytestmark = pytest.mark.slow


@pytest.fixture
def run(place: Path) -> Path:
    """A short run, with dropout and Muon."""
    settings = ["training.steps=12", "training.save_every=5", "training.keep=9", "samples.prompts=[]"]
    return train(load_recipe("small.toml", settings), place / "run").run.folder


def test_the_first_steps_made_again_have_the_same_losses_and_weights(run: Path) -> None:
    before = sorted(path.name for path in run.rglob("*"))
    found = retraced(run, 10)
    assert found.same and found.passed and found.exact
    assert found.steps == 10
    assert found.weights == {"step-000005": True, "step-000010": True}
    assert sorted(path.name for path in run.rglob("*")) == before, "nothing is written"


def test_a_run_that_was_made_otherwise_is_told(run: Path) -> None:
    text = (run / "config.toml").read_text(encoding="utf-8")
    assert "dropout = 0.1" in text
    (run / "config.toml").write_text(text.replace("dropout = 0.1", "dropout = 0.2"), encoding="utf-8")
    found = retraced(run, 7)
    assert not found.same and not found.passed
    assert found.first == 0 and found.weights == {"step-000005": False}


def test_a_capsule_trains_to_the_same_weights_without_the_text_or_the_run(run: Path, place: Path) -> None:
    capsule = place / "run.zip"
    assert export_capsule(run, capsule) == capsule.stat().st_size
    with zipfile.ZipFile(capsule) as archive:
        assert not any(name.endswith(".safetensors") for name in archive.namelist())
    shutil.rmtree(run)
    (place / "text.txt").unlink()
    found = reproduced(capsule, place / "again")
    assert found.same and found.passed
    assert found.steps == 12 and "step-000012" in found.weights


def test_a_capsule_that_was_changed_or_is_none_is_refused(run: Path, place: Path) -> None:
    capsule, changed = place / "run.zip", place / "changed.zip"
    export_capsule(run, capsule)
    with zipfile.ZipFile(capsule) as source, zipfile.ZipFile(changed, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, content + b"# more" if name == "config.toml" else content)
    with pytest.raises(DamagedError, match=r"config\.toml is not as it was written"):
        reproduced(changed, place / "again")
    with zipfile.ZipFile(changed, "w") as target:
        target.writestr("capsule.json", json.dumps({"schema": 1, "files": {"../out": ""}}))
    with pytest.raises(DamagedError, match="does not belong into a capsule"):
        reproduced(changed, place / "again")
    (place / "none.zip").write_bytes(b"no zip at all")
    with pytest.raises(DamagedError, match="is not a capsule of ours"):
        reproduced(place / "none.zip", place / "again")
    with pytest.raises(MissingError, match="hornbook runs export"):
        reproduced(place / "absent.zip", place / "again")
    assert not (place / "again").exists() and not (place / "out").exists()


def test_on_another_machine_curves_are_compared() -> None:
    before = [2.0 - step / 100 for step in range(50)]
    near, far = [loss + 1e-4 for loss in before], [loss + (step > 40) * 0.2 for step, loss in enumerate(before)]
    assert compared(before, near, {}, exact=False).passed
    assert not compared(before, near, {}, exact=True).passed
    assert not compared(before, far, {}, exact=False).passed
