"""Lesson 30: broadcasting, autograd, and picking."""

from __future__ import annotations

import torch
from torch import Tensor

from hornbook.course.answers import Answer, expect
from hornbook.seeds import torch_generator


def check_distances(function: Answer) -> None:
    """All pairs, never below 0."""
    points = torch.tensor([0.0, 3.0, 5.0])
    pairs = points[:, None] - points[None, :]
    expect(
        "distances([0, 3, 5])",
        function(points.clone()),
        pairs.abs(),
        {
            "Distances are never negative: take the absolute value.": pairs,
            "Distances are never negative: take the absolute value of each difference.": -pairs,
            "Give the distance, not its square.": pairs.square(),
            "That is each point from itself: make one a column, points[:, None].": torch.zeros(3),
            "All pairs are needed, [N, N].": points[1:] - points[:-1],
        },
    )


def check_derivative(function: Answer) -> None:
    """A number, of the function at this place; twice the same when asked twice."""

    def bent(x: Tensor) -> Tensor:
        return x**3 + 2 * x

    for again in ("derivative(x³ + 2x, 2)", "derivative(x³ + 2x, 2), asked a second time"):
        found = function(bent, 2.0)
        expect(
            again,
            found,
            14.0,
            {
                "That is the value of the function; after backward() look at x.grad.": 12.0,
                "Gradients add up: make a new tensor each time, or clear its gradient.": 28.0,
                "That is the place itself, not the gradient there.": 2.0,
            },
            hint="x = torch.tensor(at, requires_grad=True); function(x).backward(); x.grad",
        )
    expect("the type of the derivative", type(found).__name__, "float", hint="Return float(x.grad).")


def check_pick(function: Answer) -> None:
    """One number for each row."""
    scores = torch.randn(3, 4, generator=torch_generator(30, "check"))
    targets = torch.tensor([2, 0, 3])
    expect(
        "pick(scores [3, 4], targets [2, 0, 3])",
        function(scores.clone(), targets.clone()),
        scores.gather(1, targets[:, None])[:, 0],
        {
            "That takes whole columns, for every row those of all targets: index the rows too.": scores[:, targets],
            "The shape should be [B]: take away the last axis.": scores.gather(1, targets[:, None]),
            "That is the highest score of each row, not that of the target.": scores.amax(1),
            "Targets say which column; the rows are 0, 1, 2.": scores[targets.clamp(max=2), torch.arange(3)],
        },
    )
