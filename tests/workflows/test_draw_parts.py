"""Pictures of parts: what is plotted is what the formula says, and nothing in a picture is written over another."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import torch
from matplotlib.patches import FancyBboxPatch

from hornbook.evaluation.attention_cost import counted, full, linear, local, ways
from hornbook.figures.positions import ratio
from hornbook.model.config import (
    RMS,
    AttentionConfig,
    BlockConfig,
    Dense,
    EncoderAndDecoder,
    EncoderOnly,
    Experts,
    Layer,
    ModelConfig,
    Rotary,
    SlidingWindow,
)
from hornbook.model.count import count
from hornbook.model.presets import PRESETS
from hornbook.workflows import draw_architecture, draw_parts
from hornbook.workflows.draw_architecture import columns_of, diagram
from hornbook.workflows.drawings import DRAWINGS
from tests.figures.reading import assert_well_set, texts

WITHOUT_RUN = [row for row in DRAWINGS if not row.needs]


@pytest.mark.parametrize("row", WITHOUT_RUN, ids=lambda row: row.name)
def test_every_picture_has_a_title_and_nothing_is_cut_or_written_over(row) -> None:
    figure = row.draw()
    assert_well_set(figure)
    title = figure.texts[0]
    assert title.get_fontweight() == "bold" and len(title.get_text()) > 3
    assert figure.get_size_inches()[0] < 9.5, "readable in a column"


def test_the_waves_are_those_of_the_paper() -> None:
    figure = draw_parts.sinusoidal(positions=53, width=38)
    [image] = figure.axes[0].images
    position, feature = np.arange(53)[None], np.arange(38)[:, None]
    angle = position / 10_000 ** (2 * (feature // 2) / 38)
    expected = np.where(feature % 2 == 0, np.sin(angle), np.cos(angle))
    np.testing.assert_allclose(image.get_array(), expected, atol=2e-5)
    curves = [axes.lines[0] for axes in figure.axes if axes.lines and not axes.images]
    for row, curve in zip((0, 8, 16, 24, 32), curves, strict=True):
        np.testing.assert_allclose(curve.get_ydata(), expected[row], atol=2e-5)
    assert "wave of 6.28" in texts(figure), "the first one comes again every 2 pi"
    assert f"wave of {2 * math.pi * 10_000 ** (16 / 38):.3g}" in texts(figure)


def test_the_hands_of_the_clocks_stand_where_rotary_positions_turn_them() -> None:
    figure = draw_parts.rotary(head_width=34, hands=7, farthest=29)
    clock = figure.axes[3]
    ends = sorted((line.get_xdata()[1], line.get_ydata()[1]) for line in clock.lines if len(line.get_xdata()) == 2)
    angles = np.arange(7) / 10_000 ** (2 * 3 / 34)
    np.testing.assert_allclose(ends, sorted(zip(np.cos(angles), np.sin(angles), strict=True)), atol=1e-5)
    plain, squeezed = figure.axes[-1].lines[:2]
    distance, pair = np.arange(29)[:, None], np.arange(17)
    np.testing.assert_allclose(plain.get_ydata(), np.cos(distance / 10_000 ** (2 * pair / 34)).mean(1), atol=1e-5)
    np.testing.assert_allclose(squeezed.get_ydata()[4::4], plain.get_ydata()[1:8], atol=1e-5)


def test_alibi_multiplies_weights_by_its_slopes_and_shows_no_future() -> None:
    figure = draw_parts.alibi(heads=8, size=11)
    maps = [axes.images[0].get_array() for axes in figure.axes if axes.images]
    for head, shown in zip((0, 2, 7), maps, strict=True):
        for query in range(11):
            for key in range(11):
                expected = math.exp(-(2.0 ** -(head + 1)) * (query - key)) if key <= query else 0.0
                assert shown[query, key] == pytest.approx(expected, abs=1e-6)
    assert {"head 1: 1/2", "head 3: 1/8", "head 8: 1/256"} <= set(texts(figure))
    assert ratio(0.3) == "0.3"


def test_the_masks_are_the_rules() -> None:
    figure = draw_parts.masks(size=13)
    shown = [np.asarray(axes.images[0].get_array()) == 1 for axes in figure.axes]
    query, key = np.arange(13)[:, None], np.arange(13)[None]
    causal, there = key <= query, (key < 9) & (query < 9)
    document = np.repeat([0, 1, 2], [3, 5, 5])
    expected = [
        causal,
        there,
        causal & there,
        causal & (query - key < 4),
        causal & (document[:, None] == document[None]),
        np.ones((13, 13), bool),
        causal & ((query // 2 == key // 2) | (key // 2 == 0) | (key // 2 % 3 == 2)),
        key <= np.arange(10, 13)[:, None],
    ]
    for one, other in zip(shown, expected, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("time", [5, 11, 37])
def test_attention_is_counted_as_its_formula_says(time: int) -> None:
    for way in ways(width=7, window=3):
        assert counted(way, time, 7) == way.operations(time)


def test_a_window_as_long_as_the_text_sees_all_and_linear_attention_is_a_mean() -> None:
    query, key, value = torch.randn(3, 11, 7, generator=torch.Generator().manual_seed(1)).unbind()
    torch.testing.assert_close(local(query, key, value, 11), full(query, key, value))
    near = local(query, key, value, 3)
    torch.testing.assert_close(near[2], full(query, key, value)[2])
    torch.testing.assert_close(near[10:], full(query[8:], key[8:], value[8:])[2:])
    weights = (torch.nn.functional.elu(query) + 1) @ (torch.nn.functional.elu(key) + 1).T
    torch.testing.assert_close(linear(query, key, value), weights / weights.sum(1, keepdim=True) @ value)


def test_the_lines_of_the_costs_are_formulas_and_the_points_lie_on_them() -> None:
    lines = draw_parts.attention_costs(width=8, window=16).axes[0].lines
    for line, points in zip(lines[::2], lines[1::2], strict=True):
        by_formula = dict(zip(line.get_xdata(), line.get_ydata(), strict=True))
        assert [by_formula[x] for x in points.get_xdata()] == list(points.get_ydata())
    assert list(lines[0].get_ydata()[:2]) == [4 * 32 * 32 * 8, 4 * 64 * 64 * 8]


def test_derivatives_are_the_slopes_of_their_functions() -> None:
    for axes in draw_parts.activations().axes:
        _, slope, function = axes.lines[:3]
        x, y = function.get_xdata(), function.get_ydata()
        away = np.abs(x[1:-1]) > 0.03  # from the kink of ReLU
        by_hand = (y[2:] - y[:-2]) / (x[2:] - x[:-2])
        np.testing.assert_allclose(slope.get_ydata()[1:-1][away], by_hand[away], atol=2e-3)


def test_schedules_rise_for_a_tenth_and_end_where_they_say() -> None:
    figure = draw_parts.schedules(steps=50)
    lines = {axes.texts[0].get_text(): axes.lines[-1].get_ydata() for axes in figure.axes}
    assert list(lines) == ["cosine", "linear", "constant", "trapezoid"]
    for line in lines.values():
        np.testing.assert_allclose(line[:5], np.arange(1, 6) / 6)
    assert lines["constant"][-1] == 1 and 0.1 < lines["cosine"][-1] < 0.11
    assert lines["linear"][-1] == pytest.approx(1 / 45)


def of_kind(**changes) -> ModelConfig:
    settings = {"vocabulary": 97, "context": 13, "width": 24, "heads": 4, "depth": 3}
    return ModelConfig(**settings | changes)


CONFIGS = {
    "decoder": of_kind(),
    "untied": of_kind(tied=False, head_bias=True),
    "post": of_kind(pattern=(BlockConfig(placement="post"),)),
    "sandwich": of_kind(pattern=(BlockConfig(placement="sandwich", norm=RMS()),), embedding_norm=Layer()),
    "parallel": of_kind(pattern=(BlockConfig(arrangement="parallel"),)),
    "experts": of_kind(pattern=(BlockConfig(feed_forward=Experts(experts=3)),), kv_heads=2),
    "local and global": of_kind(
        pattern=(BlockConfig(attention=AttentionConfig(mask=SlidingWindow(5))), BlockConfig()),
        depth=5,
        position_encoding=Rotary(),
    ),
    "shared": of_kind(shared=True),
    "encoder": of_kind(architecture=EncoderOnly(segments=2, transform="gelu")),
    "translator": of_kind(architecture=EncoderAndDecoder(depth=2)),
    "parallel translator": of_kind(architecture=EncoderAndDecoder(), pattern=(BlockConfig(arrangement="parallel"),)),
    "gated": of_kind(pattern=(BlockConfig(feed_forward=Dense(activation="silu", gated=True)),), tied=False),
    "many layers": of_kind(depth=31),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_the_boxes_of_a_diagram_add_up_to_the_model(name: str) -> None:
    config, total = CONFIGS[name], 0
    for column in columns_of(config):
        boxes = [(box, 1) for box in (*column.before, *column.after)]
        for block in column.layers:
            times = 1 if config.shared else int(re.findall(r"\d+", block.times)[0])
            boxes += [(box, times) for branch in block.branches for box in (*branch.boxes, *branch.after_sum)]
        for box, times in boxes:
            numbers = re.findall(r"·  ([\d,]+)$", f"·  {box.sizes}" if box.sizes else box.name)
            total += times * int(numbers[0].replace(",", "")) if numbers else 0
    assert total == count(config).parameters
    figure = diagram(config)
    assert_well_set(figure)
    assert f"{total:,} parameters" in figure.texts[1].get_text()


def order_of(config: ModelConfig) -> list[str]:
    """The boxes of a block from below, and + for a sum."""
    said = []
    for branch in columns_of(config)[-1].layers[0].branches:
        said += [box.name.split(" ")[0] for box in branch.boxes] + ["+"]
        said += [box.name.split(" ")[0] for box in branch.after_sum]
    return said


def test_norms_stand_where_they_do_in_the_model() -> None:
    assert order_of(CONFIGS["decoder"]) == ["layer", "attention,", "+", "layer", "feed-forward,", "+"]
    assert order_of(CONFIGS["post"]) == ["attention,", "+", "layer", "feed-forward,", "+", "layer"]
    assert order_of(CONFIGS["sandwich"]) == ["RMS", "attention,", "RMS", "+", "RMS", "feed-forward,", "RMS", "+"]
    assert order_of(CONFIGS["parallel"]) == ["layer", "attention,", "feed-forward,", "+"]
    translator = order_of(CONFIGS["translator"])
    assert [word for word in translator if word != "layer"] == [
        "attention,", "+", "cross-attention", "+", "feed-forward,", "+",
    ]  # fmt: skip


def test_layers_that_differ_are_drawn_once_each_with_their_places() -> None:
    [column] = columns_of(CONFIGS["local and global"])
    assert [block.times for block in column.layers] == ["× 3\n(1, 3, 5)", "× 2\n(2, 4)"]
    said = texts(diagram(CONFIGS["local and global"]))
    assert {"attention, the last 5", "attention, causal", "× 3\n(1, 3, 5)"} <= set(said)


def test_two_stacks_are_joined_where_the_decoder_looks_at_the_source() -> None:
    figure = draw_architecture.encoder_decoder()
    orange = [
        patch
        for patch in figure.axes[0].patches
        if patch.get_edgecolor()[:3] == pytest.approx((0.7, 0.33, 0.12), abs=0.01)
    ]
    assert len(orange) == 1, "one arrow into the cross-attention"
    assert len([p for p in figure.axes[0].patches if isinstance(p, FancyBboxPatch)]) > 20
    assert "124,439,808 parameters" in diagram(PRESETS["gpt2"]).texts[1].get_text()
