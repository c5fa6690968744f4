"""Documents that are almost another one: MinHash signatures, compared only where a band of them agrees.

A document is its set of runs of five words. Two sets are as alike as their Jaccard index says, J = |A ∩ B| / |A ∪ B|.
The smallest value that a random function takes on A is the smallest on B with probability J (Broder 1997): so of
``BANDS x ROWS`` smallest values a share of about J agree, with a deviation of √(J(1 - J) / 120) ≤ 0.046.

To hold every document against every other would take n² comparisons. Documents whose signatures agree in all rows of
at least one band are found by sorting, and only these are compared: a pair is found with probability

    1 - (1 - J^ROWS)^BANDS          0.998 at J = 0.8, 0.61 at J = 0.6, 0.02 at J = 0.3

(Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, section 3.4).
"""

from __future__ import annotations

import hashlib
import mmap
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Int, UInt

from hornbook.corpus.refining.words import BASE, met_again, runs

RUN = 5
"""Words that make one element of a document's set."""

BANDS, ROWS = 20, 6
ALIKE = 0.7
"""From which estimate on two documents are near duplicates: of pairs with J = 0.8 the estimate is lower once in 300."""

COMPARED = 8
"""In a bucket, so many different documents are held against each new one."""

Places = Int[np.ndarray, " _"]
AT_ONCE = 1 << 9
"""Elements that are hashed together: 240 KB, which a core keeps beside it."""

BLOCK = 1 << 12
"""Documents that are looked at together."""


def constants(name: str) -> UInt[np.ndarray, " hashes"]:
    """32 random bits for each hash function, from SHA-256 of its number: the same on every machine."""
    digests = (hashlib.sha256(f"{name} {number}".encode()).digest()[:4] for number in range(BANDS * ROWS))
    return np.array([int.from_bytes(digest, "little") for digest in digests], dtype=np.uint32)


FACTORS, OFFSETS = constants("factor") | np.uint32(1), constants("offset")
NOTHING = np.iinfo(np.uint32).max


def elements(hashes: UInt[np.ndarray, " words"]) -> UInt[np.ndarray, " elements"]:
    """The runs of five words of a text as numbers of 32 bits, from 64 bits for each word; a shorter text is one run."""
    hashes = hashes[hashes != 0]  # what is nothing but marks is no word
    found = runs(hashes, max(1, min(RUN, len(hashes))))
    mixed: UInt[np.ndarray, " elements"] = (found ^ (found >> np.uint64(32))) * BASE
    return (mixed >> np.uint64(32)).astype(np.uint32)


def signature(hashes: UInt[np.ndarray, " words"]) -> UInt[np.ndarray, " hashes"]:
    """The smallest value of each function on the elements of a text: (a x + b) mod 2³².

    A text without words has the signature of nothing, which is like no other: see ``near_duplicates``.
    """
    found = elements(hashes)
    smallest = np.full(BANDS * ROWS, NOTHING, dtype=np.uint32)
    for start in range(0, len(found), AT_ONCE):
        values = FACTORS[:, None] * found[start : start + AT_ONCE] + OFFSETS[:, None]
        np.minimum(smallest, values.min(1), out=smallest)
    return smallest


def estimate(one: UInt[np.ndarray, " hashes"], other: UInt[np.ndarray, " hashes"]) -> float:
    """The share of equal places: an estimate of the Jaccard index."""
    return float((one == other).mean())


def near_duplicates(signatures: UInt[np.ndarray, "n hashes"]) -> Bool[np.ndarray, " n"]:
    """Which documents are near duplicates of an earlier one, or of one that is.

    ``signatures`` may lie on the disk (a memory map): some of its rows are in memory at a time, and of each document
    some 40 bytes.
    """
    count = len(signatures)
    parent = np.arange(count)
    for band in range(BANDS):
        keys = band_keys(signatures, band)
        order = np.argsort(keys, kind="stable")
        again = np.concatenate([[False], met_again(keys[order]), [False]])
        begins = np.flatnonzero(again[1:] & ~again[:-1])  # a bucket of one document is none
        ends = np.flatnonzero(again[:-1] & ~again[1:]) + 1
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            join_bucket(parent, signatures, order[begin:end])
    joined: Bool[np.ndarray, " n"] = parent != np.arange(count)
    return joined


def band_keys(signatures: UInt[np.ndarray, "n hashes"], band: int) -> UInt[np.ndarray, " n"]:
    """One number for the rows of a band of every document; the signature of nothing has a key of its own each time."""
    keys = np.zeros(len(signatures), dtype=np.uint64)
    for start in range(0, len(signatures), BLOCK):
        rows = np.asarray(signatures[start : start + BLOCK, band * ROWS : (band + 1) * ROWS], dtype=np.uint64)
        key = np.zeros(len(rows), dtype=np.uint64)
        for row in rows.T:
            key = (key ^ row) * BASE
            key ^= key >> np.uint64(31)
        empty = (rows == NOTHING).all(1)
        key[empty] = np.arange(start, start + len(rows), dtype=np.uint64)[empty]
        keys[start : start + BLOCK] = key
        give_back(signatures)
    return keys


def give_back(numbers: npt.NDArray[Any]) -> None:
    """Let the system have the pages of a memory map that were read; otherwise all of it would stay in memory."""
    base: Any = numbers
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def join_bucket(parent: Places, signatures: UInt[np.ndarray, "n hashes"], bucket: Places) -> None:
    """Join each document of a bucket with the first one that it is like; ``bucket`` is in the order of documents."""
    different: list[int] = []
    for place in bucket.tolist():
        like = next((one for one in different if same(parent, signatures, one, place)), None)
        if like is None:
            if len(different) < COMPARED:
                different.append(place)
        else:
            first, second = sorted((root(parent, like), root(parent, place)))
            parent[second] = first


def same(parent: Places, signatures: UInt[np.ndarray, "n hashes"], one: int, other: int) -> bool:
    """Whether two documents are known to be alike, or are when one looks."""
    return root(parent, one) == root(parent, other) or estimate(signatures[one], signatures[other]) >= ALIKE


def root(parent: Places, place: int) -> int:
    """The first document of the group that ``place`` belongs to; the way there is made shorter on the way."""
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = int(parent[place])
    return place
