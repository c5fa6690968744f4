"""Solutions of lesson 22."""

from __future__ import annotations

from torch import Tensor


def continue_beams(scores: Tensor, nexts: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]:
    """The k best of all continuations, best first: their log-chances, the beam each came from, and the token."""
    best = (scores[:, None] + nexts).flatten().topk(k)
    return best.values, best.indices // nexts.shape[1], best.indices % nexts.shape[1]


def rank(log_chance: float, length: int, penalty: float) -> float:
    """What a finished text is ranked by."""
    return log_chance / length**penalty
