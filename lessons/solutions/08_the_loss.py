"""Solutions of lesson 8."""

from __future__ import annotations

import math

from torch import Tensor


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean of -ln of the chance of each target that is not -100, from logits [N, V]."""
    asked = targets != -100
    logits, targets = logits[asked], targets[asked]
    shifted = logits - logits.amax(-1, keepdim=True)
    log_chances = shifted - shifted.exp().sum(-1, keepdim=True).log()
    return -log_chances.gather(1, targets[:, None]).mean()


def bits_per_byte(loss: float, tokens: int, text: str) -> float:
    """From the mean loss in nats per token, for a text that was cut into so many tokens."""
    return loss * tokens / math.log(2) / len(text.encode())


def entropy(chances: list[float]) -> float:
    """The mean surprise, in nats, of who knows these chances."""
    return -sum(chance * math.log(chance) for chance in chances if chance > 0)
