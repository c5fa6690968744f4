"""The part of a block that thinks about one token at a time. Next: experts.py."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.model.config import Dense, Sizes


def relu_squared(hidden: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
    """max(0, x)² (So et al. 2021, Primer)."""
    return F.relu(hidden).square()


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,  # x · Φ(x), exact (Hendrycks & Gimpel 2016)
    "gelu_tanh": partial(F.gelu, approximate="tanh"),  # GPT-2's approximation of it
    "silu": F.silu,
    "relu_squared": relu_squared,
}


class FeedForward(nn.Module):
    """down(activation(up(x))); with a gate, down(activation(gate(x)) · up(x)) (Shazeer 2020)."""

    def __init__(self, config: Dense, sizes: Sizes) -> None:
        super().__init__()
        width, hidden = sizes.width, config.hidden_width(sizes.width)
        self.up, self.down = nn.Linear(width, hidden, bias=config.bias), nn.Linear(hidden, width, bias=config.bias)
        self.gate = nn.Linear(width, hidden, bias=config.bias) if config.gated else None
        self.activation = ACTIVATIONS[config.activation]

    def forward(self, hidden: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
        """Every token on its own: what stands beside it makes no difference here."""
        raised = self.up(hidden)
        active = self.activation(raised) if self.gate is None else self.activation(self.gate(hidden)) * raised
        lowered: Tensor = self.down(active)
        return lowered
