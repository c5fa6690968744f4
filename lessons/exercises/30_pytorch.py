"""Exercises of lesson 30. Fill in the functions, then: hornbook learn check 30."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor


def distances(points: Tensor) -> Tensor:
    """From places on a line [N] the distance of each from each, [N, N], without a loop."""
    raise NotImplementedError


def derivative(function: Callable[[Tensor], Tensor], at: float) -> float:
    """The derivative of a function of one number, by autograd."""
    raise NotImplementedError


def pick(scores: Tensor, targets: Tensor) -> Tensor:
    """From scores [B, V] the one of each row's target [B], without a loop."""
    raise NotImplementedError
