"""Qwen3 against transformers: a norm in every head, heads of any width, windows in the later layers."""

from __future__ import annotations

import pytest
from transformers import Qwen3Config

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

ROWS = drawn(
    "qwen3",
    shape=[(31, 3, 1, 10), (40, 5, 5, 6), (37, 7, 1, 4), (36, 6, 3, 8)],
    num_hidden_layers=[3, 4],
    rms_norm_eps=[1e-6, 1e-3],
    attention_bias=[False, True],
    tie_word_embeddings=[False, True],
    rope_parameters=[
        {"rope_type": "default", "rope_theta": 1e6},
        {"rope_type": "yarn", "rope_theta": 200.0, "factor": 2.0, "original_max_position_embeddings": 20},
    ],
    windows=[
        {"use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1},
        {"use_sliding_window": False},
        {"use_sliding_window": True, "sliding_window": 7, "max_window_layers": 2},
    ],
)
CONFIGS = [Qwen3Config(**sizes(**row)) for row in ROWS]
LONG = [Qwen3Config(**longer(**ROWS[0]))]


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
