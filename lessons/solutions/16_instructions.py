"""Solutions of lesson 16."""

from __future__ import annotations

from torch import Tensor

IGNORED = -100


def answer_targets(prompt: list[int], answer: list[int]) -> tuple[list[int], list[int]]:
    """Inputs and targets of prompt and answer as one text; targets that are no token of the answer are -100."""
    whole = [*prompt, *answer]
    asked = [IGNORED] * len(prompt) + answer
    return whole[:-1], asked[1:]


def masked_mean(losses: Tensor, targets: Tensor) -> Tensor:
    """The mean of the losses [B, T] at places whose target is not -100, as a single number."""
    asked = targets != IGNORED
    return (losses * asked).sum() / asked.sum()


def padded(rows: list[list[int]], filling: int) -> list[list[int]]:
    """Rows made equally long with ``filling`` on their right."""
    width = max(map(len, rows))
    return [row + [filling] * (width - len(row)) for row in rows]
