"""What can be said about a model: choices are spelt and refused as promised, and nothing is lost on the way to TOML."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest

from hornbook import settings
from hornbook.errors import SettingError
from hornbook.model.blocks import BLOCKS
from hornbook.model.config import (
    KINDS,
    RMS,
    ActivationName,
    ArrangementName,
    AttentionConfig,
    Bidirectional,
    BlockConfig,
    Causal,
    Dense,
    EncoderAndDecoder,
    EncoderOnly,
    KernelName,
    Layer,
    ModelConfig,
    NoPositionEncoding,
    PlacementName,
    Rotary,
    SlidingWindow,
)
from hornbook.model.experts import DISPATCH, FEED_FORWARDS
from hornbook.model.feed_forward import ACTIVATIONS
from hornbook.model.kernels import KERNELS
from hornbook.model.masks import ALLOWS
from hornbook.model.models import MODELS
from hornbook.model.norms import NORMS, PLACEMENTS
from hornbook.model.part_configs import DispatchName
from hornbook.model.position_encodings import POSITION_ENCODINGS
from hornbook.model.presets import PRESETS
from hornbook.model.rotary_scaling import SCALINGS


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_written_as_plain_data_comes_back_the_same(name):
    assert settings.build(ModelConfig, settings.plain(PRESETS[name], KINDS), KINDS) == PRESETS[name]


def test_a_layer_without_order_differs_from_one_that_does_as_the_model_does():
    for encoding in (None, NoPositionEncoding(), Rotary(500.0)):
        config = ModelConfig(pattern=(BlockConfig(attention=AttentionConfig(position_encoding=encoding)),))
        assert settings.build(ModelConfig, settings.plain(config, KINDS), KINDS) == config


def test_a_bare_word_and_an_override_reach_into_the_choices():
    table = {"vocabulary": 17, "position_encoding": "rotary", "pattern": [{"norm": "rms"}]}
    changed = settings.override(table, ["position_encoding.base=500000", "pattern.0.attention.mask=sliding_window"])
    config = settings.build(ModelConfig, changed, KINDS)
    assert config.position_encoding == Rotary(500_000.0)
    assert config.pattern == (BlockConfig(norm=RMS(), attention=AttentionConfig(mask=SlidingWindow())),)


def test_every_name_that_can_be_said_has_a_row_and_every_row_a_name():
    rows = [
        (ActivationName, ACTIVATIONS),
        (ArrangementName, BLOCKS),
        (DispatchName, DISPATCH),
        (KernelName, KERNELS),
        (PlacementName, PLACEMENTS),
    ]
    for names, table in rows:
        assert set(get_args(names)) == set(table)
    tables = [ALLOWS, POSITION_ENCODINGS, SCALINGS, NORMS, FEED_FORWARDS, MODELS]
    assert set(KINDS) == set().union(*tables)


def test_an_encoder_reads_both_ways_and_a_decoder_one_way_unless_told_otherwise():
    assert ModelConfig().blocks[0].attention.mask == Causal()
    assert ModelConfig(architecture=EncoderOnly()).blocks[0].attention.mask == Bidirectional()
    both = ModelConfig(architecture=EncoderAndDecoder(depth=2), depth=3)
    assert [block.attention.mask for block in both.blocks] == [Causal()] * 3
    assert [block.attention.mask for block in both.encoder.blocks] == [Bidirectional()] * 2
    local = BlockConfig(attention=AttentionConfig(mask=SlidingWindow(5)))
    assert ModelConfig(architecture=EncoderOnly(), pattern=(local,)).blocks[0] == local
    with pytest.raises(SettingError, match='only an "encoder_decoder" has an encoder'):
        ModelConfig().encoder  # noqa: B018


def test_an_encoder_may_be_built_of_other_blocks_than_its_decoder():
    mine = BlockConfig(norm=Layer(epsilon=0.5))
    config = ModelConfig(architecture=EncoderAndDecoder(pattern=(mine,), position_encoding=Rotary()))
    assert config.encoder.blocks[0].norm == Layer(epsilon=0.5)
    assert config.encoder.position_encodings == (Rotary(),) * 4
    assert settings.build(ModelConfig, settings.plain(config, KINDS), KINDS) == config


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"heads": 5}, "heads: 5 does not divide width 256; try heads = 4"),
        ({"kv_heads": 3}, "kv_heads: 3 does not divide heads 8; try kv_heads = 2"),
        ({"depth": 0}, "depth: expected a whole number of at least 1, found 0"),
        ({"depth": 10**9}, "depth: expected at most 4,096 layers"),
        ({"width": 10**30}, "width: expected a whole number of at most"),
        ({"vocabulary": -1}, "vocabulary: expected 0"),
        ({"dropout": 1.0}, "dropout: expected a number from 0 to below 1, found 1.0"),
        (
            {"head_width": 7, "position_encoding": "rotary"},
            "head_width: rotary positions turn pairs of features, and 7",
        ),
        ({"position_encoding": {"kind": "rotary", "base": 1.0}}, "position_encoding.base: expected a number above 1"),
        ({"position_encoding": "rotory"}, "position_encoding.kind: 'rotory' is none of none, learned"),
        ({"pattern": []}, "pattern: expected at least one block"),
        (
            {"pattern": [{"norm": "layr"}]},
            "pattern[0].norm.kind: 'layr' is none of layer, rms, none (did you mean 'layer'?)",
        ),
        ({"pattern": [{"attention": {"scale": 0.0}}]}, "pattern[0].attention.scale: expected a number above 0"),
        (
            {"pattern": [{"attention": {"mask": {"kind": "sliding_window", "size": 0}}}]},
            "pattern[0].attention.mask.size:",
        ),
        ({"pattern": [{"feed_forward": {"kind": "dense", "hidden": 0}}]}, "pattern[0].feed_forward.hidden: expected"),
        ({"pattern": [{"arrangement": "parallel", "placement": "post"}]}, "pattern[0].placement: a parallel block"),
        ({"head_softcap": 0.0}, "head_softcap: expected a number above 0"),
        ({"architecture": "encodr"}, "architecture.kind: 'encodr' is none of decoder, encoder, encoder_decoder"),
        ({"position_encoding": {"kind": "relative", "buckets": 6}}, "position_encoding.buckets: expected a multiple"),
        (
            {"position_encoding": {"kind": "relative", "buckets": 32, "max_distance": 16}},
            "position_encoding.max_distance: 16 is within the 16 distances",
        ),
        (
            {"position_encoding": {"kind": "rotary", "scaling": {"kind": "yarn", "fast": 1.0}}},
            "position_encoding.scaling.fast: expected a number above 1",
        ),
        (
            {"pattern": [{"feed_forward": {"kind": "experts", "experts": 3, "chosen": 4}}]},
            "pattern[0].feed_forward.chosen: expected 1 to 3 of the experts, found 4",
        ),
        ({"widht": 3}, "widht: no such setting (did you mean 'width'?)"),
    ],
)
def test_what_cannot_be_is_refused_by_name(wrong, says):
    with pytest.raises(SettingError) as error:
        settings.build(ModelConfig, wrong, KINDS)
    assert str(error.value).startswith(says)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Dense(activation="gleu"),  # type: ignore[arg-type]
        lambda: AttentionConfig(kernel="fusd"),  # type: ignore[arg-type]
        lambda: BlockConfig(placement="prae"),  # type: ignore[arg-type]
    ],
)
def test_a_name_that_is_none_is_refused_in_python_too(wrong):
    with pytest.raises(Exception, match=r"did you mean|violates type hint|Type-check error"):
        wrong()


def test_a_gate_costs_no_more_parameters_than_it_replaces():
    plain, gated = Dense().hidden_width(96), Dense(gated=True).hidden_width(96)
    assert (plain, gated) == (384, 256)
    assert 2 * plain == 3 * gated
    assert Dense(hidden=7, gated=True).hidden_width(96) == 7


def test_the_pattern_repeats_down_the_depth():
    local, everywhere = BlockConfig(attention=AttentionConfig(mask=SlidingWindow(5))), BlockConfig()
    config = ModelConfig(depth=5, pattern=(local, local, everywhere))
    seen = BlockConfig(attention=AttentionConfig(mask=Causal()))
    assert config.blocks == (local, local, seen, local, local)


def test_describing_a_model_imports_neither_torch_nor_numpy():
    code = (
        "import sys; import hornbook.model.presets, hornbook.model.count, hornbook.generation.config; "
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
