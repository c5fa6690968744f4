"""Normalisation, and where in a residual block it stands.

The two formulas are written out as functions; the modules that a model is built of call PyTorch's fused kernels, which
a test proves equal to them. Statistics are always taken in at least 32 bits. Next: feed_forward.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.model.config import RMS, Layer, NoNorm, NormConfig


def layer_norm(
    hidden: Float[Tensor, "*B C"], scale: Float[Tensor, " C"], shift: Float[Tensor, " C"], epsilon: float
) -> Float[Tensor, "*B C"]:
    """(x - mean) / sqrt(variance + epsilon) · scale + shift, over the features of each token (Ba et al. 2016, eq. 4).

    The variance is the biased one: a mean of squares, not divided by C - 1.
    """
    centred = hidden - hidden.mean(-1, keepdim=True)
    return centred * torch.rsqrt(centred.square().mean(-1, keepdim=True) + epsilon) * scale + shift


def rms_norm(hidden: Float[Tensor, "*B C"], scale: Float[Tensor, " C"], epsilon: float) -> Float[Tensor, "*B C"]:
    """x / sqrt(mean of squares + epsilon) · scale: LayerNorm without centring (Zhang & Sennrich 2019, eq. 4)."""
    return hidden * torch.rsqrt(hidden.square().mean(-1, keepdim=True) + epsilon) * scale


def at_least_float32(hidden: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """16-bit floats widened to 32 bits; everything else as it is."""
    return hidden.to(torch.promote_types(hidden.dtype, torch.float32))


class LayerNorm(nn.Module):
    """``layer_norm`` with a learned scale (from 1) and, with a bias, a shift (from 0), by PyTorch's fused kernel."""

    def __init__(self, config: Layer, width: int) -> None:
        super().__init__()
        self.scale, self.epsilon = nn.Parameter(torch.ones(width)), config.epsilon
        self.shift = nn.Parameter(torch.zeros(width)) if config.bias else None

    def forward(self, hidden: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
        """Every token brought to mean 0 and variance 1, then scaled and shifted."""
        wide, scale = at_least_float32(hidden), at_least_float32(self.scale)
        shift = None if self.shift is None else at_least_float32(self.shift)
        return F.layer_norm(wide, scale.shape, scale, shift, self.epsilon).to(hidden.dtype)


class RMSNorm(nn.Module):
    """``rms_norm`` with a learned scale (from 1), by PyTorch's fused kernel."""

    def __init__(self, config: RMS, width: int) -> None:
        super().__init__()
        self.scale, self.epsilon = nn.Parameter(torch.ones(width)), config.epsilon

    def forward(self, hidden: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
        """Every token brought to a mean square of 1, then scaled."""
        wide, scale = at_least_float32(hidden), at_least_float32(self.scale)
        return F.rms_norm(wide, scale.shape, scale, self.epsilon).to(hidden.dtype)


NORMS: dict[type, Callable[[Any, int], nn.Module]] = {
    Layer: LayerNorm,
    RMS: RMSNorm,
    NoNorm: lambda config, width: nn.Identity(),
}


def build_norm(config: NormConfig, width: int) -> nn.Module:
    """The norm that ``config`` describes, for features of this width."""
    return NORMS[type(config)](config, width)


#                            before the branch, after the branch, after the sum
PLACEMENTS: dict[str, tuple[bool, bool, bool]] = {
    "pre":      (True,  False, False),  # GPT-2, Llama
    "post":     (False, False, True),   # the 2017 Transformer, BERT
    "sandwich": (True,  True,  False),  # Gemma 2
    "inside":   (False, True,  False),  # OLMo 2
}  # fmt: skip


Branch = Callable[[Float[Tensor, "B T C"]], Float[Tensor, "B T C"]]
"""What stands beside the stream: attention, or the feed-forward network."""


class Residual(nn.Module):
    """hidden + branch(hidden), normalised in one of the four customary places."""

    def __init__(self, width: int, norm: NormConfig, placement: str, dropout: float) -> None:
        super().__init__()
        self.before, self.after, self.summed = (
            build_norm(norm, width) if wanted else nn.Identity() for wanted in PLACEMENTS[placement]
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, hidden: Float[Tensor, "B T C"], branch: Branch) -> Float[Tensor, "B T C"]:
        """The stream after this branch; with a branch of zeros and a bare sum, the stream as it came."""
        summed: Tensor = self.summed(hidden + self.dropout(self.after(branch(self.before(hidden)))))
        return summed
