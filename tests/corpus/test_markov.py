"""Markov sources: the probabilities sum to one, the entropy rate is what a long sample shows."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from hornbook.corpus.markov import MarkovSource
from hornbook.errors import SettingError
from hornbook.seeds import numpy_generator


@pytest.mark.parametrize(("order", "symbols"), [(0, 7), (1, 5), (2, 11), (3, 3)])
def test_the_mean_of_minus_log_p_is_the_entropy_rate(order: int, symbols: int) -> None:
    source = MarkovSource(order, symbols, seed=3)
    length, count = 1009, 307
    values = [
        -source.log_probability(source.sample(length, numpy_generator(5, "test", index))) / length
        for index in range(count)
    ]
    # What the first letters cost differs from what later ones do, by at most order * ln(symbols) in all.
    error = np.std(values, ddof=1) / math.sqrt(count)
    assert abs(np.mean(values) - source.entropy_rate) < 3 * error + order * math.log(symbols) / length
    assert 0 < source.entropy_rate < math.log(symbols)


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_the_probabilities_of_all_texts_of_a_length_sum_to_one(length: int) -> None:
    source = MarkovSource(2, 3, seed=1)
    texts = ["".join(letters) for letters in itertools.product("abc", repeat=length)]
    assert math.fsum(math.exp(source.log_probability(text)) for text in texts) == pytest.approx(1, abs=1e-12)


def test_the_stationary_distribution_stays_as_it_is() -> None:
    source = MarkovSource(2, 5, seed=2)
    joint = source.stationary[:, None] * source.transitions
    after = joint.reshape(5, 5, 5).sum(axis=0).ravel()
    np.testing.assert_allclose(after, source.stationary, atol=1e-12)
    np.testing.assert_allclose(source.transitions.sum(axis=1), 1)


def test_the_entropy_rate_is_the_growth_of_the_entropy_of_blocks() -> None:
    source = MarkovSource(1, 3, seed=4)

    def block(length: int) -> float:
        texts = ("".join(letters) for letters in itertools.product("abc", repeat=length))
        return -math.fsum(math.exp(value) * value for value in map(source.log_probability, texts))

    assert block(5) - block(4) == pytest.approx(source.entropy_rate, abs=1e-12)


def test_letters_and_symbols_are_the_same_text() -> None:
    source = MarkovSource(2, 5, seed=0)
    symbols = source.sample(31, numpy_generator(1, "test"))
    assert len(symbols) == 31
    assert set(source.letters(symbols)) <= set("abcde")
    assert source.log_probability(source.letters(symbols)) == source.log_probability(symbols)
    assert source.log_probability("abcz") == -math.inf
    assert source.log_probability("") == pytest.approx(0)


def test_the_same_seed_is_the_same_source() -> None:
    one, same, other = (MarkovSource(1, 5, seed) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one.transitions, same.transitions)
    assert one.entropy_rate != other.entropy_rate
    assert one.sample(17, numpy_generator(1, "a")).tolist() == same.sample(17, numpy_generator(1, "a")).tolist()


@pytest.mark.parametrize(("order", "symbols"), [(-1, 5), (1, 1), (1, 27), (6, 26)])
def test_impossible_sources_are_refused(order: int, symbols: int) -> None:
    with pytest.raises(SettingError, match=r"expected|supported"):
        MarkovSource(order, symbols, seed=0)
