"""Settings of theirs and of ours: what one side cannot say is refused by name, and the rest means the same."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from hornbook.errors import DamagedError, MissingError, SettingError
from hornbook.formats.families.table import FAMILIES
from hornbook.formats.huggingface import canonical, family_of, read_folder, read_model_config, settings_of, write_folder
from hornbook.model.config import (
    NTK,
    RMS,
    Alibi,
    AttentionConfig,
    BlockConfig,
    Causal,
    Dense,
    Experts,
    Interpolated,
    Layer,
    Llama3,
    ModelConfig,
    NoPositionEncoding,
    Rotary,
    SlidingWindow,
    Unscaled,
    Yarn,
)
from hornbook.model.initialise import initialise
from hornbook.model.models import build_model
from tests.formats.test_family import ALL, GEMMA, GEMMA2, GEMMA3, GPT2, LLAMA, MISTRAL, QWEN3, by_name

YARN = {"rope_type": "yarn", "factor": 4.0}


def read(settings, **changes):
    return read_model_config({**settings, **changes})


def refused(settings, *said):
    with pytest.raises(SettingError) as error:
        read_model_config(settings)
    assert [each for each in said if each not in str(error.value)] == []


# Reading --------------------------------------------------------------------------------------------------------------


def test_an_unknown_family_is_named_with_the_known_ones_and_the_nearest():
    refused({**LLAMA, "model_type": "llamma"}, "model_type", "'llamma'", ", ".join(FAMILIES), "did you mean 'llama'?")
    refused({"vocab_size": 3}, "model_type", "None")


def test_an_architecture_with_another_head_is_refused():
    refused({**LLAMA, "architectures": ["LlamaForSequenceClassification"]}, "architectures", "LlamaForCausalLM")


@pytest.mark.parametrize(
    ("settings", "changes", "said"),
    [
        (LLAMA, {"num_attention_heads": 3}, ["num_attention_heads: 3 does not divide hidden_size 20", "is 2"]),
        (LLAMA, {"num_key_value_heads": 2}, ["num_key_value_heads: 2 does not divide num_attention_heads 5", "is 1"]),
        (LLAMA, {"head_dim": 7}, ["head_dim: 7 is odd"]),
        (GPT2, {"n_head": 4}, ["n_head: 4 does not divide n_embd 14", "is 2"]),
        (GPT2, {"n_head": 0}, ["n_head: 0"]),
        (LLAMA, {"hidden_size": None}, ["hidden_size", "does not say it"]),
        (LLAMA, {"hidden_size": 20.0}, ["hidden_size", "whole number", "20.0"]),
        (LLAMA, {"rms_norm_eps": "small"}, ["rms_norm_eps", "number", "'small'"]),
        (LLAMA, {"tie_word_embeddings": 1}, ["tie_word_embeddings", "true or false", "1"]),
        (LLAMA, {"hidden_act": "gelu_nwe"}, ["hidden_act", "'gelu_nwe'", "did you mean 'gelu_new'?"]),
        (LLAMA, {"hidden_act": "mish"}, ["hidden_act", "'mish'", "silu"]),
        (LLAMA, {"attention_dropout": 0.1}, ["attention_dropout", "0.1"]),
        (LLAMA, {"partial_rotary_factor": 0.5}, ["partial_rotary_factor", "0.5"]),
        (LLAMA, {"rope_scaling": {"type": "dynamic", "factor": 2.0}}, ["rope_type", "'dynamic'", "yarn"]),
        (LLAMA, {"rope_scaling": {"type": "longrope", "short_factor": [1.0]}}, ["rope_type", "'longrope'"]),
        (LLAMA, {"rope_scaling": {"type": "linear"}}, ["factor"]),
        (LLAMA, {"rope_scaling": {**YARN, "truncate": False}}, ["truncate", "False"]),
        (LLAMA, {"rope_parameters": {"full_attention": {"rope_theta": 3.0}}}, ["rope_parameters", "one table"]),
        (LLAMA, {"rope_scaling": "linear"}, ["rope_scaling", "'linear'"]),
        (LLAMA, {"quantization_config": {"quant_method": "gptq"}}, ["quantization_config", "gptq", "bfloat16"]),
        (MISTRAL, {"layer_types": ["full_attention"] * 3}, ["layer_types"]),
        (QWEN3, {"layer_types": ["full_attention"] * 2}, ["layer_types", "num_hidden_layers is 3"]),
        (QWEN3, {"layer_types": ["chunked_attention"] * 3}, ["layer_types", "'chunked_attention'"]),
        (QWEN3, {"layer_types": ["sliding_attention"] * 3}, ["layer_types", "no window is in use"]),
        (GPT2, {"scale_attn_weights": False}, ["scale_attn_weights", "False"]),
        (GPT2, {"scale_attn_by_inverse_layer_idx": True}, ["scale_attn_by_inverse_layer_idx", "True"]),
        (GPT2, {"add_cross_attention": True}, ["add_cross_attention"]),
        (GPT2, {"attn_pdrop": 0.2}, ["resid_pdrop", "attn_pdrop 0.2", "set all three"]),
        (GEMMA, {"use_bidirectional_attention": True}, ["use_bidirectional_attention"]),
        (GEMMA, {"hidden_activation": "relu"}, ["hidden_activation", "'relu'"]),
        (GEMMA2, {"query_pre_attn_scalar": -1}, ["query_pre_attn_scalar", "above 0"]),
        (GEMMA3, {"attn_logit_softcapping": 50.0}, ["attn_logit_softcapping", "50.0"]),
        (GEMMA3, {"rope_parameters": {"rope_theta": 3.0}}, ["rope_parameters", "sliding_attention"]),
    ],
)  # fmt: skip
def test_what_our_parts_cannot_do_is_refused_by_the_name_of_the_key(settings, changes, said):
    refused({**settings, **changes}, *said)


JUNK = [None, True, -1, 0, 1, 3.5, 1e9, "", "x", [], [[1]], ["x"], {}, {"x": {}}, {"rope_type": []}]


@by_name
def test_whatever_stands_in_the_settings_is_read_or_refused(settings):
    keys = {key for each in ALL for key in settings_of(read_model_config(each), FAMILIES[each["model_type"]])}
    for key in sorted(
        keys | {"rope_scaling", "rope_theta", "quantization_config", "attention_dropout", "architectures"}
    ):
        for junk in JUNK:
            try:
                config = read(settings, **{key: junk})
            except SettingError:
                continue
            assert isinstance(config, ModelConfig) and config.depth > 0


@pytest.mark.parametrize(
    ("scaling", "meant"),
    [
        (None, Unscaled()),
        ({"type": "linear", "factor": 4}, Interpolated(4.0)),
        ({"rope_type": "linear", "factor": 4.0, "rope_theta": 70.0}, Interpolated(4.0)),
        ({**YARN, "beta_fast": 30, "original_max_position_embeddings": 5}, Yarn(4.0, 5, 30.0)),
        ({**YARN, "beta_fast": None, "attention_factor": 1.5}, Yarn(4.0, 11, attention=1.5)),
        ({"type": "llama3", "factor": 2.0, "low_freq_factor": 1.5, "high_freq_factor": 3}, Llama3(2.0, 11, 1.5, 3.0)),
    ],
)
def test_older_and_newer_files_say_the_same_about_rotary_positions(scaling, meant):
    older = read(LLAMA, rope_theta=70, rope_scaling=scaling)
    newer = read(LLAMA, rope_parameters={"rope_theta": 70, **(scaling or {})})
    assert older == newer
    assert older.position_encoding == Rotary(70.0, meant)


def test_the_first_gemmas_say_gelu_and_mean_its_approximation():
    for said in ({"hidden_act": "gelu"}, {"hidden_act": "gelu", "hidden_activation": "gelu_pytorch_tanh"}, {}):
        assert read(GEMMA, **said).blocks[0].feed_forward.activation == "gelu_tanh"


def test_windows_come_where_the_family_has_them():
    def windows(config):
        return [getattr(block.attention.mask, "size", None) for block in config.blocks]

    assert windows(read(MISTRAL)) == [4096] * 3
    assert windows(read(MISTRAL, sliding_window=None)) == [None] * 3
    assert windows(read(GEMMA2, sliding_window=5)) == [5, None, 5]
    assert windows(read(GEMMA3, sliding_window=5, num_hidden_layers=7)) == [5] * 5 + [None, 5]
    assert windows(read(GEMMA3, sliding_window=5, sliding_window_pattern=2)) == [5, None, 5]
    assert windows(read(QWEN3, sliding_window=5, max_window_layers=1)) == [None] * 3
    assert windows(read(QWEN3, use_sliding_window=True, sliding_window=5, max_window_layers=1)) == [None, 5, 5]


def test_older_gemma_3_files_have_two_bases_beside_each_other():
    config = read(GEMMA3, rope_theta=900.0, rope_local_base_freq=30.0, rope_scaling={"type": "linear", "factor": 8.0},
                  sliding_window_pattern=2)  # fmt: skip
    far, near = Rotary(900.0, Interpolated(8.0)), Rotary(30.0)
    assert config.position_encodings == (near, far, near)


@by_name
def test_a_pattern_is_as_short_as_it_can_be(settings):
    lengths = {"gemma2": 2, "gemma3_text": 6}
    assert len(read(settings, num_hidden_layers=12).pattern) == lengths.get(settings["model_type"], 1)


# Writing --------------------------------------------------------------------------------------------------------------


@by_name
def test_what_is_read_is_written_and_read_again_as_the_same(settings):
    config = read_model_config(settings)
    family = FAMILIES[settings["model_type"]]
    written = json.loads(json.dumps(settings_of(config, family)))
    assert canonical(read_model_config(written)) == canonical(config)
    assert written["model_type"] == settings["model_type"]
    assert family_of(config).model_type in (settings["model_type"], "llama")


LLAMA_BLOCK = BlockConfig(
    attention=AttentionConfig(bias=False),
    feed_forward=Dense(hidden=29, activation="silu", gated=True, bias=False),
    norm=RMS(1e-5),
)


def ours(block=LLAMA_BLOCK, **changes):
    settings = {"pattern": (block,), "position_encoding": Rotary(), "tied": False, "dropout": 0.1, **changes}
    return ModelConfig(vocabulary=31, context=13, width=28, heads=7, depth=3, **settings)


def attending(**changes):
    return replace(LLAMA_BLOCK, attention=replace(LLAMA_BLOCK.attention, **changes))


NORM = RMS(1e-5)
WINDOW = attending(query_key_norm=NORM, mask=SlidingWindow(5))


@pytest.mark.parametrize(
    ("config", "model_type"),
    [
        (ModelConfig(vocabulary=31), "gpt2"),
        (ModelConfig(vocabulary=31, tied=False, dropout=0.3, depth=7), "gpt2"),
        (ours(), "llama"),
        (ours(tied=True, kv_heads=1, head_width=6), "llama"),
        (ours(position_encoding=Rotary(300.0, Yarn(3.0, 7, attention=1.2))), "llama"),
        (ours(attending(bias=True)), "llama"),
        (ours(attending(output_bias=False)), "llama"),
        (ours(attending(kernel="explicit", mask=Causal(), scale=0.5)), "llama"),
        (ours(attending(mask=SlidingWindow(5))), "mistral"),
        (replace(ours(head_width=6), width=30), "mistral"),  # transformers wants a Llama's heads to divide its width
        (ours(attending(query_key_norm=NORM)), "qwen3"),
        (ours(pattern=(attending(query_key_norm=NORM), WINDOW)), "qwen3"),
        (ours(replace(attending(query_key_norm=NORM, across_heads=True), placement="inside")), "olmo2"),
        (ours(embedding_scale=True), "gemma"),
        (ours(replace(attending(softcap=3.0), placement="sandwich"), embedding_scale=True), "gemma2"),
        (ours(replace(WINDOW, placement="sandwich"), embedding_scale=True, head_softcap=4.0), "gemma3_text"),
    ],
)
def test_the_family_of_a_model_is_found(config, model_type):
    family = family_of(config)
    assert family.model_type == model_type
    assert canonical(read_model_config(settings_of(config, family))) == canonical(config)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (ours(position_encoding=Alibi()), ["llama: position_encoding", "gpt2: "]),
        (ours(position_encoding=NoPositionEncoding()), ["llama: position_encoding: this family has rotary positions"]),
        (ours(position_encoding=Rotary(scaling=NTK())), ["position_encoding.scaling", "NTK"]),
        (ours(replace(LLAMA_BLOCK, feed_forward=Experts())), ["feed_forward: several experts"]),
        (ours(replace(LLAMA_BLOCK, norm=Layer(1e-5))), ["llama: pattern[0].norm is Layer", "RMS"]),
        (ours(replace(LLAMA_BLOCK, arrangement="parallel")), ["llama: pattern[0].arrangement is parallel"]),
        (ours(attending(sinks=True)), ["llama: pattern[0].attention.sinks is True", "would have False"]),
        (ours(attending(bias=True, output_bias=False)), ["llama: pattern[0].attention.output_bias is False"]),
        (ours(attending(scale=0.3)), ["llama: pattern[0].attention.scale is 0.3", "0.5"]),
        (ours(shared=True), ["llama: shared is True"]),
        (ours(head_bias=True), ["llama: head_bias is True"]),
        (ours(pattern=(LLAMA_BLOCK, attending(bias=True))), ["llama: pattern[1].attention.bias is True"]),
        (ours(replace(LLAMA_BLOCK, feed_forward=Dense(29, "silu", bias=False))), ["feed_forward.gated is False"]),
    ],
)
def test_a_model_that_no_family_can_say_is_refused_with_the_reason_of_each(config, said):
    with pytest.raises(SettingError) as error:
        family_of(config)
    message = str(error.value)
    assert [name for name in FAMILIES if f"\n  {name}: " not in message] == []
    assert [each for each in said if each not in message] == []


def test_a_model_that_cannot_be_said_leaves_nothing_behind(tmp_path):
    model = build_model(ours(shared=True))
    with pytest.raises(SettingError, match="shared"):
        write_folder(tmp_path / "out", model)
    assert list(tmp_path.iterdir()) == []


# Folders --------------------------------------------------------------------------------------------------------------


def a_folder(path, config, **more):
    model = build_model(config)
    initialise(model, config, seed=3)
    assert write_folder(path, model, **more).model_type in FAMILIES
    return model


def test_a_folder_is_read_as_it_was_written_whole_or_in_shards(tmp_path):
    for shard_bytes in (10_000_000, 5_000):
        folder = tmp_path / str(shard_bytes)
        model = a_folder(folder, ours(), max_shard_bytes=shard_bytes, begin=1, end=2, padding=0)
        config, state = read_folder(folder)
        assert canonical(config) == canonical(model.config)
        assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
        said = json.loads((folder / "config.json").read_text())
        assert said["architectures"] == ["LlamaForCausalLM"] and said["torch_dtype"] == "float32"
        generation = json.loads((folder / "generation_config.json").read_text())
        expected = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
        assert generation == expected and {key: said[key] for key in expected} == expected
    assert len(list(folder.glob("model-*.safetensors"))) > 3


def test_numbers_are_written_in_the_format_asked_for(tmp_path):
    model = a_folder(tmp_path / "out", ours(embedding_scale=True, tied=True), dtype=torch.bfloat16)
    _, state = read_folder(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "config.json").read_text())["torch_dtype"] == "bfloat16"
    name = "stack.blocks.0.attention.query.weight"
    assert torch.equal(state[name], model.state_dict()[name].bfloat16())
    assert state["stack.norm.scale"].dtype == torch.float32


def test_a_broken_folder_is_named(tmp_path):
    a_folder(tmp_path, ours())
    path = tmp_path / "config.json"
    settings = json.loads(path.read_text())
    for text, kind, said in (
        ("{", DamagedError, "not whole JSON"),
        ("[]", SettingError, "settings by name"),
        (json.dumps({**settings, "hidden_act": "mish"}), SettingError, "config.json: hidden_act"),
        (json.dumps({**settings, "num_hidden_layers": 2}), DamagedError, "model.layers.2"),
        (json.dumps({**settings, "num_hidden_layers": 4}), DamagedError, "model.layers.3"),
    ):
        path.write_text(text)
        with pytest.raises(kind, match=said):
            read_folder(tmp_path)
    path.unlink()
    with pytest.raises(MissingError, match=r"config\.json"):
        read_folder(tmp_path)
