"""Lesson 13: temperature, top-k and top-p."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.course.answers import Answer, expect
from hornbook.generation import sampling

LOGITS = (1.0, 3.0, -1.0, 0.5, 2.0)


def check_with_temperature(function: Answer) -> None:
    """Scores divided, then softmax."""
    logits = torch.tensor(LOGITS)
    chances = logits.softmax(-1)
    expect(
        "with_temperature([1, 3, -1, 0.5, 2], 0.5)",
        function(logits.clone(), 0.5),
        (logits / 0.5).softmax(-1),
        {
            "Divide by the temperature: below 1 the likeliest token has to gain.": (logits * 0.5).softmax(-1),
            "The temperature is not used.": chances,
            "Divide the scores before the softmax, not the chances after it.": chances / 0.5,
            "Softmax is missing: return chances, which sum to 1.": logits / 0.5,
            "Return chances, not their logarithms.": (logits / 0.5).log_softmax(-1),
        },
    )


def kept(logits: Float[Tensor, " V"], tokens: list[int], others: float = -torch.inf) -> Float[Tensor, " V"]:
    """The scores of these tokens, everything else at ``others``."""
    cut = torch.full_like(logits, others)
    cut[tokens] = logits[tokens]
    return cut


def check_keep_top_k(function: Answer) -> None:
    """Which are kept, and what the others become."""
    logits = torch.tensor(LOGITS)
    expect(
        "keep_top_k([1, 3, -1, 0.5, 2], 2)",
        function(logits.clone(), 2),
        sampling.top_k(logits[None], 2)[0],
        {
            "A score of 0 still has a chance, since e to the 0 is 1: use minus infinity.": kept(logits, [1, 4], 0.0),
            "One token too few is kept: the k-th highest stays too (< and not <=).": kept(logits, [1]),
            "One token too many is kept.": kept(logits, [1, 4, 0]),
            "The lowest are kept, not the highest.": kept(logits, [2, 3]),
            "The first tokens are kept, whatever their scores.": kept(logits, [0, 1]),
            "Return all V scores in their places, not the k highest alone.": logits.topk(2).values,
        },
    )


def check_nucleus(function: Answer) -> None:
    """The set is the smallest one, its last member included, and is never empty."""
    logits = torch.tensor([0.2, 0.5, 0.3]).log()
    hints = {
        "The token that crosses the line belongs to the set: test the sum before it.": kept(logits, [1]),
        "The running sum has to go from the likeliest token down: sort first.": kept(logits, [0, 1]),
        "Every token is kept: compare the running sum with mass.": logits,
        "A score of 0 still has a chance: use minus infinity.": kept(logits, [1, 2], 0.0),
        "Put the scores back into their own places after sorting.": torch.tensor([0.5, 0.3, 0.0]).log(),
    }
    expect("nucleus(log [0.2, 0.5, 0.3], 0.6)", function(logits.clone(), 0.6), kept(logits, [1, 2]), hints)
    expect(
        "nucleus(log [0.2, 0.5, 0.3], 0.1)",
        function(logits.clone(), 0.1),
        kept(logits, [1]),
        {"At least the likeliest token is kept, whatever the mass.": torch.full_like(logits, -torch.inf)},
    )
