"""How fast each pair of features turns, and how its angles are stretched for texts longer than those of the training.

Every scheme maps the speeds of ``Rotary`` to others and says by how much queries and keys are lengthened. Next:
norms.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.model.config import NTK, Interpolated, Llama3, Rotary, Unscaled, Yarn

Speeds = Float[Tensor, " half"]


def speeds(width: int, base: float, device: torch.device | str = "cpu") -> Float[Tensor, " half"]:
    """1 / base^(2i/width) radians per token for i = 0, 1, ...: from 1 down to almost 1/base; an odd width rounds up."""
    return 1.0 / base ** (torch.arange(0, width, 2, device=device, dtype=torch.float32) / width)


def unscaled(scaling: Unscaled, speed: Speeds, rotary: Rotary, width: int) -> tuple[Speeds, float]:
    """As they are."""
    return speed, 1.0


def interpolated(scaling: Interpolated, speed: Speeds, rotary: Rotary, width: int) -> tuple[Speeds, float]:
    """All slower by the factor, as if the tokens stood closer together (Chen et al. 2023, equation 4)."""
    return speed / scaling.factor, 1.0


def ntk(scaling: NTK, speed: Speeds, rotary: Rotary, width: int) -> tuple[Speeds, float]:
    """The base grows to base · factor^(D/(D-2)): the quickest pair keeps its speed, the slowest is slowed by factor."""
    return speeds(width, rotary.base * scaling.factor ** (width / (width - 2)), speed.device), 1.0


def yarn(scaling: Yarn, speed: Speeds, rotary: Rotary, width: int) -> tuple[Speeds, float]:
    """Pairs that turn often within the trained context keep their speed, rare ones are interpolated, a ramp between.

    (Peng et al. 2023, sections 3.2 to 3.4; the ramp runs over the index of the pair, as in the authors' code.)
    """

    def pair_turning(times: float) -> float:
        """Which pair turns so many times in the context: solve context · base^(-2i/D) = 2π · times for i."""
        return width * math.log(scaling.context / (2 * math.pi * times)) / (2 * math.log(rotary.base))

    low, high = max(math.floor(pair_turning(scaling.fast)), 0), min(math.ceil(pair_turning(scaling.slow)), width - 1)
    index = torch.arange(len(speed), device=speed.device, dtype=torch.float32)
    ramp = ((index - low) / max(high - low, 0.001)).clamp(0, 1)
    sharper = 0.1 * math.log(max(scaling.factor, 1.0)) + 1 if scaling.attention is None else scaling.attention
    return speed / scaling.factor * ramp + speed * (1 - ramp), sharper


def llama3(scaling: Llama3, speed: Speeds, rotary: Rotary, width: int) -> tuple[Speeds, float]:
    """Short waves kept, long ones divided by the factor, those between mixed by how often they fit into the context.

    (Llama 3.1, Dubey et al. 2024; the mixing is that of the published code.)
    """
    turns = scaling.context * speed / (2 * math.pi)  # of each pair within the trained context
    kept = ((turns - scaling.low) / (scaling.high - scaling.low)).clamp(0, 1)
    return speed / scaling.factor * (1 - kept) + speed * kept, 1.0


SCALINGS: dict[type, Callable[[Any, Speeds, Rotary, int], tuple[Speeds, float]]] = {
    Unscaled: unscaled,
    Interpolated: interpolated,
    NTK: ntk,
    Yarn: yarn,
    Llama3: llama3,
}


def scaled_speeds(
    rotary: Rotary, head_width: int, device: torch.device | str = "cpu"
) -> tuple[Float[Tensor, " half"], float]:
    """Radians per token of every pair of features, and what cosines and sines are multiplied by."""
    plain = speeds(head_width, rotary.base, device)
    return SCALINGS[type(rotary.scaling)](rotary.scaling, plain, rotary, head_width)
