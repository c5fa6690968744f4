"""A run, opened: the model with its weights, its tokenizer and its recipe: where using a model starts."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.errors import MissingError, SettingError
from hornbook.finetuning.adapting import adapt
from hornbook.finetuning.low_rank import merge
from hornbook.generation.generate import Steps, generate
from hornbook.model.config import ModelConfig
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.saved import fingerprint, load_tokenizer
from hornbook.training.checkpoints import check_vocabulary, load_checkpoint, read_progress
from hornbook.training.run_folder import Run
from hornbook.workflows.breaking.seal import opened
from hornbook.workflows.recipe import Recipe, read_recipe
from hornbook.workflows.tasks import task_of

IMPORTED = "imported"
"""What ``run.json`` calls the source of a model that came from elsewhere, and brought no data."""


@dataclass(frozen=True)
class Loaded:
    """What a run folder gives: all that generation and evaluation need."""

    model: Any
    tokenizer: Tokenizer
    recipe: Recipe
    run: Run
    checkpoint: Path
    steps: Steps = generate  # how a decoder writes (decoding.py)


def load_run(name: str | Path, checkpoint: str = "best", merged: bool = True) -> Loaded:
    """Open a run at one of its checkpoints: ``best`` (``latest`` where nothing was evaluated), ``latest``, or by name.

    Products that were learned beside matrices (LoRA) are added to them, unless they are wanted apart (``merged``).

    Raises:
        MissingError: there is no such run or checkpoint.
        DamagedError: a file of it is not as it was written.
        HornbookError: model and weights, or tokenizer and weights, do not belong together.
    """
    run = Run.open(name)
    path = run.chosen("latest" if checkpoint == "best" and run.best is None else checkpoint)
    recipe, tokenizer = read_recipe(run.folder / "config.toml"), load_tokenizer(run.tokenizer)
    check_vocabulary(read_progress(path), fingerprint(tokenizer), tokenizer.vocab_size)
    model = task_of(recipe).build(with_vocabulary(recipe.model, tokenizer), recipe, run.info)
    adapt(model, recipe.adapting)
    if (fault := opened(run.info)) is not None:  # who trained with a broken part has no other
        fault.model(model)
    load_checkpoint(path, model)
    model.requires_grad_(True)
    if merged:
        merge(model)
    return Loaded(model.eval(), tokenizer, recipe, run, path)


def with_vocabulary(config: ModelConfig, tokenizer: Tokenizer) -> ModelConfig:
    """The configuration with the tokenizer's number of tokens where it leaves that open (0).

    Raises:
        SettingError: the model has fewer rows than the tokenizer has tokens.
    """
    if not config.vocabulary:
        return dataclasses.replace(config, vocabulary=tokenizer.vocab_size)
    if config.vocabulary < tokenizer.vocab_size:
        raise SettingError(
            f"model.vocabulary: {config.vocabulary:,} is too small for a tokenizer of {tokenizer.vocab_size:,} tokens; "
            "leave it 0 (as many as the tokenizer has) or take a smaller tokenizer"
        )
    return config


def load_prepared(run: Run) -> Any:
    """The data a run was trained and validated on, of the kind that its task reads.

    Raises:
        MissingError: they are not where the run says.
        DamagedError: they are not the files it was trained on.
    """
    folder = run.folder / str(run.info.get("data", "data"))  # an absolute path stays what it is
    try:
        return task_of(read_recipe(run.folder / "config.toml")).open(folder)
    except MissingError as error:
        raise MissingError(f"the data of {run.folder} are gone: {error}") from None
