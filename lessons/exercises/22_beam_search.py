"""Exercises of lesson 22. Fill in the functions, then: hornbook learn check 22."""

from __future__ import annotations

from torch import Tensor


def continue_beams(scores: Tensor, nexts: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """The k best of all continuations, best first: their log-chances, the beam each came from, and the token."""
    raise NotImplementedError


def rank(log_chance: float, length: int, penalty: float) -> float:
    """What a finished text is ranked by."""
    raise NotImplementedError
