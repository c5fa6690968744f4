"""The model: tokens in, and for every place a score for each token that might come next.

The parts come from blocks.py; where the numbers in them begin is said in initialise.py. Next: initialise.py.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.batches import Positions
from hornbook.errors import SettingError
from hornbook.model.blocks import Stack
from hornbook.model.cache import Cache
from hornbook.model.config import ModelConfig


class Embedding(nn.Module):
    """Tokens in, tokens out: one table when tied (Press & Wolf 2017), two when not."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.head = None if config.tied else nn.Linear(config.width, config.vocabulary, bias=False)
        self.head_bias = nn.Parameter(torch.zeros(config.vocabulary)) if config.head_bias else None
        self.scale = math.sqrt(config.width) if config.embedding_scale else 1.0

    def read(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T C"]:
        """The row of each token, times sqrt(C) where the model says so: what one-hot @ table would give."""
        rows: Tensor = self.tokens(tokens)
        return rows * self.scale if self.scale != 1.0 else rows

    def write(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T V"]:
        """How well each token of the vocabulary fits, as logits."""
        table = self.tokens.weight if self.head is None else self.head.weight
        return F.linear(hidden, table, self.head_bias)


class Decoder(nn.Module):
    """GPT, Llama: reads and writes one text from left to right."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        if config.vocabulary == 0:
            raise SettingError(
                "vocabulary: 0 stands for as many as the tokenizer has, and a model needs to know how many; "
                "set it to the tokenizer's vocab_size before building"
            )
        self.config, self.embedding, self.stack = config, Embedding(config), Stack(config)

    def hidden(
        self, tokens: Int[Tensor, "B T"], positions: Positions | None = None, cache: Cache | None = None
    ) -> Float[Tensor, "B T C"]:
        """The last layer's stream, before it becomes logits.

        Without ``positions`` every row counts on from what the ``cache`` holds, or from 0.
        """
        if positions is None:
            positions = counting_on(tokens, cache)
        hidden: Tensor = self.stack(self.embedding.read(tokens), positions, cache)
        return hidden

    def write(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T V"]:
        """Logits from the last stream; ``write(hidden[:, -1:])`` costs the last place only."""
        return self.embedding.write(hidden)

    def forward(
        self, tokens: Int[Tensor, "B T"], positions: Positions | None = None, cache: Cache | None = None
    ) -> Float[Tensor, "B T V"]:
        """For every place, the logits of the token that follows it."""
        return self.write(self.hidden(tokens, positions, cache))


def counting_on(tokens: Int[Tensor, "B T"], cache: Cache | None) -> Positions:
    """Positions that continue after the tokens which the cache already holds."""
    start = cache[0].length if cache else 0
    if start == 0:
        return Positions.counting(tokens.shape[0], tokens.shape[1], tokens.device)
    index = torch.arange(start, start + tokens.shape[1], device=tokens.device)
    return Positions(index.expand(tokens.shape))
