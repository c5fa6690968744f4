"""Recipes: those of the package and their resolved forms, changed as trees and as text; settings laid over them."""

from __future__ import annotations

import os
import random
import tomllib
from importlib import import_module, resources
from pathlib import Path
from typing import Any

import tomli_w

from hornbook.workflows.recipe import load_recipe, read_recipe, recipe_names, resolved, to_toml
from tests.fuzz.mutating import STRINGS, as_json, changed, damaged, grown, noise, odd, spelt
from tests.fuzz.target import BROKEN, RIGHT, Input, laid_out

WORDS = (
    *('name = "x"\n', "[model]\n", "[training]\n", "steps = 3\n", "depth = 2\n", 'kind = "rotary"\n', "\\u", "inf"),
    *("{", "}", "[", "]", "=", '"""', "'''", "#", "nan", "1979-05-27", "0x", "1e9", ".", ",", "\r", "\0", "true"),
    *('extends = "published"\n', 'base = "x"\n', 'preset = "gpt2"\n', "é = 1\n", '"\\ud800"', "9" * 5000, "[" * 2000),
    "[[model.pattern]]\n",
)


class Recipes:
    """A recipe's file, a parent beside it, and words from the command line."""

    name = "recipes"
    loaders = ("workflows/recipe.py", "settings.py")

    def __init__(self, place: Path) -> None:
        self.folder = place / "recipes"
        self.folder.mkdir()
        os.chdir(self.folder)  # whatever a mutated path leads to begins here
        import_module("hornbook.training.run_folder")  # a base is looked for there, and torch takes its time
        shipped = [(resources.files("hornbook") / "recipes" / f"{name}.toml").read_text() for name in recipe_names()]
        self.valid: list[dict[str, Any]] = [tomllib.loads(text) for text in shipped]
        self.valid += [resolved(load_recipe(name, environment={})) for name in recipe_names()[::4]]

    def make(self, draw: random.Random) -> Input:
        """A recipe, and with it what would be typed behind it."""
        lot, valid = draw.random(), draw.choice(self.valid)
        if lot < RIGHT:
            data = in_toml(changed(draw, valid))
        elif lot < BROKEN:
            data = damaged(draw, in_toml(valid))
        else:
            data = in_toml(grown(draw)) if draw.random() < 0.5 else noise(draw, WORDS)
        files = {"recipe.toml": data}
        if draw.random() < 0.1:
            files["parent.toml"] = in_toml(changed(draw, draw.choice(self.valid)))
            ways = (b"parent.toml", b"recipe.toml", b"./recipe.toml", b"../recipes/recipe.toml", b"own-text", b"", b"/")
            files["recipe.toml"] = b'extends = "' + draw.choice(ways) + b'"\n' + data
        elif draw.random() < 0.05:
            files["recipe.toml"] = b'base = "."\n' + data
            files["config.toml"] = in_toml(changed(draw, self.valid[-1]) if draw.random() < 0.7 else self.valid[-1])
            files["run.json"] = b'{"schema": 1}' if draw.random() < 0.9 else as_json(grown(draw))
        if draw.random() < 0.3:
            files["words"] = "\n".join(self.word(draw, valid) for _ in range(draw.choice((1, 1, 2)))).encode(
                "utf-8", "surrogatepass"
            )
        return Input(files, lot < RIGHT)

    def word(self, draw: random.Random, valid: Any) -> str:
        """``a.b=c``: a name that there is, or nearly, and a value."""
        names, inner = [], valid
        while isinstance(inner, dict | list) and inner and draw.random() < 0.8:
            name = draw.choice(list(inner)) if isinstance(inner, dict) else draw.randrange(len(inner))
            names.append(str(name))
            inner = inner[name]
        if draw.random() < 0.2:
            names.append(draw.choice((*STRINGS, "0", "7", "²", "9" * 5000)))
        value = draw.choice((str(odd(draw)), str(inner), "[" * 500, "9" * 5000, "{a = 1}", "1\nseed = 2", "none"))
        return f"{'.'.join(names)}{draw.choice(('=', '=', '=', '=', '', '.'))}{value}"

    def read(self, given: Input) -> None:
        """As ``hornbook train`` reads it, and once more as it would stand in its run."""
        laid_out(self.folder, given.files)
        words = given.files.get("words", b"").decode("utf-8", "surrogatepass").split("\n")
        environment = (
            {"HORNBOOK_SEED": "3", "HORNBOOK_HOME": "x", "HORNBOOK_MODEL__DROPOUT": "0.0"} if words[1:] else {}
        )
        recipe = load_recipe("recipe.toml", [word for word in words if word], environment)
        (self.folder / "again.toml").write_bytes(to_toml(recipe).encode("utf-8"))
        assert read_recipe(self.folder / "again.toml") == recipe or has_nan(resolved(recipe))


def has_nan(value: Any) -> bool:
    """Whether a number in it is none: such a recipe equals nothing, itself included."""
    if isinstance(value, dict | list):
        return any(map(has_nan, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and value != value


def in_toml(tree: Any) -> bytes:
    """A tree as TOML; what TOML has no word for (none, a tree that is no table) becomes text that it refuses."""
    try:
        return spelt(tomli_w.dumps(without_none(tree)))
    except (TypeError, AttributeError, ValueError, RecursionError):
        return spelt(f'value = "{tree!r}"'[:20_000])


def without_none(tree: Any) -> Any:
    """The tree without what JSON calls null, and with keys that are strings."""
    if isinstance(tree, dict):
        return {str(key): without_none(value) for key, value in tree.items() if value is not None}
    return [without_none(value) for value in tree if value is not None] if isinstance(tree, list) else tree
