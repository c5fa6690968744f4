"""Solutions of lesson 3."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def lookup(table: Tensor, tokens: Tensor) -> Tensor:
    """The rows of the tokens by a matrix product: one-hot [T, V] times table [V, C]."""
    one_hot = (tokens[:, None] == torch.arange(len(table))).to(table.dtype)
    return one_hot @ table


def position_waves(places: int, width: int) -> Tensor:
    """Sine and cosine of place / 10000^(2i/width), side by side, [T, C]."""
    speed = 10_000.0 ** (-torch.arange(0, width, 2) / width)
    angle = torch.arange(places)[:, None] * speed
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


def wavelength(pair: int, width: int) -> float:
    """After how many places the pair has turned once."""
    return 2 * math.pi * 10_000 ** (2 * pair / width)
