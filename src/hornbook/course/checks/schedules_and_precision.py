"""Lesson 11: the learning rate of a step, clipping, and gradients of parts put together."""

from __future__ import annotations

import math

import torch

from hornbook.course.answers import Answer, expect
from hornbook.training.config import Cosine
from hornbook.training.schedules import factor


def check_learning_rate(function: Answer) -> None:
    """During warm-up, in the middle and near the end."""
    steps, warmup, peak, final = 100, 20, 0.5, 0.1
    shape = Cosine(warmup=warmup, final=final)

    def right(step: int) -> float:
        return peak * factor(shape, step, step / steps, steps)

    def called(step: int) -> str:
        return f"learning_rate({step}, steps=100, warmup=20, peak=0.5, final=0.1)"

    expect(
        called(4),
        function(4, steps, warmup, peak, final),
        right(4),
        {
            "The first step has 1 / (warmup + 1) of the peak, not 0: (step + 1) / (warmup + 1).": peak * 4 / warmup,
            "Warm-up rises as (step + 1) / (warmup + 1).": peak * 5 / warmup,
            "There is no warm-up.": peak * (final + (1 - final) * (1 + math.cos(math.pi * 0.04)) / 2),
            "The peak is missing.": right(4) / peak,
        },
    )
    half = (1 + math.cos(math.pi * 0.5)) / 2
    expect(
        called(60),
        function(60, steps, warmup, peak, final),
        right(60),
        {
            "What has passed is counted from the end of the warm-up.": peak
            * (final + (1 - final) * (1 + math.cos(math.pi * 0.6)) / 2),
            "It falls to `final` times the peak, not to 0.": peak * half,
            "`final` is a part of the peak, not a learning rate.": final + (peak - final) * half,
            "That is a whole wave: the cosine goes from 0 to π.": peak * final,
            "It only falls from 1 to `final`: the part that falls is 1 - final.": peak * (final + half),
        },
    )
    expect(called(100), function(100, steps, warmup, peak, final), peak * final, {}, "At the end it is final * peak.")


def check_clip(function: Answer) -> None:
    """One norm for all, and nothing scaled up."""
    gradients = [torch.tensor([3.0, 4.0]), torch.tensor([[12.0]])]
    expect(
        "clip([[3, 4], [[12]]], limit=1)",
        function([each.clone() for each in gradients], 1.0),
        [each / 13 for each in gradients],
        {
            "Each tensor was clipped for itself: take one norm over all of them.": [
                torch.tensor([0.6, 0.8]),
                torch.tensor([[1.0]]),
            ],
            "Each number was cut at the limit: scale all of them by one number.": [
                torch.ones(2),
                torch.ones(1, 1),
            ],
            "The norm is the root of the sum of the squares: the root is missing.": [each / 169 for each in gradients],
            "The norm is the root of the sum of the squares, not the sum of the sizes.": [
                each / 19 for each in gradients
            ],
            "The norms of the tensors are added; add squares, and take one root.": [each / 17 for each in gradients],
            "Nothing is clipped: a norm of 13 is above 1.": gradients,
        },
    )
    expect(
        "clip([[0.03, 0.04], [[0.12]]], limit=1)",
        function([each / 100 for each in gradients], 1.0),
        [each / 100 for each in gradients],
        {"A gradient that is short enough stays as it is: scale by min(1, limit / norm).": [x / 13 for x in gradients]},
    )


def check_accumulated(function: Answer) -> None:
    """Add first, divide once."""
    totals, counts = [torch.tensor([6.0, 2.0]), torch.tensor([1.0, 1.0])], [4, 1]
    expect(
        "accumulated([[6, 2], [1, 1]], [4, 1])",
        function([each.clone() for each in totals], list(counts)),
        torch.tensor([7.0, 3.0]) / 5,
        {
            "That is the mean of the means: add all sums, then divide by the number of all targets.": (
                totals[0] / 4 + totals[1]
            )
            / 2,
            "Divide by the number of targets, not by that of the parts.": torch.tensor([3.5, 1.5]),
            "This is the sum; divide by the number of all targets.": torch.tensor([7.0, 3.0]),
            "The means of the parts are added; divide once, at the end.": totals[0] / 4 + totals[1],
        },
    )
