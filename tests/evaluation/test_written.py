"""Variety and repetition, counted by hand."""

from __future__ import annotations

import math

import pytest

from hornbook.evaluation.written import distinct, ngrams, repeated


def test_ngrams_are_all_runs_of_a_text():
    assert ngrams([5, 6, 7, 5], 2) == [(5, 6), (6, 7), (7, 5)]
    assert ngrams([5, 6], 3) == []


def test_distinct_counts_over_all_texts_and_repeated_within_each():
    texts = [[1, 2, 1, 2, 1], [1, 2, 3]]
    assert distinct(texts, 1) == pytest.approx(3 / 8)
    assert distinct(texts, 2) == pytest.approx(3 / 6)  # 12 and 21 and 23; no pair lies across two texts
    assert repeated(texts, 2) == pytest.approx((2 / 4 + 0) / 2)
    assert repeated([[1, 1, 1, 1, 1, 1, 1]], 4) == pytest.approx(3 / 4)


def test_where_there_is_nothing_to_count_there_is_no_number():
    assert math.isnan(distinct([[1]], 2))
    assert math.isnan(repeated([[1], []], 2))
    assert repeated([[1], [2, 2, 2]], 2) == 0.5
