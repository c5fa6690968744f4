"""Decoding with a memory gives what reading everything again would give."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch

from hornbook.batches import NOTHING, Positions
from hornbook.model.cache import make_cache, reordered, repeated
from hornbook.model.config import (
    AttentionConfig,
    BlockConfig,
    Causal,
    Dense,
    Learned,
    ModelConfig,
    NoPositionEncoding,
    Rotary,
    Sinusoidal,
    SlidingWindow,
)
from hornbook.model.models import Decoder

ENCODINGS = [NoPositionEncoding(), Learned(), Sinusoidal(), Rotary(100.0)]
CHUNKS = [(1,) * 12, (5,) + (1,) * 7, (12,), (4, 4, 4), (1, 9, 2)]


def config(rule=Causal(), encoding=Learned(), kv_heads=4, kernel="fused"):
    attention = AttentionConfig(mask=rule, kernel=kernel)
    return ModelConfig(
        vocabulary=31,
        context=17,
        width=40,
        heads=4,
        kv_heads=kv_heads,
        depth=2,
        position_encoding=encoding,
        pattern=(BlockConfig(attention=attention, feed_forward=Dense(44)),),
    )


def lively(description):
    torch.manual_seed(3)
    return Decoder(description).eval()


def some_tokens(batch, time):
    return torch.randint(31, (batch, time), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    ("rule", "encoding", "kv_heads"),
    list(itertools.product([Causal(), SlidingWindow(3)], ENCODINGS, [4, 1])),
    ids=str,
)
@pytest.mark.parametrize("chunks", CHUNKS, ids=str)
@torch.no_grad()
def test_cached_decoding_equals_recomputation(rule, encoding, kv_heads, chunks):
    model, tokens = lively(config(rule, encoding, kv_heads)), some_tokens(2, 12)
    cache, outputs = make_cache(model.config, 2), []
    for part in tokens.split(list(chunks), dim=1):
        outputs.append(model(part, cache=cache))
    torch.testing.assert_close(torch.cat(outputs, 1), model(tokens), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kernel", ["explicit", "fused"])
@torch.no_grad()
def test_rows_of_different_lengths_continue_each_at_its_own_place(kernel):
    model, tokens = lively(config(encoding=Rotary(100.0), kernel=kernel)), some_tokens(2, 9)
    lengths, cache = torch.tensor([7, 4]), make_cache(config(), 2)
    model(tokens[:, :7], Positions.lengths(lengths, 7), cache)
    rows = torch.stack([tokens[0, 7:9], tokens[1, 4:6]])
    for step in range(2):
        out = model(rows[:, step : step + 1], Positions((lengths + step)[:, None]), cache)
    torch.testing.assert_close(out[0, 0], model(tokens[:1, :9])[0, -1], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(out[1, 0], model(tokens[1:, :6])[0, -1], atol=1e-5, rtol=1e-4)


def test_each_layer_remembers_as_much_as_it_can_see():
    local = BlockConfig(attention=AttentionConfig(mask=SlidingWindow(4)))
    description = replace(config(), depth=3, pattern=(local, BlockConfig()))
    assert [layer.size for layer in make_cache(description, 1)] == [4, 17, 4]
    assert [layer.size for layer in make_cache(description, 1, length=11)] == [4, 11, 4]
    assert [layer.size for layer in make_cache(description, 1, length=3)] == [3, 3, 3]
    assert make_cache(description, 5, dtype=torch.bfloat16)[0].keys.shape == (5, 4, 5, 10)
    assert make_cache(description, 5, dtype=torch.bfloat16)[0].keys.dtype == torch.bfloat16


@torch.no_grad()
def test_a_rolling_cache_holds_the_last_window_and_nothing_else():
    model, tokens = lively(config(SlidingWindow(3), Rotary(100.0))), some_tokens(1, 11)
    cache = make_cache(model.config, 1)
    model(tokens, cache=cache)
    assert sorted(cache[0].index[0, :3].tolist()) == [8, 9, 10]
    assert cache[0].index[0, 3] == NOTHING
    assert cache[0].length == 11


@torch.no_grad()
def test_one_prompt_read_once_continues_in_several_ways():
    model, tokens = lively(config()), some_tokens(3, 9)
    tokens[:, :6] = tokens[:1, :6]
    cache = make_cache(model.config, 1)
    model(tokens[:1, :6], cache=cache)
    shared = repeated(cache, 3)
    out = model(tokens[:, 6:], cache=shared)
    torch.testing.assert_close(out, model(tokens)[:, 6:], atol=1e-5, rtol=1e-4)
    assert cache[0].length == 6
    assert (cache[0].index[0, 6:] == NOTHING).all()


@pytest.mark.parametrize("rule", [Causal(), SlidingWindow(3)], ids=str)
@torch.no_grad()
def test_rows_that_move_are_remembered_as_if_they_had_always_stood_there(rule):
    model, tokens = lively(config(rule, Rotary(100.0))), some_tokens(3, 11)
    moved, in_place = make_cache(model.config, 3), make_cache(model.config, 3)
    for cache in (moved, in_place):
        model(tokens[:, :5], cache=cache)
    for step, order in enumerate([[2, 0, 0], [1, 2, 2], [0, 1, 1], [2, 1], [1, 0, 0, 1], [2, 2, 3, 0]]):
        rows = torch.tensor(order)
        before = [layer.keys.clone() for layer in moved]
        tokens, old, moved = tokens[rows], moved, reordered(moved, rows)
        for layer in in_place:
            layer.reorder(rows)
        new = slice(5 + step, 6 + step)
        expected = model(tokens[:, : 6 + step])[:, -1:]
        torch.testing.assert_close(model(tokens[:, new], cache=moved), expected, atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(model(tokens[:, new], cache=in_place), expected, atol=1e-5, rtol=1e-4)
        assert all(torch.equal(layer.keys, keys) for layer, keys in zip(old, before, strict=True))


@torch.no_grad()
def test_reordering_in_place_takes_no_new_memory_while_the_number_of_rows_stays():
    model, tokens = lively(config()), some_tokens(3, 9)
    [layer, *_] = cache = make_cache(model.config, 3)
    model(tokens, cache=cache)
    layer.reorder(torch.tensor([2, 0, 0]))
    places = {layer.keys.data_ptr(), layer.spare[0].data_ptr()}
    for _ in range(4):
        layer.reorder(torch.tensor([1, 0, 2]))
        assert {layer.keys.data_ptr(), layer.spare[0].data_ptr()} == places
    [copied, *_] = reordered(cache, torch.tensor([1, 1, 2]))
    assert copied.spare is None
    assert copied.keys.data_ptr() not in places
