"""Lesson 23: softmax tile by tile, int8, and what a cache saves."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.course.answers import Answer, expect
from hornbook.model.weight_formats import Int8
from hornbook.seeds import torch_generator


def uncorrected(
    scores: Float[Tensor, " S"], values: Float[Tensor, "S D"], tile: int, sum_too: bool, answer_too: bool
) -> Float[Tensor, " D"]:
    """Tile by tile, where a rising maximum corrects only the sum, only the answer, or neither."""
    highest, total, answer = torch.tensor(-torch.inf), torch.tensor(0.0), torch.zeros(values.shape[1])
    for begin in range(0, len(scores), tile):
        here = scores[begin : begin + tile]
        now = torch.maximum(highest, here.max())
        powers, shrink = torch.exp(here - now), torch.exp(highest - now)
        total = total * (shrink if sum_too else 1.0) + powers.sum()
        answer = answer * (shrink if answer_too else 1.0) + powers @ values[begin : begin + tile]
        highest = now
    return answer / total


def check_online_softmax(function: Answer) -> None:
    """Exact whatever the tiles, and without overflow."""
    draw = torch_generator(23, "check")
    scores, values = torch.arange(6.0), torch.randn(6, 3, generator=draw)
    chunks = [scores[begin : begin + 2].softmax(-1) @ values[begin : begin + 2] for begin in (0, 2, 4)]
    expect(
        "online_softmax(scores 0 to 5, values [6, 3], tile=2)",
        function(scores.clone(), values.clone(), 2),
        scores.softmax(-1) @ values,
        {
            "When the maximum rises, the running sum and the running answer shrink by exp(old - new).": uncorrected(
                scores, values, 2, False, False
            ),
            "The running sum has to shrink too when the maximum rises.": uncorrected(scores, values, 2, False, True),
            "The running answer has to shrink too when the maximum rises.": uncorrected(scores, values, 2, True, False),
            "Each tile has a softmax of its own here; all share one sum.": torch.stack(chunks).mean(0),
            "Divide by the sum at the end.": (scores - 5).exp() @ values,
            "That is the last tile alone: carry what came before.": chunks[-1],
        },
    )
    large = torch.tensor([1000.0, 999.0, 1001.0])
    expect(
        "online_softmax(scores 1000, 999, 1001, tile=1)",
        function(large, values[:3].clone(), 1),
        large.softmax(-1) @ values[:3],
        hint="exp(1000) is infinite: take the running maximum off before raising.",
    )


def check_to_int8(function: Answer) -> None:
    """A scale for each row, rounding to the nearest."""
    weight = torch.tensor([[0.5, -1.0, 0.268], [0.02, 0.01, -0.0131]])
    kept = Int8(weight)
    scale = kept.scale
    single = weight.abs().max() / 127
    hints = {
        "One scale for the whole matrix: each row has its own.": (
            (weight / single).round().to(torch.int8),
            single.expand(2),
        ),
        "Round to the nearest whole number; `to(torch.int8)` cuts off.": (
            (weight / scale[:, None]).to(torch.int8),
            scale,
        ),
        "Take the largest absolute value: -1.0 is the largest of its row.": (
            (weight / (weight.amax(1) / 127)[:, None]).round().to(torch.int8),
            weight.amax(1) / 127,
        ),
        "The scale is what one step is worth: the largest absolute value divided by 127.": (kept.whole, 1 / scale),
        "The largest becomes 127: one bit of eight is the sign.": (
            (weight / (weight.abs().amax(1) / 255)[:, None]).round().to(torch.int8),
            weight.abs().amax(1) / 255,
        ),
        "Each output has a scale of its own, a row: amax(1), not amax(0).": (
            (weight / (weight.abs().amax(0) / 127)).round().to(torch.int8),
            weight.abs().amax(0) / 127,
        ),
        "The whole numbers should be of type torch.int8.": (kept.whole.float(), scale),
    }
    expect("to_int8 of a matrix [2, 3]", tuple(function(weight.clone())), (kept.whole, scale), hints)


def check_tokens_read(function: Answer) -> None:
    """A sum without a cache, a count with it."""
    expect(
        "tokens_read(prompt=4, written=20, cached=True)",
        function(4, 20, True),
        23,
        {
            "The last token is written, and never read.": 24,
            "The prompt is read too.": 19,
            "With a cache each token is read once.": sum(range(4, 24)),
        },
    )
    expect(
        "tokens_read(prompt=4, written=20, cached=False)",
        function(4, 20, False),
        sum(range(4, 24)),
        {
            "Without a cache the whole text is read again for every token.": 23,
            "The first reading is that of the prompt, the last that of all but the last token.": sum(range(5, 25)),
            "The prompt belongs to what is read again each time.": sum(range(20)),
        },
    )
