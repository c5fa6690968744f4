"""Lesson 17: the layer, the merged matrix, and what it costs."""

from __future__ import annotations

import torch
from torch import nn

from hornbook.course.answers import Answer, expect
from hornbook.finetuning.config import LowRank
from hornbook.finetuning.low_rank import LowRankLinear
from hornbook.seeds import torch_generator

RANK, ALPHA = 2, 6.0


def layer() -> LowRankLinear:
    """The package's own layer with matrices that are nowhere zero."""
    draw = torch_generator(17, "check")
    linear = nn.Linear(4, 3, bias=False)
    made = LowRankLinear(linear, LowRank(rank=RANK, alpha=ALPHA), draw)
    with torch.no_grad():
        linear.weight.copy_(torch.randn(3, 4, generator=draw))
        made.up.copy_(torch.randn(3, RANK, generator=draw))
    return made


def check_lora(function: Answer) -> None:
    """The frozen product, and the narrow ones beside it, scaled."""
    made = layer()
    weight, down, up = (each.detach() for each in (made.base.get_parameter("weight"), made.down, made.up))
    x = torch.randn(5, 4, generator=torch_generator(17, "x"))
    plain, beside = x @ weight.T, (x @ down.T) @ up.T
    expect(
        "lora(x [5, 4], weight [3, 4], down [2, 4], up [3, 2], alpha=6)",
        function(x.clone(), weight.clone(), down.clone(), up.clone(), ALPHA),
        made(x).detach(),
        {
            "The scale alpha / rank is missing.": plain + beside,
            "Divide alpha by the rank.": plain + ALPHA * beside,
            "Alpha is divided by the width; divide by the rank, the number of rows of `down`.": plain + 6 / 4 * beside,
            "Alpha is divided by the number of outputs; divide by the rank.": plain + 6 / 3 * beside,
            "The frozen matrix is left out: its answer is added.": 3 * beside,
            "The product beside the matrix is left out.": plain,
            "The scale belongs to the product alone, not to the frozen matrix.": 3 * (plain + beside),
        },
    )


def check_merged(function: Answer) -> None:
    """W + alpha / rank · B A."""
    made = layer()
    weight, down, up = (each.detach() for each in (made.base.get_parameter("weight"), made.down, made.up))
    expect(
        "merged(weight [3, 4], down [2, 4], up [3, 2], alpha=6)",
        function(weight.clone(), down.clone(), up.clone(), ALPHA),
        made.merged().weight.detach(),
        {
            "The scale alpha / rank is missing.": weight + up @ down,
            "Divide alpha by the rank.": weight + ALPHA * up @ down,
            "That is the change alone; add it to the weight.": 3 * up @ down,
            "The change is subtracted; add it.": weight - 3 * up @ down,
        },
    )


def check_trained_numbers(function: Answer) -> None:
    """A and B."""
    expect(
        "trained_numbers(768, 3072, 8)",
        function(768, 3072, 8),
        8 * (768 + 3072),
        {
            "That is the size of the frozen matrix.": 768 * 3072,
            "A and B are added, not multiplied: rank · inputs + rank · outputs.": 8 * 768 * 8 * 3072,
            "The frozen matrix is not trained.": 8 * (768 + 3072) + 768 * 3072,
            "B is [outputs, rank]: inputs and outputs differ.": 2 * 8 * 768,
        },
    )
