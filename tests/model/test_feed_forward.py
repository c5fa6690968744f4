"""Feed-forward networks follow their formulas and work on every token alone."""

from __future__ import annotations

import math

import pytest
import torch

from hornbook.model.config import Dense, Experts, Sizes
from hornbook.model.experts import FEED_FORWARDS, Mixture, build_feed_forward
from hornbook.model.feed_forward import ACTIVATIONS, FeedForward

SIZES = Sizes(width=7, heads=1, kv_heads=1, head_width=7, context=5, dropout=0.0)
NUMBERS = [-3.0, -0.5, 0.0, 0.5, 2.0]
SQUARE = math.sqrt(2 / math.pi)

FORMULAS = {
    "relu": lambda x: max(0.0, x),
    "gelu": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "gelu_tanh": lambda x: 0.5 * x * (1 + math.tanh(SQUARE * (x + 0.044715 * x**3))),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "relu_squared": lambda x: max(0.0, x) ** 2,
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_equal_their_formulas(name):
    expected = torch.tensor([FORMULAS[name](x) for x in NUMBERS])
    torch.testing.assert_close(ACTIVATIONS[name](torch.tensor(NUMBERS)), expected)


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_feed_forward_equals_its_formula(gated, bias):
    torch.manual_seed(1)
    network, hidden = build_feed_forward(Dense(11, "silu", gated, bias), SIZES), torch.randn(2, 5, 7)
    weights = dict(network.named_parameters())

    def project(name, x):
        return x @ weights[f"{name}.weight"].T + weights.get(f"{name}.bias", 0.0)

    active = torch.nn.functional.silu(project("gate" if gated else "up", hidden))
    expected = project("down", active * project("up", hidden) if gated else active)
    torch.testing.assert_close(network(hidden), expected)
    assert set(weights) == {f"{n}.{p}" for n in ["up", "down"] + ["gate"] * gated for p in ["weight"] + ["bias"] * bias}


def test_feed_forward_works_on_each_token_alone():
    torch.manual_seed(1)
    network, hidden = build_feed_forward(Dense(), SIZES), torch.randn(5, 7)
    changed = hidden.clone()
    changed[3] += 1.0
    same = (network(hidden) == network(changed)).all(-1)
    assert same.tolist() == [True, True, True, False, True]


def test_every_kind_of_feed_forward_network_is_built_by_its_row():
    assert {Dense: FeedForward, Experts: Mixture} == FEED_FORWARDS
    assert type(build_feed_forward(Dense(), SIZES)) is FeedForward
    assert type(build_feed_forward(Experts(3, 1), SIZES)) is Mixture


def test_the_inner_width_is_four_times_the_width_or_as_costly_with_a_gate():
    plain, gated = (sum(p.numel() for p in build_feed_forward(Dense(None, "gelu", gate, False), SIZES).parameters())
                    for gate in (False, True))  # fmt: skip
    assert plain == 2 * 7 * 28
    assert gated == 3 * 7 * 24 and 0.8 < gated / plain < 1.3
