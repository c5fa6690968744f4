"""Solutions of lesson 9."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Gradient = Callable[[Tensor, Tensor], Tensor]


def loss_gradient(logits: Tensor, target: int) -> Tensor:
    """The gradient of one loss by the logits [V]."""
    gradient = logits.softmax(-1)
    gradient[target] -= 1
    return gradient


def sgd_step(weight: Tensor, gradient: Tensor, rate: float) -> Tensor:
    """The weight after one step."""
    return weight - rate * gradient


def train(weight: Tensor, batches: list[Tensor], gradient_of: Gradient, rate: float) -> Tensor:
    """The weight after one step for each batch; ``gradient_of(weight, batch)`` is the gradient there."""
    for batch in batches:
        weight = sgd_step(weight, gradient_of(weight, batch), rate)
    return weight
