"""The orders: each window as often as promised, the same whatever was asked before."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.data.order import RandomOrder, ShuffledOrder, epochs_and_places, shuffled

sizes = st.integers(1, 97)


@given(st.integers(1, 5000), st.integers(0, 2**63 - 1))
def test_a_shuffle_is_a_permutation(size, key):
    assert np.sort(shuffled(np.arange(size), size, key)).tolist() == list(range(size))


@given(st.integers(1, 2**40), st.integers(0, 2**63 - 1), st.integers(1, 7))
def test_a_shuffle_of_any_size_can_be_asked_for_single_places(size, key, count):
    places = np.linspace(0, size - 1, min(count, size)).astype(np.int64)
    together = shuffled(places, size, key)
    assert ((together >= 0) & (together < size)).all()
    assert len(set(together.tolist())) == len(set(places.tolist()))
    assert [shuffled(places[i : i + 1], size, key)[0] for i in range(len(places))] == together.tolist()


@pytest.mark.slow
def test_a_shuffle_sends_every_place_everywhere_equally_often():
    size, trials = 13, 5200
    counts = np.zeros((size, size))
    for key in range(trials):
        counts[np.arange(size), shuffled(np.arange(size), size, key)] += 1
    expected = trials / size
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    freedom = (size - 1) ** 2
    assert abs(chi_squared - freedom) < 4 * np.sqrt(2 * freedom)


def test_neighbours_are_not_kept_together_by_a_shuffle():
    size = 10_007
    places = shuffled(np.arange(size), size, 5)
    assert abs(np.corrcoef(places[:-1], places[1:])[0, 1]) < 0.03
    assert (np.abs(np.diff(places)) == 1).mean() < 0.002


@pytest.mark.slow
@given(st.integers(1, 31), sizes, st.integers(1, 11), st.integers(0, 3), st.integers(1, 40))
def test_shuffled_windows_come_once_per_epoch_and_never_leave_the_file(context, more, batch, seed, stride):
    tokens = context + more
    order = ShuffledOrder(tokens, context, batch, seed, stride)
    stream = np.concatenate([order.starts(step) for step in range(2 * order.steps_per_epoch)])
    for epoch in range(2):
        starts = np.sort(stream[epoch * order.windows : (epoch + 1) * order.windows])
        if len(starts) < order.windows:
            break
        assert (np.diff(starts) == stride).all()
        assert starts[0] >= 0 and starts[-1] + context + 1 <= tokens
        assert starts[0] == order.phase(epoch)


@given(st.integers(1, 31), st.integers(1, 700), st.integers(0, 5))
def test_end_to_end_windows_ask_for_all_targets_but_a_remainder(context, more, seed):
    order = ShuffledOrder(context + more, context, 1, seed, context)
    targets = (context + more) - 1
    assert targets - 2 * context < order.windows * context <= targets


def test_a_stride_of_one_takes_every_window_there_is():
    order = ShuffledOrder(29, 4, 5, 0, 1)
    starts = np.concatenate([order.starts(step) for step in range(5)])
    assert order.windows == 25 and sorted(starts.tolist()) == list(range(25))


def test_epochs_differ_in_order_and_phase_and_so_do_seeds():
    orders = [ShuffledOrder(10_007, 16, 624, seed, 16) for seed in (1, 2)]
    seen = [order.starts(step).tolist() for order in orders for step in (0, 1)]
    assert all(one != other for one, other in itertools.combinations(seen, 2))
    assert len({orders[0].phase(epoch) for epoch in range(50)}) > 5


def test_random_windows_begin_everywhere_with_equal_chance():
    order = RandomOrder(tokens=23, context=7, batch=101, seed=3)
    starts = np.concatenate([order.starts(step) for step in range(100)])
    counts = np.bincount(starts)
    assert len(counts) == 16  # the last window is tokens 15 to 22
    expected = len(starts) / 16
    assert ((counts - expected) ** 2 / expected).sum() < 37.7  # chi squared, 15 degrees of freedom, p = 0.001


@pytest.mark.parametrize("order", [RandomOrder(997, 7, 5, 3), ShuffledOrder(997, 7, 5, 3, 7)])
def test_a_step_is_the_same_whatever_was_asked_before(order):
    forward = [order.starts(step).tolist() for step in range(60)]
    backward = [order.starts(step).tolist() for step in reversed(range(60))]
    assert forward == backward[::-1]
    assert len({tuple(starts) for starts in forward}) == 60


def test_every_epoch_has_another_order_of_the_same_places():
    first = epochs_and_places(0, 31, 31, seed=5)
    second = epochs_and_places(1, 31, 31, seed=5)
    assert set(first[0].tolist()) == {0} and set(second[0].tolist()) == {1}
    assert sorted(first[1].tolist()) == sorted(second[1].tolist()) == list(range(31))
    assert first[1].tolist() != second[1].tolist()
