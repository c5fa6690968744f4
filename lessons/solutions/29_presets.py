"""Solutions of lesson 29."""

from __future__ import annotations


def heads_for(width: int, wish: int) -> int:
    """A number of heads that divides the width and makes heads as near to ``wish`` numbers wide as possible."""
    divisors = [heads for heads in range(1, width + 1) if width % heads == 0]
    return min(divisors, key=lambda heads: abs(width // heads - wish))


def steps_for(parameters: int, rows: int, context: int) -> int:
    """How many steps read 20 tokens for each parameter, rounded up."""
    return -(-20 * parameters // (rows * context))


def rate_for(width: int) -> float:
    """0.003 at width 128, half of it at twice the width."""
    return 0.003 * 128 / width
