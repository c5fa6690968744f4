"""Three models from one set of parts: ``Decoder`` (GPT, Llama), ``Encoder`` (BERT), ``EncoderDecoder`` (T5).

Tokens go in, and for every place comes a score for each token that might stand there. The parts come from blocks.py;
what else can be put on a model stands in heads.py, where the numbers in them begin in initialise.py. Next: heads.py.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.batches import Positions
from hornbook.errors import SettingError
from hornbook.model.blocks import Stack
from hornbook.model.cache import Cache
from hornbook.model.config import (
    DecoderOnly,
    EncoderAndDecoder,
    EncoderOnly,
    ModelConfig,
)
from hornbook.model.feed_forward import ACTIVATIONS
from hornbook.model.kernels import KeysValues
from hornbook.model.norms import build_norm


class Embedding(nn.Module):
    """Tokens in, tokens out: one table when tied (Press & Wolf 2017), two when not.

    Raises:
        SettingError: nobody has said how many tokens there are.
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        if config.vocabulary == 0:
            raise SettingError(
                "vocabulary: 0 stands for as many as the tokenizer has, and a model needs to know how many; "
                "set it to the tokenizer's vocab_size before building"
            )
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.head: nn.Module | None = None if config.tied else nn.Linear(config.width, config.vocabulary, bias=False)
        self.head_bias = nn.Parameter(torch.zeros(config.vocabulary)) if config.head_bias else None
        self.scale = math.sqrt(config.width) if config.embedding_scale else 1.0
        self.head_scale, self.head_softcap = config.head_scale, config.head_softcap
        self.by_product = config.writes_by_product

    @property
    def device(self) -> torch.device:
        """Where the tables are, and so the tokens have to be."""
        return next(itertools.chain(self.parameters(), self.buffers())).device

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the stream: that of the table, or float32 where the table is kept narrower."""
        return getattr(self.tokens, "weight", torch.empty(0)).dtype

    def read(self, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T C"]:
        """The row of each token, times sqrt(C) where the model says so: what one-hot @ table would give."""
        rows: Tensor = self.tokens(tokens)
        return rows * self.scale if self.scale != 1.0 else rows

    @property
    def table(self) -> Float[Tensor, "V C"] | None:
        """What the stream is multiplied with to give logits, where this is all that is done; else ``None``."""
        table = (self.tokens if self.head is None else self.head).weight
        assert isinstance(table, Tensor)
        return table if self.by_product else None

    def write(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T V"]:
        """How well each token of the vocabulary fits, as logits."""
        scaled = hidden * self.head_scale if self.head_scale != 1.0 else hidden
        logits = F.linear(scaled, self.tokens.weight) if self.head is None else self.head(scaled)
        if self.head_bias is not None:
            logits = logits + self.head_bias
        return logits if self.head_softcap is None else self.head_softcap * torch.tanh(logits / self.head_softcap)


class Decoder(nn.Module):
    """GPT, Llama: reads and writes one text from left to right."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
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

    def ready(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T C"]:
        """What the table is multiplied with: the stream itself."""
        return hidden

    def write(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T V"]:
        """Logits from the last stream; ``write(hidden[:, -1:])`` costs the last place only."""
        return self.embedding.write(hidden)

    def forward(
        self, tokens: Int[Tensor, "B T"], positions: Positions | None = None, cache: Cache | None = None
    ) -> Float[Tensor, "B T V"]:
        """For every place, the logits of the token that follows it."""
        return self.write(self.hidden(tokens, positions, cache))


class Transform(nn.Module):
    """A layer of its own before the table writes: norm(activation(linear(x))) (BERT's masked-language head)."""

    def __init__(self, config: ModelConfig, activation: str) -> None:
        super().__init__()
        self.linear, self.norm = nn.Linear(config.width, config.width), build_norm(config.blocks[-1].norm, config.width)
        self.activation = ACTIVATIONS[activation]

    def forward(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T C"]:
        """The stream, made ready for writing."""
        ready: Tensor = self.norm(self.activation(self.linear(hidden)))
        return ready


class Encoder(nn.Module):
    """BERT: reads a whole text at once. ``hidden`` gives a vector for each token, ``forward`` guesses hidden tokens."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        kind = config.architecture if isinstance(config.architecture, EncoderOnly) else EncoderOnly()
        self.config, self.embedding, self.stack = config, Embedding(config), Stack(config)
        self.segments = nn.Embedding(kind.segments, config.width) if kind.segments else None
        self.transform = nn.Identity() if kind.transform is None else Transform(config, kind.transform)

    def hidden(
        self,
        tokens: Int[Tensor, "B T"],
        positions: Positions | None = None,
        segments: Int[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T C"]:
        """The last layer's stream. Without ``segments`` all tokens belong to the first."""
        if positions is None:
            positions = Positions.counting(tokens.shape[0], tokens.shape[1], tokens.device)
        embedded = self.embedding.read(tokens)
        if self.segments is not None:
            embedded = embedded + self.segments(torch.zeros_like(tokens) if segments is None else segments)
        hidden: Tensor = self.stack(embedded, positions)
        return hidden

    def ready(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T C"]:
        """What the table is multiplied with."""
        transformed: Tensor = self.transform(hidden)
        return transformed

    def write(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T V"]:
        """Logits from the last stream."""
        return self.embedding.write(self.ready(hidden))

    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        positions: Positions | None = None,
        segments: Int[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """For every place, the logits of the token that stands there."""
        return self.write(self.hidden(tokens, positions, segments))


Memory = Sequence[KeysValues]
"""What each layer of a decoder may look at in the source: made once by ``EncoderDecoder.encode``."""


class EncoderDecoder(nn.Module):
    """T5, the 2017 Transformer: reads one text, writes another while looking at the first."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config, self.embedding = config, Embedding(config)
        self.encoder, self.decoder = Stack(config.encoder), Stack(config, cross=True)

    def encode(self, source: Int[Tensor, "B S"], positions: Positions | None = None) -> list[KeysValues]:
        """Read the source, once; places where nothing stands are never looked at."""
        if positions is None:
            positions = Positions.counting(source.shape[0], source.shape[1], source.device)
        return self.decoder.remember(self.encoder(self.embedding.read(source), positions), positions)

    def hidden(
        self,
        tokens: Int[Tensor, "B T"],
        memory: Memory,
        positions: Positions | None = None,
        cache: Cache | None = None,
    ) -> Float[Tensor, "B T C"]:
        """The decoder's last stream for what has been written so far, looking at ``memory``."""
        if positions is None:
            positions = counting_on(tokens, cache)
        hidden: Tensor = self.decoder(self.embedding.read(tokens), positions, cache, memory)
        return hidden

    def ready(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T C"]:
        """What the table is multiplied with: the decoder's stream itself."""
        return hidden

    def write(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T V"]:
        """Logits from the decoder's last stream."""
        return self.embedding.write(hidden)

    def forward(
        self,
        source: Int[Tensor, "B S"],
        tokens: Int[Tensor, "B T"],
        source_positions: Positions | None = None,
        positions: Positions | None = None,
    ) -> Float[Tensor, "B T V"]:
        """For every place of the text that is written, the logits of the token that follows it."""
        return self.write(self.hidden(tokens, self.encode(source, source_positions), positions))


Model = Decoder | Encoder | EncoderDecoder

MODELS: dict[type, Callable[[ModelConfig], Model]] = {
    DecoderOnly: Decoder,
    EncoderOnly: Encoder,
    EncoderAndDecoder: EncoderDecoder,
}


def build_model(config: ModelConfig) -> Model:
    """The model that ``config`` describes, its numbers not yet set (initialise.py)."""
    return MODELS[type(config.architecture)](config)


def counting_on(tokens: Int[Tensor, "B T"], cache: Cache | None) -> Positions:
    """Positions that continue after the tokens which the cache already holds."""
    start = cache[0].length if cache else 0
    if start == 0:
        return Positions.counting(tokens.shape[0], tokens.shape[1], tokens.device)
    index = torch.arange(start, start + tokens.shape[1], device=tokens.device)
    return Positions(index.expand(tokens.shape))
