"""Exercises of lesson 10. Fill in the functions, then: hornbook learn check 10."""

from __future__ import annotations

from torch import Tensor


def running_mean(values: list[float], beta: float) -> float:
    """The running mean after all values, from 0, with bias correction."""
    raise NotImplementedError


def adam_direction(mean: float, square: float, step: int, beta1: float, beta2: float, epsilon: float) -> float:
    """What is multiplied with the learning rate, from the uncorrected means; ``step`` counts from 1."""
    raise NotImplementedError


def adamw(weight: Tensor, gradients: list[Tensor], rate: float, decay: float) -> Tensor:
    """The weight after one step for each gradient, with betas 0.9 and 0.999 and epsilon 1e-8."""
    raise NotImplementedError
