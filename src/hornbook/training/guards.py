"""Noticing that a training goes wrong: losses that are no numbers, losses that jump, a model that cannot learn."""

from __future__ import annotations

import copy
import math
import statistics
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from hornbook.errors import DivergedError
from hornbook.training.objectives import Objective


def check_finite(
    loss: float, gradient_norm: float, step: int, learning_rate: float, describe: Callable[[int], str] | None
) -> None:
    """Stop before the weights are spoilt when the loss or the gradient is no finite number.

    ``describe`` says which rows of which documents step ``step`` was made of.

    Raises:
        DivergedError: with the step, its batch and what to try.
    """
    if math.isfinite(loss) and math.isfinite(gradient_norm):
        return
    what = f"the loss became {loss}" if not math.isfinite(loss) else f"the gradient's norm became {gradient_norm}"
    batch = f" Its batch: {describe(step)}." if describe else ""
    raise DivergedError(
        f"step {step}: {what} (learning rate {learning_rate:.3g}); the weights are those before this step.{batch} "
        "Try a lower learning rate, a longer warm-up or a smaller clip; if it happens in bfloat16 or float16, try "
        'precision = "float32". The last checkpoint was not touched.'
    )


@dataclass(frozen=True)
class Spike:
    """A loss far above what was usual: ``score`` is by how many robust standard deviations."""

    step: int
    loss: float
    usual: float
    score: float


@dataclass
class SpikeWatch:
    """Tells a loss that jumps from one that wanders: by its distance from the median of the last ``window`` losses.

    The distance is counted in median absolute deviations (times 1.4826, which makes them standard deviations where
    losses are normally distributed), because one earlier spike must not hide the next.
    """

    window: int = 64
    threshold: float = 8.0
    smallest: float = 0.02  # nats; where hardly anything is lost any more, a hair's breadth is no jump
    recent: deque[float] = field(default_factory=deque, init=False)

    def offer(self, step: int, loss: float) -> Spike | None:
        """Take note of a loss; the spike it is, or ``None``. Says nothing until half a window has been seen.

        What is no number is a spike at any time, and is not taken note of.
        """
        if not math.isfinite(loss):
            usual = statistics.median(self.recent) if self.recent else math.nan
            return Spike(step, loss, usual, math.inf)
        spike = None
        if len(self.recent) >= self.window // 2:
            usual = statistics.median(self.recent)
            deviation = 1.4826 * statistics.median(abs(other - usual) for other in self.recent)
            score = (loss - usual) / max(deviation, 1e-3 * abs(usual), self.smallest)
            spike = Spike(step, loss, usual, score) if score > self.threshold else None
        self.recent.append(loss)
        if len(self.recent) > self.window:
            self.recent.popleft()
        return spike


@dataclass
class Best:
    """The lowest validation loss so far, and for how many evaluations there was none lower."""

    loss: float = math.inf
    step: int = -1
    stale: int = 0

    def offer(self, step: int, loss: float) -> bool:
        """Whether this loss is the lowest yet."""
        if loss < self.loss:
            self.loss, self.step, self.stale = loss, step, 0
            return True
        self.stale += 1
        return False


@dataclass(frozen=True)
class Overfit:
    """What became of a loss (nats per target) on one batch, seen again and again."""

    first: float
    last: float
    steps: int

    @property
    def passed(self) -> bool:
        """Whether the batch was learned by heart: under a tenth of the first loss."""
        return self.last < 0.1 * self.first


def overfit_one_batch(
    model: nn.Module, objective: Objective, batch: Any, steps: int = 200, learning_rate: float = 3e-3
) -> Overfit:
    """Train a copy of a model on one batch: if it cannot learn that by heart, model, loss or targets are wrong."""
    model = copy.deepcopy(model)
    model.train(False)  # dropout would keep it from learning by heart
    optimizer = torch.optim.AdamW(model.parameters(), learning_rate, weight_decay=0.0)
    losses = []
    for _ in range(steps):
        loss = objective(model, batch)
        mean = loss.total / loss.count
        mean.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(mean.item())
    return Overfit(losses[0], losses[-1], steps)
