"""A text as numbers: what is to be known of each of its words, so that NumPy can do the counting.

Few different words make up most of a text, so what was found out about one is remembered: a word costs a look into a
dictionary, and no more. What is remembered of a word are the bytes of one record; those of all words of a text, laid
end to end, are its table.
"""

from __future__ import annotations

import hashlib
import struct
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Int, UInt

RECORD = np.dtype([("hash", "<u8"), ("length", "<u4"), ("plain_length", "<u4"), ("letter", "<u4")])
"""Of a word: 64 bits that stand for its plain form (none for one that is nothing but marks), the characters of the
word and of the plain one, and whether one of them is a letter."""

MARKS = ".,;:!?\"'()[]«»“”’"
REMEMBERED, LONGEST = 200_000, 64
"""Words that are remembered at a time, and the characters of the longest of them: about 40 MB."""

BASE = np.uint64(0x9E3779B97F4A7C15)
"""2⁶⁴ divided by the golden ratio: odd, and its multiples lie far apart (Knuth, volume 3, section 6.4)."""


def plain(word: str) -> str:
    """A word in small letters without the marks around it."""
    return word.strip(MARKS).lower()


class Records(dict[str, bytes]):
    """The record of each word that was met; of one that was not, it is made."""

    def __missing__(self, word: str) -> bytes:
        """Make the record of ``word``."""
        bare = plain(word)
        letter = word.isalpha() or any(map(str.isalpha, word))
        record = struct.pack("<QIII", hashed(bare), len(word), len(bare), letter)
        if len(word) <= LONGEST:
            if len(self) >= REMEMBERED:
                self.clear()
            self[word] = record
        return record


RECORDS = Records()


def hashed(word: str) -> int:
    """64 bits of a plain word, the same on every machine; 0 for an empty one."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little") if word else 0


def table_of(text: str) -> npt.NDArray[Any]:
    """The records of the words of a text (what stands between spaces), one after another."""
    return np.frombuffer(b"".join(map(RECORDS.__getitem__, text.split())), dtype=RECORD)


def runs(hashes: UInt[np.ndarray, " words"], length: int) -> UInt[np.ndarray, " runs"]:
    """A number of 64 bits for each run of ``length`` words: equal for equal runs, and practically only for these."""
    count = max(len(hashes) - length + 1, 0)
    found = hashes[:count]
    for step in range(1, length):
        found = found * BASE + hashes[step : step + count]
    return found


def runs_at(
    hashes: UInt[np.ndarray, " words"], places: Int[np.ndarray, " runs"], length: int
) -> UInt[np.ndarray, " runs"]:
    """The same for those runs that begin at ``places``."""
    found: UInt[np.ndarray, " runs"] = hashes[places]
    for step in range(1, length):
        found = found * BASE + hashes[places + step]
    return found


def met_again(numbers: UInt[np.ndarray, " n"]) -> Bool[np.ndarray, " m"]:
    """Of numbers in order, for each but the last whether the next is the same."""
    again: Bool[np.ndarray, " m"] = numbers[1:] == numbers[:-1]
    return again
