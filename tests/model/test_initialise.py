"""Every model begins knowing nothing: its first loss is that of a guess."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from hornbook.model.config import (
    RMS,
    AttentionConfig,
    BlockConfig,
    Dense,
    Learned,
    ModelConfig,
    NoPositionEncoding,
    Rotary,
    Sinusoidal,
)
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.presets import PRESETS

SMALL = ModelConfig(vocabulary=101, context=32, width=48, heads=4, depth=3)


def made(config, seed=0):
    model = Decoder(config)
    initialise(model, config, seed)
    return model.eval()


@torch.no_grad()
def first_loss(config):
    """Nats per token over uniformly drawn tokens and targets, in a text of at most 256."""
    draw = torch.Generator().manual_seed(7)
    tokens, targets = torch.randint(config.vocabulary, (2, 1, min(256, config.context)), generator=draw)
    return torch.nn.functional.cross_entropy(made(config)(tokens)[0], targets[0]).item()


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("placement", ["pre", "post", "sandwich", "inside"])
@pytest.mark.parametrize("encoding", [NoPositionEncoding(), Learned(), Sinusoidal(), Rotary()], ids=str)
def test_a_new_model_guesses(tied, scaled, placement, encoding):
    for width in (48, 192):
        block = BlockConfig(placement=placement)
        config = replace(
            SMALL, width=width, tied=tied, embedding_scale=scaled, position_encoding=encoding, pattern=(block,)
        )
        assert first_loss(config) == pytest.approx(math.log(101), rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PRESETS if name not in ("gpt2-medium", "gpt2-large", "gpt2-xl")])
def test_every_preset_begins_at_the_loss_of_a_guess(name):
    assert first_loss(PRESETS[name]) == pytest.approx(math.log(PRESETS[name].vocabulary), rel=0.05)


@pytest.mark.slow
def test_the_widest_preset_begins_there_too():
    for depth in (2, 5):  # what matters is its width: the residual projections shrink as the layers grow in number
        config = replace(PRESETS["gpt2-xl"], depth=depth)
        assert first_loss(config) == pytest.approx(math.log(config.vocabulary), rel=0.05)


def test_spreads_are_those_of_gpt2():
    config = replace(SMALL, width=192, tied=False)
    model = made(config)
    for name, parameter in model.named_parameters():
        if name.endswith("scale"):
            assert (parameter == 1).all()
        elif parameter.dim() == 1:
            assert (parameter == 0).all()
        else:
            into_the_stream = name.endswith(("attention.output.weight", "down.weight"))
            expected = 0.02 / math.sqrt(6) if into_the_stream else 0.02
            assert parameter.std().item() == pytest.approx(expected, rel=0.03)
            assert abs(parameter.mean().item()) < 0.1 * expected


def test_a_tied_table_is_set_once_and_as_an_embedding():
    tied, untied = made(SMALL), made(replace(SMALL, tied=False))
    assert torch.equal(tied.embedding.tokens.weight, untied.embedding.tokens.weight)
    assert tied.embedding.head is None


@pytest.mark.parametrize("config", [replace(SMALL, embedding_scale=True), SMALL], ids=["scaled", "not"])
def test_waves_do_not_drown_the_words(config):
    config = replace(config, tied=False, position_encoding=Sinusoidal(), width=192)
    model = made(config)
    assert model.embedding.read(torch.arange(101)[None]).std().item() == pytest.approx(1.0, rel=0.05)


def test_the_same_seed_gives_the_same_model_and_another_another():
    one, same, other = made(SMALL, 1).state_dict(), made(SMALL, 1).state_dict(), made(SMALL, 2).state_dict()
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["embedding.tokens.weight"], other["embedding.tokens.weight"])


def test_more_parameters_never_change_the_others():
    gated = BlockConfig(feed_forward=Dense(192, gated=True), attention=AttentionConfig(query_key_norm=RMS()))
    small, large = made(SMALL).state_dict(), made(replace(SMALL, depth=4, pattern=(gated,), tied=False)).state_dict()
    scaled = [name for name in small if name.endswith(("attention.output.weight", "down.weight"))]
    for name in small.keys() - set(scaled):
        assert torch.equal(small[name], large[name])
    for name in scaled:
        torch.testing.assert_close(small[name] * math.sqrt(6), large[name] * math.sqrt(8))


def test_all_layers_start_different():
    state = made(SMALL).state_dict()
    assert not torch.equal(
        state["stack.blocks.0.attention.query.weight"], state["stack.blocks.1.attention.query.weight"]
    )
    assert not torch.equal(state["stack.blocks.0.attention.query.weight"], state["stack.blocks.0.attention.key.weight"])
