"""Lesson 12: reading a curve, the best step, and where learning by heart begins."""

from __future__ import annotations

import json

from hornbook.course.answers import Answer, expect, explained


def check_training_curve(function: Answer) -> None:
    """Updates alone, in order."""
    entries = [
        {"kind": "update", "step": 1, "loss": 4.0},
        {"kind": "evaluation", "step": 1, "val_loss": 4.5},
        {"kind": "update", "step": 0, "loss": 5.0},
        {"kind": "update", "step": 10, "loss": 2.0},
        {"kind": "update", "step": 2, "loss": 4.2},
    ]
    lines = [json.dumps(entry) for entry in entries]
    likely = "Evaluations have no `loss`: leave out what is not of kind `update`."
    with explained("training_curve of four updates and an evaluation", likely, KeyError):
        found = function(lines)
    expect(
        "training_curve of four updates and an evaluation",
        found,
        [5.0, 4.0, 4.2, 2.0],
        {
            "Lines may come in any order: sort by step.": [4.0, 5.0, 2.0, 4.2],
            "Sort by step, not by loss.": [5.0, 4.2, 4.0, 2.0],
            "Evaluations are among them: leave out what is not of kind `update`.": [5.0, 4.0, 4.5, 4.2, 2.0],
            "Steps are numbers: as text, 10 stands before 2.": [5.0, 4.0, 2.0, 4.2],
        },
    )


def check_best_step(function: Answer) -> None:
    """The lowest, and the earliest of equals."""
    found = function({100: 3.0, 300: 2.0, 200: 2.0, 400: 2.5})
    expect(
        "best_step({100: 3.0, 300: 2.0, 200: 2.0, 400: 2.5})",
        found,
        200,
        {
            "Of equal losses the earliest step is wanted.": 300,
            "The lowest loss is the best, not the highest.": 100,
            "The last step is not always the best.": 400,
            "This is the loss; return the step.": 2.0,
        },
    )


def check_learning_by_heart(function: Answer) -> None:
    """From the lowest validation loss on, if training goes on falling."""
    cases = [
        ([5.0, 4.0, 3.0, 2.0, 1.0], [5.0, 4.0, 3.5, 3.7, 4.0], 2),
        ([5.0, 4.0, 3.0, 2.0], [5.0, 4.5, 4.2, 4.0], -1),
        ([5.0, 4.0, 3.0, 2.0, 1.0], [5.0, 5.2, 4.0, 4.1, 4.3], 2),
        ([2.0, 2.5, 3.0], [2.0, 2.5, 3.0], -1),
        ([3.0], [3.0], -1),
    ]
    right = [answer for _, _, answer in cases]
    lowest = [validation.index(min(validation)) for _, validation, _ in cases]
    rises = [2, -1, 2, 0, -1]
    expect(
        "learning_by_heart of five curves",
        [function(list(training), list(validation)) for training, validation, _ in cases],
        right,
        {
            "Where validation still falls at the end, there is none: return -1.": lowest,
            "When the training loss rises too, it is not learning by heart; something else is wrong.": rises,
            "A rise that is made up for later does not count: it has to last to the end.": [2, -1, 0, -1, -1],
            "The place is that of the lowest loss, before the first rise.": [3, -1, 3, -1, -1],
        },
        "Validation only rises, and training only falls, from that place to the end.",
    )
