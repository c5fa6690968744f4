"""The numbers of the report, held against worked examples in print and against other programs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hornbook.evaluation.rating.agreement import as_table, krippendorff_alpha
from hornbook.evaluation.rating.bradley_terry import bradley_terry
from hornbook.evaluation.rating.statistics import bootstrap_mean, sign_test, spearman, wilson

__ = math.nan
# Four observers, twelve units: Krippendorff (2011), "Computing Krippendorff's alpha-reliability", example C.
OBSERVERS = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, __, __, __],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, __, 3],
    [__, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, __],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, __],
])  # fmt: skip

# American League 1987, wins of the row over the column: Agresti (2002), Categorical Data Analysis, table 10.10.
BASEBALL = np.array([
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
], dtype=np.float64)  # fmt: skip


@pytest.mark.parametrize(("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_that_of_krippendorffs_worked_example(level, expected):
    assert krippendorff_alpha(OBSERVERS, level) == pytest.approx(expected, abs=5e-4)


def test_alpha_is_one_for_agreement_and_not_defined_where_nothing_varies():
    assert krippendorff_alpha(np.array([[1.0, 2, 5, 4], [1, 2, 5, 4]])) == pytest.approx(1.0)
    assert krippendorff_alpha(np.array([[3.0, 3], [3, 3]])) is None
    assert krippendorff_alpha(np.array([[1.0, __, 2], [__, 4, __]])) is None


def test_alpha_of_raters_who_know_nothing_is_about_zero():
    drawn = np.random.Generator(np.random.PCG64(3)).integers(1, 6, size=(3, 701)).astype(float)
    assert abs(krippendorff_alpha(drawn)) < 0.06


def test_ratings_become_a_table_with_holes():
    table = as_table([("a", 7, 1.0), ("b", 9, 2.0), ("a", 9, 3.0)])
    np.testing.assert_array_equal(table, [[1.0, 3.0], [__, 2.0]])


def test_strengths_are_those_in_print():
    """Agresti (2002), section 10.6.1: Milwaukee 1.58, Detroit 1.44, ..., against Baltimore 0."""
    found = bradley_terry(BASEBALL)
    assert not found.softened
    relative = found.values - found.values[-1]
    np.testing.assert_allclose(relative, [1.58, 1.44, 1.29, 1.25, 1.11, 0.68, 0], atol=0.006)


def test_strengths_of_two_are_the_logit_of_the_share_and_ties_are_half_a_win_each():
    found = bradley_terry(np.array([[0, 7.5], [3.5, 0]]))
    assert found.values[0] - found.values[1] == pytest.approx(math.log(7.5 / 3.5))
    assert found.values.sum() == pytest.approx(0, abs=1e-12)
    assert 2 * found.errors[0] == pytest.approx(math.sqrt(1 / 7.5 + 1 / 3.5))


def test_strengths_are_finite_where_somebody_never_lost_and_it_is_said():
    found = bradley_terry(np.array([[0, 5, 5], [0, 0, 3], [0, 2, 0.0]]))
    assert found.softened
    assert np.isfinite(found.values).all() and np.isfinite(found.errors).all()
    assert found.values[0] - found.values[1] > 1.5
    assert found.values[1] > found.values[2]


def test_there_are_no_strengths_of_models_that_never_met():
    assert bradley_terry(np.array([[0, 2, 0], [1, 0, 0], [0, 0, 0.0]])) is None


@pytest.mark.parametrize(  # Newcombe (1998), Statistics in Medicine 17, table I, method 3
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_that_in_print(successes, trials, low, high):
    found = wilson(successes, trials)
    assert (found.value, found.low, found.high) == pytest.approx((successes / trials, low, high), abs=6e-5)


@settings(max_examples=40)
@given(st.integers(0, 60), st.integers(0, 60))
def test_the_sign_test_is_the_exact_binomial_test(wins, losses):
    expected = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert sign_test(wins, losses) == pytest.approx(expected)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=5, max_size=40))
def test_rank_correlation_is_scipys_with_ties(pairs):
    first, second = np.array(pairs, dtype=float).T
    found = spearman(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert found is None
    else:
        assert found.value == pytest.approx(stats.spearmanr(first, second).statistic)
        assert -1 <= found.low <= found.value <= found.high <= 1


def test_the_bootstrap_gives_the_interval_of_the_normal_distribution_for_many_items():
    drawn = np.random.Generator(np.random.PCG64(1)).normal(3.0, 1.3, size=400)
    found = bootstrap_mean(drawn, np.ones(400))
    half = 1.96 * drawn.std() / 20
    assert (found.low, found.high) == pytest.approx((drawn.mean() - half, drawn.mean() + half), abs=0.012)
    assert bootstrap_mean(drawn, np.ones(400)) == found


def test_ratings_of_one_item_are_drawn_together():
    """The same ten items rated by nine raters alike are no ninety items."""
    items = np.arange(10.0)
    alone, repeated = bootstrap_mean(items, np.ones(10)), bootstrap_mean(9 * items, np.full(10, 9.0))
    assert (alone.low, alone.high) == pytest.approx((repeated.low, repeated.high))
