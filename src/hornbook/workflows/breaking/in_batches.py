"""Faults in what is read and asked: batches that are made wrongly from a text that is right. Next: in_scores.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hornbook.batches import IGNORED, Texts
from hornbook.data.batches import in_parts
from hornbook.data.order import RandomOrder
from hornbook.data.windows import plain_windows
from hornbook.seeds import torch_generator
from hornbook.workflows.tasks import Supply

if TYPE_CHECKING:
    from hornbook.workflows.setting_up import Training

Spoils = Callable[["Training"], None]


@dataclass(frozen=True)
class Changed:
    """Batches of which ``change`` makes others, step by step."""

    right: Supply
    change: Callable[[int], list[Any]]

    @property
    def steps_per_epoch(self) -> int:
        """Those of the right ones."""
        return self.right.steps_per_epoch

    def batch(self, step: int) -> list[Any]:
        """The micro-batches of a step, spoilt."""
        return self.change(step)

    def named(self, step: int) -> str:
        """What the right ones say."""
        return self.right.named(step)

    def prefetched(self, first: int = 0) -> Generator[list[Any], None, None]:
        """One after another, made when they are asked for."""
        while True:
            yield self.change(first)
            first += 1


def each(change: Callable[[Texts, torch.Generator], Texts]) -> Spoils:
    """Every batch changed for itself; what is random in it is drawn anew for each step."""

    def spoil(training: Training) -> None:
        right, seed = training.batches, training.recipe.seed

        def changed(step: int) -> list[Any]:
            return [change(texts, torch_generator(seed, "fault", step)) for texts in right.batch(step)]

        training.batches = Changed(right, changed)

    return spoil


def read_from(starts: Callable[[Training, int], Any], part: str = "train") -> Spoils:
    """Windows of one part of the text that begin where ``starts`` says for a step."""

    def spoil(training: Training) -> None:
        file, context = getattr(training.prepared, part), training.recipe.model.context

        def made(step: int) -> list[Any]:
            texts = plain_windows(file, starts(training, step), context)
            return in_parts(texts, training.recipe.training.micro_batches)

        training.batches = Changed(training.batches, made)

    return spoil


def unshifted(texts: Texts, generator: torch.Generator) -> Texts:
    """What is asked for is what is shown."""
    return dataclasses.replace(texts, targets=texts.tokens)


def one_too_far(texts: Texts, generator: torch.Generator) -> Texts:
    """The token after the next one is asked for."""
    targets = texts.targets.roll(-1, dims=1)
    targets[:, -1] = IGNORED
    return dataclasses.replace(texts, targets=targets)


def shuffled_targets(texts: Texts, generator: torch.Generator) -> Texts:
    """The right targets, at the wrong tokens."""
    order = torch.randperm(texts.targets.numel(), generator=generator)
    return dataclasses.replace(texts, targets=texts.targets.flatten()[order].view_as(texts.targets))


def shuffled_tokens(texts: Texts, generator: torch.Generator) -> Texts:
    """The tokens of each row dealt out anew, before targets that stay where they were."""
    order = torch.rand(texts.tokens.shape, generator=generator).argsort(dim=1)
    return dataclasses.replace(texts, tokens=texts.tokens.gather(1, order.to(texts.tokens.device)))


def one_row(texts: Texts, generator: torch.Generator) -> Texts:
    """The first row, in every row."""
    rows = len(texts.tokens)
    return Texts(texts.tokens[:1].repeat(rows, 1), texts.targets[:1].repeat(rows, 1))


def padded(texts: Texts, generator: torch.Generator) -> Texts:
    """Rows are cut short and filled up with one token, which is asked for like any other."""
    tokens, targets, context = texts.tokens.clone(), texts.targets.clone(), texts.tokens.shape[1]
    for row in range(len(tokens)):
        length = int(torch.randint(context // 4, context // 2 + 1, (1,), generator=generator))
        tokens[row, length:], targets[row, length - 1 :] = 0, 0
    return dataclasses.replace(texts, tokens=tokens, targets=targets)


def one_batch(training: Training) -> None:
    """The first batch, at every step."""
    right = training.batches
    training.batches = Changed(right, lambda step: right.batch(0))


def four_times(training: Training) -> None:
    """Every batch, at four steps one after another."""
    right = training.batches
    training.batches = Changed(right, lambda step: right.batch(step - step % 4))


def in_order(training: Training, step: int) -> Any:
    """Windows one after another, as they stand in the text."""
    context, rows = training.recipe.model.context, training.recipe.training.batch
    places = (np.arange(rows, dtype=np.int64) + step * rows) * context
    return places % (len(training.prepared.train) - context)  # type: ignore[attr-defined]


def near_the_beginning(training: Training, step: int) -> Any:
    """Windows that begin in the first four of them."""
    context, rows = training.recipe.model.context, training.recipe.training.batch
    return RandomOrder(5 * context, context, rows, training.recipe.seed).starts(step)


def of_validation(training: Training, step: int) -> Any:
    """Windows of the text that is held out."""
    context, rows = training.recipe.model.context, training.recipe.training.batch
    length = len(training.prepared.validation)  # type: ignore[attr-defined]
    return RandomOrder(length, context, rows, training.recipe.seed).starts(step)
