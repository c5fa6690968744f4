"""T5 against transformers, version 1 and 1.1: what is read, what is written, with a cache, and files both ways."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import nn
from transformers import AutoModelForSeq2SeqLM, T5Config

from hornbook.batches import Positions
from hornbook.errors import DamagedError, SettingError
from hornbook.files import read_json, write_json
from hornbook.formats.families.t5 import T5
from hornbook.formats.huggingface import family_of, read_folder, settings_of, write_folder
from hornbook.model.cache import make_cache
from hornbook.model.config import Bidirectional, BlockConfig, Dense
from hornbook.model.initialise import initialise
from hornbook.model.models import build_model
from hornbook.seeds import torch_generator
from tests.oracles.huggingface import (
    GRADIENTS,
    LENGTHS,
    LOGITS,
    VOCABULARY,
    drawn,
    near,
    our_model,
    padded,
    read_by_them,
    same_tensors,
    some_tokens,
    their_model,
)


def settings(shape, version, **others):
    width, heads, head_width, hidden = shape
    return T5Config(
        vocab_size=VOCABULARY,
        d_model=width,
        num_heads=heads,
        d_kv=head_width,
        d_ff=hidden,
        relative_attention_max_distance=19,
        **version,
        **others,
    )


CONFIGS = [
    settings(**row)
    for row in drawn(
        "t5",
        shape=[(35, 5, 11, 53), (39, 3, 13, 43), (42, 7, 4, 59), (33, 1, 17, 47)],
        num_layers=[3, 4],
        num_decoder_layers=[3, 5, 4],
        layer_norm_epsilon=[1e-6, 1e-3],
        relative_attention_num_buckets=[8, 12],
        version=[
            {"feed_forward_proj": "relu"},
            {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
            {"feed_forward_proj": "gated-silu"},
            {"feed_forward_proj": "gelu", "tie_word_embeddings": False},
        ],
    )
]


def a_pair(config, deviation=0.12, turned=False):
    """Their model and ours with the same numbers; scores are not scaled down, so that weights have to be small.

    ``turned``: the last stream has its sign changed, or one table for all would say each token again and again.
    """
    theirs = their_model(config, AutoModelForSeq2SeqLM, deviation)
    theirs.decoder.final_layer_norm.weight.data.mul_(-1.0 if turned else 1.0)
    if not config.scale_decoder_outputs:  # version 1.1: in its files the two tables differ, in a new model they are one
        head = torch.empty_like(theirs.shared.weight).normal_(0.0, deviation, generator=torch_generator(0, "head"))
        theirs.lm_head.weight = nn.Parameter(head)
    return our_model(theirs)


@pytest.fixture(params=CONFIGS, scope="module")
def pair(request):
    return a_pair(request.param)


def read_by_us(pair, tokens, positions=None):
    """What our encoder says of the source."""
    counting = Positions.counting(*tokens.shape)
    return pair.ours.encoder(pair.ours.embedding.read(tokens), positions or counting)


@torch.no_grad()
def test_the_encoder_says_what_theirs_says(pair):
    theirs = pair.theirs.encoder(some_tokens()).last_hidden_state
    assert theirs.std() > 0.3
    near(read_by_us(pair, some_tokens()), theirs, LOGITS)


@torch.no_grad()
def test_logits_are_theirs_and_so_are_hidden_states(pair):
    source, target = some_tokens(3, 19), some_tokens(3, 23, seed=2)
    said = pair.theirs(input_ids=source, decoder_input_ids=target, output_hidden_states=True)
    hidden = pair.ours.hidden(target, pair.ours.encode(source))
    assert said.logits.std() > 0.05
    near(hidden, said.decoder_hidden_states[-1], LOGITS)
    near(pair.ours(source, target), said.logits, LOGITS)


@torch.no_grad()
def test_padding_left_or_right_of_the_source_and_behind_the_target_changes_nothing(pair):
    for left in (False, True):
        source, there, positions = padded(left)
        target, written, target_positions = padded(left=False)
        near(
            read_by_us(pair, source, positions)[there == 1],
            pair.theirs.encoder(source, attention_mask=there).last_hidden_state[there == 1],
            LOGITS,
        )
        said = pair.theirs(
            input_ids=source, attention_mask=there, decoder_input_ids=target, decoder_attention_mask=written
        )
        ours = pair.ours(source, target, positions, target_positions)
        near(ours[written == 1], said.logits[written == 1], LOGITS)


@pytest.mark.slow
def test_gradients_of_every_parameter_are_theirs():
    for config in CONFIGS:
        pair, source, target = a_pair(config), some_tokens(2, 13), some_tokens(2, 17, seed=2)
        asked = torch.empty(2, 17, VOCABULARY).normal_(generator=torch_generator(2, "asked")) / 60
        (pair.theirs(input_ids=source, decoder_input_ids=target).logits * asked).sum().backward()
        (pair.ours(source, target) * asked).sum().backward()
        ours = {name: parameter.grad for name, parameter in pair.ours.named_parameters()}
        theirs = {name: parameter.grad for name, parameter in pair.theirs.named_parameters()}
        assert {tie.theirs for tie in T5.ties(pair.ours.config)} == set(theirs)
        for tie in T5.ties(pair.ours.config):
            assert theirs[tie.theirs].abs().max() > 1e-3, tie.theirs
            near(tie.join(ours), theirs[tie.theirs], GRADIENTS)


@torch.no_grad()
def test_writing_from_a_cache_gives_their_logits_step_by_step(pair, steps=21):
    source, there, positions = padded(left=False)
    target = some_tokens(len(LENGTHS), steps, seed=4)
    encoded = pair.theirs.encoder(source, attention_mask=there)
    memory, cache = pair.ours.encode(source, positions), make_cache(pair.ours.config, len(LENGTHS), steps)
    past = None
    for step in range(steps):
        token = target[:, step : step + 1]
        said = pair.theirs(
            encoder_outputs=encoded, attention_mask=there, decoder_input_ids=token, past_key_values=past, use_cache=True
        )
        past = said.past_key_values
        near(pair.ours.write(pair.ours.hidden(token, memory, cache=cache)), said.logits, LOGITS)


def greedy(pair, source, count):
    """The likeliest token, again and again, from our cache."""
    memory, cache = pair.ours.encode(source), make_cache(pair.ours.config, 1, count, dtype=torch.float64)
    tokens = [0]
    for _ in range(count):
        hidden = pair.ours.hidden(torch.tensor([tokens[-1:]]), memory, cache=cache)
        tokens.append(int(pair.ours.write(hidden)[0, -1].argmax()))
    return tokens


@pytest.mark.slow
@pytest.mark.parametrize("config", CONFIGS[:4])
@torch.no_grad()
def test_both_write_the_same_text_greedily(config):
    even = T5Config(**{**config.to_dict(), "num_decoder_layers": config.num_layers})  # else their cache is too small
    pair = a_pair(even, 0.2, turned=True) if even.scale_decoder_outputs else a_pair(even, 0.3)
    pair, source = pair.both(torch.float64), some_tokens(1, 13)
    theirs = pair.theirs.generate(
        source, do_sample=False, max_new_tokens=200, eos_token_id=None, pad_token_id=0, decoder_start_token_id=0
    )
    assert greedy(pair, source, 200) == theirs[0].tolist()
    assert len(set(theirs[0].tolist())) > 10


@torch.no_grad()
def test_both_read_what_the_other_writes(pair, tmp_path):
    write_folder(tmp_path / "ours", pair.ours, family=pair.family, padding=0, max_shard_bytes=10_000)
    back = read_by_them(tmp_path / "ours", AutoModelForSeq2SeqLM)
    source, target = some_tokens(3, 19), some_tokens(3, 23, seed=2)
    near(back(input_ids=source, decoder_input_ids=target).logits, pair.ours(source, target), LOGITS)
    pair.theirs.save_pretrained(tmp_path / "theirs")
    config, state = read_folder(tmp_path / "theirs")
    same_tensors(state, pair.ours.state_dict())
    assert settings_of(config, T5) == settings_of(pair.ours.config, T5)


def test_a_new_model_survives_the_trip_bit_for_bit(pair, tmp_path):
    model = build_model(pair.ours.config)
    initialise(model, model.config, seed=7)
    write_folder(tmp_path, model, family=pair.family)
    config, state = read_folder(tmp_path)
    same_tensors(state, model.state_dict())
    build_model(config).load_state_dict(state)


def test_the_first_version_is_tied_and_scaled_and_the_next_is_neither():
    one, other = (
        T5.read({"d_model": 36, "num_heads": 5, "d_kv": 7, **more})
        for more in ({}, {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False})
    )
    assert (one.tied, one.head_scale) == (True, 1 / 6)
    assert (other.tied, other.head_scale) == (False, 1.0)
    assert family_of(one) is T5 and family_of(other) is T5


def test_what_our_parts_cannot_do_is_refused_by_name(tmp_path):
    a_pair(CONFIGS[0]).theirs.save_pretrained(tmp_path)
    said = read_json(tmp_path / "config.json")
    write_json(tmp_path / "config.json", {**said, "feed_forward_proj": "gated-gelly"})
    with pytest.raises(SettingError, match=r"feed_forward_proj: 'gated-gelly'.*did you mean 'gated-gelu'"):
        read_folder(tmp_path)
    write_json(tmp_path / "config.json", {**said, "num_layers": 7})
    with pytest.raises(DamagedError, match=r"encoder\.block"):
        read_folder(tmp_path)


def test_what_t5_has_no_word_for_is_refused_by_name():
    config = T5.read({})
    block, kind = config.pattern[0], config.architecture
    both_ways = replace(block, attention=replace(block.attention, mask=Bidirectional()))
    for changed, named in (
        (replace(config, head_scale=1.0), "head_scale"),
        (replace(config, pattern=(replace(block, placement="post"),)), "placement"),
        (replace(config, pattern=(replace(block, feed_forward=Dense(53, "gelu", gated=True)),)), "activation"),
        (replace(config, architecture=replace(kind, pattern=(replace(both_ways, placement="post"),))), "architecture"),
        (replace(config, pattern=(BlockConfig(),)), "pattern"),
    ):
        with pytest.raises(SettingError, match=named):
            settings_of(changed, T5)
