"""What a model is asked to do: a function of model and batch whose value is a sum and what it was summed over.

Next: loop.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.batches import IGNORED, Texts


@dataclass(frozen=True)
class Loss:
    """A sum (nats) and how many targets it was summed over, so that any split of a batch adds up to the same mean."""

    total: Float[Tensor, ""]
    count: Int[Tensor, ""]


Objective = Callable[[nn.Module, Any], Loss]
"""What a training minimizes: next token here; others differ only in their batch and a few lines."""


def token_loss(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"]) -> Loss:
    """The cross-entropy of every target that is not ``IGNORED``, summed, in nats; in float32 whatever the logits."""
    total = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), ignore_index=IGNORED, reduction="sum")
    return Loss(total, (targets != IGNORED).sum())


def next_token(model: nn.Module, batch: Texts) -> Loss:
    """Causal language modelling: at every token, the next. With ``IGNORED`` prompts it is instruction tuning."""
    return token_loss(model(batch.tokens, batch.positions), batch.targets)
