"""Pairs of answers: which one is better is learned, by the model that answers or by one that gives answers numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hornbook.batches import Preferences, Texts
from hornbook.data.chat_templates import ChatTemplate
from hornbook.data.config import Prefer, Reward
from hornbook.data.conversations import PreferenceFile, PreparedPreferences, open_preferences, prepare_preferences
from hornbook.data.pair_batches import PairBatches, evaluation_batches
from hornbook.errors import SettingError
from hornbook.evaluation.loss import still
from hornbook.finetuning.preferences import (
    PreferenceObjective,
    Preferred,
    Values,
    answer_log_probabilities,
    judge,
    reference_of,
    reward_loss,
    rewards,
    with_a_reference,
)
from hornbook.generation.config import Sampling
from hornbook.generation.generate import reading_only
from hornbook.generation.text import Sample
from hornbook.model.config import ModelConfig
from hornbook.model.heads import Classifier
from hornbook.model.models import Decoder, build_model
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.training.devices import choose_device, moved
from hornbook.training.objectives import Objective
from hornbook.workflows.recipe import Recipe

SCORED_AT_ONCE = 32


def prepare(recipe: Recipe, folder: Path, report: Callable[[str], None]) -> None:
    """Questions with both answers as token files."""
    assert isinstance(recipe.task, Prefer | Reward)
    template = ChatTemplate.named(recipe.task.template)
    prepare_preferences(recipe.data, recipe.tokenizer, template, folder, recipe.seed, report)


def opened(folder: Path) -> PreparedPreferences:
    """The token files."""
    return open_preferences(folder)


def batches(recipe: Recipe, config: ModelConfig, data: PreparedPreferences) -> PairBatches:
    """Pairs in another order in every epoch, beside what the reference makes of them."""
    training, file = recipe.training, with_reference(recipe, data.train)
    return PairBatches(file, recipe.task, recipe.seed, training.batch, config.context, training.micro_batches)


@lru_cache(maxsize=4)
def with_reference(recipe: Recipe, file: PreferenceFile) -> PreferenceFile:
    """The same pairs with their log-probabilities under the run that the training begins with, where these are needed.

    They never change, so they are taken once for a training's two files, not at every evaluation.

    Raises:
        SettingError: the loss compares with a reference, and the recipe has no base.
    """
    task = recipe.task
    if not isinstance(task, Prefer) or not with_a_reference(task.loss):
        return file
    if recipe.base is None:
        raise SettingError("base: this loss compares with a model that does not learn; name the run to begin with")
    from hornbook.workflows.load import load_run  # which looks up tasks, and so this file

    model = load_run(recipe.base).model.to(choose_device(recipe.training.device))
    with still(model.modules()):
        found = reference_of(model, on_device(held_out(recipe, file), model))
    return dataclasses.replace(file, reference=found)


def held_out(recipe: Recipe, file: PreferenceFile) -> Iterable[Preferences]:
    """All pairs of a file, in order."""
    return evaluation_batches(file, recipe.task, SCORED_AT_ONCE, recipe.model.context)


def on_device(pairs: Iterable[Preferences], model: nn.Module) -> Iterable[Preferences]:
    """Pairs where the model is."""
    device = next(model.parameters()).device
    return (moved(each, device) for each in pairs)


def objective(recipe: Recipe, data: PreparedPreferences) -> Objective:
    """The loss that the recipe names."""
    assert isinstance(recipe.task, Prefer)
    return PreferenceObjective(recipe.task.loss)


def score(model: nn.Module, recipe: Recipe, data: PreparedPreferences, dtype: torch.dtype) -> Preferred:
    """Every held-out pair."""
    assert isinstance(model, Decoder) and isinstance(recipe.task, Prefer)
    return judged(model, recipe, with_reference(recipe, data.validation), PreferenceObjective(recipe.task.loss))


def judged(model: nn.Module, recipe: Recipe, file: PreferenceFile, loss: Objective) -> Preferred:
    """How often a model that answers finds the better answer likelier, over all pairs of a file."""
    with still(model.modules()):
        return judge(
            lambda texts: answer_log_probabilities(model, texts),  # type: ignore[arg-type]
            lambda batch: loss(model, batch),
            on_device(held_out(recipe, file), model),
        )


# A model that gives answers numbers -----------------------------------------------------------------------------------


def build_judge(config: ModelConfig, recipe: Recipe, info: dict[str, Any]) -> nn.Module:
    """A model with one number for a text, read from its last token."""
    body = build_model(config)
    assert isinstance(body, Decoder)
    return Classifier(body, [1], "last")


def judging(recipe: Recipe, data: PreparedPreferences) -> Objective:
    """Bradley and Terry's loss."""
    return reward_loss


def score_judge(model: nn.Module, recipe: Recipe, data: PreparedPreferences, dtype: torch.dtype) -> Preferred:
    """How often the better answer of a held-out pair has the higher number."""
    assert isinstance(model, Classifier)

    def value(texts: Texts) -> Values:
        return rewards(model, texts), (texts.targets >= 0).sum(dim=1)

    with still(model.modules()):
        pairs = on_device(held_out(recipe, data.validation), model)
        return judge(value, lambda batch: reward_loss(model, batch), pairs)


def rated(
    model: nn.Module, tokenizer: Tokenizer, recipe: Recipe, info: dict[str, Any], prompt: str, sampling: Sampling
) -> Sample:
    """The number of an answer: the prompt is a question and an answer, with ``=>`` between them."""
    assert isinstance(model, Classifier)
    question, arrow, answer = prompt.partition("=>")
    if not arrow:
        raise SettingError('this run rates answers: write "QUESTION => ANSWER"')
    turns = [{"role": "user", "content": question.strip()}, {"role": "assistant", "content": answer.strip()}]
    ids, _ = ChatTemplate(str(info["template"])).encode(turns, tokenizer)
    tokens = torch.tensor([ids], device=next(model.parameters()).device)
    with reading_only(model):
        number = float(rewards(model, Texts(tokens, tokens))[0])
    return Sample(f"{number:+.3f}", [], "end")
