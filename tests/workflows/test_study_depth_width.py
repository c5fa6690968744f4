"""Depth and width with real trainings, and shapes that cost the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hornbook.errors import SettingError
from hornbook.model.config import ModelConfig
from hornbook.model.count import count
from hornbook.model.presets import PRESETS
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.shapes import EQUAL, PUBLISHED, depths_around, grid, published, shaped
from hornbook.workflows.study_depth_width import Pair, command, compare_published, compare_shapes, deepening
from hornbook.workflows.watchers import Silent

QUICK = ("training.steps=3", "training.evaluate_every=0", "training.save_every=0", "model.dropout=0.0")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, small_recipe: str) -> Path:
    """A folder with ``small.toml`` and ``text.txt`` that these tests share."""
    folder = tmp_path_factory.mktemp("shapes")
    text = "\n".join(f"{number} the cat sat on {number % 17} mats and saw the rat" for number in range(120))
    (folder / "text.txt").write_text(text, encoding="utf-8")
    (folder / "small.toml").write_text(small_recipe.replace("text.txt", str(folder / "text.txt")), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["parameters", "layers", "flops"])
def test_shapes_of_a_grid_cost_the_same_and_no_other_width_comes_nearer(name: str) -> None:
    config = ModelConfig(vocabulary=1009, context=64, width=128, heads=4, depth=4)
    cost, budget = EQUAL[name].cost, EQUAL[name].cost(config)
    models = grid(config, (2, 4, 8, 16), EQUAL[name])
    assert [model.depth for model in models.values()] == [2, 4, 8, 16] and models["4x128"] == config
    for model in models.values():
        others = [
            shaped(config, model.depth, lambda c: float(c.width), float(model.width + by)).width for by in (-8, 8)
        ]
        off = abs(cost(model) - budget)
        assert off / budget < 0.08 and sorted(others) == [model.width - 8, model.width + 8]
        for width in others:
            other = ModelConfig(vocabulary=1009, context=64, width=width, heads=4, depth=model.depth)
            assert abs(cost(other) - budget) >= off


def test_depths_that_no_width_can_pay_for_or_that_are_too_few_are_refused() -> None:
    config = ModelConfig(vocabulary=53, context=16, width=16, heads=4, depth=1)
    with pytest.raises(SettingError, match="leave 64 out"):
        grid(config, (1, 64), EQUAL["layers"])
    with pytest.raises(SettingError, match="two or more"):
        grid(config, (3,), EQUAL["layers"])
    assert depths_around(4) == (2, 4, 8) and depths_around(1) == (1, 2)


def test_the_published_four_keep_their_depths_and_the_part_that_embeddings_are() -> None:
    recipe = load_recipe("quickstart", ["training.minutes=none", "training.steps=3"])
    whole, sixth = published(recipe, 1), published(recipe, 6)
    for name in PUBLISHED:
        assert whole[name].model == PRESETS[name]
        assert sixth[name].model.depth == PRESETS[name].depth and sixth[name].model.width * 6 == PRESETS[name].width
        large, small = count(whole[name].model), count(sixth[name].model)
        shares = [each.embedding_parameters / each.parameters for each in (large, small)]
        assert shares[0] == pytest.approx(shares[1], abs=0.02)
    with pytest.raises(SettingError, match="scale"):
        published(recipe, 99)


def test_pairs_are_each_with_the_next_deeper_and_the_first_with_the_last() -> None:
    assert deepening(["a", "b", "c"])[-1] == Pair("a to c", "a", "c") and len(deepening(["a", "b", "c"])) == 3
    assert deepening(["a", "b"]) == (Pair("a to b", "a", "b"),)


@pytest.mark.slow
def test_a_grid_is_trained_compared_and_gone_on_with(here: Path) -> None:
    recipe = load_recipe(here / "small.toml", [*QUICK, "model.depth=1"])
    one = compare_shapes(here / "grid", recipe, "layers", (), 1, Silent())
    assert one.sentence().startswith("No verdict: one seed") and {f.verdict for f in one.found} == {"declined"}
    found = compare_shapes(here / "grid", recipe, "layers", (), 2, Silent())
    assert len(found.study.trials) == 4 and found.study.looks == [1, 2]
    assert "parameters of the layers, from 1x22" in found.sentence()
    a, b = (found.study.scores(side.name, [1, 2]) for side in found.study.sides)
    assert found.found[0].differences == tuple(y - x for x, y in zip(a, b, strict=True))
    written = json.loads((here / "grid/study.json").read_text())["result"]
    share = written["embedding_share"]["1x22"]
    size = written["budgets"]["1x22"]
    assert share == size["embedding_parameters"] / size["parameters"]
    assert (here / "grid/report.html").read_text().count("<svg") == 3
    depths = ",".join(str(side.recipe.model.depth) for side in found.study.sides)
    assert command(found).endswith(f"grid/recipe.toml --equal layers --depths {depths} --seeds 2")
    assert load_recipe(here / "grid/recipe.toml") == recipe
    with pytest.raises(SettingError, match="no side"):
        compare_shapes(here / "grid", recipe, "layers", (1, 3), 2, Silent())


@pytest.mark.slow
def test_in_equal_time_the_slower_shape_makes_fewer_steps_and_a_study_keeps_what_it_measured(here: Path) -> None:
    recipe = load_recipe(here / "small.toml", [*QUICK, "model.depth=1", "training.steps=40"])
    found = compare_shapes(here / "time", recipe, "time", (1, 6), 1, Silent())
    steps = {side.name: side.recipe.training.steps for side in found.study.sides}
    assert steps.pop("1x22") == 40 and 1 <= min(steps.values()) < 40
    again = compare_shapes(here / "time", recipe, "time", (1, 6), 1, Silent())
    assert [side.recipe for side in again.study.sides] == [side.recipe for side in found.study.sides]


@pytest.mark.slow
def test_the_published_four_say_what_they_cannot_show(here: Path) -> None:
    recipe = load_recipe(here / "small.toml", [*QUICK, "training.steps=1", "training.batch=2"])
    found = compare_published(here / "four", recipe, 24, 1, Silent())
    said = " ".join(found.remarks())
    assert "could not show whether depth or width is" in said and len(found.found) == 5
    assert [row[0] for row in found.table().rows] == list(PUBLISHED)
    assert command(found).endswith("/recipe.toml --published --scale 24 --seeds 1")
