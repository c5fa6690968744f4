"""Exercises of lesson 29. Fill in the functions, then: hornbook learn check 29."""

from __future__ import annotations


def heads_for(width: int, wish: int) -> int:
    """A number of heads that divides the width and makes heads as near to ``wish`` numbers wide as possible."""
    raise NotImplementedError


def steps_for(parameters: int, rows: int, context: int) -> int:
    """How many steps read 20 tokens for each parameter, rounded up."""
    raise NotImplementedError


def rate_for(width: int) -> float:
    """0.003 at width 128, half of it at twice the width."""
    raise NotImplementedError
