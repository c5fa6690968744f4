"""Exercises of lesson 18. Fill in the functions, then: hornbook learn check 18."""

from __future__ import annotations

from torch import Tensor


def answer_log_probability(logits: Tensor, targets: Tensor) -> Tensor:
    """From logits [B, T, V] and targets [B, T] (-100: not asked) the log-chance of each answer, [B]."""
    raise NotImplementedError


def dpo_loss(chosen: Tensor, rejected: Tensor, chosen_ref: Tensor, rejected_ref: Tensor, beta: float) -> Tensor:
    """The mean loss of B pairs, from log-chances [B] each; ``_ref``: under the reference."""
    raise NotImplementedError
