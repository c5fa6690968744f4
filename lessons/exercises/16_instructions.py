"""Exercises of lesson 16. Fill in the functions, then: hornbook learn check 16."""

from __future__ import annotations

from torch import Tensor


def answer_targets(prompt: list[int], answer: list[int]) -> tuple[list[int], list[int]]:
    """Inputs and targets of prompt and answer as one text; targets that are no token of the answer are -100."""
    raise NotImplementedError


def masked_mean(losses: Tensor, targets: Tensor) -> Tensor:
    """The mean of the losses [B, T] at places whose target is not -100, as a single number."""
    raise NotImplementedError


def padded(rows: list[list[int]], filling: int) -> list[list[int]]:
    """Rows made equally long with ``filling`` on their right."""
    raise NotImplementedError
