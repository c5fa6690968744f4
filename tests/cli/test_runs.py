"""``hornbook train``, ``evaluate`` and ``runs`` as a person uses them, one after another."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Hornbook = Callable[..., subprocess.CompletedProcess[str]]
RECIPE = """
name = "little"
data = {text = ["text.txt"]}
tokenizer = "characters"
model = {context = 11, width = 14, heads = 2, depth = 2}
training = {steps = 7, batch = 3, evaluate_every = 3}
samples = {prompts = ["a"], sampling = {max_tokens = 5}}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with ``little.toml`` and its text."""
    (tmp_path / "little.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "text.txt").write_text("a cat and a rat ate at a table\n" * 60, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_from_a_recipe_to_a_run_that_is_listed_shown_and_verified(place: Path, hornbook: Hornbook) -> None:
    told = hornbook("train", "little.toml", "--tensorboard", cwd=place).stdout
    assert "this model" in told and "Kneser-Ney" in told and "hornbook generate runs/little-1" in told
    assert any((place / "runs/little-1/tensorboard").iterdir())
    [run] = json.loads(hornbook("runs", "list", "--json", cwd=place).stdout)["runs"]
    assert (run["name"], run["steps"], run["state"]) == ("little-1", 7, "finished")
    shown = json.loads(hornbook("runs", "show", "latest", "--json", cwd=place).stdout)
    assert shown["seed"] == 1 and shown["pointers"]["latest"] == "step-000007"
    assert "DAMAGED" not in hornbook("runs", "verify", "little-1", cwd=place).stdout
    scored = json.loads(hornbook("evaluate", "latest", "--json", cwd=place).stdout)
    assert scored["val_loss"] == run["val_loss"]
    other = json.loads(hornbook("evaluate", "latest", "--text", "text.txt", "--json", cwd=place).stdout)
    assert other["tokens"] == 60 * 31 - 1


@pytest.mark.slow
def test_the_batch_of_any_step_is_shown_with_the_very_bytes_of_the_text(place: Path, hornbook: Hornbook) -> None:
    hornbook("train", "little.toml", "--run", "run", cwd=place)
    text = (place / "text.txt").read_bytes()
    for step in (0, 5, 1000):  # 1000: a step that was never made
        rows = json.loads(hornbook("runs", "batch", "run", str(step), "--json", cwd=place).stdout)["rows"]
        assert len(rows) == 3
        for row in rows:
            assert text[row["byte_start"] : row["byte_stop"]].decode().startswith(row["text"])
            assert row["stop"] - row["start"] == 12  # eleven tokens and the one after the last


@pytest.mark.slow
def test_a_dry_run_says_what_it_would_cost_and_trains_nothing(place: Path, hornbook: Hornbook) -> None:
    plan = json.loads(hornbook("train", "little.toml", "--dry-run", "--json", cwd=place).stdout)
    assert plan["steps"] == 7 and plan["tokens_per_step"] == 33 and plan["vocabulary"] == 11
    assert plan["parameters"] > plan["non_embedding_parameters"] > 0 and plan["memory_bytes"] > 0
    assert not (place / "runs").exists()
