"""OLMo 2 against transformers: norms inside the residual branch, and one over all heads of queries and of keys."""

from __future__ import annotations

import pytest
from transformers import Olmo2Config

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
    "olmo2",
    shape=[(30, 3, 1, None), (40, 5, 5, None), (42, 7, 1, None), (36, 6, 3, None), (36, 9, 3, None)],
    num_hidden_layers=[3, 4],
    rms_norm_eps=[1e-5, 1e-3],
    attention_bias=[False, True],
    tie_word_embeddings=[False, True],
    rope_parameters=[
        {"rope_type": "default", "rope_theta": 5e5},
        {"rope_type": "linear", "rope_theta": 300.0, "factor": 4.0},
    ],
)
CONFIGS = [Olmo2Config(**sizes(**row)) for row in ROWS]
LONG = [Olmo2Config(**longer(**ROWS[0]))]


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
    agree_in_greedy_text(config, deviation=0.6)
