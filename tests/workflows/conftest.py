"""A recipe small enough to train in a second, and a text for it."""

from __future__ import annotations

from pathlib import Path

import pytest

RECIPE = """
name = "small"

[data]
text = ["text.txt"]

[tokenizer]
kind = "characters"

[model]
context = 13
width = 22
heads = 2
depth = 3
dropout = 0.1

[training]
steps = 37
batch = 6
micro_batches = 2
precision = "float32"
compile = "never"
threads = 1
evaluate_every = 11
save_every = 5
keep = 2
optimizer = {kind = "muon", adamw = {learning_rate = 3e-3}}

[samples]
prompts = ["the "]
sampling = {max_tokens = 17}
"""


@pytest.fixture(scope="session")
def small_recipe() -> str:
    """The text of ``small.toml``."""
    return RECIPE


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with ``small.toml`` and ``text.txt``."""
    (tmp_path / "small.toml").write_text(RECIPE, encoding="utf-8")
    words = "the cat sat on a mat and saw the rat that ate the bat in a hat"
    text = "\n".join(f"{number} {words[number % 29 :]} {words[: number % 31]}" for number in range(300))
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path
