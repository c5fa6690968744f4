"""Recipes: what is laid over what, and what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from hornbook.errors import DamagedError, MissingError, SettingError
from hornbook.model.config import Rotary
from hornbook.model.presets import PRESETS
from hornbook.settings import build
from hornbook.workflows.recipe import KINDS, Recipe, load_recipe, read_recipe, recipe_names, resolved, to_toml


@pytest.mark.parametrize("name", recipe_names())
def test_a_resolved_recipe_is_read_back_as_the_same_recipe(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name, environment={})
    (tmp_path / "config.toml").write_text(to_toml(recipe), encoding="utf-8")
    assert read_recipe(tmp_path / "config.toml") == recipe
    assert build(Recipe, tomllib.loads(to_toml(recipe)), KINDS) == build(Recipe, resolved(recipe), KINDS) == recipe


def test_the_command_line_wins_over_the_environment_and_that_over_the_recipe_and_that_over_its_parent(
    place: Path,
) -> None:
    (place / "child.toml").write_text('extends = "small.toml"\nname = "child"\n[model]\nwidth = 44\ndepth = 5\n')
    environment = {
        "HORNBOOK_MODEL__DEPTH": "7",
        "HORNBOOK_MODEL__HEADS": "11",
        "HORNBOOK_SEED": "3",
        "HORNBOOK_HOME": "/x",
    }
    recipe = load_recipe("child.toml", ["model.heads=1"], environment)
    assert (recipe.name, recipe.model.width, recipe.model.depth, recipe.model.heads) == ("child", 44, 7, 1)
    assert (recipe.seed, recipe.model.context, recipe.training.steps) == (3, 13, 37)


def test_a_recipe_can_start_from_a_preset(place: Path) -> None:
    recipe = load_recipe(
        "small.toml", ["model={preset='gpt2', context=64, position_encoding={kind='rotary', base=500.0}}"], {}
    )
    gpt2 = PRESETS["gpt2"]
    assert (recipe.model.width, recipe.model.depth, recipe.model.context) == (gpt2.width, gpt2.depth, 64)
    assert recipe.model.position_encoding == Rotary(500.0)


@pytest.mark.parametrize(
    "override, says",
    [
        ("model.widht=3", "model.widht: no such setting (did you mean 'width'?)"),
        ("model.heads=5", "model.heads: 5 does not divide width 22"),
        ("model.preset=gtp2", "model.preset: 'gtp2' is none of"),
        ("training.optimizer=mouon", "training.optimizer.kind: 'mouon' is none of adamw, muon (did you mean 'muon'?)"),
        ("training.minutes=3", "training.minutes: expected exactly one of steps, epochs, tokens, minutes"),
        ("schema=2", "schema: found 2"),
        ("tokenizer.kind=caracters", "tokenizer.kind: 'caracters' is none of"),
    ],
)
def test_what_cannot_be_is_refused_by_name(place: Path, override: str, says: str) -> None:
    with pytest.raises(SettingError) as error:
        load_recipe("small.toml", [override], {})
    assert str(error.value).startswith(says)


def test_recipes_that_extend_each_other_in_a_circle_are_refused(place: Path) -> None:
    (place / "a.toml").write_text('extends = "b.toml"\n')
    (place / "b.toml").write_text('extends = "a.toml"\n')
    with pytest.raises(SettingError, match="goes in a circle"):
        load_recipe("a.toml", (), {})


def test_an_unknown_recipe_is_missing_and_the_nearest_is_named() -> None:
    with pytest.raises(MissingError, match="did you mean 'tinyshakespeare-char'"):
        load_recipe("tinyshakespear-char")


def test_a_circle_is_noticed_however_the_recipes_are_spelt(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(f'extends = "../{tmp_path.name}/one.toml"\n')
    with pytest.raises(SettingError, match="goes in a circle"):
        load_recipe(tmp_path / "one.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x = " + "[" * 3000 + "]" * 3000, "more deeply than anything is read"),
        ("seed = " + "9" * 5000, "digits"),
        ('extends = "' + "a" * 5000 + '"', "no recipe"),
        ("base = 7", "base: expected the folder of a run"),
        ("[training]\nsteps = 1\n[model]\npreset = []", r"model\.preset: \[\] is none of"),
        ("[training]\nsteps = 1\n[model]\ndepth = 1000000000", "depth: expected at most 4,096 layers"),
        ("[training]\nsteps = 1\n[model]\nwidth = 2147483647\nheads = 7", "try heads = 1"),
    ],
)
def test_a_recipe_that_nobody_would_write_is_refused_in_words_and_at_once(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "odd.toml").write_text(text)
    with pytest.raises((SettingError, MissingError), match=says):
        load_recipe(tmp_path / "odd.toml")


def test_a_base_whose_recipe_has_no_model_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"schema": 1}')
    (tmp_path / "config.toml").write_text("seed = 1")
    (tmp_path / "mine.toml").write_text(f'base = "{tmp_path}"\n[training]\nsteps = 1')
    with pytest.raises(DamagedError, match=r"config\.toml has no whole \[model\]"):
        load_recipe(tmp_path / "mine.toml")
