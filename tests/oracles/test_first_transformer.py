"""The Transformer of 2017 against ``torch.nn.Transformer``: the same numbers, copied in both directions.

Post-norm, ReLU, waves for positions, embeddings times sqrt(width), one table for all. PyTorch's class puts a norm
behind each stack that the paper does not have; it is taken out.
"""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from hornbook.model.config import BlockConfig, Dense, EncoderAndDecoder, Layer, ModelConfig, Sinusoidal
from hornbook.model.models import EncoderDecoder
from hornbook.seeds import torch_generator
from tests.model.lively import enliven, padded, some_tokens

VOCABULARY = 37
SHAPES = [(35, 5, 3, 4, 53, 1e-5), (42, 7, 4, 3, 41, 1e-3), (33, 1, 3, 3, 47, 1e-2), (40, 4, 5, 3, 59, 1e-6)]
"""Width, heads, layers that read, layers that write, inner width, epsilon."""

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor")  # an odd number of heads is meant


def ours_of(shape):
    width, heads, reading, writing, hidden, epsilon = shape
    block = BlockConfig(feed_forward=Dense(hidden, "relu"), norm=Layer(epsilon), placement="post")
    return ModelConfig(
        architecture=EncoderAndDecoder(depth=reading),
        vocabulary=VOCABULARY,
        context=29,
        width=width,
        heads=heads,
        depth=writing,
        pattern=(block,),
        position_encoding=Sinusoidal(),
        embedding_scale=True,
    )


def theirs_of(shape):
    width, heads, reading, writing, hidden, epsilon = shape
    theirs = nn.Transformer(
        width, heads, reading, writing, hidden, dropout=0.0, layer_norm_eps=epsilon, batch_first=True
    ).double()
    theirs.encoder.norm = theirs.decoder.norm = None
    return theirs  # in training mode: without dropout it is the same, and no shortcut around the formula is taken


def beside(ours, theirs):
    """Every parameter of ours but the table, and its name and rows among theirs."""
    for half in ("encoder", "decoder"):
        for layer in range(len(getattr(theirs, half).layers)):
            mine, his = f"{half}.blocks.{layer}", f"{half}.layers.{layer}"
            yield from attention(ours, f"{mine}.attention", f"{his}.self_attn")
            yield from norm(f"{mine}.around_attention.summed", f"{his}.norm1")
            if half == "decoder":
                yield from attention(ours, f"{mine}.cross", f"{his}.multihead_attn")
                yield from norm(f"{mine}.around_cross.summed", f"{his}.norm2")
            yield from norm(f"{mine}.around_feed_forward.summed", f"{his}.norm{3 if half == 'decoder' else 2}")
            for one, other in (("up", "linear1"), ("down", "linear2")):
                for part in ("weight", "bias"):
                    yield f"{mine}.feed_forward.{one}.{part}", f"{his}.{other}.{part}", slice(None)


def attention(ours, mine, his):
    """Their three projections lie in one matrix, one below the other."""
    width = ours.config.width
    for place, name in enumerate(("query", "key", "value")):
        for part in ("weight", "bias"):
            rows = slice(place * width, (place + 1) * width)
            yield f"{mine}.{name}.{part}", f"{his}.in_proj_{part}", rows
    for part in ("weight", "bias"):
        yield f"{mine}.output.{part}", f"{his}.out_proj.{part}", slice(None)


def norm(mine, his):
    yield f"{mine}.scale", f"{his}.weight", slice(None)
    yield f"{mine}.shift", f"{his}.bias", slice(None)


@torch.no_grad()
def copy(ours, theirs, to_theirs):
    """The numbers of one model into the other; every parameter of both has a part in it."""
    mine, his = dict(ours.named_parameters()), dict(theirs.named_parameters())
    pairs = list(beside(ours, theirs))
    assert {name for name, _, _ in pairs} == set(mine) - {"embedding.tokens.weight"}
    assert {name for _, name, _ in pairs} == set(his)
    assert sum(mine[name].numel() for name, _, _ in pairs) == sum(parameter.numel() for parameter in his.values())
    for name, other, rows in pairs:
        if to_theirs:
            his[other][rows] = mine[name]
        else:
            mine[name].copy_(his[other][rows])


def waves(time, width):
    """Section 3.5 of the paper, number by number."""
    table = torch.zeros(time, width, dtype=torch.float64)
    for position in range(time):
        for feature in range(width):
            angle = position / 10_000 ** (feature // 2 * 2 / width)
            table[position, feature] = math.cos(angle) if feature % 2 else math.sin(angle)
    return table


def said_by_them(ours, theirs, source, target, there=None, written=None):
    """Their stacks between our table: embedding times sqrt(width), waves, and the same table to write."""
    table = ours.embedding.tokens.weight
    width = table.shape[1]
    read, write = (table[tokens] * math.sqrt(width) + waves(tokens.shape[1], width) for tokens in (source, target))
    causal = nn.Transformer.generate_square_subsequent_mask(target.shape[1]).isinf()
    hidden = theirs(
        read,
        write,
        tgt_mask=causal,
        src_key_padding_mask=there,
        memory_key_padding_mask=there,
        tgt_key_padding_mask=written,
    )
    return hidden @ table.T


def a_pair(shape, to_theirs):
    """Both models, the numbers drawn in one and copied into the other."""
    ours, theirs = enliven(EncoderDecoder(ours_of(shape))), theirs_of(shape)
    if not to_theirs:
        with torch.no_grad():
            for name, parameter in theirs.named_parameters():
                drawn = torch.empty_like(parameter).normal_(0.0, 0.3, generator=torch_generator(1, name))
                parameter.copy_(drawn + 1.0 if "norm" in name and name.endswith("weight") else drawn)
    copy(ours, theirs, to_theirs)
    return ours, theirs


@pytest.mark.parametrize("to_theirs", [True, False], ids=["ours to theirs", "theirs to ours"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@torch.no_grad()
def test_logits_are_theirs(shape, to_theirs):
    ours, theirs = a_pair(shape, to_theirs)
    source, target = some_tokens(3, 13, VOCABULARY), some_tokens(3, 17, VOCABULARY, 2)
    said = said_by_them(ours, theirs, source, target)
    assert said.std() > 0.3
    torch.testing.assert_close(ours(source, target), said, atol=1e-5, rtol=0.0)  # our waves have 32 bits


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@torch.no_grad()
def test_logits_are_theirs_in_padded_batches(shape):
    ours, theirs = a_pair(shape, to_theirs=True)
    source, target = some_tokens(3, 13, VOCABULARY), some_tokens(3, 17, VOCABULARY, 2)
    read, written = padded([13, 4, 9], 13), padded([5, 17, 11], 17)
    said = said_by_them(ours, theirs, source, target, read.index < 0, written.index < 0)
    real = written.index >= 0
    torch.testing.assert_close(ours(source, target, read, written)[real], said[real], atol=1e-5, rtol=0.0)


@pytest.mark.parametrize("shape", SHAPES[:2], ids=str)
def test_gradients_of_every_parameter_are_theirs(shape):
    ours, theirs = a_pair(shape, to_theirs=True)
    source, target = some_tokens(3, 13, VOCABULARY), some_tokens(3, 17, VOCABULARY, 2)
    asked = torch.empty(3, 17, VOCABULARY).normal_(generator=torch_generator(2, "asked")).double() / 60
    (ours(source, target) * asked).sum().backward()
    table = ours.embedding.tokens.weight.grad.clone()
    ours.embedding.tokens.weight.grad = None
    (said_by_them(ours, theirs, source, target) * asked).sum().backward()
    mine, his = dict(ours.named_parameters()), dict(theirs.named_parameters())
    torch.testing.assert_close(table, ours.embedding.tokens.weight.grad, atol=1e-4, rtol=0.0)
    for name, other, rows in beside(ours, theirs):
        torch.testing.assert_close(mine[name].grad, his[other].grad[rows], atol=1e-4, rtol=0.0)
