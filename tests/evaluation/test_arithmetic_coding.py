"""Whatever is coded comes back, and takes as many bits as its probabilities say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.evaluation.arithmetic_coding import LARGEST_TOTAL, Decoder, Encoder

SHARES = st.lists(st.integers(1, 1 << 50), min_size=1, max_size=7)
SYMBOLS = st.lists(st.tuples(SHARES, st.integers(0, 6)), max_size=83)


def stretches(shares: list[int]) -> list[tuple[int, int]]:
    """Where each symbol begins and ends."""
    return [(sum(shares[:place]), sum(shares[: place + 1])) for place in range(len(shares))]


def coded(symbols: list[tuple[list[int], int]]) -> bytes:
    """Each symbol (the remainder where there are fewer) by shares of its own."""
    encoder = Encoder()
    for shares, symbol in symbols:
        encoder.encode(*stretches(shares)[symbol % len(shares)], sum(shares))
    return encoder.finish()


@given(SYMBOLS)
def test_what_was_coded_comes_back(symbols):
    decoder = Decoder(coded(symbols))
    for shares, symbol in symbols:
        target = decoder.target(sum(shares))
        [found] = [place for place, (first, after) in enumerate(stretches(shares)) if first <= target < after]
        assert found == symbol % len(shares)
        decoder.decode(*stretches(shares)[found], sum(shares))


@given(SYMBOLS)
def test_the_size_is_the_sum_of_the_bits_and_at_most_two_more(symbols):
    bits = sum(-math.log2(shares[symbol % len(shares)] / sum(shares)) for shares, symbol in symbols)
    size = 8 * len(coded(symbols))
    assert bits - 1e-6 <= size <= bits + 2 + 7 + 1e-2  # the last byte is filled up


def test_a_certain_symbol_takes_nothing():
    assert len(coded([([5], 0)] * 1009)) == 1


def test_bits_that_wait_for_the_middle_are_not_lost():
    """The middle third again and again: the interval closes in on the middle, and no bit is known until the end."""
    symbols = [([1, 1, 1], 1)] * 401 + [([1, 1, 1], 2)]
    decoder = Decoder(coded(symbols))
    for _, symbol in symbols:
        assert decoder.target(3) == symbol
        decoder.decode(symbol, symbol + 1, 3)


@pytest.mark.parametrize("part", [(3, 3, 7), (5, 4, 7), (-1, 2, 7), (0, 8, 7), (0, 1, LARGEST_TOTAL + 1)])
def test_what_is_no_part_is_refused(part):
    with pytest.raises(ValueError, match="is no part"):
        Encoder().encode(*part)
