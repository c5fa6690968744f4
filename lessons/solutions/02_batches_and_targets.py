"""Solutions of lesson 2."""

from __future__ import annotations


def windows(ids: list[int], context: int, stride: int) -> list[tuple[list[int], list[int]]]:
    """Every full window of ``context`` tokens with its targets, beginning every ``stride`` tokens."""
    starts = range(0, len(ids) - context, stride)
    return [(ids[start : start + context], ids[start + 1 : start + context + 1]) for start in starts]


def pad(texts: list[list[int]], length: int, filler: int, ignored: int) -> tuple[list[list[int]], list[list[int]]]:
    """Tokens and targets in rows of ``length``; of last tokens and filling nothing is asked."""
    tokens = [text + [filler] * (length - len(text)) for text in texts]
    targets = [text[1:] + [ignored] * (length - len(text) + 1) for text in texts]
    return tokens, targets


def mean_loss(losses: list[float], targets: list[int], ignored: int) -> float:
    """The mean loss of the places where something was asked."""
    asked = [loss for loss, target in zip(losses, targets, strict=True) if target != ignored]
    return sum(asked) / len(asked)
