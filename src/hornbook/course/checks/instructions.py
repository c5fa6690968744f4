"""Lesson 16: targets of an answer, their mean, and padding."""

from __future__ import annotations

import torch

from hornbook.batches import IGNORED
from hornbook.course.answers import Answer, expect

Lists = tuple[list[int], list[int]]


def check_answer_targets(function: Answer) -> None:
    """Shifted by one, and masked where the prompt is asked for."""
    inputs = [7, 8, 9, 1, 2]
    hints = {
        "Targets are the tokens one place on: here every place is asked for its own token.": (
            inputs,
            [IGNORED, IGNORED, IGNORED, 1, 2],
        ),
        "The mask is one place off: the last token of the prompt is asked for the first of the answer.": (
            inputs,
            [IGNORED, IGNORED, IGNORED, 2, 3],
        ),
        "The question is asked for too: its targets should be -100.": (inputs, [8, 9, 1, 2, 3]),
        "The inputs are masked. The question has to be read; mask its targets.": (
            [IGNORED, IGNORED, IGNORED, 1, 2],
            [8, 9, 1, 2, 3],
        ),
        "The first token of the prompt has to be read as well.": ([8, 9, 1, 2], [IGNORED, 1, 2, 3]),
        "Nothing follows the last token: cut it off the inputs, and the first off the targets.": (
            [7, 8, 9, 1, 2, 3],
            [IGNORED, IGNORED, IGNORED, 1, 2, 3],
        ),
        "Ignored targets are -100, not 0: 0 is a token.": (inputs, [0, 0, 1, 2, 3]),
    }
    right = (inputs, [IGNORED, IGNORED, 1, 2, 3])
    expect("answer_targets([7, 8, 9], [1, 2, 3])", function([7, 8, 9], [1, 2, 3]), right, hints)


def check_masked_mean(function: Answer) -> None:
    """Over what is asked in all rows together."""
    losses = torch.tensor([[9.0, 1.0, 3.0], [9.0, 9.0, 8.0]])
    targets = torch.tensor([[IGNORED, 4, 5], [IGNORED, IGNORED, 6]])
    expect(
        "masked_mean of losses 1, 3 and 8 that are asked",
        function(losses.clone(), targets.clone()),
        torch.tensor(4.0),
        {
            "Places that are not asked are in the mean: leave targets of -100 out.": losses.mean(),
            "Divide by the number of places that are asked, not by all.": torch.tensor(12.0 / 6),
            "Every asked token counts alike: sum over all rows before dividing, not row by row.": torch.tensor(5.0),
            "That is the sum; divide by how many are asked.": torch.tensor(12.0),
            "Return one number for the batch, not one for each row.": torch.tensor([2.0, 8.0]),
        },
    )


def check_padded(function: Answer) -> None:
    """On the right, up to the longest."""
    rows = [[1, 2, 3], [4], [5, 6]]
    expect(
        "padded([[1, 2, 3], [4], [5, 6]], -100)",
        function([list(row) for row in rows], -100),
        [[1, 2, 3], [4, -100, -100], [5, 6, -100]],
        {
            "Fill up on the right: the text keeps its positions from 0 on.": [[1, 2, 3], [-100, -100, 4], [-100, 5, 6]],
            "Use the filling that is given, not 0.": [[1, 2, 3], [4, 0, 0], [5, 6, 0]],
            "Rows are cut to the shortest; make them as long as the longest.": [[1], [4], [5]],
            "Nothing is filled up.": rows,
        },
    )
