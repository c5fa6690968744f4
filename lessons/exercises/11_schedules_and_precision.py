"""Exercises of lesson 11. Fill in the functions, then: hornbook learn check 11."""

from __future__ import annotations

from torch import Tensor


def learning_rate(step: int, steps: int, warmup: int, peak: float, final: float) -> float:
    """Warm-up as (step + 1) / (warmup + 1), then a cosine down to ``final`` times the peak."""
    raise NotImplementedError


def clip(gradients: list[Tensor], limit: float) -> list[Tensor]:
    """All gradients scaled by one number, so that their norm together is at most ``limit``."""
    raise NotImplementedError


def accumulated(totals: list[Tensor], counts: list[int]) -> Tensor:
    """The gradient of the mean loss of a batch, from the gradients of the summed losses of its parts."""
    raise NotImplementedError
