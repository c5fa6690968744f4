"""Counts from the configuration alone equal what is built, what is published and what is measured."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from hornbook.batches import Positions
from hornbook.model.cache import make_cache
from hornbook.model.config import (
    RMS,
    Alibi,
    AttentionConfig,
    BlockConfig,
    BlockSparse,
    DecoderOnly,
    Dense,
    EncoderAndDecoder,
    EncoderOnly,
    Experts,
    Layer,
    Learned,
    ModelConfig,
    NoNorm,
    NoPositionEncoding,
    RelativeBias,
    Rotary,
    Sinusoidal,
    SlidingWindow,
)
from hornbook.model.count import count, parameter_shapes
from hornbook.model.masks import Mask
from hornbook.model.models import Decoder, build_model
from hornbook.model.presets import PRESETS

PUBLISHED = {
    "gpt-real": 163_009_536,
    "gpt-demo": 120_496_128,
    "gpt-deep": 60_271_104,
    "gpt-balanced": 49_631_232,
    "gpt2": 124_439_808,
    "gpt2-medium": 354_823_168,
    "gpt2-large": 774_030_080,
    "gpt2-xl": 1_557_611_200,
    "stories-4": 105_596_497,
    "stories-2": 91_420_753,
    "oz": 2_891_008,
}

sides = {  # settings of the parts, as plain dictionaries: hypothesis and the type checker do not share a die
    "attention": st.fixed_dictionaries(
        {
            "across_heads": st.booleans(),
            "sinks": st.booleans(),
            "query_key_norm": st.sampled_from([NoNorm(), Layer(), Layer(bias=False), RMS()]),
            "bias": st.booleans(),
            "output_bias": st.sampled_from([None, True, False]),
            "position_encoding": st.sampled_from(
                [None, NoPositionEncoding(), Learned(), Rotary(100.0), RelativeBias(both_ways=True)]
            ),
        }
    ),
    "feed_forward": st.fixed_dictionaries(
        {"hidden": st.sampled_from([None, 7]), "gated": st.booleans(), "bias": st.booleans()}
    ),
    "experts": st.sampled_from([0, 0, 3]),
    "norm": st.sampled_from([NoNorm(), Layer(), Layer(bias=False), RMS()]),
    "placement": st.sampled_from(["pre", "sandwich", "inside"]),
    "arrangement": st.sampled_from(["sequential", "parallel"]),
}
wholes = {
    "architecture": st.sampled_from(
        [DecoderOnly(), EncoderOnly(), EncoderOnly(segments=2, transform="gelu"), EncoderAndDecoder(depth=5)]
    ),
    "shared": st.booleans(),
    "vocabulary": st.integers(1, 31),
    "context": st.integers(1, 13),
    "width": st.just(24),
    "heads": st.sampled_from([2, 4]),
    "kv_heads": st.sampled_from([None, 1, 2]),
    "head_width": st.sampled_from([None, 10]),
    "depth": st.integers(1, 4),
    "pattern": st.lists(st.fixed_dictionaries(sides), min_size=1, max_size=3),
    "position_encoding": st.sampled_from([Learned(), Rotary(), Sinusoidal(), Alibi()]),
    "tied": st.booleans(),
    "head_bias": st.booleans(),
    "embedding_norm": st.sampled_from([NoNorm(), Layer(), Layer(bias=False), RMS()]),
}


def assembled(whole):
    """The model that drawn settings describe."""

    def block(part):
        attention, feed_forward = AttentionConfig(**part["attention"]), Dense(**part["feed_forward"])
        if part["experts"]:
            feed_forward = Experts(part["experts"], chosen=2, each=feed_forward, shared=1)
        drawn = {name: value for name, value in part.items() if name != "experts"}
        return BlockConfig(**drawn | {"attention": attention, "feed_forward": feed_forward})

    return ModelConfig(**whole | {"pattern": tuple(map(block, whole["pattern"]))})


def built(config):
    with torch.device("meta"):
        return {name: tuple(parameter.shape) for name, parameter in build_model(config).named_parameters()}


@pytest.mark.slow
@given(st.fixed_dictionaries(wholes))
def test_counted_shapes_are_those_of_the_built_model(whole):
    config = assembled(whole)
    assert parameter_shapes(config) == built(config)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_have_their_published_sizes_as_counted_and_as_built(name):
    assert parameter_shapes(PRESETS[name]) == built(PRESETS[name])
    assert count(PRESETS[name]).parameters == PUBLISHED[name]


@pytest.mark.parametrize(
    ("name", "untied", "tied"),
    [
        ("gpt-real", "163.01", "124.41"),
        ("gpt-demo", "120.50", "81.90"),
        ("gpt-deep", "60.27", "40.97"),
        ("gpt-balanced", "49.63", "30.33"),
    ],
)
def test_the_depth_and_width_study_in_millions(name, untied, tied):
    millions = [f"{count(replace(PRESETS[name], tied=t)).parameters / 1e6:.2f}" for t in (False, True)]
    assert millions == [untied, tied]


@pytest.mark.parametrize(("name", "untied", "tied"), [("stories-2", "91.4", "52.8"), ("stories-4", "105.6", "66.9")])
def test_the_stories_models_in_millions(name, untied, tied):
    own, shared = PRESETS[name], replace(PRESETS[name], tied=True, head_bias=False)
    assert [f"{count(config).parameters / 1e6:.1f}" for config in (own, shared)] == [untied, tied]


@pytest.mark.parametrize(
    ("name", "layers"), [("gpt-balanced", "10.6"), ("gpt-deep", "21.3"), ("gpt-demo", "42.5"), ("gpt-real", "85.0")]
)
def test_the_study_without_its_tables_in_millions(name, layers):
    assert f"{count(PRESETS[name]).non_embedding_parameters / 1e6:.1f}" == layers


def test_oz_is_one_layer_with_one_head():
    oz = PRESETS["oz"]
    assert (oz.depth, oz.heads, oz.pattern[0].placement) == (1, 1, "post")
    assert oz.pattern[0].feed_forward.activation == "relu"
    assert oz.position_encoding == Sinusoidal()


SMALL = ModelConfig(
    vocabulary=101,
    context=32,
    width=48,
    heads=4,
    kv_heads=2,
    depth=3,
    pattern=(BlockConfig(attention=AttentionConfig(kernel="explicit")), BlockConfig(feed_forward=Dense(gated=True))),
)


@pytest.mark.parametrize("tied", [True, False])
def test_operations_are_those_that_pytorch_counts(tied):
    config = replace(SMALL, tied=tied, pattern=SMALL.pattern[:1])
    model, tokens = Decoder(config), torch.zeros(2, 32, dtype=torch.long)
    with FlopCounterMode(display=False) as forward:
        loss = model(tokens).sum()
    assert forward.get_total_flops() == 64 * count(config).flops_per_token()
    with FlopCounterMode(display=False) as backward:
        loss.backward()
    assert forward.get_total_flops() + backward.get_total_flops() == 64 * count(config).training_flops_per_token()


def test_operations_grow_with_the_window_as_far_as_it_is_seen():
    near = replace(SMALL, pattern=(BlockConfig(attention=AttentionConfig(mask=SlidingWindow(8))),))
    assert count(near).flops_per_token(8) == count(near).flops_per_token(32)
    assert count(SMALL).flops_per_token(32) - count(SMALL).flops_per_token(8) == 3 * 4 * 48 * 24


def test_a_mixture_is_counted_whole_and_works_with_the_experts_that_were_chosen():
    def mixed(experts, chosen):
        return replace(SMALL, pattern=(BlockConfig(feed_forward=Experts(experts, chosen)),))

    more = count(mixed(8, 2)).parameters - count(mixed(4, 2)).parameters
    each = 3 * 48 * Experts().each.hidden_width(48)
    assert more == SMALL.depth * 4 * (each + 48)
    assert count(mixed(8, 2)).active_parameters - count(mixed(8, 1)).active_parameters == SMALL.depth * each
    assert count(mixed(8, 2)).active_parameters - count(mixed(4, 2)).active_parameters == SMALL.depth * 4 * 48


def test_shared_layers_are_counted_once_and_work_in_every_layer():
    shared = replace(SMALL, shared=True, depth=12)
    assert count(shared).parameters == count(replace(SMALL, depth=2)).parameters
    assert count(shared).active_parameters == count(replace(SMALL, depth=12)).active_parameters


@pytest.mark.parametrize("architecture", [EncoderOnly(), EncoderAndDecoder(depth=2)])
def test_operations_of_the_other_architectures_are_those_that_pytorch_counts(architecture):
    config = replace(SMALL, architecture=architecture, pattern=SMALL.pattern[:1])
    model, tokens = build_model(config), torch.zeros(2, 32, dtype=torch.long)
    with FlopCounterMode(display=False) as forward:
        model(tokens) if isinstance(architecture, EncoderOnly) else model(tokens, tokens)
    assert forward.get_total_flops() == 64 * count(config).flops_per_token()


@pytest.mark.parametrize(
    "rule", [BlockSparse(4), BlockSparse(4, 0, 2), BlockSparse(4, 0, 0, 2), BlockSparse(4, 1, 1, 3, both_ways=True)]
)
def test_a_sparse_pattern_costs_the_blocks_it_sees(rule):
    sparse = replace(SMALL, pattern=(BlockConfig(attention=AttentionConfig(mask=rule)),))
    positions = Positions.counting(1, 32)
    seen = Mask(rule, positions, positions).dense()[0, 0].view(8, 4, 8, 4).any(3).any(1).sum().item()
    looked_at = count(sparse).flops_per_token(32) - 2 * count(sparse).active_parameters
    assert looked_at == 3 * 4 * 48 * (seen * 4 / 8)


def test_bytes_of_the_cache_are_those_it_takes():
    layers = make_cache(SMALL, 1)
    taken = sum((layer.keys[:, :, :32].numel() + layer.values[:, :, :32].numel()) * 4 for layer in layers)
    assert 32 * count(SMALL).cache_bytes_per_token() == taken
    assert 2 * count(SMALL).cache_bytes_per_token(2) == count(SMALL).cache_bytes_per_token(4)


@pytest.mark.parametrize("preset", ["gpt2", "stories-2", "gated"])
def test_the_estimate_of_activations_is_near_what_is_kept(preset):
    gated = BlockConfig(feed_forward=Dense(activation="silu", gated=True, bias=False), norm=RMS())
    small = {"vocabulary": 211, "context": 64, "width": 96, "heads": 4, "depth": 3}
    config = replace(
        PRESETS.get(preset, ModelConfig(pattern=(gated,), position_encoding=Rotary())), **small, dropout=0.0
    )
    model, kept = Decoder(config), {}
    own = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = (storage.nbytes(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        logits = model(torch.zeros(3, 64, dtype=torch.long))
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.zeros(192, dtype=torch.long))
    measured = sum(size for size, _ in kept.values()) + logits.numel() * 4 * loss.isfinite().item()
    estimate = count(config).training_memory(batch=3)
    assert estimate.activations == pytest.approx(measured, rel=0.35)
    assert estimate.weights == estimate.gradients == 4 * count(config).parameters
    assert estimate.total == 4 * 4 * count(config).parameters + estimate.activations
