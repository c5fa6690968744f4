"""ROUGE: how much of a reference a text has, by words, by pairs of words, by the longest common subsequence (Lin 2004).

    precision = common / of the text     recall = common / of the reference     F1 = 2 · precision · recall / their sum

Words are what is left of a text in small letters when everything but a-z and 0-9 separates them, without stemming: the
numbers are those of the package rouge-score, which most papers report.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from hornbook.errors import TextError


@dataclass(frozen=True)
class Rouge:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """2 · precision · recall / (precision + recall); 0 where nothing is common."""
        together = self.precision + self.recall
        return 2 * self.precision * self.recall / together if together else 0.0


def words(text: str) -> list[str]:
    """The words of a text as ROUGE has them."""
    return re.findall(r"[a-z0-9]+", text.lower())


def rouge_n(text: str, reference: str, n: int) -> Rouge:
    """By runs of ``n`` words, each as often as both have it."""
    own, wanted = (Counter(ngrams(words(each), n)) for each in (text, reference))
    return rouge((own & wanted).total(), own.total(), wanted.total())


def rouge_l(text: str, reference: str) -> Rouge:
    """By the longest sequence of words that both have in the same order, with gaps."""
    own, wanted = words(text), words(reference)
    return rouge(longest_common_subsequence(own, wanted), len(own), len(wanted))


def rouge(common: int, own: int, wanted: int) -> Rouge:
    """What is common as a share of the text and of the reference; 0 of nothing."""
    return Rouge(common / max(own, 1), common / max(wanted, 1))


ROUGES = {
    "rouge1": lambda text, reference: rouge_n(text, reference, 1),
    "rouge2": lambda text, reference: rouge_n(text, reference, 2),
    "rougeL": rouge_l,
}
"""The three that are reported, by the names they have in papers."""


def mean_rouge(texts: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """The mean F1 of each of ``ROUGES`` over texts and their references.

    Raises:
        TextError: there is no text, or not one reference for each.
    """
    require_references(texts, references)
    pairs = list(zip(texts, references, strict=True))
    return {name: sum(score(*pair).f1 for pair in pairs) / len(pairs) for name, score in ROUGES.items()}


def require_references(texts: Sequence[str], references: Sequence[str]) -> None:
    """Refuse to compare nothing, or texts with fewer or more references (``TextError``)."""
    if len(texts) != len(references):
        raise TextError(f"{len(texts)} texts and {len(references)} references: each text needs one reference")
    if not texts:
        raise TextError("there is no text to compare with its reference")


def ngrams(items: Sequence[Hashable], n: int) -> list[tuple[Hashable, ...]]:
    """All runs of ``n`` neighbours."""
    return list(zip(*(items[start:] for start in range(n)), strict=False))


def longest_common_subsequence(first: Sequence[Hashable], second: Sequence[Hashable]) -> int:
    """Its length, a whole row of the table at a time: one bit for each item of ``first`` (Hyyrö 2004).

    A 0 at bit i says that the table grows by one from column i to column i + 1.
    """
    full = (1 << len(first)) - 1
    places: dict[Hashable, int] = {}
    for place, item in enumerate(first):
        places[item] = places.get(item, 0) | 1 << place
    row = full
    for item in second:
        met = row & places.get(item, 0)
        row = (row + met | row - met) & full
    return len(first) - row.bit_count()
