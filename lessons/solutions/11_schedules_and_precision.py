"""Solutions of lesson 11."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def learning_rate(step: int, steps: int, warmup: int, peak: float, final: float) -> float:
    """Warm-up as (step + 1) / (warmup + 1), then a cosine down to ``final`` times the peak."""
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    passed = (step - warmup) / (steps - warmup)
    return peak * (final + (1 - final) * (1 + math.cos(math.pi * passed)) / 2)


def clip(gradients: list[Tensor], limit: float) -> list[Tensor]:
    """All gradients scaled by one number, so that their norm together is at most ``limit``."""
    norm = torch.stack([each.square().sum() for each in gradients]).sum().sqrt()
    return [each * min(1.0, limit / float(norm)) for each in gradients]


def accumulated(totals: list[Tensor], counts: list[int]) -> Tensor:
    """The gradient of the mean loss of a batch, from the gradients of the summed losses of its parts."""
    return torch.stack(totals).sum(0) / sum(counts)
