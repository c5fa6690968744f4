"""Tasks on running text: the next token, hidden tokens, spans that were cut out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from hornbook.data.batches import Batches
from hornbook.data.config import CutSpans, MaskedTokens, NextToken
from hornbook.data.masking import MASK, MaskedBatches, Masking
from hornbook.data.masking import masked_windows as hidden_windows
from hornbook.data.noising import Noise, NoisedBatches
from hornbook.data.prepare import Prepared
from hornbook.data.prepare import prepare as prepare_text
from hornbook.data.spans import CutSpansBatches, Cutting
from hornbook.data.spans import cut_windows as windows_with_gaps
from hornbook.data.windows import require_context
from hornbook.errors import TextError
from hornbook.evaluation.accuracy import Guesses, evaluate_masked, evaluate_pairs
from hornbook.evaluation.loss import Measured, evaluate_loss
from hornbook.generation.config import Sampling
from hornbook.generation.generate import reading_only
from hornbook.generation.text import Sample, complete
from hornbook.model.config import ModelConfig
from hornbook.model.models import Decoder, Encoder, EncoderDecoder, build_model
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.recipe import Recipe


def prepare(recipe: Recipe, folder: Path, report: Callable[[str], None]) -> object:
    """Text as two token files."""
    return prepare_text(recipe.data, recipe.tokenizer, folder, recipe.seed, report=report)


def open_text(folder: Path) -> Prepared:
    """The two token files."""
    return Prepared.open(folder)


def build(config: ModelConfig, recipe: Recipe, info: dict[str, Any]) -> nn.Module:
    """The model itself."""
    return build_model(config)


def windows(recipe: Recipe, config: ModelConfig, data: Prepared) -> Batches:
    """Windows of the training text."""
    require_context(data.train, config.context)
    training = recipe.training
    return Batches(data.train, recipe.data.order, recipe.seed, training.batch, config.context, training.micro_batches)


def noised_windows(recipe: Recipe, config: ModelConfig, data: Prepared) -> Batches | NoisedBatches:
    """The same windows, with noise where the task asks for it."""
    assert isinstance(recipe.task, NextToken)
    plain = windows(recipe, config, data)
    if recipe.task.noise is None:
        return plain
    special = np.array(sorted(data.tokenizer.special.values()), dtype=np.int64)
    return NoisedBatches(plain, Noise.counted(data.train.tokens, data.train.vocab_size, recipe.task.noise, special))


def score_next(model: nn.Module, recipe: Recipe, data: Prepared, dtype: torch.dtype) -> Measured:
    """Every token of the validation text."""
    assert isinstance(model, Decoder)
    context = recipe.model.context
    return evaluate_loss(model, data.validation, context, batch=max(1, 8192 // context), autocast=dtype)


def masked_windows(recipe: Recipe, config: ModelConfig, data: Prepared) -> MaskedBatches:
    """The same windows with tokens hidden."""
    assert isinstance(recipe.task, MaskedTokens)
    return MaskedBatches(windows(recipe, config, data), Masking.of(recipe.task, data.tokenizer))


def score_masked(model: nn.Module, recipe: Recipe, data: Prepared, dtype: torch.dtype) -> Guesses:
    """The hidden tokens of the validation text, the same ones every time."""
    assert isinstance(model, Encoder) and isinstance(recipe.task, MaskedTokens)
    context, masking = recipe.model.context, Masking.of(recipe.task, data.tokenizer)
    batches = hidden_windows(data.validation, masking, context, max(1, 8192 // context), recipe.seed)
    return evaluate_masked(model, batches, autocast=dtype)


def cut_windows(recipe: Recipe, config: ModelConfig, data: Prepared) -> CutSpansBatches:
    """The same windows with spans cut out."""
    assert isinstance(recipe.task, CutSpans)
    return CutSpansBatches(windows(recipe, config, data), Cutting.of(recipe.task, data.tokenizer, config.context))


def score_spans(model: nn.Module, recipe: Recipe, data: Prepared, dtype: torch.dtype) -> Guesses:
    """The spans of the validation text, the same ones every time."""
    assert isinstance(model, EncoderDecoder) and isinstance(recipe.task, CutSpans)
    context = recipe.model.context
    cutting = Cutting.of(recipe.task, data.tokenizer, context)
    batches = windows_with_gaps(data.validation, cutting, max(1, 8192 // context), recipe.seed)
    return evaluate_pairs(model, batches, autocast=dtype)


def continued(
    model: nn.Module, tokenizer: Tokenizer, recipe: Recipe, info: dict[str, Any], prompt: str, sampling: Sampling
) -> Sample:
    """The prompt continued."""
    assert isinstance(model, Decoder)
    return complete(model, tokenizer, prompt, sampling)[0]


def filled_in(
    model: nn.Module, tokenizer: Tokenizer, recipe: Recipe, info: dict[str, Any], prompt: str, sampling: Sampling
) -> Sample:
    """The prompt with every ``<|mask|>`` replaced by the likeliest token there, all at once."""
    assert isinstance(model, Encoder)
    mask = tokenizer.roles.mask
    spelt = next((name for name, number in tokenizer.special.items() if number == mask), MASK)
    ids = tokenizer.around(tokenizer.encode(prompt, allow_special=True))
    if mask not in ids:
        raise TextError(f"the prompt hides nothing; write {spelt} where the model is to fill in a token")
    tokens = torch.tensor([ids], device=model.embedding.device)
    hidden = tokens == mask
    with reading_only(model):
        filled = torch.where(hidden, model(tokens).argmax(dim=-1), tokens)[0].tolist()
    return Sample(tokenizer.decode(filled), filled, "end")
