"""Exercises of lesson 4. Fill in the functions, then: hornbook learn check 04."""

from __future__ import annotations

from torch import Tensor


def softmax(scores: Tensor) -> Tensor:
    """Weights in the last axis from scores [..., S]; scores of 1,000 must not give nan."""
    raise NotImplementedError


def causal_mask(time: int) -> Tensor:
    """A table [T, T] of booleans: True where the token of the row may look at the token of the column."""
    raise NotImplementedError


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Causal attention for [..., T, D] each, giving [..., T, D]."""
    raise NotImplementedError


def split_heads(hidden: Tensor, heads: int) -> Tensor:
    """[B, T, C] to [B, H, T, D]: head 0 has the first D numbers of every token."""
    raise NotImplementedError
