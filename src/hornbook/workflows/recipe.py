"""A recipe: everything a training is, as one typed value, from a TOML file of a dozen lines.

Laid over one another, later ones winning: defaults, ``extends`` parents, the recipe, the environment
(``HORNBOOK_MODEL__DEPTH=8``, ``HORNBOOK_SEED=3``), and ``model.depth=8`` on the command line. With
``[model] preset = "gpt2"`` a model starts from one of ``presets.py``, with ``base = "RUN"`` from a run: its model and
its tokenizer stand in for those of the recipe. An unknown name anywhere is an error that tells the nearest one.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w

import hornbook.data.config as data
import hornbook.finetuning.config as finetuning
import hornbook.model.config as model
import hornbook.tokenizers.config as tokenizers
import hornbook.training.config as training
from hornbook.errors import DamagedError, MissingError, SettingError, nearest
from hornbook.files import is_there, read_text
from hornbook.generation.config import Sampling
from hornbook.model.presets import PRESETS
from hornbook.settings import build, merge, override, plain

SCHEMA = 1
KINDS: dict[type, str] = data.KINDS | tokenizers.KINDS | model.KINDS | training.KINDS | finetuning.KINDS
"""How every choice of every room is spelt in a recipe."""


@dataclass(frozen=True, kw_only=True)
class SamplesConfig:
    """What the model is asked to write at every evaluation; an empty prompt starts a new text."""

    prompts: tuple[str, ...] = ("",)
    """What the model is asked to go on with; an empty prompt starts a new text."""
    sampling: Sampling = Sampling(max_tokens=100)
    """How the next token is chosen for them."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """All that decides a run. The same recipe, seed and machine give the same weights, bit for bit."""

    name: str = "unnamed"
    """What the recipe is called, and its runs' folders after it."""
    about: str = ""
    """One line on what it is for; the title of the run's report."""
    schema: int = SCHEMA
    """The layout of the file; a recipe of a later one is refused."""
    seed: int = 1
    """The number from which all chance of a run is made: first weights, order of the data, dropout."""
    base: str | None = None
    """The folder of a run whose weights, model and tokenizer it begins with; none: it begins from random weights."""
    adapting: finetuning.Adapting = finetuning.Everything()
    """Which weights learn: all of them, a part, or a few that are added."""
    task: data.TaskConfig = data.NextToken()
    """What is asked of the model at every step, and so which batches, loss and score belong to it."""
    data: data.DataConfig = data.DataConfig()
    """Which text, how it is divided, and in which order it is read."""
    tokenizer: tokenizers.TokenizerConfig = tokenizers.BytePair()
    """How text becomes numbers; trained on the training part alone."""
    model: model.ModelConfig = model.ModelConfig()
    """What the model is built of, and how large it is."""
    training: training.TrainingConfig
    """How long, in which steps, by which optimizer and in which arithmetic."""
    samples: SamplesConfig = SamplesConfig()
    """What the model is asked to write at every evaluation."""

    def __post_init__(self) -> None:
        """Refuse a recipe of a later release (``SettingError``)."""
        if self.schema != SCHEMA:
            raise SettingError(
                f"schema: found {self.schema}; this version of hornbook reads recipes of schema {SCHEMA}"
            )


def recipe_names() -> list[str]:
    """The recipes that ship with the package, by name."""
    folder = resources.files("hornbook") / "recipes"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_recipe(
    source: str | Path, overrides: Sequence[str] = (), environment: Mapping[str, str] | None = None
) -> Recipe:
    """The recipe of a shipped name or a TOML file, with the environment and ``overrides`` (``a.b=c``) laid over it.

    Raises:
        MissingError: there is no such recipe; SettingError: a setting that does not exist or cannot be what it says.
    """
    variables = from_environment(os.environ if environment is None else environment)
    table = on_base(override(read_table(source, ()), [*variables, *overrides]), overrides)
    return build(Recipe, expand_preset(table), KINDS)


LENGTHS = ("steps", "epochs", "tokens", "minutes")
"""The ways to say how long; only one of them may be said."""

FLAGS: dict[str, Callable[[Any], list[str]]] = {
    "text": lambda files: ["data.corpus=none", f"data.text={[str(file) for file in files]}"],
    "corpus": lambda name: [f"data.corpus={name}", "data.text=[]"],
    "minutes": lambda number: [*(f"training.{length}=none" for length in LENGTHS), f"training.minutes={number}"],
    "steps": lambda number: [*(f"training.{length}=none" for length in LENGTHS), f"training.steps={number}"],
    "tokens": lambda number: [*(f"training.{length}=none" for length in LENGTHS), f"training.tokens={number}"],
    "seed": lambda number: [f"seed={number}"],
}
"""What the flags of ``hornbook train`` and ``study``, and the keywords of ``hornbook.train``, set in a recipe."""


def read_recipe(path: Path) -> Recipe:
    """A resolved recipe exactly as it was written, without the environment: the ``config.toml`` of a run."""
    return build(Recipe, parse_toml(path), KINDS)


def resolved(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain data, every default written out; ``build`` makes the same recipe from it."""
    table: dict[str, Any] = plain(recipe, KINDS)
    return table


def to_toml(recipe: Recipe) -> str:
    """The resolved recipe as TOML text."""
    return tomli_w.dumps(resolved(recipe))


def replaced(recipe: Recipe, **changes: Any) -> Recipe:
    """The recipe with some of its parts exchanged."""
    return dataclasses.replace(recipe, **changes)


def read_table(source: str | Path, children: tuple[str, ...]) -> dict[str, Any]:
    """The plain data of a recipe with its parents under it; ``children`` are the recipes that led here."""
    path = find_recipe(source)
    if str(path.resolve()) in children:
        raise SettingError(f"extends: {' -> '.join([*children, str(path.resolve())])} goes in a circle")
    table = parse_toml(path)
    parent = table.pop("extends", None)
    if parent is None:
        return table
    if not isinstance(parent, str):
        raise SettingError(f"extends: expected the name of a recipe, found {parent!r}")
    beside = path.parent / parent
    return merge(read_table(beside if is_there(beside) else parent, (*children, str(path.resolve()))), table)


def find_recipe(source: str | Path) -> Path:
    """The file of a recipe, from its name or its path."""
    name, names = str(source), recipe_names()
    if name in names:
        return Path(str(resources.files("hornbook") / "recipes" / f"{name}.toml"))
    path = Path(source)
    if is_there(path) and path.is_file():
        return path
    if path.suffix == ".toml" or "/" in name:
        raise MissingError(f"{name[:200]} does not exist; give a recipe's file, or one of {', '.join(names)}")
    raise MissingError(f"there is no recipe {name!r}{nearest(name, names)}; there are {', '.join(names)}")


def parse_toml(path: Path) -> dict[str, Any]:
    """A TOML file as plain data; a mistake in it is a ``SettingError`` that names file and line."""
    try:
        return tomllib.loads(read_text(path))
    except RecursionError:
        raise SettingError(
            f"{path}: lists or tables lie in each other more deeply than anything is read here"
        ) from None
    except ValueError as error:  # a number of thousands of digits is one, too
        raise SettingError(f"{path}: {error}") from None


def from_environment(environment: Mapping[str, str]) -> list[str]:
    """``HORNBOOK_MODEL__DEPTH=8`` as ``model.depth=8``; of single words only ``HORNBOOK_SEED`` is a setting."""
    assignments = []
    for name, value in sorted(environment.items()):
        key = name.removeprefix("HORNBOOK_").lower()
        if name.startswith("HORNBOOK_") and ("__" in key or key == "seed"):
            assignments.append(f"{key.replace('__', '.')}={value}")
    return assignments


OF_THE_TRAINING = ("dropout", "context")
"""What a model can be set to without becoming another model (unless every position has a vector of its own)."""

A_ROW_EACH = "learned"
"""Positions with a table, whose length is the context."""


def on_base(table: dict[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """The recipe with the model and the tokenizer of the run it begins with, if it begins with one.

    Of the recipe's own ``[model]``, which serves where there is no base, the dropout stays, and the context where the
    base has no table of positions; what ``overrides`` say holds, and fits the weights or is refused when they are read.
    """
    if table.get("base", "none") == "none":
        return table
    from hornbook.training.run_folder import Run

    if not isinstance(table["base"], str):
        raise SettingError(f"base: expected the folder of a run, found {str(table['base'])[:40]!r}")
    folder = Run.open(table["base"]).folder.resolve()
    whole, own = parse_toml(folder / "config.toml").get("model"), table.get("model", {})
    positions = whole.get("position_encoding") if isinstance(whole, Mapping) else None
    if not isinstance(whole, Mapping) or not isinstance(positions, Mapping):
        raise DamagedError(f"{folder / 'config.toml'} has no whole [model], as a run writes it; take another base")
    if not isinstance(own, Mapping):
        raise SettingError(f"model: expected a table of settings, found {own!r}")
    stays = OF_THE_TRAINING[: 1 if positions.get("kind") == A_ROW_EACH else 2]
    own = {name: value for name, value in own.items() if name in stays}
    based = table | {
        "base": str(folder),
        "model": merge(whole, own),
        "tokenizer": {"kind": "saved", "folder": str(folder)},
    }
    return override(based, [each for each in overrides if each.startswith("model.")])


def expand_preset(table: dict[str, Any]) -> dict[str, Any]:
    """Lay the model's settings over those of the preset it names, if it names one."""
    settings = table.get("model", {})
    if not isinstance(settings, Mapping) or "preset" not in settings:
        return table
    name = settings["preset"]
    if not isinstance(name, str) or name not in PRESETS:
        raise SettingError(f"model.preset: {name!r} is none of {', '.join(PRESETS)}{nearest(str(name), PRESETS)}")
    own = {key: value for key, value in settings.items() if key != "preset"}
    return table | {"model": merge(plain(PRESETS[name], KINDS), own)}
