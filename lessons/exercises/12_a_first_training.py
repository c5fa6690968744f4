"""Exercises of lesson 12. Fill in the functions, then: hornbook learn check 12."""

from __future__ import annotations


def training_curve(lines: list[str]) -> list[float]:
    """The training losses in the order of steps, from the lines of a ``metrics.jsonl``."""
    raise NotImplementedError


def best_step(validation: dict[int, float]) -> int:
    """The step with the lowest validation loss; of equal ones the earliest."""
    raise NotImplementedError


def learning_by_heart(training: list[float], validation: list[float]) -> int:
    """From where to the end validation only rises and training only falls; -1 if nowhere."""
    raise NotImplementedError
