"""Which language a text is in: by runs of three characters, and by the small words that are everywhere in it.

Each known language has a model of what follows two characters,

    p(c | ab) = (count(abc) + 1/2) / (count(ab) + A/2)        A: the number of different characters

learned from the sentences in language_samples.py (Cavnar and Trenkle 1994 and Dunning 1994 showed how far so little
goes). The likeliest language is the answer, unless hardly a word of the text is a small word of it: then it is none of
those that are known.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import numpy as np
from jaxtyping import Float, Int

from hornbook.corpus.refining.language_samples import SAMPLES, SMALL_WORDS
from hornbook.errors import SettingError, nearest

UNKNOWN = "unknown"
LETTERS = re.compile(r"[^\W\d_]+")
SMALL_ONES = {
    word: frozenset(language for language, words in SMALL_WORDS.items() if word in words.split())
    for word in " ".join(SMALL_WORDS.values()).split()
}
"""The languages that each small word is one of."""
SAMPLED = 1_000
"""Characters that are looked at: more change nothing."""

SMALL = 0.12
"""Of a sentence's words at least so many are small ones; in prose of the three languages it is a third and more."""


def spelled(text: str) -> str:
    """Words in small letters with a space around each; everything else is left out."""
    return f" {' '.join(LETTERS.findall(text.lower()))} "


@cache
def alphabet() -> str:
    """The characters of all samples; another one counts as one more."""
    return "".join(sorted(set("".join(map(spelled, SAMPLES.values())))))


@cache
def places() -> Int[np.ndarray, " points"]:
    """For each character up to the last one of the alphabet its place there; for others, and for one more, its size."""
    found = np.full(ord(alphabet()[-1]) + 2, len(alphabet()), dtype=np.int64)
    found[[ord(character) for character in alphabet()]] = np.arange(len(alphabet()))
    return found


def codes(text: str) -> Int[np.ndarray, " characters"]:
    """Each character's place in the alphabet, or the one after its end."""
    points = np.frombuffer(text.encode("utf-32-le", "replace"), dtype="<u4")
    found: Int[np.ndarray, " characters"] = places()[np.minimum(points, len(places()) - 1)]
    return found


@cache
def log_probabilities() -> Float[np.ndarray, "languages AAA"]:
    """ln p(c | ab) in each language, at (a A + b) A + c."""
    size = len(alphabet()) + 1
    tables = np.zeros((len(SAMPLES), size, size, size))
    for table, sample in zip(tables, SAMPLES.values(), strict=True):
        found = codes(spelled(sample))
        np.add.at(table, (found[:-2], found[1:-1], found[2:]), 1.0)
    logs: Float[np.ndarray, "languages A A A"] = np.log((tables + 0.5) / (tables.sum(-1, keepdims=True) + 0.5 * size))
    return logs.reshape(len(SAMPLES), -1)


def language_of(text: str) -> str:
    """``en``, ``fr`` or ``it``, or ``unknown``."""
    words = LETTERS.findall(text[:SAMPLED].lower())
    if not words:
        return UNKNOWN
    found, size = codes(f" {' '.join(words)} "), len(alphabet()) + 1
    scores = log_probabilities().take((found[:-2] * size + found[1:-1]) * size + found[2:], axis=1).sum(1)
    times = Counter(map(SMALL_ONES.get, words))
    small = np.array([sum(count for ones, count in times.items() if ones and language in ones) for language in SAMPLES])
    best = int((scores + 2.0 * small).argmax())
    return list(SAMPLES)[best] if small[best] >= SMALL * len(words) else UNKNOWN


def known_language(name: str) -> str:
    """``name`` if it is one of the languages that are known; otherwise a ``SettingError`` with the nearest."""
    if name not in SAMPLES:
        raise SettingError(f"languages: {name!r} is not known; there are {', '.join(SAMPLES)}{nearest(name, SAMPLES)}")
    return name
