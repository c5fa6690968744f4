"""Student's t distribution (1908), as much of it as a paired comparison needs: how far chance alone goes.

Exact for whole degrees of freedom, by the finite sums of Abramowitz & Stegun (1964), 26.7.3 and 26.7.4.
"""

from __future__ import annotations

import math
from functools import lru_cache


def within(t: float, degrees: int) -> float:
    """The probability that a t-distributed number with so many degrees of freedom lies between -``t`` and ``t``."""
    if math.isinf(t):
        return 1.0
    angle = math.atan2(abs(t), math.sqrt(degrees))
    sine, square = math.sin(angle), math.cos(angle) ** 2
    if degrees % 2:
        term, total = math.cos(angle), 0.0
        for odd in range(1, degrees - 1, 2):
            total += term
            term *= square * (odd + 1) / (odd + 2)
        return 2 / math.pi * (angle + sine * total)
    term, total = 1.0, 0.0
    for even in range(0, degrees - 1, 2):
        total += term
        term *= square * (even + 1) / (even + 2)
    return sine * total


def outside(t: float, degrees: int) -> float:
    """The probability of a number at least as far from 0 as ``t``: the two-sided p-value."""
    return max(0.0, 1.0 - within(t, degrees))


@lru_cache
def quantile(confidence: float, degrees: int) -> float:
    """The t with ``within(t, degrees) == confidence``: how many standard errors an interval reaches to either side.

    ``within`` rises, so halving an interval finds it to the last bit.
    """
    low, high = 0.0, 1.0
    while within(high, degrees) < confidence:
        high *= 2
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if within(middle, degrees) < confidence else (low, middle)
    return high
