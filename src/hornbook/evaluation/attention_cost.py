"""Three ways to look at a text and what each costs: everything, the last few tokens, or a summary of all.

Each is here twice: as a few lines that run, in one head, and as the formula of its multiplications and additions. The
first two are what ``model/kernels.py`` computes under a causal rule and under a sliding window; the third replaces the
softmax by a product of features, so that the sum over all keys is made once for all queries (Katharopoulos et al. 2020,
"Transformers are RNNs", section 3.2; both ways, without a mask).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from hornbook.seeds import torch_generator

Head = Float[Tensor, "T D"]


def full(query: Float[Tensor, "T D"], key: Float[Tensor, "T D"], value: Float[Tensor, "T D"]) -> Float[Tensor, "T D"]:
    """softmax(Q Kᵀ / √D) V over all that came before: every query is held against every key, seen or not."""
    scores = query @ key.T / query.shape[1] ** 0.5
    future = torch.ones_like(scores, dtype=torch.bool).triu(1)
    mixed: Tensor = scores.masked_fill(future, -torch.inf).softmax(-1) @ value
    return mixed


def local(
    query: Float[Tensor, "T D"], key: Float[Tensor, "T D"], value: Float[Tensor, "T D"], window: int
) -> Float[Tensor, "T D"]:
    """The same over the last ``window`` tokens: each query has a strip of keys of its own (Beltagy et al. 2020)."""
    keys, values = strips(key, window), strips(value, window)
    scores = torch.bmm(keys, query[:, :, None])[:, :, 0] / query.shape[1] ** 0.5  # [T, window]
    before = torch.arange(len(query))[:, None] + torch.arange(window) < window - 1
    weights = scores.masked_fill(before, -torch.inf).softmax(-1)
    return torch.bmm(weights[:, None], values)[:, 0]


def strips(rows: Float[Tensor, "T D"], window: int) -> Float[Tensor, "T window D"]:
    """For each row, itself and those before it, ``window`` in all; zeros where nothing stands before."""
    return F.pad(rows, (0, 0, window - 1, 0)).unfold(0, window, 1).transpose(1, 2)


def linear(query: Float[Tensor, "T D"], key: Float[Tensor, "T D"], value: Float[Tensor, "T D"]) -> Float[Tensor, "T D"]:
    """φ(Q) (φ(K)ᵀ V) / φ(Q) Σφ(K) with φ(x) = elu(x) + 1: one table of D x D stands for all keys and values."""
    query, key = F.elu(query) + 1, F.elu(key) + 1
    return query @ (key.T @ value) / (query @ key.sum(0)[:, None])


@dataclass(frozen=True)
class Way:
    """One kind of attention: how it is called, what it computes, and 2 for every multiplication with its addition."""

    name: str
    compute: Callable[[Head, Head, Head], Head]
    operations: Callable[[int], int]


def ways(width: int, window: int) -> tuple[Way, ...]:
    """The three ways for a head of so many features and a window of so many tokens; operations are by the length."""
    return (
        Way("full", full, lambda time: 4 * time * time * width),
        Way(f"the last {window}", lambda q, k, v: local(q, k, v, window), lambda time: 4 * time * window * width),
        Way("linear", linear, lambda time: 4 * time * width * width + 2 * time * width),
    )


def counted(way: Way, time: int, width: int) -> int:
    """Operations of the matrix products that really run for a text of ``time`` tokens, told by PyTorch's counter."""
    draw = torch_generator(0, "attention cost")
    query, key, value = torch.randn(3, time, width, generator=draw).unbind()
    with FlopCounterMode(display=False) as counter:
        way.compute(query, key, value)
    return int(counter.get_total_flops())
