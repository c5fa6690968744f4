"""Several processes train one model, on this machine's processor: they give the numbers of one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hornbook.errors import SettingError
from hornbook.training.journal import read_journal
from hornbook.workflows.launching import launch
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.train import resume, train

pytestmark = [pytest.mark.broad, pytest.mark.timeout(1800)]

WAYS = ("data_parallel", "fully_sharded", "tensor_parallel")
CHANGED = {"steps = 37": "steps = 50", "dropout = 0.1": "dropout = 0.0", "save_every = 5": "save_every = 20"}
CHANGED |= {"batch = 6": "batch = 10"}  # micro-batches of 5 rows: 2 and 3 of them, or 1, 1, 1 and 2
CHANGED |= {"width = 22": "width = 24", "heads = 2": "heads = 4"}  # that four can deal out
CHANGED |= {"keep = 2": "keep = 9", "evaluate_every = 11": "evaluate_every = 0", 'prompts = ["the "]': "prompts = []"}


def together(processes: int, *words: str) -> int:
    """Let so many processes do what tests/workflows/together.py does with these words; the exit code."""
    return launch([sys.executable, "-m", "tests.workflows.together", *words], processes, report=print)


def losses(run: Path) -> list[float]:
    """The losses of all steps, as the run's journal has them."""
    return [entry["loss"] for entry in read_journal(run / "metrics.jsonl") if entry["kind"] == "update"]


def weights(run: Path, step: int = 50) -> dict[str, torch.Tensor]:
    """The weights of a checkpoint."""
    return load_file(run / f"checkpoints/step-{step:06d}/model.safetensors")


def farthest(one: Path, other: Path) -> float:
    """The largest difference between the last weights of two runs."""
    a, b = weights(one), weights(other)
    assert a.keys() == b.keys()
    return max((a[name] - b[name]).abs().max().item() for name in a)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, small_recipe: str) -> Path:
    """A folder with the run of one process and those of two, all of them 50 steps long."""
    folder = tmp_path_factory.mktemp("together")
    for old, new in CHANGED.items():
        assert old in small_recipe
        small_recipe = small_recipe.replace(old, new)
    (folder / "small.toml").write_text(small_recipe.replace("text.txt", str(folder / "text.txt")), encoding="utf-8")
    words = "the cat sat on a mat and saw the rat that ate the bat in a hat"
    lines = (f"{number} {words[number % 29 :]} {words[: number % 31]}" for number in range(300))
    (folder / "text.txt").write_text("\n".join(lines), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{Path(__file__).parents[2] / 'src'}:{Path(__file__).parents[2]}")
        patch.setenv("OMP_NUM_THREADS", "1")
        train(load_recipe(str(folder / "small.toml"), []), folder / "one")
        assert together(2, "train", str(folder / "small.toml"), *(str(folder / way) for way in WAYS)) == 0
        for way in WAYS:  # both begin again from the checkpoint in the middle
            for number in ("1", "4"):
                shutil.copytree(folder / way, folder / f"{way}-{number}")
                (folder / f"{way}-{number}/latest").write_text("step-000020\n", encoding="utf-8")
                for last in ("40", "50"):
                    shutil.rmtree(folder / f"{way}-{number}/checkpoints/step-0000{last}")
        assert together(4, "resume", *(str(folder / f"{way}-4") for way in WAYS)) == 0
    return folder


@pytest.mark.parametrize("way", WAYS)
def test_two_processes_have_the_losses_of_one_over_fifty_steps(place: Path, way: str) -> None:
    alone, shared = losses(place / "one"), losses(place / way)
    assert len(alone) == len(shared) == 50
    assert alone[-1] < alone[0] - 0.5, "the model learns something in these steps"
    assert max(abs(a - b) for a, b in zip(alone, shared, strict=True)) <= 1e-5


@pytest.mark.parametrize("way", WAYS)
def test_what_two_have_saved_goes_on_in_one_and_in_four(place: Path, way: str) -> None:
    resume(place / f"{way}-1")
    for number in ("1", "4"):
        again = losses(place / f"{way}-{number}")
        assert max(abs(a - b) for a, b in zip(losses(place / "one"), again, strict=True)) <= 1e-5
        assert farthest(place / "one", place / f"{way}-{number}") <= 1e-4


def test_a_batch_with_fewer_rows_than_processes_is_refused_with_what_to_change(
    place: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parents[2] / 'src'}")
    words = ["train", str(place / "small.toml"), "--run", str(place / "few"), "training.batch=2"]
    assert launch([sys.executable, "-m", "hornbook", *words], 2) == SettingError.exit_code
    found = capfd.readouterr().err
    assert "1 rows at a time are too few for 2 processes" in found
    assert found.count("error:") == 1, "it is said once"
    assert not (place / "few").exists()
