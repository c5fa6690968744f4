"""Attention maps read off a model: they are distributions, they are those at work, and nothing stays behind."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hornbook.evaluation.attention_maps import cross_attention, self_attention
from hornbook.model.config import EncoderAndDecoder, EncoderOnly, ModelConfig, Rotary
from hornbook.model.initialise import initialise
from hornbook.model.models import build_model

CONFIG = ModelConfig(vocabulary=23, context=16, width=24, heads=3, depth=2, position_encoding=Rotary())
TOKENS = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]])
SOURCE = torch.tensor([[2, 7, 1, 8, 2, 8, 1], [8, 2, 8, 4, 5, 9, 0]])


def made(config):
    model = build_model(config)
    initialise(model, config, 3)
    return model


@pytest.mark.parametrize("shared", [False, True])
def test_rows_are_distributions_over_what_may_be_seen(shared):
    causal = self_attention(made(replace(CONFIG, shared=shared)), TOKENS)
    both = self_attention(made(replace(CONFIG, architecture=EncoderOnly(), shared=shared)), TOKENS)
    cross = cross_attention(made(replace(CONFIG, architecture=EncoderAndDecoder(), shared=shared)), SOURCE, TOKENS)
    for maps, keys in ((causal, 5), (both, 5), (cross, 7)):
        assert [tuple(layer.shape) for layer in maps] == [(2, 3, 5, keys)] * 2
        for layer in maps:
            torch.testing.assert_close(layer.sum(-1), torch.ones(2, 3, 5))
    assert all((layer.triu(1) == 0).all() for layer in causal)
    assert all((layer > 0).all() for layer in both + cross)


def test_the_model_is_left_as_it_was():
    model = made(replace(CONFIG, architecture=EncoderAndDecoder(), dropout=0.3)).train()
    kernels = [module.kernel for module in model.modules() if hasattr(module, "kernel")]
    first = cross_attention(model, SOURCE, TOKENS)
    again = cross_attention(model, SOURCE, TOKENS)
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert model.training
    assert kernels == [module.kernel for module in model.modules() if hasattr(module, "kernel")]
    assert not any(module._forward_hooks for module in model.modules())


def test_a_map_is_what_the_answer_was_weighted_with():
    model = made(CONFIG).eval()
    attention = model.stack.block(0).attention
    [weights, _] = self_attention(model, TOKENS)
    answers = []
    handle = attention.register_forward_hook(lambda module, inputs, output: answers.append((inputs, output)))
    model(TOKENS)
    handle.remove()
    (normed, _, seen), output = answers[0]
    expected = attention.output((weights @ seen.values).transpose(1, 2).flatten(2))
    torch.testing.assert_close(output, expected, atol=1e-5, rtol=1e-5)
    assert normed.shape == (2, 5, 24)
