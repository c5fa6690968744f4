"""Exercises of lesson 25. Fill in the functions, then: hornbook learn check 25."""

from __future__ import annotations

from torch import Tensor


def read_lens(stream: Tensor, scale: Tensor, shift: Tensor, table: Tensor) -> Tensor:
    """Chances [T, V] from a stream [T, C]: the last LayerNorm, then the table [V, C], then softmax."""
    raise NotImplementedError


def divergence(before: Tensor, after: Tensor) -> Tensor:
    """KL(before ‖ after) in bits, from logits [V] each."""
    raise NotImplementedError


def looks_back(weights: Tensor, distance: int) -> Tensor:
    """From maps [H, T, T] the mean weight of each head [H] on the token ``distance`` places back."""
    raise NotImplementedError
