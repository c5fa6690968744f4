"""The ladders: exponents that are known are found, bytes that are known are counted, and every rung is climbed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from hornbook.model.config import ModelConfig
from hornbook.workflows import bench_growth, bench_ladder
from hornbook.workflows.bench_growth import Point, Series, all_series, kept_bytes, measure, slope
from hornbook.workflows.bench_ladder import CPU, TRAINING, training_ladder, writing_ladder

TINY = ModelConfig(vocabulary=64, context=48, width=64, heads=2, depth=1)


@pytest.mark.parametrize("exponent", [0.0, 1.0, 1.5, 2.0])
def test_an_exponent_is_found_again(exponent):
    assert slope([(size, 3 * size**exponent) for size in (16, 32, 64, 128)]) == pytest.approx(exponent)
    assert math.isnan(slope([(16, 1.0)]))


def test_the_upper_half_of_the_points_decides():
    points = [Point(size, 1.0 if size < 64 else size**2.0, size) for size in (8, 16, 32, 64, 128, 256)]
    assert Series("", "", "", "", points).exponents() == pytest.approx({"seconds": 2.0, "kept": 1.0})


def test_a_linear_layer_keeps_its_input_and_nothing_else():
    layer, hidden = nn.Linear(7, 5), torch.randn(3, 7)
    assert kept_bytes(lambda: layer(hidden).sum(), layer) == 3 * 7 * 4


@pytest.mark.slow
def test_explicit_attention_keeps_its_scores_and_the_fused_kernel_does_not():
    kept = {
        kernel: [measure(t, replace(bench_growth.with_kernel(kernel), context=t), 1).kept for t in (128, 256, 512)]
        for kernel in ("explicit", "fused")
    }
    assert slope(list(zip((256, 512), kept["explicit"][1:], strict=True))) > 1.4
    assert slope(list(zip((256, 512), kept["fused"][1:], strict=True))) < 1.1
    assert kept["explicit"][2] > kept["fused"][2] + 2 * 4 * 512 * 512 * 4  # layers, heads, scores, bytes


@pytest.mark.slow
def test_every_series_is_measured_and_says_where_it_ends():
    found = list(all_series(10.0))
    assert len(found) == len(bench_growth.AXES)
    for series, (what, _, sizes, *_) in zip(found, bench_growth.AXES, strict=True):
        assert series.what == what
        assert [point.size for point in series.points] == sizes[: len(series.points)]
        assert bool(series.stopped) == (len(series.points) < len(sizes))


@pytest.mark.slow
def test_every_rung_of_training_and_writing_is_climbed():
    trained = list(training_ladder(TINY, 0.1, compiling=False))
    assert [row.change for row in trained] == [change for change, _ in TRAINING]
    wrote = list(writing_ladder(TINY, 10, compiling=False))
    assert len(wrote) == 8
    assert all(row.tokens_per_second > 0 and row.memory > 0 for row in (*trained, *wrote))


def test_the_rungs_change_how_it_is_computed_and_not_what():
    losses = []
    for objective in (bench_ladder.plain_loss, bench_ladder.next_token):
        model = bench_ladder.Decoder(TINY)
        bench_ladder.initialise(model, TINY, 0)
        [batch] = next(bench_ladder.batches(TINY, 3, CPU))
        losses.append(objective(model, batch).total)
    torch.testing.assert_close(*losses)
