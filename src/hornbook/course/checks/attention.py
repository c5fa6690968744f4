"""Lesson 4: softmax, the causal mask, attention, and cutting into heads."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.batches import Positions
from hornbook.course.answers import Answer, expect
from hornbook.model.config import Causal
from hornbook.model.kernels import KeysValues, Scoring, explicit
from hornbook.model.masks import Mask
from hornbook.seeds import torch_generator


def check_softmax(function: Answer) -> None:
    """In the last axis, and without overflow."""
    scores = torch.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 4.0]])
    powers = scores.exp()
    expect(
        "softmax([[1, 2, 3], [0, 0, 4]])",
        function(scores.clone()),
        scores.softmax(-1),
        {
            "That is softmax over the columns. Each row has to sum to 1: take the last axis, dim=-1.": scores.softmax(
                0
            ),
            "These sums go down the columns. Each row has to sum to 1: take them over the last axis, dim=-1.": (
                (scores - scores.amax(-1, keepdim=True)).exp() / (scores - scores.amax(-1, keepdim=True)).exp().sum(0)
            ),
            "Divide by the sum of the row, not by that of the whole table.": powers / powers.sum(),
            "Divide by the sum, so that the weights of a row sum to 1.": powers,
            "Raise e to the scores before dividing by the sum.": scores / scores.sum(-1, keepdim=True),
            "Divide by the sum of the row, with keepdim=True, not by its largest power.": powers
            / powers.amax(-1, True),
        },
    )
    large = torch.tensor([1000.0, 1001.0])
    expect(
        "softmax([1000, 1001])",
        function(large),
        large.softmax(-1),
        hint="exp(1000) is infinite. Take the largest score off all of them first; the weights stay the same.",
    )


def check_causal_mask(function: Answer) -> None:
    """The lower triangle with its diagonal, of booleans."""
    ones = torch.ones(4, 4, dtype=torch.bool)
    expect(
        "causal_mask(4)",
        function(4),
        ones.tril(),
        {
            "A token has to see itself, or the first one sees nothing: the diagonal is True.": ones.tril(-1),
            "A token sees one place ahead here: there it finds the answer it should guess.": ones.tril(1),
            "This is the mask of what is hidden: True should mean that a token may look.": ones.triu(1),
            "Row and column are exchanged: rows are those who look.": ones.triu(),
            "The table has numbers; it should have booleans: dtype=torch.bool.": ones.tril().float(),
        },
    )


def check_attention(function: Answer) -> None:
    """Against the package's own, with what each classic mistake would give."""
    draw = torch_generator(4, "check")
    query, key, value = (torch.randn(2, 3, 5, 8, generator=draw) for _ in range(3))
    positions = Positions.counting(2, 5)
    rule = Mask(Causal(), positions, positions)

    def answer(values: Float[Tensor, "B H T D"]) -> Float[Tensor, "B H T D"]:
        seen = KeysValues(key, values, positions)
        return explicit(query, seen, rule, None, Scoring(8**-0.5), lambda weights: weights)

    mistakes = {hint: weights @ value for hint, weights in wrong_weights(query @ key.mT, 8).items()}
    mistakes["The weights average the values, not the keys."] = answer(key)
    expect(
        "attention(query, key, value)",
        function(query.clone(), key.clone(), value.clone()),
        answer(value),
        mistakes,
        "Go step by step: scores [..., T, T], divided by the root of D, masked with -inf, softmax, times values.",
    )


def wrong_weights(products: Float[Tensor, "*B T T"], width: int) -> dict[str, Float[Tensor, "*B T T"]]:
    """The weights that each classic mistake gives, by the hint that it needs."""
    time = products.shape[-1]
    ones = torch.ones(time, time, dtype=torch.bool)
    scaled = products * width**-0.5

    def masked(scores: Tensor, visible: Tensor) -> Tensor:
        return scores.masked_fill(~visible, -torch.inf)

    causal = masked(scaled, ones.tril())
    return {
        "The scale is missing: divide by the square root of the width D.": masked(products, ones.tril()).softmax(-1),
        "Divide by the square root of D, not by D.": masked(products / width, ones.tril()).softmax(-1),
        "Divide by the square root of the width D (the last axis), not of the number of tokens T.": masked(
            products * time**-0.5, ones.tril()
        ).softmax(-1),
        "The mask is missing: every token sees the future.": scaled.softmax(-1),
        "Softmax goes over the wrong axis: the weights of each row have to sum to 1, dim=-1.": causal.softmax(-2),
        "The mask is one place off: a token sees the one that it should guess.": masked(scaled, ones.tril(1)).softmax(
            -1
        ),
        "The mask falls on the weights. Put it on the scores, as -inf, before the softmax.": scaled.softmax(-1).tril(),
        "Hidden scores have to be -inf. A score of 0 still gets a weight.": scaled.tril().softmax(-1),
        "The mask is upside down: it hides the past and shows the future.": masked(scaled, ones.triu()).softmax(-1),
    }


def check_split_heads(function: Answer) -> None:
    """The axes, and not only their sizes."""
    hidden = torch.arange(2 * 3 * 4.0).view(2, 3, 4)
    right = hidden.view(2, 3, 2, 2).transpose(1, 2)
    expect(
        "split_heads(hidden [2, 3, 4], heads=2)",
        function(hidden.clone(), 2),
        right,
        {
            "The shape is right, and the numbers of different tokens are mixed: first view as [B, T, H, D], then "
            "exchange T and H.": hidden.reshape(2, 2, 3, 2),
            "Heads have to come before time: exchange axes 1 and 2.": hidden.view(2, 3, 2, 2),
            "Head 0 should have the first D numbers of every token, not every H-th one.":
                hidden.view(2, 3, 2, 2).permute(0, 3, 1, 2),
        },
        hint="view(B, T, H, D), then transpose(1, 2).",
    )  # fmt: skip
