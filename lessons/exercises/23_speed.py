"""Exercises of lesson 23. Fill in the functions, then: hornbook learn check 23."""

from __future__ import annotations

from torch import Tensor


def online_softmax(scores: Tensor, values: Tensor, tile: int) -> Tensor:
    """softmax(scores [S]) · values [S, D], looking at no more than ``tile`` scores at once."""
    raise NotImplementedError


def to_int8(weight: Tensor) -> tuple[Tensor, Tensor]:
    """From a matrix [O, I] whole numbers of type torch.int8 and the scale of each row [O]."""
    raise NotImplementedError


def tokens_read(prompt: int, written: int, cached: bool) -> int:
    """How many tokens go through the model to write ``written`` tokens after a prompt."""
    raise NotImplementedError
