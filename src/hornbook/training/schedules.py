"""The learning rate over a run, as a factor of its peak: a pure function of the step and of how far the run has come.

A run's *fraction* is 0 at its first step and 1 when it ends, so ``final`` is where the learning rate has arrived as the
run ends; the last step stands one step before that, and no step is ever made with a learning rate of 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hornbook.training.config import Constant, Cosine, Linear, ScheduleConfig, Trapezoid

LOWEST_RISE = 0.01
"""What warm-up by time starts from, where there is no first step to count from."""


def factor(schedule: ScheduleConfig, step: int, fraction: float, steps: int | None = None) -> float:
    """The learning rate at ``step`` (counted from 0), as a part of its peak: above 0 and at most 1.

    ``fraction`` is how much of the run has passed (0 <= fraction <= 1), ``steps`` how many there will be, if that is
    known. Warm-up rises as (step + 1) / (warmup + 1), or with the fraction of the time.
    """
    rise, end = warmth(schedule.warmup, step, fraction, steps)
    if rise < 1:
        return rise
    return SHAPES[type(schedule)](schedule, min(1.0, max(0.0, (fraction - end) / (1 - end))))


def warmth(warmup: int | float, step: int, fraction: float, steps: int | None) -> tuple[float, float]:
    """How much of the warm-up is done (1: all of it), and the fraction of the run at which it ends."""
    if isinstance(warmup, float) and steps is not None:
        warmup = round(warmup * steps)  # a part of a known number of steps is a number of steps
    if isinstance(warmup, int):
        return (step + 1) / (warmup + 1), min(warmup / steps, 1 - 1 / steps) if steps else 0.0
    return (max(fraction / warmup, LOWEST_RISE) if warmup else 1.0), warmup


def cosine(schedule: Cosine, passed: float) -> float:
    """Half a cosine from 1 to ``final``; ``passed`` is how much of the time after warm-up is over.

    (1 + cos x) / 2 is written cos^2(x / 2), which does not round to 0 before the end.
    """
    return schedule.final + (1 - schedule.final) * math.cos(math.pi * passed / 2) ** 2


def linear(schedule: Linear, passed: float) -> float:
    """A straight line from 1 to ``final``."""
    return schedule.final + (1 - schedule.final) * (1 - passed)


def constant(schedule: Constant, passed: float) -> float:
    """1, always."""
    return 1.0


def trapezoid(schedule: Trapezoid, passed: float) -> float:
    """1, and over the last ``decay`` of the time a straight line to ``final``."""
    return schedule.final + (1 - schedule.final) * min(1.0, (1 - passed) / schedule.decay)


SHAPES: dict[type, Callable[..., float]] = {Cosine: cosine, Linear: linear, Constant: constant, Trapezoid: trapezoid}
"""Every schedule's course after warm-up."""

FALLS: dict[type, Callable[[Any], float | None]] = {
    Cosine: lambda schedule: 0.0,
    Linear: lambda schedule: 0.0,
    Constant: lambda schedule: None,
    Trapezoid: lambda schedule: 1.0 - schedule.decay,
}
"""After which part of the time after warm-up each schedule falls; ``None``: never."""


def fall_begins(schedule: ScheduleConfig) -> float | None:
    """The part of the time after warm-up behind which the learning rate falls; ``None`` where it does not."""
    return FALLS[type(schedule)](schedule)
