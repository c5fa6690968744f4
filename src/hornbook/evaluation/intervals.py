"""How far a number may be off because the text is a sample: intervals by drawing from it again (Efron 1979).

Tokens that stand together are alike, so it is not tokens that are drawn but whole documents; where a text is a single
document, blocks of it (Künsch 1989). A mean over drawn units is a ratio of two sums, and both are drawn together. The
interval says what another text of the same source would give, and nothing of another training.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hornbook.seeds import numpy_generator

DRAWS = 2000
"""How often everything is drawn again: the ends of the interval are then known to a few hundredths of its width."""

LEAST = 8
"""Fewer units than this say nothing about how they differ."""

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Where a number lies with a probability of 95 %."""

    low: float
    high: float

    def __str__(self) -> str:
        """Both ends, with four digits."""
        return f"{self.low:.4f} to {self.high:.4f}"

    def as_json(self) -> list[float]:
        """Both ends."""
        return [self.low, self.high]

    def times(self, factor: float) -> Interval:
        """The interval of a number that is ``factor`` times this one."""
        return Interval(self.low * factor, self.high * factor)


def bootstrap(
    totals: Float[np.ndarray, " units"], counts: Float[np.ndarray, " units"], seed: int = 0
) -> Interval | None:
    """The interval of sum(totals) / sum(counts) over units drawn again; ``None`` of fewer than ``LEAST`` of them.

    Units of nothing (count 0) are left out. The same seed gives the same ends.
    """
    there = counts > 0
    totals, counts = totals[there], counts[there]
    if len(totals) < LEAST:
        return None
    generator = numpy_generator(seed, "bootstrap")
    ratios = np.empty(DRAWS)
    for draw in range(DRAWS):
        drawn = generator.integers(len(totals), size=len(totals))
        ratios[draw] = totals[drawn].sum() / counts[drawn].sum()
    low, high = np.quantile(ratios, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(low), float(high))
