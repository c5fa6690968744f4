"""Exercises of lesson 8. Fill in the functions, then: hornbook learn check 08."""

from __future__ import annotations

from torch import Tensor


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean of -ln of the chance of each target that is not -100, from logits [N, V]."""
    raise NotImplementedError


def bits_per_byte(loss: float, tokens: int, text: str) -> float:
    """From the mean loss in nats per token, for a text that was cut into so many tokens."""
    raise NotImplementedError


def entropy(chances: list[float]) -> float:
    """The mean surprise, in nats, of who knows these chances."""
    raise NotImplementedError
