"""Models in GGUF: names and numbers come back as they were, and what llama.cpp cannot say is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from hornbook.errors import SettingError
from hornbook.formats.gguf_file import read_gguf, write_gguf
from hornbook.formats.gguf_models import ROPE_FACTORS, gguf_tensors, model_metadata, state_from_gguf, style_of
from hornbook.model.config import RMS, AttentionConfig, BlockConfig, Dense, Experts, Llama3, ModelConfig, Rotary, Yarn
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from tests.oracles.test_llama_cpp import STYLES

NAMES = {"gpt2": "gpt2", "qwen3": "qwen3"}


@pytest.mark.parametrize("style", STYLES)
def test_a_model_comes_back_bit_for_bit(style, tmp_path):
    config = STYLES[style]
    model = Decoder(config)
    initialise(model, config, 7)
    metadata = model_metadata(config, "a name", "F32")
    assert metadata["general.architecture"] == NAMES.get(style, "llama")
    write_gguf(tmp_path / "x.gguf", metadata, gguf_tensors(config, model.state_dict(), "F32"))
    state = state_from_gguf(config, read_gguf(tmp_path / "x.gguf")[1])
    assert state.keys() == model.state_dict().keys()
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())


def test_what_has_no_whole_blocks_stays_in_32_bits():
    config = replace(
        STYLES["llama"], pattern=(replace(STYLES["llama"].pattern[0], feed_forward=Dense(100, "silu", True, False)),)
    )
    config = replace(config, width=64, heads=4)
    kinds = {name: kind for name, _, kind in gguf_tensors(config, Decoder(config).state_dict(), "Q8_0")}
    assert kinds["blk.0.ffn_down.weight"] == "F32"  # rows of 100 numbers
    assert kinds["blk.0.ffn_up.weight"] == kinds["token_embd.weight"] == "Q8_0"  # rows of 64
    assert kinds["blk.0.attn_norm.weight"] == "F32"


def test_llama_3_writes_how_much_each_pair_is_slowed():
    config = replace(STYLES["llama"], head_width=16, position_encoding=Rotary(5e5, Llama3(4.0, context=32)))
    tensors = {name: tensor for name, tensor, _ in gguf_tensors(config, Decoder(config).state_dict(), "F32")}
    factors = tensors[ROPE_FACTORS]
    assert factors.shape == (8,)
    assert factors[0].item() == pytest.approx(1.0) and factors[-1].item() == pytest.approx(4.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"position_encoding": Rotary(), "pattern": (BlockConfig(feed_forward=Experts(4, 2)),)},
        {"pattern": (BlockConfig(placement="sandwich"),)},
        {"pattern": (BlockConfig(attention=AttentionConfig(sinks=True)),)},
        {"pattern": (BlockConfig(norm=RMS()),)},
    ],
)
def test_what_no_architecture_can_say_is_refused_with_the_reason_of_each(changes):
    config = replace(ModelConfig(vocabulary=31, width=24, heads=3), **changes)
    with pytest.raises(
        SettingError, match="GGUF is written for models like gpt2, llama, qwen3, and this is none: gpt2:"
    ):
        style_of(config)


def test_a_yarn_that_llama_cpp_has_no_word_for_is_refused():
    config = replace(STYLES["llama"], position_encoding=Rotary(scaling=Yarn(4.0, context=32, fast=16.0)))
    with pytest.raises(SettingError, match="of yarn, GGUF is written with fast 32"):
        model_metadata(config, "x", "F32")
