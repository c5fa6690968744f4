"""Exercises of lesson 9. Fill in the functions, then: hornbook learn check 09."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Gradient = Callable[[Tensor, Tensor], Tensor]


def loss_gradient(logits: Tensor, target: int) -> Tensor:
    """The gradient of one loss by the logits [V]."""
    raise NotImplementedError


def sgd_step(weight: Tensor, gradient: Tensor, rate: float) -> Tensor:
    """The weight after one step."""
    raise NotImplementedError


def train(weight: Tensor, batches: list[Tensor], gradient_of: Gradient, rate: float) -> Tensor:
    """The weight after one step for each batch; ``gradient_of(weight, batch)`` is the gradient there."""
    raise NotImplementedError
