"""``hornbook study`` as a person runs it."""

from __future__ import annotations

import json

import pytest

from hornbook.cli.app import run
from hornbook.cli.study import Length

RECIPE = """
name = "little"
data = {text = ["text.txt"]}
tokenizer = "characters"
model = {context = 11, width = 14, heads = 2, depth = 2}
training = {steps = 7, batch = 3, evaluate_every = 0}
"""


@pytest.fixture(autouse=True)
def place(tmp_path):
    (tmp_path / "little.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "text.txt").write_text("a cat and a rat ate at a table\n" * 60, encoding="utf-8")


def test_every_flag_that_says_how_long_reaches_the_recipe(tmp_path):
    recipe = str(tmp_path / "little.toml")
    assert Length(tokens=990).recipe(recipe, ()).training.tokens == 990
    assert Length(steps=3).recipe(recipe, ()).training.steps == 3
    by_the_clock = ("training.steps=none", "training.minutes=1")
    assert Length().recipe(recipe, by_the_clock, tokens=660).training.tokens == 660


@pytest.mark.slow
def test_ab_prints_every_seed_and_goes_on_in_the_same_folder(hornbook, tmp_path):
    words = (
        "study",
        "ab",
        "little.toml",
        "model.depth=1",
        "--change",
        "model.width=26",
        "--a",
        "seed=5",
        "--out",
        "out",
    )
    said = hornbook(*words, "--seeds", 1)
    assert "No verdict: one seed cannot tell B from A" in said.stdout
    assert "Both sides saw the same batches." in said.stdout
    found = json.loads(hornbook(*words, "--seeds", 2, "--json").stdout)
    assert found["seeds"] == [5, 6] and found["looks"] == [1, 2]
    assert found["changes"] == {"model.width": {"A": 14, "B": 26}}
    assert found["differences"] == [b - a for a, b in zip(found["scores"]["A"], found["scores"]["B"], strict=True)]
    assert f"| 5 | {found['scores']['A'][0]:.4f} |" in (tmp_path / "out/report.md").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("little.toml", "training.steps=none", "training.minutes=1"), "--tokens"),
        (("one", "two", "three"), "one recipe or two, found one two three"),
        ((), "one recipe or two, found none"),
        (("little.toml", "--tokens", "99", "--steps", "3"), "give one"),
        (("little.toml", "--change", "model.widht=3"), "did you mean 'width'"),
    ],
)
def test_what_cannot_be_compared_is_refused_and_says_what_to_do(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["study", "ab", *words]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()
