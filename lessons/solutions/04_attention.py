"""Solutions of lesson 4."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def softmax(scores: Tensor) -> Tensor:
    """The largest score becomes 0, so that no power is above 1."""
    powers = torch.exp(scores - scores.amax(-1, keepdim=True))
    return powers / powers.sum(-1, keepdim=True)


def causal_mask(time: int) -> Tensor:
    """The lower triangle, with its diagonal."""
    return torch.ones(time, time, dtype=torch.bool).tril()


def attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Scores, scale, mask, softmax, average."""
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    scores = scores.masked_fill(~causal_mask(query.shape[-2]), -torch.inf)
    return softmax(scores) @ value


def split_heads(hidden: Tensor, heads: int) -> Tensor:
    """Cut the numbers of each token, then let heads come before time."""
    batch, time, width = hidden.shape
    return hidden.view(batch, time, heads, width // heads).transpose(1, 2)
