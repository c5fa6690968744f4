"""Solutions of lesson 13."""

from __future__ import annotations

import torch
from torch import Tensor


def with_temperature(logits: Tensor, degree: float) -> Tensor:
    """The chances of all tokens [V], at a temperature above 0."""
    return (logits / degree).softmax(-1)


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """The scores [V] with all but the k highest set to minus infinity."""
    smallest = logits.topk(k).values[-1]
    return logits.masked_fill(logits < smallest, -torch.inf)


def nucleus(logits: Tensor, mass: float) -> Tensor:
    """The scores [V] with all but the smallest set of likeliest tokens that reach ``mass`` set to minus infinity."""
    chances, order = logits.softmax(-1).sort(descending=True)
    stays = chances.cumsum(-1) - chances < mass
    cut = torch.full_like(logits, -torch.inf)
    cut[order[stays]] = logits[order[stays]]
    return cut
