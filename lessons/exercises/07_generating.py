"""Exercises of lesson 7. Fill in the functions, then: hornbook learn check 07."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor


def chances(logits: Tensor, degree: float) -> Tensor:
    """The chances of each token at a temperature; at 0 the likeliest has chance 1."""
    raise NotImplementedError


def pick(chances: list[float], uniform: float) -> int:
    """The token on whose piece of the line from 0 to 1 the number falls."""
    raise NotImplementedError


def write(model: Callable[[list[int]], list[float]], prompt: list[int], count: int, context: int) -> list[int]:
    """``count`` new tokens, each the likeliest; the model is given at most ``context`` ids."""
    raise NotImplementedError
