"""Do raters agree? Krippendorff's alpha: 1 is perfect, 0 is what chance would give, below 0 is worse than chance.

1 - observed disagreement / disagreement expected by chance, where any number of raters may have rated any part of the
units (Krippendorff 2004, Content Analysis, chapter 11). How far apart two values are is a table, ``DISTANCES``: for
steps of a scale it is the ordinal one, which asks how many ratings lie between them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Literal

import numpy as np
from jaxtyping import Float

Level = Literal["nominal", "ordinal", "interval"]


def nominal(values: Float[np.ndarray, " values"], totals: Float[np.ndarray, " values"]) -> Float[np.ndarray, "v w"]:
    """1 for different values."""
    return np.asarray(values[:, None] != values[None], dtype=np.float64)


def ordinal(values: Float[np.ndarray, " values"], totals: Float[np.ndarray, " values"]) -> Float[np.ndarray, "v w"]:
    """The square of how many ratings lie between two values, half of those at either end counted in."""
    middle = np.cumsum(totals) - totals / 2
    return np.asarray((middle[:, None] - middle[None]) ** 2, dtype=np.float64)


def interval(values: Float[np.ndarray, " values"], totals: Float[np.ndarray, " values"]) -> Float[np.ndarray, "v w"]:
    """The square of the difference."""
    return np.asarray((values[:, None] - values[None]) ** 2, dtype=np.float64)


DISTANCES: dict[Level, Callable[..., Float[np.ndarray, "v w"]]] = {
    "nominal": nominal,
    "ordinal": ordinal,
    "interval": interval,
}


def krippendorff_alpha(ratings: Float[np.ndarray, "raters units"], level: Level = "ordinal") -> float | None:
    """Alpha of a table of ratings, NaN where a rater has not rated.

    ``None`` where it is not defined: no unit has two ratings, or all ratings are the same.
    """
    values = np.unique(ratings[~np.isnan(ratings)])
    counts = (ratings[:, :, None] == values).sum(axis=0).astype(np.float64)  # [units, values]
    counts = counts[counts.sum(axis=1) >= 2]  # a unit with one rating says nothing about agreement
    raters = counts.sum(axis=1, keepdims=True)
    together = (counts / (raters - 1)).T @ counts - np.diag((counts / (raters - 1)).sum(axis=0))
    totals = together.sum(axis=1)
    distance = DISTANCES[level](values, totals)
    expected = float((np.outer(totals, totals) * distance).sum())
    if expected == 0:
        return None
    return 1 - float((together * distance).sum()) * (float(totals.sum()) - 1) / expected


def as_table(ratings: Sequence[tuple[str, Hashable, float]]) -> Float[np.ndarray, "raters units"]:
    """(rater, unit, value) as a table with NaN where there is none; the last of several values counts."""
    raters, units = (list(dict.fromkeys(each[axis] for each in ratings)) for axis in (0, 1))
    table = np.full((len(raters), len(units)), np.nan)
    for rater, unit, value in ratings:
        table[raters.index(rater), units.index(unit)] = value
    return table
