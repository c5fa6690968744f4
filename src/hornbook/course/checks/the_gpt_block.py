"""Lesson 6: one block, the count of a GPT's parameters, and its logits."""

from __future__ import annotations

import torch

from hornbook.course.answers import Answer, expect, explained
from hornbook.seeds import torch_generator


def check_block(function: Answer) -> None:
    """Norm, part, plus; twice."""
    stream = torch.tensor([[[1.0, 4.0]]])

    def attend(x: object) -> object:
        return x * 3  # type: ignore[operator]

    def think(x: object) -> object:
        return x * 10  # type: ignore[operator]

    def first(x: object) -> object:
        return x - 1  # type: ignore[operator]

    def second(x: object) -> object:
        return x + 2  # type: ignore[operator]

    seen = stream + 3 * (stream - 1)
    expect(
        "block(stream, attend: 3 x, think: 10 x, norms: [x - 1, x + 2])",
        function(stream.clone(), attend, think, [first, second]),
        seen + 10 * (seen + 2),
        {
            "The second part reads what the first has written, not the stream as it came in.": seen + 10 * (stream + 2),
            "The stream is lost behind the first part: add to it.": 3 * (stream - 1) + 10 * (3 * (stream - 1) + 2),
            "The stream is lost behind the second part: add to it.": 10 * (seen + 2),
            "Each part has a norm of its own: the second is norms[1].": seen + 10 * (seen - 1),
            "The first part reads the stream without its norm.": (4 * stream) + 10 * (4 * stream + 2),
            "The second part reads the stream without its norm.": seen + 10 * seen,
            "Attention comes first, then the feed-forward network.": (stream + 10 * (stream - 1))
            + 3 * (stream + 10 * (stream - 1) + 2),
        },
        "stream + attend(norm(stream)), and then the same once more with think and the other norm.",
    )


def check_count_parameters(function: Answer) -> None:
    """Tables, blocks, last norm."""
    v, t, c, n = 50, 16, 8, 3
    block = 12 * c * c + 13 * c
    right = (v + t) * c + n * block + 2 * c
    expect(
        "count_parameters(50, 16, 8, 3, tied=True)",
        function(v, t, c, n, True),
        right,
        {
            "The last norm is missing: 2 · C.": right - 2 * c,
            "A tied table is learned once: do not count the head again.": right + v * c,
            "The table of positions is missing: T · C.": right - t * c,
            "The norms of the blocks are missing: two in each, 2 · C numbers each.": right - n * 4 * c,
            "The biases are missing: a linear layer from a to b has a · b + b numbers.": right - n * 9 * c,
            "The matrix behind the heads is missing: attention has four matrices.": right - n * (c * c + c),
            "A layer norm has a scale and a shift: 2 · C numbers.": right - (2 * n + 1) * c,
        },
    )
    expect(
        "count_parameters(50, 16, 8, 3, tied=False)",
        function(v, t, c, n, False),
        right + v * c,
        {"Without `tied` the head is a second table of V · C numbers.": right},
    )


def check_logits(function: Answer) -> None:
    """Dot products with the rows of the table, and no softmax."""
    draw = torch_generator(6, "check")
    stream, table = torch.randn(2, 3, 4, generator=draw), torch.randn(5, 4, generator=draw)
    right = stream @ table.T
    likely = "The table is [V, C]; turned over, table.T, it is [C, V] and fits behind the stream [B, T, C]."
    with explained("logits(stream [2, 3, 4], table [5, 4])", likely, RuntimeError):
        found = function(stream, table)
    expect(
        "logits(stream [2, 3, 4], table [5, 4])",
        found,
        right,
        {
            "No softmax: the loss takes it itself.": right.softmax(-1),
            "No logarithm of the softmax: the loss takes it itself.": right.log_softmax(-1),
        },
    )
