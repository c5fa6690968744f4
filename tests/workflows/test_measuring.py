"""``hornbook evaluate`` beyond the loss, asked as a person would: on a run that was trained in a second."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Hornbook = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, small_recipe: str) -> Path:
    """A run that has learned a sentence which it sees again and again."""
    from hornbook.workflows.recipe import load_recipe
    from hornbook.workflows.train import train

    folder = tmp_path_factory.mktemp("measured")
    (folder / "small.toml").write_text(small_recipe, encoding="utf-8")
    (folder / "text.txt").write_text("the cat sat on the mat.\n" * 300, encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        train(load_recipe("small.toml", ["training.steps=37"]), Path("run"))
    finally:
        os.chdir(before)
    return folder / "run"


@pytest.mark.slow
def test_evaluate_takes_the_loss_apart(trained: Path, hornbook: Hornbook) -> None:
    told = json.loads(hornbook("evaluate", trained, "--json").stdout)
    low, high = told["interval"]["val_loss"]
    assert low <= told["val_loss"] <= high
    for shares in (told["by_position"], told["by_frequency"]):
        assert sum(share["tokens"] for share in shares) == told["tokens"]
        total = sum(share["tokens"] * share["loss"] for share in shares)
        assert total == pytest.approx(told["tokens"] * told["val_loss"])
    assert [share["name"] for share in told["by_position"]][-1] == "9 to 13"
    assert sum(point["answers"] for point in told["calibration"]["curve"]) == told["tokens"]
    assert told["contamination"]["seen"] >= told["tokens"] - 1  # the sentence again and again


@pytest.mark.slow
def test_continuations_are_compared_with_how_the_text_went_on(trained: Path, hornbook: Hornbook) -> None:
    told = json.loads(hornbook("evaluate", trained, "--continuations", "7", "--json").stdout)
    rows = {row["name"]: row for row in told["rows"]}
    assert (told["prompts"], told["length"], len(rows)) == (7, 6, 5)
    assert rows["the true continuation"]["copied"] == {"median": 6, "longest": 6}  # all of it stands in training
    assert "bleu" not in rows["the true continuation"]
    assert 0 <= rows["this model, likeliest"]["rougeL"] <= 1
    assert 1 <= told["longest_copy"]["tokens"] <= 6 and told["longest_copy"]["source"].endswith("text.txt")


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments, code, says",
    [
        (["--continuations", "1"], 2, "expected 2 or more"),
        (["--continuations", "5", "--encoder", "nowhere"], 3, "nowhere does not exist"),
        (["--continuations", "5", "--encoder", "RUN"], 2, "Decoder does not read a whole text"),
    ],
)
def test_what_cannot_be_continued(
    trained: Path, hornbook: Hornbook, arguments: list[str], code: int, says: str
) -> None:
    asked = [str(trained) if word == "RUN" else word for word in arguments]
    told = hornbook("evaluate", trained, *asked, expect=code)
    assert says in told.stderr and told.stdout == ""
    assert "Traceback" not in told.stderr


@pytest.mark.slow
def test_a_run_is_asked_from_files(trained: Path, hornbook: Hornbook, tmp_path: Path) -> None:
    from hornbook.workflows.asked import ask_choices, ask_pairs
    from hornbook.workflows.load import load_run

    files = {
        "choices": [{"question": "the cat", "choices": ["sat on", "tas no", "mmm"], "answer": 0}] * 9,
        "exact": [{"question": "the", "answer": "#### 3"}, {"question": "a sat", "answer": "the mat"}],
        "pairs": [{"first": "the cat sat.", "second": "eht tac tas."}] * 11,
    }
    asked = []
    for name, rows in files.items():
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        asked += [f"--{name}", tmp_path / f"{name}.jsonl"]
    told = hornbook("evaluate", trained, *asked[:2], *asked[4:], "--json")
    found = json.loads(told.stdout)
    loaded = load_run(trained)
    assert found["choices"] == ask_choices(loaded, asked[1]).as_json()
    assert found["pairs"] == ask_pairs(loaded, asked[5]).as_json()
    assert (found["choices"]["count"], found["pairs"]["count"]) == (9, 11)
    table = hornbook("evaluate", trained, *asked[:2]).stdout
    assert "choices: 9 from" in table and "bits per byte" in table
    unknown = hornbook("evaluate", trained, *asked[2:4], expect=1).stderr
    assert "Traceback" not in unknown and "character" in unknown  # this alphabet has no capital Q
