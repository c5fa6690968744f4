"""Gemma 1, 2 and 3 against transformers: scaled embeddings, norms around 0, soft caps, windows, two rotary bases."""

from __future__ import annotations

import pytest
from transformers import Gemma2Config, Gemma3TextConfig, GemmaConfig

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

LIKE = {
    "num_hidden_layers": [3, 4],
    "rms_norm_eps": [1e-6, 1e-3],
    "attention_bias": [False, True],
    "tie_word_embeddings": [True, False],
}
GEMMAS = drawn(
    "gemma",
    5,
    shape=[(31, 3, 1, 10), (40, 5, 5, 8), (37, 7, 1, 4), (36, 6, 3, 8)],
    hidden_act=["gelu_pytorch_tanh", "silu"],
    rope_parameters=[
        {"rope_type": "default", "rope_theta": 200.0},
        {"rope_type": "linear", "rope_theta": 1e4, "factor": 2.0},
    ],
    **LIKE,
)
GEMMAS2 = drawn(
    "gemma2",
    5,
    shape=[(30, 3, 1, 8), (40, 5, 5, 6), (42, 7, 1, 10), (36, 6, 3, 8)],
    sliding_window=[5, 8],
    query_pre_attn_scalar=[17, 5],
    attn_logit_softcapping=[3.0, None, 5.0],
    final_logit_softcapping=[2.5, 7.0, None],
    rope_parameters=[{"rope_type": "default", "rope_theta": 200.0}],
    **LIKE,
)
GEMMAS3 = drawn(
    "gemma3",
    5,
    shape=[(30, 3, 1, 8), (40, 5, 5, 6), (42, 7, 1, 10), (36, 6, 3, 8)],
    sliding_window=[4, 7],
    query_pre_attn_scalar=[17, 5],
    final_logit_softcapping=[None, 4.0],
    rope_parameters=[
        {
            "full_attention": {"rope_type": "linear", "rope_theta": 3000.0, "factor": 3.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 70.0},
        }
    ],
    **{**LIKE, "num_hidden_layers": [7, 8]},
)
CONFIGS = [
    *(GemmaConfig(**sizes(**row)) for row in GEMMAS),
    *(Gemma2Config(**sizes(**row)) for row in GEMMAS2),
    *(Gemma3TextConfig(**sizes(**row)) for row in GEMMAS3),
]
LONG = [
    GemmaConfig(**longer(**GEMMAS[0])),
    Gemma2Config(**longer(**GEMMAS2[0])),
    Gemma3TextConfig(**longer(**GEMMAS3[0])),
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
