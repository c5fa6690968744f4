"""Exercises of lesson 20. Fill in the functions, then: hornbook learn check 20."""

from __future__ import annotations

from torch import Tensor


def hide(tokens: Tensor, chosen: Tensor, fate: Tensor, other: Tensor, mask: int) -> tuple[Tensor, Tensor]:
    """What is shown and what is asked, both [T]: below 0.8 the mask, below 0.9 another token, else the token itself."""
    raise NotImplementedError


def may_see(lengths: Tensor, time: int) -> Tensor:
    """The encoder's mask [B, T, T] for texts of these lengths [B]: True where both tokens exist."""
    raise NotImplementedError
