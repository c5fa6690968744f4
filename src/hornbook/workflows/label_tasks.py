"""Questions about texts: every text is labelled with one class for each of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hornbook.batches import Positions
from hornbook.data.config import Classify
from hornbook.data.labels import PreparedLabelled, prepare_labelled
from hornbook.data.pair_batches import PairBatches, evaluation_batches
from hornbook.data.views import framed
from hornbook.evaluation.accuracy import Answers, evaluate_classes
from hornbook.generation.config import Sampling
from hornbook.generation.generate import reading_only
from hornbook.generation.text import Sample
from hornbook.model.config import ModelConfig
from hornbook.model.heads import Classifier
from hornbook.model.models import Decoder, Encoder, build_model
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.recipe import Recipe

SCORED_AT_ONCE = 256


def prepare(recipe: Recipe, folder: Path, report: Callable[[str], None]) -> object:
    """Texts as a token file, labels beside it."""
    return prepare_labelled(recipe.data, recipe.tokenizer, folder, recipe.seed, report=report)


def open_labelled(folder: Path) -> PreparedLabelled:
    """The texts and their labels."""
    return PreparedLabelled.open(folder)


def build(config: ModelConfig, recipe: Recipe, info: dict[str, Any]) -> nn.Module:
    """A model with a head for every question; how many classes each has, the run remembers."""
    assert isinstance(recipe.task, Classify)
    body = build_model(config)
    assert isinstance(body, Encoder | Decoder)
    return Classifier(body, [len(question["classes"]) for question in info["questions"]], recipe.task.pooling)


def batches(recipe: Recipe, config: ModelConfig, data: PreparedLabelled) -> PairBatches:
    """Labelled texts in another order in every epoch."""
    training = recipe.training
    return PairBatches(data.train, recipe.task, recipe.seed, training.batch, config.context, training.micro_batches)


def score(model: nn.Module, recipe: Recipe, data: PreparedLabelled, dtype: torch.dtype) -> Answers:
    """Every held-out text."""
    assert isinstance(model, Classifier)
    held_out = evaluation_batches(data.validation, recipe.task, SCORED_AT_ONCE, recipe.model.context)
    return evaluate_classes(model, held_out, autocast=dtype)


def judged(
    model: nn.Module, tokenizer: Tokenizer, recipe: Recipe, info: dict[str, Any], prompt: str, sampling: Sampling
) -> Sample:
    """What the model says of a text: for every question the likeliest class, and how sure it is."""
    ids = framed(tokenizer.encode(prompt), tokenizer, recipe.model.context)
    tokens = torch.from_numpy(ids)[None].to(next(model.parameters()).device)
    with reading_only(model):
        answers = model(tokens, Positions.counting(1, tokens.shape[1], tokens.device))
    said = []
    for question, logits in zip(info["questions"], answers, strict=True):
        probability, best = logits[0].float().softmax(dim=-1).max(dim=-1)
        said.append(f"{question['name']}: {question['classes'][int(best)]} ({float(probability):.0%})")
    return Sample("; ".join(said), [], "end")
