"""Small samples said honestly: intervals of means, shares and correlations, and whether a win may be chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from hornbook.seeds import numpy_generator

DRAWS = 2000
NORMAL = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


@dataclass(frozen=True)
class Estimate:
    """A number, and the interval in which it lies with a probability of 95 %."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """``3.25 (2.81 to 3.70)``."""
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"

    def as_json(self) -> dict[str, Any]:
        """``value``, ``low`` and ``high``."""
        return {"value": self.value, "low": self.low, "high": self.high}


def bootstrap_mean(sums: Float[np.ndarray, " items"], counts: Float[np.ndarray, " items"], seed: int = 0) -> Estimate:
    """sum(sums) / sum(counts), with an interval from drawing whole items again (Efron 1979, percentiles).

    Ratings of one item are alike, so it is items that are drawn, not ratings.
    """
    drawn = numpy_generator(seed, "bootstrap").integers(len(sums), size=(DRAWS, len(sums)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(sums.sum() / counts.sum()), float(low), float(high))


def wilson(successes: int, trials: int) -> Estimate:
    """A share with Wilson's score interval (1927): never outside 0 to 1, and not empty where all or none succeed."""
    share, square = successes / trials, NORMAL**2 / trials
    middle = (share + square / 2) / (1 + square)
    half = math.sqrt(share * (1 - share) * square + square**2 / 4) / (1 + square)
    return Estimate(share, max(middle - half, 0.0), min(middle + half, 1.0))


def sign_test(wins: int, losses: int) -> float:
    """How likely a split at least as uneven is by chance alone: exact, two-sided, ties left out."""
    trials, fewer = wins + losses, min(wins, losses)
    tail = sum(math.comb(trials, count) for count in range(fewer + 1))
    return min(1.0, float(2 * tail / 2**trials))


def ranks(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Ranks from 1 on; equal values share the mean of theirs."""
    _, group, size = np.unique(values, return_inverse=True, return_counts=True)
    shared: Float[np.ndarray, " n"] = (np.cumsum(size) - (size - 1) / 2)[group]
    return shared


def spearman(first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"]) -> Estimate | None:
    """The correlation of ranks, with Bonett and Wright's interval (2000).

    ``None`` for fewer than five values, or where all values of a side are equal.
    """
    if len(first) < 5 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    value = float(np.clip(np.corrcoef(ranks(first), ranks(second))[0, 1], -1, 1))
    if abs(value) > 1 - 1e-12:
        exact = math.copysign(1.0, value)
        return Estimate(exact, exact, exact)
    half = NORMAL * math.sqrt((1 + value**2 / 2) / (len(first) - 3))
    return Estimate(value, math.tanh(math.atanh(value) - half), math.tanh(math.atanh(value) + half))
