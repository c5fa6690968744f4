"""A ladder of real runs, the law of it, and the run that was predicted before it was made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hornbook.errors import SettingError
from hornbook.evaluation.scaling_law import read_fit
from hornbook.workflows.recipe import Recipe, load_recipe
from hornbook.workflows.study_scaling import NEXT, ladder, scale
from hornbook.workflows.watchers import Silent

QUICK = ("training.evaluate_every=0", "training.save_every=0", "model.dropout=0.0", "model.depth=1")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory, small_recipe: str) -> Recipe:
    """The small recipe, wide enough for three sizes, for twelve steps."""
    folder = tmp_path_factory.mktemp("scaling")
    text = "\n".join(f"{number} the cat sat on {number % 17} mats and saw the rat" for number in range(120))
    (folder / "text.txt").write_text(text, encoding="utf-8")
    (folder / "small.toml").write_text(small_recipe.replace("text.txt", str(folder / "text.txt")), encoding="utf-8")
    return load_recipe(folder / "small.toml", [*QUICK, "training.steps=12", "model.width=32"])


def test_a_ladder_halves_lengths_and_divides_widths_by_the_root_of_two(recipe: Recipe) -> None:
    sides = ladder(recipe, 1000, 4, 3)
    sizes = [(side.recipe.model.width, side.recipe.training.tokens) for side in sides]
    assert sizes[:3] == [(12, 250), (12, 500), (12, 1000)] and sizes[-2:] == [(32, 1000), (44, 2000)]
    assert [width for width, _ in sizes[::3]] == [12, 16, 24, 32, 44] and sides[-1].name == NEXT
    with pytest.raises(SettingError, match="too narrow for 9 sizes"):
        ladder(recipe, 1000, 9, 3)
    with pytest.raises(SettingError, match="3 or more"):
        ladder(recipe, 1000, 2, 3)


@pytest.mark.slow
def test_the_prediction_is_written_before_the_run_is_made_and_the_miss_after(recipe: Recipe, tmp_path: Path) -> None:
    said = scale(tmp_path / "law", recipe, 3, 3, 1, Silent(), fit_only=True)
    before = json.loads((tmp_path / "law/law.json").read_text())
    assert before["next"]["found"] is None and len(said.study.trials) == 9
    assert read_fit(before["fit"]) == said.fit and said.sentence().endswith("that run was not made.")
    found = scale(tmp_path / "law", recipe, 3, 3, 1, Silent())
    after = json.loads((tmp_path / "law/law.json").read_text())
    assert {**after["next"], "found": None, "miss": None} == before["next"]
    [trial] = [trial for trial in found.study.trials if trial.side == NEXT]
    assert after["next"]["found"] == trial.loss
    assert after["next"]["miss"] == pytest.approx(trial.loss / before["next"]["expected"] - 1)
    assert len(found.table().rows) == 9 and f"{trial.loss:.4f}" in found.sentence()
    assert (tmp_path / "law/report.html").read_text().count("<svg") == 2
    with pytest.raises(SettingError, match="next token"):
        scale(tmp_path / "other", load_recipe("numbers"), 3, 3, 1, Silent())
