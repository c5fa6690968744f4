"""Faults in how a model is scored: the training is right, and what is said of it is not. Next: faults.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

if TYPE_CHECKING:
    from hornbook.workflows.setting_up import Training

Spoils = Callable[["Training"], None]


class AlwaysDropout(nn.Dropout):
    """Dropout that does not ask whether anybody is training."""

    def forward(self, hidden: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """Some numbers gone, the others larger."""
        return F.dropout(hidden, self.p, training=True)


@contextmanager
def with_dropout(model: nn.Module) -> Iterator[None]:
    """Inside the block the dropouts of a model are always at work."""
    dropouts: list[Any] = [module for module in model.modules() if isinstance(module, nn.Dropout)]
    for dropout in dropouts:
        dropout.__class__ = AlwaysDropout
    try:
        yield
    finally:
        for dropout in dropouts:
            dropout.__class__ = nn.Dropout


@contextmanager
def misread(model: Any) -> Iterator[None]:
    """Inside the block a model is shown the ids of another vocabulary: the same tokens, numbered the other way."""
    table = model.embedding.tokens
    last = table.num_embeddings - 1
    handle = table.register_forward_pre_hook(lambda module, given: (last - given[0],))
    try:
        yield
    finally:
        handle.remove()


def scored_inside(around: Callable[[Any], AbstractContextManager[None]]) -> Spoils:
    """The model is scored while something is wrong with it."""

    def spoil(training: Training) -> None:
        right = training.task.score

        def score(model: nn.Module, recipe: Any, data: Any, dtype: Any) -> Any:
            with around(model):
                return right(model, recipe, data, dtype)

        training.task = dataclasses.replace(training.task, score=score)

    return spoil


def scored_on_training_text(training: Training) -> None:
    """What is called validation is the training text."""
    right = training.task.score
    training.task = dataclasses.replace(
        training.task,
        score=lambda model, recipe, data, dtype: right(
            model, recipe, dataclasses.replace(data, validation=data.train), dtype
        ),
    )
