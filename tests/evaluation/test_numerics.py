"""What rounding costs: measured against 64 bits, layer by layer and at the end."""

from __future__ import annotations

import pytest
import torch

from hornbook.evaluation.numerics import FORMATS, ladder, read
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder


@pytest.fixture(scope="module")
def rungs():
    config = ModelConfig(vocabulary=61, context=16, width=64, heads=4, depth=3)
    model = Decoder(config)
    initialise(model, config, 0)
    tokens = torch.randint(61, (4, 17), generator=torch.Generator().manual_seed(1))
    return {rung.name: rung for rung in ladder(model, tokens[:, :-1], tokens[:, 1:])}


def test_64_bits_are_exact_by_definition(rungs):
    exact = rungs["float64"]
    assert (exact.worst, exact.changed, set(exact.layers)) == (0.0, 0.0, {0.0})


def test_fewer_bits_are_further_off(rungs):
    worst = [rungs[name].worst for name in ("float64", "float32", "float16", "bfloat16")]
    assert worst == sorted(worst) and len(set(worst)) == 4
    assert rungs["int4"].worst > 3 * rungs["int8"].worst
    for name in ("float32", "float16", "bfloat16", "int8", "int4"):
        assert len(rungs[name].layers) == 3
        assert all(0 < error < 0.3 for error in rungs[name].layers)
        assert abs(rungs[name].loss / rungs["float64"].loss - 1) < 0.02


def test_every_format_is_on_the_ladder_and_the_model_is_left_as_it_was(rungs):
    assert list(rungs) == list(FORMATS)


@torch.no_grad()
def test_a_wrong_weight_shows_in_the_layer_it_belongs_to_and_after_it():
    config = ModelConfig(vocabulary=61, context=16, width=64, heads=4, depth=3)
    model = Decoder(config)
    initialise(model, config, 0)
    tokens = torch.arange(12).view(1, 12)
    before = read(model, tokens)[1]
    model.stack.block(1).feed_forward.down.weight[0, 0] += 1.0
    after = read(model, tokens)[1]
    assert [bool((one != other).any()) for one, other in zip(before, after, strict=True)] == [False, True, True]
    assert model.training
