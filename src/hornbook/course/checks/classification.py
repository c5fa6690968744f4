"""Lesson 15: one vector for a text, and F1."""

from __future__ import annotations

import torch

from hornbook.batches import Positions
from hornbook.course.answers import Answer, expect
from hornbook.model import heads
from hornbook.seeds import torch_generator


def check_last_token(function: Answer) -> None:
    """The last token of the text, not of the row."""
    hidden = torch.randn(3, 5, 2, generator=torch_generator(15, "check"))
    lengths = torch.tensor([2, 5, 1])
    rows = torch.arange(3)
    expect(
        "last_token(hidden [3, 5, 2], lengths [2, 5, 1])",
        function(hidden.clone(), lengths.clone()),
        heads.last(hidden, Positions.lengths(lengths, 5)),
        {
            "That is the last place of each row, which is padding in short texts: use the lengths.": hidden[:, -1],
            "That is the first token. In a decoder it has seen nothing but itself.": hidden[:, 0],
            "One place too far: a text of length L ends at L - 1.": hidden[rows, lengths.clamp(max=4)],
            "Each text has its own last token; this gives every text the vectors of all.": hidden[:, lengths - 1],
        },
    )


def check_mean_token(function: Answer) -> None:
    """Padding counts neither above nor below the line."""
    hidden = torch.randn(3, 5, 2, generator=torch_generator(15, "check"))
    lengths = torch.tensor([2, 5, 1])
    there = (torch.arange(5) < lengths[:, None])[..., None]
    summed = (hidden * there).sum(1)
    expect(
        "mean_token(hidden [3, 5, 2], lengths [2, 5, 1])",
        function(hidden.clone(), lengths.clone()),
        heads.mean(hidden, Positions.lengths(lengths, 5)),
        {
            "Padding is averaged in: leave places from the length on out.": hidden.mean(1),
            "Divide by the length of the text, not by the width of the row.": summed / 5,
            "The sum is right; divide it by the length.": summed,
            "Padding is still in the sum.": hidden.sum(1) / lengths[:, None],
        },
    )


def check_f1(function: Answer) -> None:
    """Harmonic, of precision and recall, and defined where nothing is right."""
    truth, found = [True, True, True, False, False, False, False], [True, True, False, True, True, False, False]
    precision, recall = 2 / 4, 2 / 3
    expect(
        "f1 of 2 found rightly, 4 found, 3 to be found",
        function(list(truth), list(found)),
        2 * precision * recall / (precision + recall),
        {
            "That is accuracy.": 4 / 7,
            "That is precision alone.": precision,
            "That is recall alone.": recall,
            "F1 is the harmonic mean 2PR / (P + R), not the ordinary one.": (precision + recall) / 2,
            "The 2 of 2PR / (P + R) is missing.": precision * recall / (precision + recall),
            "That is the F1 of the class False.": 2 * (2 / 3) * (2 / 4) / (2 / 3 + 2 / 4),
        },
    )
    try:
        empty = function([True, False], [False, False])
    except ZeroDivisionError:
        empty = float("nan")
    expect("f1 where nothing was found", empty, 0.0, hint="Nothing found rightly: return 0.0 before you divide by 0.")
