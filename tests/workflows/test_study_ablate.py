"""Ablations with real trainings: each change is judged against the recipe as it is, and none by one seed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hornbook.errors import SettingError
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.study_ab import compare_two
from hornbook.workflows.study_ablate import Ablation, ablate, names_of, spread
from hornbook.workflows.watchers import Silent

QUICK = ("training.steps=9", "training.evaluate_every=0", "training.save_every=0", "model.depth=1", "model.dropout=0.0")
SLOW = "training.optimizer.adamw.learning_rate=1e-6"
OFTEN = "training.optimizer.adamw.epsilon=1e-9"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, small_recipe: str) -> Path:
    """A folder with ``small.toml`` and ``text.txt`` that these tests share."""
    folder = tmp_path_factory.mktemp("ablations")
    text = "\n".join(f"{number} the cat sat on {number % 17} mats and saw the rat" for number in range(150))
    (folder / "text.txt").write_text(text, encoding="utf-8")
    (folder / "small.toml").write_text(small_recipe.replace("text.txt", str(folder / "text.txt")), encoding="utf-8")
    return folder


def ablated(here: Path, name: str, *changes: str, seeds: int) -> Ablation:
    """The small recipe, and each of the changes."""
    changed = {change: load_recipe(here / "small.toml", [*QUICK, change]) for change in changes}
    return ablate(here / name, load_recipe(here / "small.toml", QUICK), changed, seeds, Silent())


@pytest.mark.slow
def test_every_change_is_compared_with_the_recipe_as_it_is_and_shares_the_level(here: Path) -> None:
    found = ablated(here, "two", SLOW, OFTEN, seeds=3)
    slow, often = found.found["learning_rate=1e-6"], found.found["epsilon=1e-9"]
    assert slow.level == often.level == 0.01  # two changes, 2 % together
    assert slow.verdict == "worse" and often.verdict == "no evidence"
    pair = compare_two(
        here / "pair",
        load_recipe(here / "small.toml", QUICK),
        load_recipe(here / "small.toml", [*QUICK, SLOW]),
        3,
        Silent(),
    )
    assert slow.differences == pair.found.differences  # the same runs as in a study of two
    assert f"Worse: {SLOW}." in found.sentence() and f"No evidence of a difference: {OFTEN}." in found.sentence()
    assert [row[0] for row in found.table().rows] == ["unchanged", OFTEN, SLOW]
    written = json.loads((here / "two/study.json").read_text())
    assert len(written["trials"]) == 9 and written["result"]["changes"]["epsilon=1e-9"]["verdict"] == "no evidence"
    assert found.sentence() in (here / "two/report.md").read_text()


@pytest.mark.slow
def test_one_seed_gives_no_verdict(here: Path) -> None:
    found = ablated(here, "one", SLOW, seeds=1)
    assert [each.verdict for each in found.found.values()] == ["declined"]
    assert found.sentence().startswith("No verdicts: one seed") and found.table().rows[1][4:] == ("-", "declined")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("model.depth=1", "that is what the recipe says already"),
        ("training.steps=18", "702 and 1,404 tokens|1,404 and 702 tokens"),
        ("data.validation_fraction=0.2", "different texts"),
    ],
)
def test_a_change_that_does_not_compare_is_refused_before_anything_is_trained(
    here: Path, change: str, reason: str
) -> None:
    with pytest.raises(SettingError, match=reason):
        ablated(here, "refused", change, seeds=1)
    assert not (here / "refused").exists()


def test_several_values_are_several_changes_and_commas_inside_brackets_stay() -> None:
    assert spread("model.depth=2,8") == ["model.depth=2", "model.depth=8"]
    assert spread("a.b={kind='x,', c=[1,2]}, y") == ["a.b={kind='x,', c=[1,2]}", "a.b=y"]
    for wrong in ("a.b=", "a.b=1,", "=3"):
        with pytest.raises(SettingError, match="expected FIELD=VALUE"):
            spread(wrong)


def test_names_of_changes_can_stand_in_a_path_and_differ() -> None:
    names = names_of(["training.batch=3", "a.batch=3", "m.p={kind='rotary', base=5.0}"])
    assert list(names) == ["batch=3", "batch=3-2", "p=-kind=-rotary-base=5.0"]
