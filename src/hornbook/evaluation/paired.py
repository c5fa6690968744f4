"""Is one way of training better than another, or was it luck? A paired comparison that says so, or says nothing.

In: a loss for every seed on either side, the same seeds on both. Out: a ``Paired``: the differences, an interval for
their mean and a verdict. What a seed brings with it (which batches come when, how lucky the first weights were) is on
both sides and falls out of the difference, so a few seeds see what would otherwise need many.

The test is Student's t on the differences, two-sided. Its level is 2 %: whoever compares a thing with itself a hundred
times should meet at most five verdicts, and a test at 5 % breaks that promise in 38 of 100 such hundreds, one at 2 % in
two. Looking, adding seeds and looking again is a second chance for luck; so every look takes half of what the one
before had (2 %, 1 %, 0.5 %, ...), and all looks together stay below 4 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from hornbook.errors import SettingError
from hornbook.evaluation.student import outside, quantile

LEVEL = 0.02
"""How often a first look may see a difference where there is none."""

Verdict = Literal["better", "worse", "no evidence", "declined"]


@dataclass(frozen=True)
class Paired:
    """Losses of a second side less those of a first, seed by seed; below 0 the second is better.

    ``level`` is the part of all comparisons of equals that may end in a verdict.
    """

    differences: tuple[float, ...]
    level: float = LEVEL

    @property
    def mean(self) -> float:
        """The mean difference."""
        return math.fsum(self.differences) / len(self.differences)

    @property
    def error(self) -> float:
        """The standard error of the mean; NaN for one difference, which knows nothing of its spread."""
        count = len(self.differences)
        if count < 2:
            return math.nan
        squares = math.fsum((each - self.mean) ** 2 for each in self.differences)
        return math.sqrt(squares / (count - 1) / count)

    @property
    def confidence(self) -> float:
        """How often the interval holds the true difference."""
        return 1 - self.level

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true mean difference lies, with that confidence; all numbers for one difference."""
        if len(self.differences) < 2:
            return -math.inf, math.inf
        reach = quantile(self.confidence, len(self.differences) - 1) * self.error
        return self.mean - reach, self.mean + reach

    @property
    def p_value(self) -> float:
        """How often equals would differ at least so much; 1 for one difference."""
        if len(self.differences) < 2 or not self.mean:
            return 1.0
        ratio = self.mean / self.error if self.error else math.inf
        return outside(ratio, len(self.differences) - 1)

    @property
    def verdict(self) -> Verdict:
        """Of the second side; given only where 0 lies outside the interval, and by one seed never."""
        if len(self.differences) < 2:
            return "declined"
        low, high = self.interval
        if high < 0:
            return "better"
        return "worse" if low > 0 else "no evidence"

    def as_json(self) -> dict[str, Any]:
        """Everything; an interval of all numbers is ``null``."""
        bounded = len(self.differences) > 1
        return {
            "mean_difference": self.mean,
            "interval": list(self.interval) if bounded else None,
            "confidence": self.confidence,
            "p_value": self.p_value if bounded else None,
            "verdict": self.verdict,
        }

    def sentence(self, first: str, second: str, unit: str) -> str:
        """The verdict in a sentence that a person can repeat."""
        if self.verdict == "declined":
            return f"No verdict: one seed cannot tell {second} from {first}; give more with --seeds."
        low, high = self.interval
        margin = f"{100 * self.confidence:.4g} % interval {low:+.4f} to {high:+.4f}, {chance(self.p_value)}"
        seeds = f"{len(self.differences)} seeds"
        if self.verdict == "no evidence":
            return f"No evidence that {second} and {first} differ: {self.mean:+.4f} {unit} ({margin}, {seeds})."
        return f"{second} is {self.verdict} than {first}: {self.mean:+.4f} {unit} ({margin}, {seeds})."


def chance(p_value: float) -> str:
    """A p-value as it is written: ``p = 0.031``, ``p < 0.0001``."""
    return f"p = {p_value:.2g}" if p_value >= 0.0001 else "p < 0.0001"


def paired(first: Sequence[float], second: Sequence[float], looks: int = 1, comparisons: int = 1) -> Paired:
    """Compare the losses of two sides, of the same seeds in the same order.

    Args:
        looks: how often these sides have been compared, with this time: each look has half the level of the last.
        comparisons: how many such comparisons are read together; they share the level (Bonferroni).

    Raises:
        SettingError: there is nothing to compare, or the sides do not pair up.
    """
    if not first or len(first) != len(second):
        raise SettingError(f"seeds: found {len(first)} losses on one side and {len(second)} on the other; pair them up")
    differences = tuple(b - a for a, b in zip(first, second, strict=True))
    return Paired(differences, LEVEL / 2 ** (looks - 1) / comparisons)
