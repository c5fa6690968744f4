"""Exercises of lesson 2. Fill in the functions, then: hornbook learn check 02."""

from __future__ import annotations


def windows(ids: list[int], context: int, stride: int) -> list[tuple[list[int], list[int]]]:
    """Every full window of ``context`` tokens with its targets, beginning every ``stride`` tokens."""
    raise NotImplementedError


def pad(texts: list[list[int]], length: int, filler: int, ignored: int) -> tuple[list[list[int]], list[list[int]]]:
    """Tokens and targets in rows of ``length``; of last tokens and filling nothing is asked."""
    raise NotImplementedError


def mean_loss(losses: list[float], targets: list[int], ignored: int) -> float:
    """The mean loss of the places where something was asked."""
    raise NotImplementedError
