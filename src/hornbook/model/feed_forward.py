"""The part of a block that thinks about one token at a time. Next: experts.py."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.model.config import Dense, Sizes


def relu_squared(hidden: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
    """max(0, x)² (So et al. 2021, Primer)."""
    return F.relu(hidden).square()


def gelu_tanh(hidden: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
    """GPT-2's approximation, x / 2 · (1 + tanh(u)) with u = sqrt(2/π) · (x + 0.044715 x³).

    Compiled, it is the same as x · sigmoid(2 u): an exponential costs a third of a tanh.
    """
    if not torch.compiler.is_compiling():
        return F.gelu(hidden, approximate="tanh")
    return hidden * torch.sigmoid(2 * math.sqrt(2 / math.pi) * (hidden + 0.044715 * hidden * hidden * hidden))


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "gelu": F.gelu,  # x · Φ(x), exact (Hendrycks & Gimpel 2016)
    "gelu_tanh": gelu_tanh,
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
