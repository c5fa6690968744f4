"""Attention: the formula against known numbers, and every kernel against the formula."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hornbook.batches import NOTHING, Positions
from hornbook.model import kernels
from hornbook.model.config import Bidirectional, Causal, SlidingWindow
from hornbook.model.kernels import KERNELS, KeysValues, explicit
from hornbook.model.masks import Mask

# "Your journey starts with one step", in three made-up features (Raschka, chapter 3).
JOURNEY = [
    [0.43, 0.15, 0.89],
    [0.55, 0.87, 0.66],
    [0.57, 0.85, 0.64],
    [0.22, 0.58, 0.33],
    [0.77, 0.25, 0.10],
    [0.05, 0.80, 0.55],
]


def attend(query, keys, values, rule, scale=1.0):
    """(answers [T, D], weights [T, S]) of one head on one plain text."""
    positions, maps = Positions.counting(1, len(query)), []
    seen = KeysValues(keys[None, None], values[None, None], positions)

    def watch(weights):
        maps.append(weights)
        return weights

    answers = explicit(query[None, None], seen, Mask(rule, positions, positions), None, scale, 0.0, watch)
    return answers[0, 0], maps[0][0, 0]


def test_attention_without_weights_gives_the_numbers_of_the_book():
    words = torch.tensor(JOURNEY)
    answers, weights = attend(words, words, words, Bidirectional())
    torch.testing.assert_close(answers[1], torch.tensor([0.4419, 0.6515, 0.5683]), atol=5e-5, rtol=0.0)
    torch.testing.assert_close(
        weights[1], torch.tensor([0.1385, 0.2379, 0.2333, 0.1240, 0.1082, 0.1581]), atol=5e-5, rtol=0.0
    )


def test_causal_attention_gives_the_table_of_the_book():
    torch.manual_seed(789)
    query, key, value = (nn.Linear(3, 2, bias=False) for _ in range(3))
    words = torch.tensor(JOURNEY)
    with torch.no_grad():
        _, everyone = attend(query(words), key(words), value(words), Bidirectional(), 2**-0.5)
        _, causal = attend(query(words), key(words), value(words), Causal(), 2**-0.5)
    truncated = (everyone[0] * 100).int().tolist()
    assert truncated == [19, 16, 16, 15, 17, 15]
    table = [[100], [55, 44], [38, 30, 31], [27, 24, 24, 23], [21, 19, 19, 18, 19], [19, 16, 16, 15, 16, 15]]
    assert [(row[: i + 1] * 100 + 0.005).int().tolist() for i, row in enumerate(causal)] == table
    renormalised = everyone.tril() / everyone.tril().sum(-1, keepdim=True)
    torch.testing.assert_close(causal, renormalised)


def case(batch, heads, kv_heads, time, width, seed):
    draw = torch.Generator().manual_seed(seed)
    query, keys, values = (
        torch.randn(batch, count, time, width, generator=draw, dtype=torch.float64).requires_grad_()
        for count in (heads, kv_heads, kv_heads)
    )
    return query, keys, values


def identity(weights):
    return weights


@pytest.mark.parametrize("kernel", sorted(KERNELS.keys() - {"explicit"}))
@given(
    kv_heads=st.sampled_from([4, 2, 1]),
    rule=st.sampled_from([Causal(), Bidirectional(), SlidingWindow(1), SlidingWindow(3)]),
    stand=st.sampled_from(["plain", "padded", "packed"]),
    with_bias=st.booleans(),
    time=st.integers(1, 7),
    seed=st.integers(0, 99),
)
def test_every_kernel_equals_the_formula_in_value_and_gradient(kernel, kv_heads, rule, stand, with_bias, time, seed):
    query, keys, values = case(2, 4, kv_heads, time, 5, seed)
    positions = Positions.counting(2, time)
    if stand == "padded":
        positions = Positions.lengths(torch.tensor([time, time // 2]), time)
    if stand == "packed":
        first = time // 2
        index = torch.cat([torch.arange(first), torch.arange(time - first)])
        positions = Positions(index.expand(2, time), (torch.arange(time) >= first).long().expand(2, time))
    bias = torch.randn(1, 4, time, time, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    results = []
    for name in (kernel, "explicit"):
        seen = KeysValues(keys, values, positions)
        mask = Mask(rule, positions, positions)
        out = KERNELS[name](query, seen, mask, bias if with_bias else None, 0.4, 0.0, identity)
        results.append([out, *torch.autograd.grad(out.square().sum(), [query, keys, values])])
    assert all(tensor.isfinite().all() for tensor in results[0])
    torch.testing.assert_close(results[0], results[1], atol=1e-9, rtol=1e-7)


def test_weights_sum_to_one_and_the_future_weighs_exactly_nothing():
    query, keys, values = (tensor[0, 0].detach() for tensor in case(1, 1, 1, 7, 5, 0))
    _, weights = attend(query, keys, values, Causal())
    torch.testing.assert_close(weights.sum(-1), torch.ones(7, dtype=torch.float64))
    assert (weights.triu(1) == 0).all()
    assert (weights.tril() > 0).sum() == 28


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_token_that_sees_nothing_answers_nothing(kernel):
    query, keys, values = (tensor.detach() for tensor in case(1, 2, 2, 3, 5, 0))
    nowhere = Positions(torch.tensor([[NOTHING, 0, 1]]))
    out = KERNELS[kernel](
        query, KeysValues(keys, values, nowhere), Mask(Causal(), nowhere, nowhere), None, 1.0, 0.0, identity
    )
    assert (out[:, :, 0] == 0).all()
    assert out.isfinite().all()


def test_dropout_falls_on_the_weights_and_keeps_their_mean():
    torch.manual_seed(3)
    ones = torch.ones(1, 1, 400, 1)
    positions = Positions.counting(1, 400)
    mask = Mask(Bidirectional(), positions, positions)
    out = explicit(ones, KeysValues(ones, ones, positions), mask, None, 1.0, 0.25, identity)
    assert 0.5 < out.min() < out.max() < 1.5
    assert out.std() > 0.01
    assert out.mean().item() == pytest.approx(1.0, abs=0.01)


def test_products_of_random_queries_and_keys_spread_as_the_root_of_their_width():
    draw = torch.Generator().manual_seed(0)
    for width in (16, 64):
        query, key = (torch.randn(100_003, width, generator=draw) for _ in range(2))
        assert 0.97 < (query * key).sum(-1).std().item() / math.sqrt(width) < 1.03


def test_unscaled_scores_saturate_the_softmax():
    draw = torch.Generator().manual_seed(0)
    query, keys = torch.randn(1, 1, 1, 256, generator=draw), torch.randn(1, 1, 31, 256, generator=draw)

    def slope(scale):
        return torch.autograd.functional.jacobian(lambda x: x.softmax(-1), (query @ keys.mT * scale).flatten()).norm()

    assert slope(1.0) < 0.1 * slope(256**-0.5)


def test_the_quickest_kernel_is_chosen_by_what_is_known_of_the_case(monkeypatch):
    chosen = []
    for name in ("direct", "fused"):
        monkeypatch.setattr(kernels, name, lambda *case, name=name: chosen.append(name) or KERNELS["explicit"](*case))
    for dtype, keys in [(torch.bfloat16, 5), (torch.float32, 5), (torch.bfloat16, 513)]:
        query, many = torch.zeros(1, 1, 1, 2, dtype=dtype), torch.zeros(1, 1, keys, 2, dtype=dtype)
        positions = Positions.counting(1, keys)
        last = Positions(torch.tensor([[keys - 1]]))
        KERNELS["auto"](
            query, KeysValues(many, many, positions), Mask(Causal(), last, positions), None, 1.0, 0.0, identity
        )
    with torch.no_grad():
        query = torch.zeros(1, 1, 3, 2, dtype=torch.bfloat16)
        positions = Positions.counting(1, 3)
        mask = Mask(Causal(), positions, positions)
        KERNELS["auto"](query, KeysValues(query, query, positions), mask, None, 1.0, 0.0, identity)
    assert chosen == ["direct", "fused", "fused", "fused"]
