"""Arithmetic coding: a text becomes one number, and whoever knows the probabilities reads it out again.

    Ian H. Witten, Radford M. Neal and John G. Cleary, "Arithmetic coding for data compression",
    Communications of the ACM 30 (1987).

The interval from 0 to 1 is divided among the symbols, each getting a share as large as it is probable; the part of the
symbol that comes is divided again for the next one, and so on. A symbol of probability p makes the interval p times as
wide, so to name a number inside the last one takes -log2 p bits for each symbol and at most two bits more. That is the
whole connection between a language model's loss and the size of a file.

    [0 ........................................ 1)        "the": 0.5    "cat": 0.3    "sat": 0.2
    [------- the -------|---- cat ----|-- sat --)         then "cat":
    [  the  | cat | sat)                                  and so on, inside

All is done in whole numbers: a symbol has the stretch from ``first`` to ``after`` of ``total``. The interval is kept
in a window of 64 bits; a leading bit on which both of its ends agree is written and shifted out. Next: compression.py.
"""

from __future__ import annotations

CODE_BITS = 64
TOP = (1 << CODE_BITS) - 1
HALF = 1 << (CODE_BITS - 1)
QUARTER = 1 << (CODE_BITS - 2)

LARGEST_TOTAL = QUARTER
"""The interval is always wider than this, so that no symbol's part of it can become empty."""


UNKNOWN = 2
"""A bit that the next ones will decide: it is the opposite of the first that is known."""


class Interval:
    """The part of the number line that the symbols so far have left, both ends included, seen through the window."""

    def __init__(self) -> None:
        self.low, self.high = 0, TOP
        self.taken = 0  # by how much ``shift`` moved the window before it doubled it

    def narrow(self, first: int, after: int, total: int) -> None:
        """Keep the part of a symbol.

        Raises:
            ValueError: the part is empty, or ``total`` is too large to be divided.
        """
        if not 0 <= first < after <= total <= LARGEST_TOTAL:
            raise ValueError(f"[{first}, {after}) of {total} is no part that could be coded")
        width = self.high - self.low + 1
        self.high = self.low + width * after // total - 1
        self.low = self.low + width * first // total

    def shift(self) -> int | None:
        """Double the window where that loses nothing: the bit both ends agree on, ``UNKNOWN`` where they lie close to
        the middle on either side of it, or None where the interval is wide enough."""
        if self.high < HALF:
            bit, self.taken = 0, 0
        elif self.low >= HALF:
            bit, self.taken = 1, HALF
        elif self.low >= QUARTER and self.high < HALF + QUARTER:
            bit, self.taken = UNKNOWN, QUARTER
        else:
            return None
        self.low, self.high = 2 * (self.low - self.taken), 2 * (self.high - self.taken) + 1
        return bit


class Encoder:
    """Symbols in, bytes out."""

    def __init__(self) -> None:
        self.interval = Interval()
        self.waiting = 0  # how many bits will be the opposite of the next one
        self.bits = bytearray()  # the characters 0 and 1

    def encode(self, first: int, after: int, total: int) -> None:
        """A symbol that has the stretch from ``first`` to ``after`` of ``total``."""
        self.interval.narrow(first, after, total)
        while (bit := self.interval.shift()) is not None:
            if bit == UNKNOWN:
                self.waiting += 1
            else:
                self.write(bit)

    def write(self, bit: int) -> None:
        """A bit, and after it those that waited to learn what it would be."""
        self.bits += b"%d" % bit + b"%d" % (1 - bit) * self.waiting
        self.waiting = 0

    def finish(self) -> bytes:
        """Name a number in the last interval, whatever follows it, and fill up the last byte."""
        self.waiting += 1
        self.write(0 if self.interval.low < QUARTER else 1)
        size = -(-len(self.bits) // 8)
        return int(self.bits.ljust(8 * size, b"0"), 2).to_bytes(size, "big")


class Decoder:
    """Bytes in; asked where in the symbols' stretches the number lies, and told which symbol that was."""

    def __init__(self, data: bytes) -> None:
        self.interval = Interval()
        self.data, self.place = data, CODE_BITS
        self.number = int.from_bytes(data[: CODE_BITS // 8].ljust(CODE_BITS // 8, b"\0"), "big")

    def target(self, total: int) -> int:
        """The point from 0 to ``total`` - 1 that lies in the next symbol's stretch."""
        width = self.interval.high - self.interval.low + 1
        return ((self.number - self.interval.low + 1) * total - 1) // width

    def decode(self, first: int, after: int, total: int) -> None:
        """The symbol was the one with this stretch: go on inside it, as the encoder did."""
        self.interval.narrow(first, after, total)
        while self.interval.shift() is not None:
            self.number = 2 * (self.number - self.interval.taken) + self.bit()

    def bit(self) -> int:
        """The next bit; behind the end they are 0."""
        byte, offset = divmod(self.place, 8)
        self.place += 1
        return self.data[byte] >> (7 - offset) & 1 if byte < len(self.data) else 0
