"""Solutions of lesson 18."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def answer_log_probability(logits: Tensor, targets: Tensor) -> Tensor:
    """From logits [B, T, V] and targets [B, T] (-100: not asked) the log-chance of each answer, [B]."""
    chosen = logits.log_softmax(-1).gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    return (chosen * (targets != -100)).sum(-1)


def dpo_loss(chosen: Tensor, rejected: Tensor, chosen_ref: Tensor, rejected_ref: Tensor, beta: float) -> Tensor:
    """The mean loss of B pairs, from log-chances [B] each; ``_ref``: under the reference."""
    margin = (chosen - chosen_ref) - (rejected - rejected_ref)
    return -F.logsigmoid(beta * margin).mean()
