"""The merges of ``bytepair.py``, learned in a second instead of minutes: NumPy and two observations.

All distinct pieces are laid end to end in one array of ids, each position knowing its neighbours and how often its
piece occurs. Then:

1. *A pair's places are found once.* A pair that contains token ``t`` can only arise in the moment ``t`` is made, next
   to one of its new places. So every pair is filed, with its places and its count, by the merge that made its later
   token; after that its places can only be used up by other merges, never added to.
2. *So counts only fall.* A count that was right once is an upper bound for ever, and the pair with the highest bound is
   the only one that has to be looked at: count its places again; if the count still holds, no other pair can beat it,
   and if it does not, put the pair back with what is left. (Minoux 1978 called this the accelerated greedy algorithm.)

Nothing is updated that never comes to the top, and all work on places is done by a few vectorised operations.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace

import numpy as np
from jaxtyping import Int64

from hornbook.tokenizers.bytepair import Pair
from hornbook.tokenizers.config import BYTES
from hornbook.tokenizers.counting import count_pieces
from hornbook.tokenizers.patterns import pattern_named

NOTHING = -1
"""The id at a position that separates two pieces, or whose token has become part of the one before it."""

SIDE = 1 << 32
"""Added to a neighbour's id in a grouping key when it stands on the right."""


@dataclass(frozen=True)
class Training:
    """What training found, and what it cost."""

    merges: list[Pair]
    """In the order of learning; merge ``i`` made token ``256 + i``."""
    wanted: int
    """How many merges were asked for; fewer were learned when no pair was left that occurs often enough."""
    pieces: int
    distinct_pieces: int
    counting_seconds: float
    merging_seconds: float


@dataclass(frozen=True)
class Places:
    """Every distinct piece once, laid end to end with a separator before, between and after. Arrays of one length N."""

    ids: Int64[np.ndarray, " N"]
    following: Int64[np.ndarray, " N"]
    preceding: Int64[np.ndarray, " N"]
    weight: Int64[np.ndarray, " N"]
    """How often the piece that a position belongs to occurs in the text."""


def train_bytepair(
    texts: Iterable[str], merges: int, pattern: str = "gpt2", minimum_count: int = 2, workers: int | None = None
) -> Training:
    """Count the pieces of the texts on all cores, then learn merges from the counts.

    Args:
        merges: how many to learn.
        pattern: the name of a pattern in ``patterns.py``.
        minimum_count: a pair that occurs less often than this is not worth a token.
        workers: processes for counting, by default one for each core.
    """
    begin = time.perf_counter()
    words = count_pieces(texts, pattern_named(pattern), workers)
    counted = time.perf_counter()
    learned = learn_merges_fast(words, merges, minimum_count)
    return Training(learned, merges, words.total(), len(words), counted - begin, time.perf_counter() - counted)


def learn_merges_fast(words: Mapping[str, int], merges: int, minimum_count: int = 2) -> list[Pair]:
    """The same merges as ``bytepair.learn_merges``, ties included: highest count, then smallest pair of ids."""
    return [pair for pair, _ in merges_with_counts(words, merges, minimum_count)]


def merges_with_counts(words: Mapping[str, int], merges: int, minimum_count: int = 2) -> Iterator[tuple[Pair, int]]:
    """Every merge as it is learned, and how often its pair occurred then."""
    places = lay_out(words)
    start = np.flatnonzero((places.ids[:-1] >= 0) & (places.ids[1:] >= 0))
    filed = file_pairs(places, start, places.ids[start] * SIDE + places.ids[start + 1], minimum_count)
    found = {divmod(key, SIDE): where for key, _, where in filed}
    ranking = [(-count, *divmod(key, SIDE)) for key, count, _ in filed]  # a heap gives the smallest: count is negated
    heapify(ranking)

    learned = 0
    while ranking and learned < merges:
        bound, left, right = ranking[0]
        where = found[left, right]
        where = where[(places.ids[where] == left) & (places.ids[places.following[where]] == right)]
        count = int(places.weight[where].sum())
        if count != -bound and count >= minimum_count:
            found[left, right] = where
            heapreplace(ranking, (-count, left, right))
            continue
        heappop(ranking)
        del found[left, right]
        if count != -bound:
            continue
        token, learned = BYTES + learned, learned + 1
        yield (left, right), count
        if left == right:
            where = apart(where, places)
        for key, count, beside in merge(places, where, token, minimum_count):
            pair = (token, key - SIDE) if key >= SIDE else (key, token)
            found[pair] = beside
            heappush(ranking, (-count, *pair))


def lay_out(words: Mapping[str, int]) -> Places:
    """The pieces of two bytes and more as arrays, in a fixed order."""
    items = sorted((word.encode(), count) for word, count in words.items())
    items = [(word, count) for word, count in items if len(word) > 1]
    lengths = np.array([len(word) for word, _ in items], dtype=np.int64)
    size = int((lengths + 1).sum()) + 1
    inside = np.ones(size, dtype=bool)
    inside[np.concatenate(([0], np.cumsum(lengths + 1)))] = False
    ids, weight = np.full(size, NOTHING, dtype=np.int64), np.zeros(size, dtype=np.int64)
    ids[inside] = np.frombuffer(b"".join(word for word, _ in items), dtype=np.uint8)
    weight[inside] = np.repeat(np.array([count for _, count in items], dtype=np.int64), lengths)
    here = np.arange(size, dtype=np.int64)
    return Places(ids, here + 1, here - 1, weight)


def merge(
    places: Places, where: Int64[np.ndarray, " N"], token: int, minimum_count: int
) -> list[tuple[int, int, Int64[np.ndarray, " M"]]]:
    """Make the pairs that begin at ``where`` one token, in place, and file the pairs this makes with its neighbours.

    Two new tokens side by side are one pair, filed with the left neighbour of the second.
    """
    second = places.following[where]
    after = places.following[second]
    places.ids[where] = token
    places.ids[second] = NOTHING
    places.following[where] = after
    places.preceding[after] = where
    before = places.preceding[where]
    left, right = places.ids[before], places.ids[after]
    has_left, has_right = left >= 0, (right >= 0) & (right != token)
    keys = np.concatenate((left[has_left], right[has_right] + SIDE))
    return file_pairs(places, np.concatenate((before[has_left], where[has_right])), keys, minimum_count)


def file_pairs(
    places: Places, where: Int64[np.ndarray, " N"], keys: Int64[np.ndarray, " N"], minimum_count: int
) -> list[tuple[int, int, Int64[np.ndarray, " M"]]]:
    """For every distinct key: the key, the count of its places, and the places in ascending order."""
    if not len(keys):
        return []
    order = np.argsort(keys, kind="stable")
    keys, where = keys[order], where[order]
    first = np.concatenate(([0], np.flatnonzero(keys[1:] != keys[:-1]) + 1))
    counts = np.add.reduceat(places.weight[where], first)
    bounds = [*first.tolist(), len(where)]
    return [
        (key, count, where[bounds[index] : bounds[index + 1]])
        for index, (key, count) in enumerate(zip(keys[first].tolist(), counts.tolist(), strict=True))
        if count >= minimum_count
    ]


def apart(where: Int64[np.ndarray, " N"], places: Places) -> Int64[np.ndarray, " M"]:
    """For a token beside itself: every other place of each run, from the left, so that ``a a a`` becomes ``aa a``."""
    index = np.arange(len(where))
    begins = np.ones(len(where), dtype=bool)
    begins[1:] = places.following[where[:-1]] != where[1:]
    run_start = np.maximum.accumulate(np.where(begins, index, 0))
    chosen: Int64[np.ndarray, " M"] = where[(index - run_start) % 2 == 0]
    return chosen
