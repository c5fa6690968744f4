"""Exercises of lesson 14. Fill in the functions, then: hornbook learn check 14."""

from __future__ import annotations

from torch import Tensor


def split_attention(joined: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """From GPT-2's c_attn weight [C, 3C] the query, key and value weights as PyTorch wants them, [C, C] each."""
    raise NotImplementedError


def rename(name: str) -> str:
    """GPT-2's name of a norm in a block as ours."""
    raise NotImplementedError
