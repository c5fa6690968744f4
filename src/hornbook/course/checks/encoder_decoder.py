"""Lesson 21: teacher forcing, cross-attention, and whole answers."""

from __future__ import annotations

import torch

from hornbook.batches import Positions
from hornbook.course.answers import Answer, expect
from hornbook.model.config import Bidirectional
from hornbook.model.kernels import KeysValues, Scoring, explicit
from hornbook.model.masks import Mask
from hornbook.seeds import torch_generator


def check_teacher_forced(function: Answer) -> None:
    """Shifted, with the start before and the end behind."""
    answer = [5, 6, 7]
    hints = {
        "The decoder reads the word that it is asked for: put the start before what it reads.": (answer, answer),
        "The end is missing from what is asked: without it the model never stops.": ([1, 5, 6], answer),
        "The end is missing from what is asked; both have one token more than the answer.": ([1, 5, 6, 7], answer),
        "The end is not read, only asked.": ([1, 5, 6, 7, 2], [5, 6, 7, 2]),
        "What is asked begins with the first word, not with the start.": ([1, 5, 6, 7], [1, 5, 6, 7]),
        "Start and end are exchanged.": ([2, 5, 6, 7], [5, 6, 7, 1]),
        "Both have one token more than the answer: the last word is read too.": ([1, 5, 6], [5, 6, 7, 2]),
    }
    right = ([1, 5, 6, 7], [5, 6, 7, 2])
    expect("teacher_forced([5, 6, 7], start=1, end=2)", tuple(function(list(answer), 1, 2)), right, hints)


def check_cross_attention(function: Answer) -> None:
    """Against the package's kernel: no causal mask, no padding, the scale."""
    draw = torch_generator(21, "check")
    query = torch.randn(2, 4, 8, generator=draw)
    key, value = (torch.randn(2, 5, 8, generator=draw) for _ in range(2))
    lengths = torch.tensor([3, 5])
    source, target = Positions.lengths(lengths, 5), Positions.counting(2, 4)
    seen = KeysValues(key[:, None], value[:, None], source)
    mask = Mask(Bidirectional(), target, source)
    right = explicit(query[:, None], seen, mask, None, Scoring(8**-0.5), lambda weights: weights)[:, 0]
    products = query @ key.mT
    padding = (torch.arange(5) >= lengths[:, None])[:, None, :]
    scores = (products / 8**0.5).masked_fill(padding, -torch.inf)
    future = torch.ones(4, 5, dtype=torch.bool).triu(1)
    expect(
        "cross_attention(query [2, 4, 8], key and value [2, 5, 8], lengths [3, 5])",
        function(query.clone(), key.clone(), value.clone(), lengths.clone()),
        right,
        {
            "Padding of the source is looked at: hide columns from the length on.": (products / 8**0.5).softmax(-1)
            @ value,
            "The scale is missing: divide by the square root of D.": products.masked_fill(padding, -torch.inf).softmax(
                -1
            )
            @ value,
            "No causal mask here: the whole source lies open.": scores.masked_fill(future, -torch.inf).softmax(-1)
            @ value,
            "Softmax goes over the source, the last axis.": scores.softmax(1).nan_to_num() @ value,
            "Average the values, not the keys.": scores.softmax(-1) @ key,
        },
    )


def check_whole_answers(function: Answer) -> None:
    """A product of chances."""
    expect(
        "whole_answers(0.9, 5)",
        function(0.9, 5),
        0.9**5,
        {
            "Chances of things that all have to happen are multiplied: to the power of the number of words.": 0.9 * 5,
            "That is the chance that at least one word is wrong.": 1 - 0.9**5,
            "That is one word; an answer has several.": 0.9,
            "Mistakes do not simply add up: 1 - 5 · 0.1 counts answers with two mistakes twice.": 1 - 5 * 0.1,
        },
    )
