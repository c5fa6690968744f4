"""Solutions of lesson 6."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

Part = Callable[[Tensor], Tensor]


def block(stream: Tensor, attend: Part, think: Part, norms: list[Part]) -> Tensor:
    """The stream after one layer: two parts, each with a norm before it, both added."""
    stream = stream + attend(norms[0](stream))
    return stream + think(norms[1](stream))


def count_parameters(vocabulary: int, context: int, width: int, depth: int, tied: bool) -> int:
    """How many numbers a GPT learns; without ``tied`` the head is a second table."""
    tables = (vocabulary + context) * width + (0 if tied else vocabulary * width)
    attention = 4 * (width * width + width)
    feed_forward = (width * 4 * width + 4 * width) + (4 * width * width + width)
    return tables + depth * (attention + feed_forward + 2 * 2 * width) + 2 * width


def logits(stream: Tensor, table: Tensor) -> Tensor:
    """From the last normed stream [B, T, C] and the table [V, C] to [B, T, V]."""
    return stream @ table.T
