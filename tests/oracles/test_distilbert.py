"""DistilBERT against transformers: hidden states, guesses, gradients, padding, and files in both directions."""

from __future__ import annotations

from dataclasses import replace

import pytest
from transformers import DistilBertConfig, DistilBertForTokenClassification

from hornbook.errors import SettingError
from hornbook.formats.families.distilbert import DISTILBERT
from hornbook.formats.huggingface import family_of, settings_of
from hornbook.model.config import EncoderOnly, Layer
from tests.oracles.encoders import (
    BARE,
    agree_after_writing,
    agree_in_everything,
    agree_in_gradients,
    agree_when_padded,
    an_encoder,
    classifiers_agree,
    survives_the_trip,
)
from tests.oracles.huggingface import CONTEXT, VOCABULARY, drawn


def settings(shape, **others):
    width, heads, hidden = shape
    return DistilBertConfig(
        vocab_size=VOCABULARY,
        max_position_embeddings=CONTEXT,
        dim=width,
        n_heads=heads,
        hidden_dim=hidden,
        **others,
    )


CONFIGS = [
    settings(**row)
    for row in drawn(
        "distilbert",
        shape=[(35, 5, 53), (39, 3, 43), (42, 7, 59), (33, 1, 47)],
        n_layers=[3, 4],
        activation=["gelu", "relu", "gelu_new"],
        sinusoidal_pos_embds=[False, True],
        tie_word_embeddings=[True, True, False],
    )
]


@pytest.fixture(params=CONFIGS, scope="module")
def pair(request):
    return an_encoder(request.param)


@pytest.fixture(params=CONFIGS[:3], scope="module")
def bare(request):
    return an_encoder(request.param, BARE)


def test_hidden_states_and_guesses_are_theirs(pair):
    agree_in_everything(pair)


def test_hidden_states_of_a_bare_encoder_are_theirs(bare):
    agree_in_everything(bare)


def test_gradients_of_every_parameter_are_theirs(pair):
    agree_in_gradients(pair)


def test_padding_left_or_right_changes_nothing_at_the_real_places(pair):
    agree_when_padded(pair)


def test_both_read_what_the_other_writes(pair, tmp_path):
    agree_after_writing(pair, tmp_path)


def test_both_read_what_the_other_writes_of_a_bare_encoder(bare, tmp_path):
    agree_after_writing(bare, tmp_path, BARE)


def test_a_new_model_survives_the_trip_bit_for_bit(pair, tmp_path):
    survives_the_trip(pair, tmp_path)


def test_what_distilbert_has_no_word_for_is_refused_by_name(pair):
    config = pair.ours.config
    assert family_of(config) is DISTILBERT
    other = replace(config.architecture, segments=2)
    for changed, named in (
        (replace(config, architecture=other), "segments"),
        (replace(config, embedding_norm=Layer(1e-5)), "embedding_norm"),
        (replace(config, architecture=EncoderOnly()), "head_bias"),
    ):
        with pytest.raises(SettingError, match=named):
            settings_of(changed, DISTILBERT)


@pytest.mark.parametrize("config", CONFIGS[:3])
def test_classes_of_tokens_are_theirs_in_both_directions(config, tmp_path):
    classifiers_agree(
        DistilBertConfig(**{**config.to_dict(), "num_labels": 5}), DistilBertForTokenClassification, tmp_path
    )
