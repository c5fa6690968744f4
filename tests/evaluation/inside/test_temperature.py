"""Attention at a temperature: 1 is the model itself, very high looks at everything alike, very low at one token."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from hornbook.errors import SettingError
from hornbook.evaluation.inside.ablation import Part, switched_off, with_and_without
from hornbook.evaluation.inside.observing import observe
from hornbook.evaluation.inside.temperature import (
    COLDEST,
    HOTTEST,
    Temperature,
    at_temperature,
    kinds_of_attention,
    read_temperature,
)
from hornbook.evaluation.inside.trace import trace
from hornbook.model.config import Alibi, AttentionConfig, BlockConfig, Learned
from tests.evaluation.inside.small_models import CONFIG, KINDS, SOURCE, TOKENS, given, lively

GROUPED = replace(CONFIG, width=36, heads=6, kv_heads=3)
CAPPED = replace(CONFIG, pattern=(BlockConfig(attention=AttentionConfig(softcap=2.0, sinks=True)),))
MODELS = {**KINDS, "grouped": GROUPED, "capped": CAPPED, "biased": replace(CONFIG, position_encoding=Alibi())}
EVERY = [
    (name, kind)
    for name in MODELS
    for kind in (("attention", "cross", "encoder") if name == "both" else ("attention",))
]


def looked_at(model, name, kind):
    """What every layer of a kind of attention did with the texts of these tests."""
    seen = observe(model, *given(name))
    layers, called = (seen.encoder, "attention") if kind == "encoder" else (seen.layers, kind)
    return [layer.looked[called] for layer in layers]


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_at_temperature_1_nothing_changes(name, kind):
    model = lively(MODELS[name])
    usual, own = observe(model, *given(name)), looked_at(model, name, kind)
    with at_temperature(model, Temperature(1.0, kind)):
        assert torch.equal(observe(model, *given(name)).logits, usual.logits)
        for one, other in zip(looked_at(model, name, kind), own, strict=True):
            assert torch.equal(one.weights, other.weights)
    before, after = with_and_without(model, [Temperature(1.0, kind)], *given(name))
    torch.testing.assert_close(after, before, atol=1e-5, rtol=1e-5)  # of a fused kernel and the explicit one


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_very_hot_attention_looks_at_all_it_may_see_alike(name, kind):
    model = lively(MODELS[name])
    with at_temperature(model, Temperature(HOTTEST, kind)):
        maps = [looked.weights for looked in looked_at(model, name, kind)]
    sink = name == "capped"  # which takes part as one more that could be looked at
    causal = name != "encoder" and kind == "attention"
    for weights in maps:
        rows, columns = weights.shape[-2:]
        visible = torch.ones(rows, columns).tril() if causal else torch.ones(rows, columns)
        uniform = (visible / (visible.sum(-1, keepdim=True) + sink)).expand_as(weights)
        torch.testing.assert_close(weights, uniform, atol=2e-5, rtol=0)
        if causal and not sink:
            assert weights[0, 0, 3, :4].tolist() == pytest.approx([1 / 4] * 4, abs=2e-5)


@pytest.mark.parametrize(("name", "kind"), [pair for pair in EVERY if pair[0] != "capped"])
def test_very_cold_attention_looks_at_one_token_the_one_with_the_highest_score(name, kind):
    model = lively(MODELS[name])
    with at_temperature(model, Temperature(COLDEST, kind)):
        maps = looked_at(model, name, kind)
    for looked in maps:
        best, causal = looked.scores, name != "encoder" and kind == "attention"
        best = best.masked_fill(torch.ones(best.shape[-2:]).triu(1).bool(), -torch.inf) if causal else best
        highest, second = best.topk(2, dim=-1).values.unbind(-1)
        clear = highest - second > 20.0  # of the divided scores; equal tokens share what is looked at
        assert clear.float().mean() > 0.4
        hot = torch.nn.functional.one_hot(best.argmax(-1), best.shape[-1]).float()
        torch.testing.assert_close(looked.weights[clear], hot[clear], atol=1e-6, rtol=0)


def test_one_layer_agrees_with_a_computation_by_hand():
    config = replace(GROUPED, depth=1, position_encoding=Learned())
    model, heard = lively(config), []
    attention = model.stack.block(0).attention
    handle = attention.register_forward_pre_hook(lambda module, inputs: heard.append(inputs[0][0]))
    with torch.no_grad(), at_temperature(model, Temperature(0.7, "attention", 0, 4)):
        answered = observe(model, TOKENS).layers[0].looked["attention"].heads[0]
    handle.remove()
    query, key, value = (
        project(heard[0]).detach().tolist() for project in (attention.query, attention.key, attention.value)
    )
    width = attention.head_width
    for head, temperature in ((4, 0.7), (3, 1.0)):
        group = head // 2  # six heads ask, three answer
        asks, answers = slice(head * width, (head + 1) * width), slice(group * width, (group + 1) * width)
        for place in range(5):
            scores = [
                sum(q * k for q, k in zip(query[place][asks], key[other][answers], strict=True)) / math.sqrt(width)
                for other in range(place + 1)
            ]
            shares = [math.exp(score / temperature) for score in scores]
            expected = [
                sum(share * value[other][answers][column] for other, share in enumerate(shares)) / sum(shares)
                for column in range(width)
            ]
            assert answered[head, place].tolist() == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_a_cap_a_bias_and_sinks_are_divided_with_the_products():
    for name in ("capped", "biased"):
        model = lively(MODELS[name])
        sinks = model.stack.block(0).attention.sinks
        if sinks is not None:  # which begin as zeros, and those are the same at every temperature
            sinks.data.copy_(torch.tensor([3.0, -2.0, 1.5]))
        own = observe(model, TOKENS).layers[0].looked["attention"]
        with at_temperature(model, Temperature(3.0)):
            warm = observe(model, TOKENS).layers[0].looked["attention"]
        torch.testing.assert_close(warm.scores, own.scores / 3.0)
        powers = (own.scores / 3.0).exp() * torch.ones(5, 5).tril()
        total = powers.sum(-1, keepdim=True)
        if sinks is not None:
            total = total + (sinks / 3.0).exp().view(1, -1, 1, 1)
        torch.testing.assert_close(warm.weights, powers / total, atol=1e-5, rtol=1e-5)


def test_only_the_layer_and_the_head_that_are_meant_change():
    model = lively(KINDS["shared"])  # one block in three layers
    own = [looked.weights for looked in looked_at(model, "shared", "attention")]
    with at_temperature(model, Temperature(5.0, "attention", 1, 2)):
        warm = [looked.weights for looked in looked_at(model, "shared", "attention")]
    assert torch.equal(warm[0], own[0]) and torch.equal(warm[1][:, :2], own[1][:, :2])
    assert (warm[1][:, 2] - own[1][:, 2]).abs().max() > 1e-2
    with at_temperature(model, Temperature(5.0, "attention", 2)):
        warm = [looked.weights for looked in looked_at(model, "shared", "attention")]
    assert torch.equal(warm[1], own[1]) and ((warm[2] - own[2]).abs().amax(dim=(0, 2, 3)) > 1e-2).all()


def test_an_attention_that_is_not_meant_stays_as_it_is():
    model = lively(KINDS["both"])
    own = {kind: looked_at(model, "both", kind) for kind in kinds_of_attention(model)}
    with at_temperature(model, Temperature(5.0, "cross")):
        assert torch.equal(looked_at(model, "both", "encoder")[1].weights, own["encoder"][1].weights)
        assert torch.equal(looked_at(model, "both", "attention")[0].weights, own["attention"][0].weights)
        assert not torch.equal(looked_at(model, "both", "cross")[0].weights, own["cross"][0].weights)
    assert set(own) == {"attention", "cross", "encoder"}


def test_temperatures_and_parts_that_are_off_work_together():
    model = lively(CONFIG)
    head, warm = Part("head", 0, 1), Temperature(4.0, "attention", 0)
    changes = {
        name: with_and_without(model, each, TOKENS)[1]
        for name, each in {"both": [head, warm], "turned": [warm, head], "head": [head], "warm": [warm]}.items()
    }
    torch.testing.assert_close(changes["both"], changes["turned"])
    assert (changes["both"] - changes["head"]).abs().max() > 1e-3 and (
        changes["both"] - changes["warm"]
    ).abs().max() > 1e-3
    twice = with_and_without(model, [Temperature(2.0), Temperature(3.0)], TOKENS)[1]
    torch.testing.assert_close(twice, with_and_without(model, [Temperature(6.0)], TOKENS)[1], atol=1e-5, rtol=1e-5)
    with switched_off(model, head):  # who looks on sees the changed model
        torch.testing.assert_close(observe(model, TOKENS).logits, model(TOKENS), atol=1e-5, rtol=1e-5)
        assert trace(model, TOKENS)[-1].mean == pytest.approx(float(model(TOKENS).detach().mean()), abs=1e-5)


def test_afterwards_the_model_is_as_it_was():
    model = lively(KINDS["both"])
    kernels = [block.cross.kernel for block in model.decoder.modules() if hasattr(block, "cross")]
    usual = model(SOURCE, TOKENS)
    with pytest.raises(ZeroDivisionError), at_temperature(model, Temperature(5.0, "cross")):
        raise ZeroDivisionError
    assert [block.cross.kernel for block in model.decoder.modules() if hasattr(block, "cross")] == kernels
    assert torch.equal(model(SOURCE, TOKENS), usual)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_a_temperature_is_written_as_it_is_read_and_others_are_refused():
    for written in ("attention", "cross:1", "encoder:0.2"):
        assert str(read_temperature(written, 2.0)) == written
    assert read_temperature("cross:1.2", 0.5) == Temperature(0.5, "cross", 1, 2)
    for wrong in ("attention:", "attention:x", "attention:1.2.3", "attention:-1", f"attention:{'9' * 5000}"):
        with pytest.raises(SettingError, match="should be written as attention"):
            read_temperature(wrong, 2.0)
    model = lively(CONFIG)
    for value in (0.0, -1.0, math.nan, math.inf, 1e30, 1e-30):
        with (
            pytest.raises(SettingError, match=r"found .*, expected a number from"),
            at_temperature(model, Temperature(value)),
        ):
            pass
    for absent in (
        Temperature(2.0, "attention", 2),
        Temperature(2.0, "attention", 0, 3),
        Temperature(2.0, "attention", -1),
    ):
        with pytest.raises(SettingError, match="2 layers with 3 heads"), at_temperature(model, absent):
            pass
    with pytest.raises(SettingError, match="'cross' is no attention of this model, which has attention"):
        with_and_without(model, [Temperature(2.0, "cross")], TOKENS)
