"""L(N, D) = E + A / N^a + B / D^b: what a loss owes to the size of a model and to the tokens it has read.

In: runs, each with weights N, tokens D and loss. Out: the ``ScalingLaw`` that fits them best, and from it the loss of a
run that nobody has made, with an interval. Fitted as in Hoffmann et al. (2022), appendix D.3: the logarithm of the loss
by a Huber loss, so that one odd run does not pull the law to itself. With both exponents held the law is linear, which
gives a beginning on a grid of exponents; damped Gauss-Newton steps (Levenberg-Marquardt) do the rest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hornbook.errors import SettingError
from hornbook.seeds import numpy_generator

Vector = npt.NDArray[np.float64]

HUBER = 1e-3
"""Above so much (in the logarithm of the loss) a miss counts by its size, no longer by its square."""

SETTINGS = 5
"""E, A, a, B, b: fewer runs than that say nothing."""

NOTHING = 1e-6
"""A floor below so many nats per token is none: the logarithm that is fitted never reaches 0."""

EXPONENTS = np.geomspace(0.05, 2.0, 14)
"""Where the search begins."""

DRAWS = 200
"""How often the runs are drawn again for an interval."""


@dataclass(frozen=True)
class Point:
    """A run: the weights a token is multiplied with, the tokens read, nats per token."""

    weights: float
    tokens: float
    loss: float


@dataclass(frozen=True)
class ScalingLaw:
    """loss = floor + size_factor · weights^-size_exponent + token_factor · tokens^-token_exponent."""

    floor: float
    size_factor: float
    size_exponent: float
    token_factor: float
    token_exponent: float

    def at(self, weights: float, tokens: float) -> float:
        """The loss that it expects, nats per token."""
        by_size = self.size_factor / math.pow(weights, self.size_exponent)
        return self.floor + by_size + self.token_factor / math.pow(tokens, self.token_exponent)

    def __str__(self) -> str:
        """As a formula; a floor that was fitted to nothing is 0."""
        floor = self.floor if self.floor > NOTHING else 0
        return (
            f"{floor:.3g} + {self.size_factor:.3g} / N^{self.size_exponent:.3g} "
            f"+ {self.token_factor:.3g} / D^{self.token_exponent:.3g}"
        )


@dataclass(frozen=True)
class Fit:
    """A law with the runs it was fitted to."""

    law: ScalingLaw
    points: tuple[Point, ...]

    @property
    def misses(self) -> Vector:
        """By how much the logarithm of each loss lies above the law."""
        return np.array([np.log(point.loss / self.law.at(point.weights, point.tokens)) for point in self.points])

    @property
    def spread(self) -> float:
        """The usual miss, as a part of the loss: root mean square, for as many degrees of freedom as are left."""
        return float(np.sqrt(np.sum(self.misses**2) / max(1, len(self.points) - SETTINGS)))

    def predicted(self, weights: float, tokens: float, confidence: float = 0.9) -> tuple[float, float, float]:
        """The loss that is expected of a run, and the interval it will lie in with this confidence.

        The misses of the fitted runs, widened for the settings that were fitted to them, are dealt out anew to the runs
        (Efron 1979), the law is fitted again, and a miss of the new run is drawn too.
        """
        best, draw = self.law.at(weights, tokens), numpy_generator(1, "scaling law")
        misses = self.misses - self.misses.mean()
        misses *= np.sqrt(len(misses) / max(1, len(misses) - SETTINGS))
        expected = np.array([self.law.at(point.weights, point.tokens) for point in self.points])
        found = []
        for _ in range(DRAWS):
            losses = expected * np.exp(draw.choice(misses, len(misses)))
            again = [Point(p.weights, p.tokens, float(y)) for p, y in zip(self.points, losses, strict=True)]
            law = refined(self.law, again, steps=20)
            found.append(law.at(weights, tokens) * float(np.exp(draw.choice(misses))))
        low, high = np.quantile(found, [(1 - confidence) / 2, (1 + confidence) / 2])
        return best, float(min(low, best)), float(max(high, best))

    def as_json(self) -> dict[str, Any]:
        """As plain data, from which ``read_fit`` makes the same."""
        return {"law": vars(self.law), "points": [vars(point) for point in self.points], "spread": self.spread}


def read_fit(table: dict[str, Any]) -> Fit:
    """What ``as_json`` wrote."""
    return Fit(ScalingLaw(**table["law"]), tuple(Point(**point) for point in table["points"]))


def fit(points: Sequence[Point]) -> Fit:
    """The law nearest to these runs.

    Raises:
        SettingError: too few runs, or all of one size or of one length.
    """
    sizes, lengths = {point.weights for point in points}, {point.tokens for point in points}
    if len(points) <= SETTINGS or len(sizes) < 3 or len(lengths) < 3:
        raise SettingError(
            f"runs: {SETTINGS} numbers are fitted, which needs at least {SETTINGS + 1} runs of 3 sizes and 3 lengths; "
            f"found {len(points)} runs of {len(sizes)} sizes and {len(lengths)} lengths"
        )
    begun = sorted(itertools.product(EXPONENTS, EXPONENTS), key=lambda pair: linear(points, *pair)[1])
    laws = [refined(linear(points, *pair)[0], points) for pair in begun[:5]]
    return Fit(min(laws, key=lambda law: missed(law, points)), tuple(points))


def linear(points: Sequence[Point], size_exponent: float, token_exponent: float) -> tuple[ScalingLaw, float]:
    """With the exponents held: the floor and the factors (none below 0), and the sum of squared relative misses."""
    losses = np.array([point.loss for point in points])
    columns = np.stack(
        [
            np.ones(len(points)),
            np.array([point.weights for point in points]) ** -size_exponent,
            np.array([point.tokens for point in points]) ** -token_exponent,
        ],
        axis=1,
    )
    scale = columns.max(axis=0)
    scaled, best = columns / scale / losses[:, None], (np.zeros(3), np.inf)
    for used in itertools.chain.from_iterable(itertools.combinations(range(3), n) for n in (1, 2, 3)):
        solved = np.linalg.lstsq(scaled[:, used], np.ones(len(points)), rcond=None)[0]
        if (solved < 0).any():
            continue
        whole = np.zeros(3)
        whole[list(used)] = solved
        miss = float(np.sum((scaled @ whole - 1) ** 2))
        best = (whole, miss) if miss < best[1] else best
    floor, size_factor, token_factor = np.maximum(best[0], 1e-6) / scale
    return ScalingLaw(float(floor), float(size_factor), size_exponent, float(token_factor), token_exponent), best[1]


def huber(misses: Vector) -> Vector:
    """Half the square of a small miss, and a straight line beyond."""
    size = np.abs(misses)
    lost: Vector = np.where(size < HUBER, misses**2 / 2, HUBER * (size - HUBER / 2))
    return lost


def missed(law: ScalingLaw, points: Sequence[Point]) -> float:
    """What the fit makes small."""
    return float(np.sum(huber(Fit(law, tuple(points)).misses)))


def refined(law: ScalingLaw, points: Sequence[Point], steps: int = 60) -> ScalingLaw:
    """The law nearest by, from ``law`` on: damped steps in the logarithms of its five numbers, taken while they help.

    A miss beyond ``HUBER`` weighs so much less that the squares become Huber's line (iterated reweighting).
    """
    sizes, tokens = (np.log([getattr(p, name) for p in points]) for name in ("weights", "tokens"))
    observed = np.log([point.loss for point in points])
    numbers = np.log([law.floor, law.size_factor, law.size_exponent, law.token_factor, law.token_exponent])

    def terms(at: Vector) -> Vector:
        floor, size_factor, size_exponent, token_factor, token_exponent = at
        by_size = size_factor - np.exp(size_exponent) * sizes
        by_tokens = token_factor - np.exp(token_exponent) * tokens
        parts: Vector = np.exp(np.stack([np.full_like(sizes, floor), by_size, by_tokens], axis=1))
        return parts

    parts, damping = terms(numbers), 1e-3
    miss = np.log(parts.sum(axis=1)) - observed
    for _ in range(steps):
        shares = parts / parts.sum(axis=1, keepdims=True)
        slopes = np.stack(
            [
                shares[:, 0],
                shares[:, 1],
                -shares[:, 1] * np.exp(numbers[2]) * sizes,
                shares[:, 2],
                -shares[:, 2] * np.exp(numbers[4]) * tokens,
            ],
            axis=1,
        )
        weight = np.minimum(1, HUBER / np.maximum(np.abs(miss), 1e-12))[:, None]
        square = slopes.T @ (weight * slopes)
        damped = square + damping * np.diag(np.diag(square) + 1e-12)
        step = np.clip(np.linalg.solve(damped, -slopes.T @ (weight[:, 0] * miss)), -1, 1)
        tried = terms(numbers + step)
        later = np.log(tried.sum(axis=1)) - observed
        gain = huber(miss).sum() - huber(later).sum()
        if gain > 0:
            numbers, parts, miss, damping = numbers + step, tried, later, max(damping / 5, 1e-9)
            if gain < 1e-12:
                break
        elif damping > 1e6:
            break
        else:
            damping *= 5
    floor, size_factor, size_exponent, token_factor, token_exponent = map(float, np.exp(numbers))
    return ScalingLaw(floor, size_factor, size_exponent, token_factor, token_exponent)
