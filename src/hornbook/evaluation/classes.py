"""What a classifier's answers are worth beyond the share that is right: class by class, and whether it knows its doubt.

    precision = right / said     recall = right / there     F1 = 2 · precision · recall / (precision + recall)

Of a calibrated classifier, answers given with 80 % are right in 80 % of the cases (Guo et al. 2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

BINS = 10
"""Answers are sorted by how sure they were into so many bins, 0 to 10 %, 10 to 20 %..."""


@dataclass(frozen=True)
class ClassScore:
    """One class: ``there`` texts belong to it, ``said`` were taken for it, ``right`` of them rightly."""

    there: int
    said: int
    right: int

    @property
    def precision(self) -> float:
        """Of the texts taken for it, the share that belongs to it; NaN where none was."""
        return self.right / self.said if self.said else math.nan

    @property
    def recall(self) -> float:
        """Of the texts that belong to it, the share taken for it; NaN where there is none."""
        return self.right / self.there if self.there else math.nan

    @property
    def f1(self) -> float:
        """The harmonic mean of the two: 2 · right / (said + there); NaN where nothing is there or said."""
        return 2 * self.right / (self.said + self.there) if self.said + self.there else math.nan

    def as_json(self) -> dict[str, Any]:
        """Numbers; ``null`` for what is not defined."""
        named = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {"texts": self.there} | {name: None if math.isnan(value) else value for name, value in named.items()}


def class_scores(confusion: Int[np.ndarray, "K K"]) -> list[ClassScore]:
    """One for each class; entry [i, j] of the table counts texts of class i taken for class j."""
    there, said, right = confusion.sum(axis=1), confusion.sum(axis=0), confusion.diagonal()
    return [ClassScore(*map(int, each)) for each in zip(there, said, right, strict=True)]


@dataclass(frozen=True, eq=False)
class Calibration:
    """For each bin of confidence: how many answers fell into it, their confidences added up, how many were right."""

    answers: Int[np.ndarray, " bins"]
    confidence: Float[np.ndarray, " bins"]
    right: Int[np.ndarray, " bins"]

    @classmethod
    def of(cls, confidence: Float[np.ndarray, " N"], right: Bool[np.ndarray, " N"]) -> Calibration:
        """Sort answers into bins by the probability that the model gave its choice."""
        place = np.minimum((confidence * BINS).astype(int), BINS - 1)
        sums = [np.bincount(place, weights=each, minlength=BINS) for each in (np.ones(len(place)), confidence, right)]
        return cls(sums[0].astype(int), sums[1].astype(float), sums[2].astype(int))

    def __add__(self, other: Calibration) -> Calibration:
        """Of the answers of both."""
        return Calibration(self.answers + other.answers, self.confidence + other.confidence, self.right + other.right)

    @property
    def error(self) -> float:
        """Expected calibration error: by how much confidence and accuracy differ, on average over all answers."""
        return float(np.abs(self.confidence - self.right).sum() / max(1, int(self.answers.sum())))

    def curve(self) -> list[tuple[float, float, int]]:
        """Mean confidence, share that is right, and number of answers of every bin that has any."""
        return [
            (float(total / count), float(hits / count), int(count))
            for count, total, hits in zip(self.answers, self.confidence, self.right, strict=True)
            if count
        ]

    def as_json(self) -> dict[str, Any]:
        """The error, and the curve point by point."""
        names = ("confidence", "right", "answers")
        return {"error": self.error, "curve": [dict(zip(names, point, strict=True)) for point in self.curve()]}


def naive_bayes(
    texts: Sequence[Int[np.ndarray, " _"]], labels: Int[np.ndarray, " N"], classes: int, vocabulary: int
) -> tuple[Float[np.ndarray, " K"], Float[np.ndarray, "V K"]]:
    """How often each class is, and each token in it, in nats: the classic baseline (McCallum & Nigam 1998).

    A token counts once more than it was seen (Laplace). The class of a text is the highest of prior + sum of its rows.
    """
    counts = np.ones((vocabulary, classes))
    for text, label in zip(texts, labels, strict=True):
        np.add.at(counts, (text, label), 1)
    prior = np.bincount(labels, minlength=classes) + 1.0
    return np.log(prior / prior.sum()), np.log(counts / counts.sum(axis=0))
