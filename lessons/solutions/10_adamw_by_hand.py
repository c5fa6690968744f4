"""Solutions of lesson 10."""

from __future__ import annotations

import torch
from torch import Tensor


def running_mean(values: list[float], beta: float) -> float:
    """The running mean after all values, from 0, with bias correction."""
    mean = 0.0
    for value in values:
        mean = beta * mean + (1 - beta) * value
    return mean / (1 - beta ** len(values))


def adam_direction(mean: float, square: float, step: int, beta1: float, beta2: float, epsilon: float) -> float:
    """What is multiplied with the learning rate, from the uncorrected means; ``step`` counts from 1."""
    corrected_mean = mean / (1 - beta1**step)
    corrected_square = square / (1 - beta2**step)
    return corrected_mean / (corrected_square**0.5 + epsilon)


def adamw(weight: Tensor, gradients: list[Tensor], rate: float, decay: float) -> Tensor:
    """The weight after one step for each gradient, with betas 0.9 and 0.999 and epsilon 1e-8."""
    mean, square = torch.zeros_like(weight), torch.zeros_like(weight)
    for step, gradient in enumerate(gradients, 1):
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.999 * square + 0.001 * gradient**2
        direction = (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
        weight = weight * (1 - rate * decay) - rate * direction
    return weight
