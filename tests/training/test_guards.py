"""Noticing what goes wrong, and only that."""

from __future__ import annotations

import math

import pytest
import torch

from hornbook.batches import Texts
from hornbook.errors import HornbookError
from hornbook.seeds import torch_generator
from hornbook.training.guards import Best, SpikeWatch, check_finite, overfit_one_batch
from hornbook.training.objectives import next_token
from tests.training.small import a_batch, a_model, same


def losses(count: int, slope: float = -0.01) -> list[float]:
    """A noisy loss that falls slowly."""
    noise = torch.randn(count, generator=torch_generator(1, "loss")) * 0.05
    return [3 + slope * step + value for step, value in enumerate(noise.tolist())]


def test_a_jump_is_noticed_with_step_size_and_what_was_usual():
    watch = SpikeWatch()
    assert [watch.offer(step, loss) for step, loss in enumerate(losses(100))] == [None] * 100
    spike = watch.offer(100, 5.0)
    assert spike is not None
    assert (spike.step, spike.loss) == (100, 5.0)
    assert 1.9 < spike.usual < 2.9
    assert spike.score > 8
    assert watch.offer(101, 5.0) is not None, "the first spike does not hide the second"
    assert watch.offer(102, 2.0) is None
    assert watch.offer(103, 0.0) is None, "a fall is no spike"


def test_a_run_that_has_just_begun_or_stands_still_has_no_spikes():
    watch = SpikeWatch(window=10)
    assert [watch.offer(step, loss) for step, loss in enumerate([9.0, 1.0, 9.0, 1.0])] == [None] * 4
    still = SpikeWatch(window=10)
    assert [still.offer(step, 2.0) for step in range(20)] == [None] * 20
    assert still.offer(20, 2.001) is None
    assert still.offer(21, 2.5) is not None
    assert len(still.recent) == 10


def test_the_best_is_the_lowest_and_counts_how_long_it_has_been():
    best = Best()
    assert [best.offer(step, loss) for step, loss in [(1, 3.0), (2, 2.0), (3, 2.0), (4, 2.5)]] == [
        True,
        True,
        False,
        False,
    ]
    assert (best.step, best.loss, best.stale) == (2, 2.0, 2)
    assert best.offer(5, 1.0)
    assert best.stale == 0


@pytest.mark.parametrize(("loss", "norm"), [(math.nan, 1.0), (1.0, math.inf), (-math.inf, math.nan)])
def test_what_is_no_number_is_an_error_with_the_step(loss, norm):
    with pytest.raises(HornbookError, match=r"step 7: .*learning rate 0.1.*precision = \"float32\""):
        check_finite(loss, norm, 7, 0.1, None)
    check_finite(1e30, 1e30, 7, 0.1, None)


def test_a_sound_model_learns_one_batch_by_heart_and_is_left_as_it_was():
    model = a_model(dropout=0.5)
    model.train()
    result = overfit_one_batch(model, next_token, a_batch(0), steps=80, learning_rate=1e-2)
    assert result.passed
    assert result.last < 0.1 < 2 < result.first
    assert same(model, a_model(dropout=0.5))
    assert model.training


def test_targets_that_have_nothing_to_do_with_the_tokens_are_found_out():
    tokens = torch.zeros(5, 7, dtype=torch.long)
    noise = Texts(tokens, torch.randint(17, (5, 7), generator=torch_generator(1, "noise")))
    assert not overfit_one_batch(a_model(), next_token, noise, steps=80).passed


def test_where_hardly_anything_is_lost_a_hairs_breadth_is_no_jump():
    watch = SpikeWatch()
    for step in range(64):
        assert watch.offer(step, 0.0005 + 0.0001 * (step % 3)) is None
    assert watch.offer(64, 0.05) is None
    assert watch.offer(65, 0.5) is not None
