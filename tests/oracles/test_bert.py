"""BERT against transformers: hidden states, guesses, gradients, padding, and files in both directions."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForPreTraining,
    BertForSequenceClassification,
    BertForTokenClassification,
)

from hornbook.errors import DamagedError, SettingError
from hornbook.files import read_json, write_json
from hornbook.formats.classifiers import read_classifier, write_classifier
from hornbook.formats.families.bert import BERT
from hornbook.formats.huggingface import family_of, read_folder, settings_of
from hornbook.model.heads import Classifier
from hornbook.model.models import build_model
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
from tests.oracles.huggingface import CONTEXT, LOGITS, VOCABULARY, drawn, near, numbers, some_tokens


def settings(shape, **others):
    width, heads, hidden = shape
    return BertConfig(
        vocab_size=VOCABULARY,
        max_position_embeddings=CONTEXT,
        hidden_size=width,
        num_attention_heads=heads,
        intermediate_size=hidden,
        **others,
    )


CONFIGS = [
    settings(**row)
    for row in drawn(
        "bert",
        shape=[(35, 5, 53), (39, 3, 43), (42, 7, 59), (33, 1, 47)],
        num_hidden_layers=[3, 4],
        hidden_act=["gelu", "gelu_new", "relu", "silu"],
        layer_norm_eps=[1e-12, 1e-5, 1e-2],
        type_vocab_size=[2, 1, 3],
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


def test_old_names_of_norms_and_what_stands_beside_the_model_are_read(tmp_path):
    theirs = BertForPreTraining(CONFIGS[0]).eval()
    numbers(theirs)
    theirs.save_pretrained(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    old = {
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): tensor
        for name, tensor in tensors.items()
    }
    old["bert.embeddings.position_ids"] = torch.arange(CONTEXT)[None]
    save_file(old, tmp_path / "model.safetensors")
    assert "cls.seq_relationship.weight" in old and "bert.pooler.dense.weight" in old
    config, state = read_folder(tmp_path)
    ours = build_model(config).eval()
    ours.load_state_dict(state)
    with torch.no_grad():
        near(ours(some_tokens()), theirs(some_tokens()).prediction_logits, LOGITS)


def test_a_head_that_differs_from_the_table_it_should_be_is_refused(tmp_path):
    pair = an_encoder(CONFIGS[0])
    pair.theirs.save_pretrained(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    table = tensors["bert.embeddings.word_embeddings.weight"]
    save_file({**tensors, "cls.predictions.decoder.weight": table.clone()}, tmp_path / "model.safetensors")
    assert read_folder(tmp_path)[0] == pair.ours.config
    save_file({**tensors, "cls.predictions.decoder.weight": table + 1}, tmp_path / "model.safetensors")
    with pytest.raises(DamagedError, match=r"decoder\.weight.*differs.*tie_word_embeddings"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("is_decoder", True),
        ("position_embedding_type", "relative_key"),
        ("hidden_act", "mish"),
        ("attention_probs_dropout_prob", 0.3),
        ("num_attention_heads", 4),
        ("architectures", ["BertForMultipleChoice"]),
    ],
)
def test_what_our_parts_cannot_do_is_refused_by_name(key, value, tmp_path):
    an_encoder(CONFIGS[0]).theirs.save_pretrained(tmp_path)
    write_json(tmp_path / "config.json", {**read_json(tmp_path / "config.json"), key: value})
    with pytest.raises(SettingError, match=f"{'hidden_dropout_prob' if 'probs' in key else key}"):
        read_folder(tmp_path)


def test_what_bert_has_no_word_for_is_refused_by_name():
    config = an_encoder(CONFIGS[0]).ours.config
    assert family_of(config) is BERT
    for changed, named in (
        (replace(config, shared=True), "shared"),
        (replace(config, head_bias=False), "head_bias"),
        (replace(config, embedding_scale=True), "embedding_scale"),
        (replace(config, pattern=(replace(config.pattern[0], placement="pre"),)), "placement"),
    ):
        with pytest.raises(SettingError, match=named):
            settings_of(changed, BERT)


def test_the_pooler_of_a_bare_model_is_left_out_and_nothing_else(bare):
    names = {tie.theirs.removeprefix("bert.") for tie in bare.family.ties(bare.ours.config)}
    assert set(bare.theirs.state_dict()) - names == {"pooler.dense.weight", "pooler.dense.bias"}


@pytest.mark.parametrize("head", [BertForSequenceClassification, BertForTokenClassification])
@pytest.mark.parametrize("config", CONFIGS[:5])
def test_classifiers_are_theirs_in_both_directions(config, head, tmp_path):
    names = dict(enumerate(["glad", "sad", "neither", "both", "asleep"]))
    config = BertConfig(**{**config.to_dict(), "id2label": names, "label2id": {name: i for i, name in names.items()}})
    classifiers_agree(config, head, tmp_path)


def test_a_classifier_that_is_none_of_theirs_is_refused_and_nothing_is_written(bare, tmp_path):
    body = bare.ours
    for model, labels, named in (
        (Classifier(body, (2, 3), "first", pooler=True), "abcde", "classes"),
        (Classifier(body, (2,), "mean", pooler=True), "ab", "pooling"),
        (Classifier(body, (2,), "first"), "ab", "pooling"),
        (Classifier(body, (3,), "first", pooler=True), "ab", "labels"),
    ):
        with pytest.raises(SettingError, match=named):
            write_classifier(tmp_path / "there", model, labels)
    assert not (tmp_path / "there").exists()


def test_an_encoder_without_classes_is_not_read_as_a_classifier(bare, tmp_path):
    bare.theirs.save_pretrained(tmp_path)
    with pytest.raises(SettingError, match="architectures: BertModel is none of the classifiers"):
        read_classifier(tmp_path)


def test_names_and_tensors_of_classes_have_to_belong_together(tmp_path):
    theirs = BertForTokenClassification(BertConfig(**{**CONFIGS[0].to_dict(), "num_labels": 3}))
    theirs.save_pretrained(tmp_path)
    write_json(tmp_path / "config.json", {**read_json(tmp_path / "config.json"), "id2label": {"0": "a", "1": "b"}})
    with pytest.raises(DamagedError, match="id2label names 2 classes, and the tensors have 3"):
        read_classifier(tmp_path)
