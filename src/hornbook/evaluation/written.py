"""What written texts are like, in numbers that need no reader: how varied they are, how often they repeat themselves.

    distinct-n   different n-grams of all texts / their n-grams               Li et al. 2016
    rep-n        1 - different n-grams of one text / its n-grams, averaged    Welleck et al. 2019 (seq-rep-n)

Neither is good or bad by itself: natural text repeats itself too, so the numbers of a held-out text belong beside
them.
"""

from __future__ import annotations

from collections.abc import Sequence

Tokens = Sequence[int]


def ngrams(text: Tokens, size: int) -> list[tuple[int, ...]]:
    """All runs of ``size`` tokens, in order."""
    return [tuple(text[place : place + size]) for place in range(len(text) - size + 1)]


def distinct(texts: Sequence[Tokens], size: int) -> float:
    """The share of different n-grams among all of these texts; NaN where there are none."""
    found = [ngram for text in texts for ngram in ngrams(text, size)]
    return len(set(found)) / len(found) if found else float("nan")


def repeated(texts: Sequence[Tokens], size: int) -> float:
    """Which share of a text's n-grams has come before in it, averaged over the texts that have any; NaN for none."""
    found = [ngrams(text, size) for text in texts]
    shares = [1 - len(set(each)) / len(each) for each in found if each]
    return sum(shares) / len(shares) if shares else float("nan")
