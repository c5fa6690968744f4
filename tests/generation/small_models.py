"""Small random models in 64 bits whose answers are neither all alike nor all of one length, and what searches give."""

from __future__ import annotations

import itertools

import torch

from hornbook.batches import Positions
from hornbook.generation.beam import Hypothesis, ranked_by
from hornbook.model.config import (
    BlockConfig,
    Dense,
    EncoderAndDecoder,
    Learned,
    ModelConfig,
    RelativeBias,
    Rotary,
)
from hornbook.model.models import Decoder, EncoderDecoder
from tests.model.lively import enliven

END = 2


def decoder(seed=0, vocabulary=13, context=23, encoding=Learned()):
    """A decoder-only model."""
    config = ModelConfig(
        vocabulary=vocabulary,
        context=context,
        width=24,
        heads=3,
        depth=2,
        position_encoding=encoding,
        pattern=(BlockConfig(feed_forward=Dense(20)),),
        tied=False,
    )
    return flatter(Decoder(config), seed)


def pair_model(seed=0, vocabulary=13, context=23, encoding=Rotary(100.0)):
    """An encoder-decoder."""
    source = RelativeBias(8, 16, True) if isinstance(encoding, RelativeBias) else encoding
    config = ModelConfig(
        architecture=EncoderAndDecoder(depth=1, position_encoding=source),
        vocabulary=vocabulary,
        context=context,
        width=24,
        heads=3,
        depth=2,
        position_encoding=encoding,
        pattern=(BlockConfig(feed_forward=Dense(20)),),
        tied=False,
    )
    return flatter(EncoderDecoder(config), seed)


def flatter(model, seed):
    """Every part at work, and logits so near to each other that texts end now and then."""
    enliven(model, seed)
    with torch.no_grad():
        model.embedding.head.weight.mul_(0.4)
    return model


def prompts(lengths, vocabulary=13, seed=5):
    """Random texts of these lengths."""
    draw = torch.Generator().manual_seed(seed)
    return [torch.randint(vocabulary, (length,), generator=draw).tolist() for length in lengths]


@torch.no_grad()
def nats(model, source, start, tokens):
    """log p of ``tokens``, one text at a time and without any memory; ``start`` is a prompt or how an answer begins."""
    text = torch.tensor([[*start, *tokens]])
    logits = model(text) if source is None else model(torch.tensor([source]), text, Positions.counting(1, len(source)))
    rows = logits.log_softmax(-1)[0, len(start) - 1 : -1]
    return float(rows[torch.arange(len(tokens)), torch.tensor(tokens)].sum())


def all_texts(model, source, start, end, longest, penalty):
    """Every text that there is, best first."""
    vocabulary, found = range(model.config.vocabulary), []
    for length in range(1, longest + 1):
        for tokens in itertools.product(vocabulary, repeat=length):
            if end in tokens[:-1] or (length < longest and tokens[-1] != end):
                continue
            total, ended = nats(model, source, start, list(tokens)), tokens[-1] == end
            whole = list(tokens[:-1] if ended else tokens)
            found.append(Hypothesis(whole, ended, total, ranked_by(total, length, penalty)))
    return sorted(found, key=lambda each: -each.score)


def same(found, expected):
    """The same texts with the same scores."""
    assert [(each.tokens, each.ended) for each in found] == [(each.tokens, each.ended) for each in expected]
    for one, other in zip(found, expected, strict=True):
        assert abs(one.score - other.score) < 1e-8
        assert abs(one.log_probability - other.log_probability) < 1e-8
