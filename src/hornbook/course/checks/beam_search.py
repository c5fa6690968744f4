"""Lesson 22: one step of a beam search, and ranking what is finished."""

from __future__ import annotations

import torch
from torch import Tensor

from hornbook.course.answers import Answer, expect
from hornbook.generation.beam import best_continuations, ranked_by
from hornbook.seeds import torch_generator

Three = tuple[Tensor, Tensor, Tensor]


def check_continue_beams(function: Answer) -> None:
    """Of all beams together, by the sum, with parents and tokens."""
    scores = torch.tensor([-0.2, -1.0, -3.5])
    nexts = torch.randn(3, 5, generator=torch_generator(22, "check")).log_softmax(-1)
    every = scores[:, None] + nexts
    step = best_continuations(every[None], 3)
    right = (step.scores[0], step.parents[0], step.tokens[0])
    each = every.max(1)
    unscored = nexts.flatten().topk(3)
    product = (scores[:, None] * nexts).flatten().topk(3)
    lowest = every.flatten().topk(3, largest=False)
    hints = {
        "The best of each beam is taken; take the best of all beams together.": (
            each.values,
            torch.arange(3),
            each.indices,
        ),
        "The beams' own log-chances have to be added.": (
            unscored.values,
            unscored.indices // 5,
            unscored.indices % 5,
        ),
        "Logarithms of chances are added, not multiplied.": (product.values, product.indices // 5, product.indices % 5),
        "These are the worst continuations, not the best.": (lowest.values, lowest.indices // 5, lowest.indices % 5),
        "Divide by the number of tokens V for the beam, not by the number of beams.": (
            right[0],
            (right[1] * 5 + right[2]) // 3,
            (right[1] * 5 + right[2]) % 3,
        ),
        "Beam and token are exchanged.": (right[0], right[2], right[1]),
        "The place in the flattened table is not the token: take the remainder by V.": (
            right[0],
            right[1],
            right[1] * 5 + right[2],
        ),
    }
    found = tuple(function(scores.clone(), nexts.clone(), 3))
    expect("continue_beams(scores [3], nexts [3, 5], 3)", found, right, hints)


def check_rank(function: Answer) -> None:
    """log p / length^penalty."""
    expect(
        "rank(-3.0, 6, 0.5)",
        function(-3.0, 6, 0.5),
        ranked_by(-3.0, 6, 0.5),
        {
            "Divide by length^penalty: multiplied, long texts lose even more.": -3.0 * 6**0.5,
            "The penalty is an exponent, not a factor.": -3.0 / (6 * 0.5),
            "The penalty is not used: 0 should rank by the plain log-chance.": -3.0 / 6,
            "That is the plain log-chance: short texts always win.": -3.0,
            "The penalty is divided by; it is the exponent of the length.": -3.0 / 6 / 0.5,
        },
    )
