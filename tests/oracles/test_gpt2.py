"""GPT-2 against transformers."""

from __future__ import annotations

import pytest
from transformers import GPT2Config

from tests.oracles.huggingface import (
    CONTEXT,
    VOCABULARY,
    a_pair,
    agree_after_writing,
    agree_in_gradients,
    agree_in_greedy_text,
    agree_in_logits,
    agree_when_cached,
    agree_when_padded,
    drawn,
    survives_the_trip,
)

ROWS = drawn(
    "gpt2",
    shape=[(30, 3), (35, 5), (42, 7), (33, 1)],
    n_layer=[3, 4],
    n_inner=[None, 53],
    activation_function=["gelu_new", "relu", "gelu", "gelu_pytorch_tanh", "silu"],
    layer_norm_epsilon=[1e-5, 1e-3],
    tie_word_embeddings=[True, False],
    resid_pdrop=[0.1, 0.0],
)


def theirs(shape, resid_pdrop, n_positions=CONTEXT, **settings):
    """Their configuration: width and heads, and one share to drop."""
    width, heads = shape
    dropouts = dict.fromkeys(("resid_pdrop", "embd_pdrop", "attn_pdrop"), resid_pdrop)
    return GPT2Config(
        vocab_size=VOCABULARY, n_embd=width, n_head=heads, n_positions=n_positions, **dropouts, **settings
    )


CONFIGS = [theirs(**row) for row in ROWS]
LONG = [theirs(**row, n_positions=256) for row in ROWS[:2]]


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
