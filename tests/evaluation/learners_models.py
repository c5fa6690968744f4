"""A small GPT as a learner might write it, and the mistakes that learners make in it, each one class."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    """Causal attention with several heads."""

    def __init__(self, width: int, heads: int, context: int) -> None:
        super().__init__()
        self.heads = heads
        self.mix, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.register_buffer("mask", self.hidden(context))

    def hidden(self, size):
        return torch.ones(size, size).triu(1).bool()

    def masked(self, scores):
        length = scores.shape[-1]
        return scores.masked_fill(self.mask[:length, :length], -math.inf)

    def weights(self, scores):
        return self.masked(scores).softmax(-1)

    def scale(self, width):
        return width**-0.5

    def forward(self, x):
        batch, length, width = x.shape
        q, k, v = (
            each.view(batch, length, self.heads, -1).transpose(1, 2) for each in self.mix(x).split(width, dim=-1)
        )
        weights = self.weights(q @ k.transpose(-2, -1) * self.scale(q.shape[-1]))
        return self.out((weights @ v).transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """Attention and a feed-forward network, each around a residual."""

    attention = Attention

    def __init__(self, width: int, heads: int, context: int) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attend = self.attention(width, heads, context)
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x):
        x = x + self.attend(self.first(x))
        return x + self.feed(self.second(x))


class Good(nn.Module):
    """As it should be."""

    block = Block

    def __init__(self, vocab_size: int, block_size: int, width: int = 24, heads: int = 2, depth: int = 2) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab_size, width), nn.Embedding(block_size, width)
        self.blocks = self.listed([self.block(width, heads, block_size) for _ in range(depth)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, vocab_size, bias=False)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=self.deviation())

    def deviation(self):
        return 0.02

    def listed(self, blocks):
        return nn.ModuleList(blocks)

    def embedded(self, tokens):
        return self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))

    def forward(self, tokens):
        x = self.embedded(tokens)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


class SeesOneAhead(Attention):
    def hidden(self, size):
        return torch.ones(size, size).triu(2).bool()


class SeesEverything(Attention):
    def masked(self, scores):
        return scores


class HidesThePast(Attention):
    def hidden(self, size):
        return torch.ones(size, size).tril(-1).bool()


class WrongSoftmax(Attention):
    def weights(self, scores):
        return self.masked(scores).softmax(-2).nan_to_num()


class MaskAfterSoftmax(Attention):
    def weights(self, scores):
        return self.masked(scores.softmax(-1)).nan_to_num(neginf=0.0)


class FixedMask(Attention):
    def masked(self, scores):
        return scores.masked_fill(self.mask, -math.inf)


class Scrambled(Attention):
    """Heads are cut out with view where a transpose was needed, so that rows of the batch mix."""

    def forward(self, x):
        batch, length, width = x.shape
        return super().forward(x.transpose(0, 1).reshape(batch, length, width))


class AlwaysDropping(Attention):
    def weights(self, scores):
        return F.dropout(super().weights(scores), 0.2)


class NotUsed(Block):
    def forward(self, x):
        self.attend(self.first(x))
        return x + self.feed(self.second(x))


class BatchNormed(Block):
    def __init__(self, width: int, heads: int, context: int) -> None:
        super().__init__(width, heads, context)
        self.first = OverTheBatch(width)


class OverTheBatch(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return self.scale * (x - x.mean(0, keepdim=True)) / (x.var(0, keepdim=True, unbiased=False) + 1e-3).sqrt()


def blocks_with(kind):
    """A block whose attention is of this kind."""
    return type("Blocks", (Block,), {"attention": kind})


class OneAhead(Good):
    block = blocks_with(SeesOneAhead)


class NoMask(Good):
    block = blocks_with(SeesEverything)


class Backwards(Good):
    block = blocks_with(HidesThePast)


class OverQueries(Good):
    block = blocks_with(WrongSoftmax)


class LateMask(Good):
    block = blocks_with(MaskAfterSoftmax)


class OneLength(Good):
    block = blocks_with(FixedMask)


class Mixed(Good):
    block = blocks_with(Scrambled)


class Dropping(Good):
    block = blocks_with(AlwaysDropping)


class Deaf(Good):
    block = NotUsed


class Companionable(Good):
    block = BatchNormed


class NoPlaces(Good):
    def __init__(self, vocab_size: int, block_size: int) -> None:
        super().__init__(vocab_size, block_size, depth=1)

    def embedded(self, tokens):
        return self.tokens(tokens)


class FromTheEnd(Good):
    def embedded(self, tokens):
        return self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]).flip(0))


class InAList(Good):
    def listed(self, blocks):
        return blocks


class Loud(Good):
    def deviation(self):
        return 1.0


class Unregistered(Good):
    def __init__(self, vocab_size: int, block_size: int) -> None:
        super().__init__(vocab_size, block_size)
        self.drawn = torch.randn(block_size, 24)

    def embedded(self, tokens):
        return self.tokens(tokens) + self.drawn[: tokens.shape[1]]


class Unsaved(Good):
    """A tensor that is drawn when the model is built, and kept where nobody looks."""

    def __init__(self, vocab_size: int, block_size: int) -> None:
        super().__init__(vocab_size, block_size)
        drawn = torch.randn(block_size, 24)
        self.drawn = lambda length: drawn[:length]

    def embedded(self, tokens):
        return self.tokens(tokens) + self.drawn(tokens.shape[1])


class Detached(Good):
    def forward(self, tokens):
        x = self.embedded(tokens)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x.detach()))


class LastOnly(Good):
    def forward(self, tokens):
        return super().forward(tokens)[:, -1]


class BatchSecond(Good):
    def forward(self, tokens):
        return super().forward(tokens).transpose(0, 1)


class Raises(Good):
    def forward(self, tokens):
        return super().forward(tokens) @ self.places.weight


class Reader(Good):
    """An encoder."""

    block = blocks_with(SeesEverything)
