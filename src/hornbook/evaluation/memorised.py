"""What a text has word for word from the training text, and where: by a suffix array (Manber & Myers 1993).

All suffixes of a text in the order of a dictionary: a piece that comes twice stands there side by side. Training text
and texts in question are sorted together; the longest piece that begins at a place of one of them and stands in the
training text too is then shared with the nearest training suffix before it or behind it. Sorting needs to be right as
far as the longest text in question only, and doubles how far it is right in every round.

A copy is worth knowing beside what people copy: the same measure on held-out text of the same length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Integer

from hornbook.errors import TextError

LIMIT = 8_000_000
"""Of a longer training text the first tokens are searched."""


@dataclass(frozen=True)
class Copy:
    """``length`` tokens from ``start`` on stand in the training text from ``source`` on."""

    start: int
    length: int
    source: int


def suffix_order(text: Int[np.ndarray, " N"], depth: int) -> Int[np.ndarray, " N"]:
    """The places of ``text`` in the order of what begins there, compared up to ``depth`` tokens at least.

    What is equal that far stands in any order. Beyond the end of the text stands something smaller than all tokens.
    """
    rank, reach = packed(text)
    while True:
        order = np.argsort(rank, kind="stable")
        ordered = rank[order]
        new = np.concatenate([[False], ordered[1:] != ordered[:-1]])
        if reach >= depth or bool(new[1:].all()):
            return order
        place = np.empty(len(text), dtype=np.int64)
        place[order] = np.cumsum(new)
        behind = np.zeros(len(text), dtype=np.int64)
        behind[: max(len(text) - reach, 0)] = place[reach:] + 1
        rank, reach = place * (len(text) + 1) + behind, 2 * reach


def packed(text: Int[np.ndarray, " N"]) -> tuple[Int[np.ndarray, " N"], int]:
    """As many tokens as fit into 63 bits made one number each, and how many they are."""
    bits = int(text.max() + 1).bit_length()
    reach = max(1, 63 // bits)
    rank = np.zeros(len(text), dtype=np.int64)
    for ahead in range(reach):
        rank <<= bits
        rank[: max(len(text) - ahead, 0)] |= text[ahead:].astype(np.int64) + 1  # 0: beyond the end
    return rank, reach


def longest_copies(
    training: Integer[np.ndarray, " N"], texts: Sequence[Sequence[int]], limit: int = LIMIT
) -> list[list[Copy]]:
    """For every place of every text, the longest piece beginning there that ``training`` has too.

    Pieces of no token are left out, and where several places of the training text have it, one of them is named.

    Raises:
        TextError: there is no training text, or no text to look at.
    """
    training = np.asarray(training[:limit], dtype=np.int64)
    if not len(training) or not any(map(len, texts)):
        raise TextError("nothing to look for, or no training text to find it in")
    pieces = [training + 1]  # 0 stands between texts and is shared by nobody
    starts, at = [], len(training)
    for text in texts:
        starts.append(at + 1)
        pieces += [np.zeros(1, np.int64), np.asarray(text, dtype=np.int64) + 1]
        at += 1 + len(text)
    joined = np.concatenate(pieces)
    order = suffix_order(joined, max(map(len, texts)))
    inside = order < len(training)
    before = np.maximum.accumulate(np.where(inside, np.arange(len(order)), -1))
    behind = np.minimum.accumulate(np.where(inside, np.arange(len(order)), len(order))[::-1])[::-1]
    asked = np.flatnonzero(order > len(training))
    best, source = np.zeros(len(joined), np.int64), np.zeros(len(joined), np.int64)
    for nearest in (before[asked], behind[asked]):
        there = (nearest >= 0) & (nearest < len(order))
        own, other = order[asked[there]], order[nearest[there]]
        length = common_length(joined, own, other, len(training))
        longer = length > best[own]
        best[own[longer]], source[own[longer]] = length[longer], other[longer]
    return [
        [
            Copy(place, int(best[start + place]), int(source[start + place]))
            for place in range(len(text))
            if best[start + place]
        ]
        for start, text in zip(starts, texts, strict=True)
    ]


def common_length(
    text: Int[np.ndarray, " N"], first: Int[np.ndarray, " M"], second: Int[np.ndarray, " M"], stop: int
) -> Int[np.ndarray, " M"]:
    """How many tokens are alike from ``first`` and ``second`` on; ``second`` ends at ``stop``, ``first`` at a 0."""
    length, going = np.zeros(len(first), np.int64), np.arange(len(first))
    while len(going):
        own, other = first[going] + length[going], second[going] + length[going]
        inside = (own < len(text)) & (other < stop)
        going, own, other = going[inside], own[inside], other[inside]
        alike = text[own] == text[other]  # a 0 is never in the training text
        going = going[alike]
        length[going] += 1
    return length


def longest_copy(copies: Sequence[Copy]) -> Copy:
    """The longest of them; one of no token where there is none."""
    return max(copies, key=lambda copy: copy.length, default=Copy(0, 0, 0))
