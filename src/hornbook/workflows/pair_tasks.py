"""Pairs of texts: one is read, the other written, by an encoder-decoder or by a decoder that takes both for one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hornbook.data.config import Continue
from hornbook.data.pair_batches import PairBatches, evaluation_batches
from hornbook.data.pairs import PreparedPairs, prepare_pairs
from hornbook.evaluation.accuracy import Guesses, evaluate_masked, evaluate_pairs
from hornbook.generation.config import Sampling
from hornbook.generation.text import Sample, complete
from hornbook.generation.translate import translate
from hornbook.model.config import ModelConfig
from hornbook.model.models import Decoder, EncoderDecoder
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.recipe import Recipe

SCORED_AT_ONCE = 256


def prepare(recipe: Recipe, folder: Path, report: Callable[[str], None]) -> object:
    """Both texts of every pair as token files."""
    return prepare_pairs(recipe.data, recipe.tokenizer, folder, recipe.seed, report=report)


def open_pairs(folder: Path) -> PreparedPairs:
    """The four token files."""
    return PreparedPairs.open(folder)


def batches(recipe: Recipe, config: ModelConfig, data: PreparedPairs) -> PairBatches:
    """Pairs in another order in every epoch."""
    training = recipe.training
    return PairBatches(data.train, recipe.task, recipe.seed, training.batch, config.context, training.micro_batches)


def score(model: nn.Module, recipe: Recipe, data: PreparedPairs, dtype: torch.dtype) -> Guesses:
    """Every held-out pair, each token after the right ones before it."""
    held_out = evaluation_batches(data.validation, recipe.task, SCORED_AT_ONCE, recipe.model.context)
    if isinstance(model, EncoderDecoder):
        return evaluate_pairs(model, held_out, autocast=dtype)
    assert isinstance(model, Decoder)
    return evaluate_masked(model, held_out, autocast=dtype)


def translated(
    model: nn.Module, tokenizer: Tokenizer, recipe: Recipe, info: dict[str, Any], prompt: str, sampling: Sampling
) -> Sample:
    """What the model writes for a source."""
    assert isinstance(model, EncoderDecoder)
    return translate(model, tokenizer, [prompt], sampling)[0]


def continued(
    model: nn.Module, tokenizer: Tokenizer, recipe: Recipe, info: dict[str, Any], prompt: str, sampling: Sampling
) -> Sample:
    """What the model writes after a source and the separator."""
    assert isinstance(model, Decoder) and isinstance(recipe.task, Continue)
    return complete(model, tokenizer, prompt + recipe.task.separator, sampling)[0]
