"""Copies are found: all of them, as long as they are, where they come from; equal to looking everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import TextError
from hornbook.evaluation.memorised import longest_copies, longest_copy, suffix_order
from hornbook.seeds import numpy_generator

TOKENS = st.lists(st.integers(0, 2), min_size=1, max_size=41)


def everywhere(training: list[int], text: list[int]) -> list[int]:
    """For every place of ``text`` the length of the longest piece that training has: by trying every place."""

    def alike(place: int, source: int) -> int:
        length = 0
        while place + length < len(text) and source + length < len(training):
            if text[place + length] != training[source + length]:
                break
            length += 1
        return length

    return [max(alike(place, source) for source in range(len(training))) for place in range(len(text))]


@given(TOKENS, st.lists(TOKENS, min_size=1, max_size=3))
def test_copies_are_as_long_as_those_found_by_looking_everywhere(training: list[int], texts: list[list[int]]) -> None:
    for text, copies in zip(texts, longest_copies(np.array(training), texts), strict=True):
        lengths = [0] * len(text)
        for copy in copies:
            lengths[copy.start] = copy.length
            assert text[copy.start :][: copy.length] == training[copy.source :][: copy.length]
        assert lengths == everywhere(training, text)


@given(TOKENS, st.sampled_from([1, 3, 100]), st.sampled_from([0, 70_000, 2**40]))
def test_suffixes_are_in_the_order_of_a_dictionary(text: list[int], depth: int, more: int) -> None:
    ids = [token + more for token in text]
    order = suffix_order(np.array(ids), depth).tolist()
    assert sorted(order) == list(range(len(ids)))
    begins = [ids[place:][:depth] for place in order]
    assert begins == sorted(begins)


def test_every_planted_copy_is_found_with_its_place() -> None:
    generator = numpy_generator(1, "planted")
    training = generator.integers(0, 4099, 30_011)
    texts, planted = [], []
    for number in range(29):
        length, source = 11 + number, int(generator.integers(0, 29_000))
        start = int(generator.integers(0, 50))
        text = generator.integers(4099, 5003, 101)  # nothing of training
        text[start : start + length] = training[source : source + length]
        texts.append(text.tolist())
        planted.append((start, length, source))
    found = [longest_copy(copies) for copies in longest_copies(training, texts)]
    assert [(copy.start, copy.length, copy.source) for copy in found] == planted


def test_only_the_first_tokens_of_a_long_training_text_are_searched() -> None:
    training = np.arange(100)
    assert longest_copy(longest_copies(training, [[60, 61, 62]], limit=50)[0]).length == 0
    assert longest_copy(longest_copies(training, [[60, 61, 62]])[0]).length == 3


def test_nothing_to_look_for_is_refused() -> None:
    with pytest.raises(TextError):
        longest_copies(np.arange(5), [[]])
    with pytest.raises(TextError):
        longest_copies(np.arange(0), [[1]])
