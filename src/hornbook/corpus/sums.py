"""Sums of two numbers, each of whose answers can be checked: what is practised is not on the test.

A question is ``23+456``, its answer ``479``. Whether a pair of numbers is held out depends on the pair alone, in
whichever order the two are written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hornbook.corpus.conversations import Conversation
from hornbook.seeds import numpy_generator

ONE_IN = 10
"""One pair of numbers in so many is held out."""


def is_held_out(first: int, second: int) -> bool:
    """Whether a sum is never practised."""
    low, high = sorted((first, second))
    return int.from_bytes(hashlib.sha256(f"{low}+{high}".encode()).digest()[:8], "big") % ONE_IN == 0


@dataclass(frozen=True)
class Sums:
    """Sums of two numbers of ``fewest`` to ``most`` digits, every number of digits as often."""

    fewest: int = 2
    most: int = 3

    def training_conversations(self, seed: int, count: int) -> Iterator[Conversation]:
        """``count`` sums to practise; the first of them are the same for any ``count``."""
        return self.sums(numpy_generator(seed, "sums", "training"), count, held_out=False)

    def held_out_conversations(self, seed: int, count: int = 1000) -> Iterator[Conversation]:
        """Sums to measure with."""
        return self.sums(numpy_generator(seed, "sums", "held out"), count, held_out=True)

    def sums(self, draw: np.random.Generator, count: int, held_out: bool) -> Iterator[Conversation]:
        """So many, each called after its numbers of digits."""
        while count:
            digits = sorted(draw.integers(self.fewest, self.most + 1, 2).tolist())
            first, second = (
                int(draw.integers(10 ** (size - 1), 10**size)) for size in draw.permutation(digits).tolist()
            )
            if is_held_out(first, second) == held_out:
                turns = (
                    {"role": "user", "content": f"{first}+{second}"},
                    {"role": "assistant", "content": str(first + second)},
                )
                yield Conversation(f"sums/{digits[0]} and {digits[1]} digits/{first}+{second}", turns)
                count -= 1
