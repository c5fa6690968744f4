"""Exercises of lesson 6. Fill in the functions, then: hornbook learn check 06."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Part = Callable[[Tensor], Tensor]


def block(stream: Tensor, attend: Part, think: Part, norms: list[Part]) -> Tensor:
    """The stream after one layer: two parts, each with a norm before it, both added."""
    raise NotImplementedError


def count_parameters(vocabulary: int, context: int, width: int, depth: int, tied: bool) -> int:
    """How many numbers a GPT learns; without ``tied`` the head is a second table."""
    raise NotImplementedError


def logits(stream: Tensor, table: Tensor) -> Tensor:
    """From the last normed stream [B, T, C] and the table [V, C] to [B, T, V]."""
    raise NotImplementedError
