"""Exercises of lesson 13. Fill in the functions, then: hornbook learn check 13."""

from __future__ import annotations

from torch import Tensor


def with_temperature(logits: Tensor, degree: float) -> Tensor:
    """The chances of all tokens [V], at a temperature above 0."""
    raise NotImplementedError


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """The scores [V] with all but the k highest set to minus infinity."""
    raise NotImplementedError


def nucleus(logits: Tensor, mass: float) -> Tensor:
    """The scores [V] with all but the smallest set of likeliest tokens that reach ``mass`` set to minus infinity."""
    raise NotImplementedError
