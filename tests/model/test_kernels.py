"""Attention: the formula against known numbers, and every kernel against the formula.

``flexible`` and ``triton`` need a process of their own: test_flexible.py, test_triton_flash.py.
"""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import nn

from hornbook.batches import NOTHING, Positions
from hornbook.errors import SettingError
from hornbook.model import kernels
from hornbook.model.attention import Attention
from hornbook.model.config import AttentionConfig, Bidirectional, BlockSparse, Causal, Sizes
from hornbook.model.kernels import ABILITIES, EVERYTHING, KERNELS, KeysValues, Scoring, check_kernel, explicit
from hornbook.model.masks import Mask
from tests.model.kernel_cases import IN_PROCESS, identity, prove

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

    answers = explicit(query[None, None], seen, Mask(rule, positions, positions), None, Scoring(scale), watch)
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


def drawn(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("kernel", IN_PROCESS)
def test_every_kernel_equals_the_formula_in_value_and_gradient(kernel, dtype):
    prove(kernel, dtype, 6)


@pytest.mark.slow
@pytest.mark.parametrize("kernel", IN_PROCESS)
def test_in_16_bits_no_kernel_loses_more_than_twice_what_the_formula_loses(kernel):
    prove(kernel, "bfloat16", 3)


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_kernel_is_refused_what_it_cannot_do_and_those_that_can_are_named(kernel):
    for count in range(len(EVERYTHING) + 1):
        for wanted in map(frozenset, itertools.combinations(sorted(EVERYTHING), count)):
            if wanted <= ABILITIES[kernel]:
                check_kernel(kernel, wanted)
                continue
            with pytest.raises(SettingError) as refused:
                check_kernel(kernel, wanted)
            named = str(refused.value).partition("those that can: ")[2].split(", ")
            assert named == [name for name in KERNELS if wanted <= ABILITIES[name]]
            assert all(ability in str(refused.value) for ability in wanted - ABILITIES[kernel])


@pytest.mark.parametrize(
    ("kernel", "asked", "dropout", "biased", "what"),
    [
        ("triton", AttentionConfig(mask=BlockSparse()), 0.0, False, "block-sparse"),
        ("triton", AttentionConfig(), 0.0, True, "bias"),
        ("flash", AttentionConfig(), 0.1, False, "dropout"),
        ("flexible", AttentionConfig(), 0.1, False, "dropout"),
        ("fused", AttentionConfig(softcap=2.0), 0.0, False, "softcap"),
        ("fused", AttentionConfig(sinks=True), 0.0, False, "sinks"),
    ],
)
def test_a_model_is_not_built_with_a_kernel_that_cannot_compute_it(kernel, asked, dropout, biased, what):
    sizes = Sizes(width=14, heads=2, kv_heads=1, head_width=7, context=11, dropout=dropout)
    fields = {name: getattr(asked, name) for name in asked.__dataclass_fields__} | {"kernel": kernel}
    with pytest.raises(SettingError, match=f"'{kernel}' cannot do {what}; those that can: auto, explicit, direct"):
        Attention(AttentionConfig(**fields), sizes, biased)
    Attention(asked, sizes, biased)


def test_weights_sum_to_one_and_the_future_weighs_exactly_nothing():
    query, keys, values = (drawn(7, 5, seed=seed) for seed in range(3))
    _, weights = attend(query, keys, values, Causal())
    torch.testing.assert_close(weights.sum(-1), torch.ones(7, dtype=torch.float64))
    assert (weights.triu(1) == 0).all()
    assert (weights.tril() > 0).sum() == 28


@pytest.mark.parametrize("sinks", [None, torch.tensor([2.0, -1.0], dtype=torch.float64)], ids=["", "sinks"])
@pytest.mark.parametrize("kernel", [*IN_PROCESS, "explicit"])
def test_a_token_that_sees_nothing_answers_nothing_and_moves_nothing(kernel, sinks):
    if sinks is not None and "sinks" not in ABILITIES[kernel]:
        sinks = None
    leaves = [drawn(1, 2, 3, 5, seed=seed).requires_grad_() for seed in range(3)]
    nowhere = Positions(torch.tensor([[NOTHING, 0, 1]]))
    seen = KeysValues(leaves[1], leaves[2], nowhere)
    out = KERNELS[kernel](leaves[0], seen, Mask(Causal(), nowhere, nowhere), None, Scoring(1.0, None, sinks), identity)
    assert (out[:, :, 0] == 0).all()
    assert out.isfinite().all()
    for gradient in torch.autograd.grad(out.exp().sum(), leaves):
        assert gradient.isfinite().all()
        assert (gradient[:, :, 0] == 0).all()
        assert (gradient[:, :, 1:] != 0).any()


def test_dropout_falls_on_the_weights_and_keeps_their_mean():
    torch.manual_seed(3)
    ones = torch.ones(1, 1, 400, 1)
    positions = Positions.counting(1, 400)
    mask = Mask(Bidirectional(), positions, positions)
    out = explicit(ones, KeysValues(ones, ones, positions), mask, None, Scoring(1.0, dropout=0.25), identity)
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
    for name in ("direct", "fused", "flash"):
        monkeypatch.setattr(kernels, name, lambda *case, name=name: chosen.append(name) or KERNELS["explicit"](*case))
    for dtype, keys in [(torch.bfloat16, 5), (torch.float32, 5), (torch.float32, 257), (torch.bfloat16, 513)]:
        query, many = torch.zeros(1, 1, 1, 2, dtype=dtype), torch.zeros(1, 1, keys, 2, dtype=dtype)
        positions = Positions.counting(1, keys)
        last = Positions(torch.tensor([[keys - 1]]))
        mask = Mask(Causal(), last, positions)
        KERNELS["auto"](query, KeysValues(many, many, positions), mask, None, Scoring(1.0), identity)
    assert chosen == ["direct", "direct", "fused", "fused"]
    chosen.clear()
    for dtype, time in [(torch.bfloat16, 1024), (torch.float32, 512), (torch.bfloat16, 1025), (torch.float32, 513)]:
        query, positions = torch.zeros(1, 1, time, 2, dtype=dtype), Positions.counting(1, time)
        mask = Mask(Causal(), positions, positions)
        KERNELS["auto"](query, KeysValues(query, query, positions), mask, None, Scoring(1.0), identity)
    with torch.no_grad():
        query = torch.zeros(1, 1, 3, 2, dtype=torch.bfloat16)
        positions = Positions.counting(1, 3)
        mask = Mask(Causal(), positions, positions)
        KERNELS["auto"](query, KeysValues(query, query, positions), mask, None, Scoring(1.0), identity)
        assert chosen == ["direct", "direct", "fused", "fused", "fused"]
        chosen.clear()
        for time, scoring in [
            (1024, Scoring(1.0, softcap=2.0)),
            (1025, Scoring(1.0, softcap=2.0)),
            (1025, Scoring(1.0, sinks=torch.zeros(1))),
            (1025, Scoring(1.0, softcap=2.0, dropout=0.1)),
            (1025, Scoring(1.0)),
        ]:
            query, positions = torch.zeros(1, 1, time, 2), Positions.counting(1, time)
            mask = Mask(Causal(), positions, positions)
            KERNELS["auto"](query, KeysValues(query, query, positions), mask, None, scoring, identity)
    assert chosen == ["direct", "flash", "flash", "direct", "fused"]
