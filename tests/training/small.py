"""A small decoder, its batches and its training, for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import nn

from hornbook.batches import IGNORED, Texts
from hornbook.model.config import BlockConfig, Dense, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.training.config import Cosine
from hornbook.training.loop import Update, training_steps
from hornbook.training.objectives import next_token
from hornbook.training.optimizers import Optimizer
from hornbook.training.schedules import factor
from hornbook.training.timer import BySteps

VOCABULARY, CONTEXT = 17, 7
SEED = 5


def config(dropout: float = 0.0, tied: bool = True, vocabulary: int = VOCABULARY) -> ModelConfig:
    """Two layers, 22 wide, learned positions."""
    block = BlockConfig(feed_forward=Dense(hidden=26))
    return ModelConfig(
        vocabulary=vocabulary, context=CONTEXT, width=22, heads=2, depth=2, pattern=(block,), tied=tied, dropout=dropout
    )


def a_model(dropout: float = 0.0, tied: bool = True, vocabulary: int = VOCABULARY, seed: int = SEED) -> Decoder:
    """A decoder with the numbers that belong to ``seed``."""
    model = Decoder(config(dropout, tied, vocabulary))
    initialise(model, model.config, seed)
    return model


def a_batch(step: int, rows: int = 3, unasked: int = 0, seed: int = SEED) -> Texts:
    """The batch of a step: a pure function of (seed, step); of its first row only the last targets are asked."""
    tokens = torch.randint(VOCABULARY, (rows, CONTEXT + 1), generator=torch_generator(seed, "test batch", step))
    tokens = tokens.cumsum(1) % VOCABULARY
    targets = tokens[:, 1:].clone()
    targets[0, :unasked] = IGNORED
    return Texts(tokens[:, :-1], targets)


def batches(first: int = 0, rows: int = 3) -> Iterator[list[Texts]]:
    """The batches of all steps from ``first`` on."""
    step = first
    while True:
        yield [a_batch(step, rows)]
        step += 1


def train(
    model: nn.Module, optimizer: Optimizer, steps: int, first: int = 0, stop: int | None = None, **more: Any
) -> list[Update]:
    """Train from step ``first`` up to ``stop`` of ``steps``; what the loop yielded."""
    length = BySteps(steps)
    schedule = partial(factor, Cosine(warmup=2), steps=steps)
    updates = []
    for update in training_steps(
        model, batches(first), next_token, optimizer,
        **{"length": length, "schedule": schedule, "first": first, "seed": SEED} | more,
    ):  # fmt: skip
        updates.append(update)
        if update.step + 1 == stop:
            break
    return updates


def same(one: nn.Module, other: nn.Module) -> bool:
    """Whether two models have the same numbers, bit for bit."""
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(n == m and torch.equal(a, b) for (n, a), (m, b) in pairs)


def farthest(one: nn.Module, other: nn.Module) -> float:
    """The largest difference between two models' parameters."""
    return max((a - b).abs().max().item() for a, b in zip(one.parameters(), other.parameters(), strict=True))
