"""Exercises of lesson 3. Fill in the functions, then: hornbook learn check 03."""

from __future__ import annotations

from torch import Tensor


def lookup(table: Tensor, tokens: Tensor) -> Tensor:
    """The rows of the tokens by a matrix product: one-hot [T, V] times table [V, C]."""
    raise NotImplementedError


def position_waves(places: int, width: int) -> Tensor:
    """Sine and cosine of place / 10000^(2i/width), side by side, [T, C]."""
    raise NotImplementedError


def wavelength(pair: int, width: int) -> float:
    """After how many places the pair has turned once."""
    raise NotImplementedError
