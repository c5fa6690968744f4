"""Llama and Mistral against transformers: biases, grouped heads, tied and untied tables, every scaling of rotary."""

from __future__ import annotations

import pytest
from transformers import LlamaConfig, MistralConfig

from tests.oracles.huggingface import (
    a_pair,
    agree_after_writing,
    agree_in_gradients,
    agree_in_greedy_text,
    agree_in_logits,
    agree_when_cached,
    agree_when_padded,
    drawn,
    longer,
    sizes,
    survives_the_trip,
)

YARN = {"rope_type": "yarn", "factor": 3.0, "original_max_position_embeddings": 16}
LLAMA3 = {"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 3.0}
ROPES = [
    {"rope_type": "default", "rope_theta": 500.0},
    {"rope_type": "linear", "rope_theta": 10_000.0, "factor": 2.5},
    {**YARN, "rope_theta": 100.0},
    {
        **YARN,
        "rope_theta": 1e4,
        "original_max_position_embeddings": 23,
        "beta_fast": 3.0,
        "beta_slow": 0.5,
        "attention_factor": 1.25,
    },
    {**LLAMA3, "rope_theta": 300.0, "factor": 4.0, "original_max_position_embeddings": 19},
    {**YARN, "rope_theta": 50.0, "mscale": 0.7, "mscale_all_dim": 0.4},
]

LLAMAS = drawn(
    "llama",
    shape=[(30, 3, 1, None), (40, 5, 5, 6), (42, 7, 1, None), (36, 6, 3, 10), (36, 9, 3, None)],
    num_hidden_layers=[3, 4],
    rms_norm_eps=[1e-6, 1e-3],
    attention_bias=[False, True],
    mlp_bias=[True, False],
    tie_word_embeddings=[False, True],
    rope_parameters=ROPES,
    hidden_act=["silu", "silu", "gelu"],
)
MISTRALS = drawn(
    "mistral",
    shape=[(30, 3, 3, None), (40, 5, 1, 6), (42, 7, 7, None), (36, 6, 2, 10)],
    num_hidden_layers=[3, 5],
    rms_norm_eps=[1e-5, 1e-3],
    sliding_window=[5, None, 8, 2],
    tie_word_embeddings=[False, True],
    rope_parameters=ROPES[:2],
)
CONFIGS = [LlamaConfig(**sizes(**row)) for row in LLAMAS] + [MistralConfig(**sizes(**row)) for row in MISTRALS]
LONG = [
    LlamaConfig(**longer(**LLAMAS[0])),
    MistralConfig(**longer(**MISTRALS[0])),
]


@pytest.fixture(params=CONFIGS)
def pair(request):
    return a_pair(request.param)


def test_logits_are_theirs(pair):
    agree_in_logits(pair)


def test_gradients_of_every_parameter_are_theirs(pair):
    agree_in_gradients(pair)


def test_padding_left_or_right_changes_nothing_at_the_real_places(pair):
    agree_when_padded(pair)


def test_writing_from_a_cache_gives_their_logits_step_by_step(pair):
    agree_when_cached(pair)


def test_both_read_what_the_other_writes(pair, tmp_path):
    agree_after_writing(pair, tmp_path)


def test_a_trained_model_survives_the_trip_bit_for_bit(pair, tmp_path):
    survives_the_trip(pair, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("config", LONG)
def test_both_write_the_same_text_greedily(config):
    agree_in_greedy_text(config)
