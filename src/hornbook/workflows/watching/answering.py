"""An encoder-decoder's answer, token by token, with the scores of every token."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from hornbook.batches import Positions
from hornbook.errors import TextError
from hornbook.generation.adjusting import Scores, scores_of
from hornbook.generation.config import Sampling
from hornbook.generation.generate import reading_only
from hornbook.generation.reading import Reading
from hornbook.generation.sampling import chooser
from hornbook.generation.text import Writing
from hornbook.generation.translate import end_of
from hornbook.model.cache import Cache
from hornbook.model.models import EncoderDecoder, Memory
from hornbook.seeds import torch_generator
from hornbook.workflows.load import Loaded
from hornbook.workflows.watching.given import Read


@dataclass(frozen=True)
class Answered:
    """What one step added to text ``index``: certain text, the token, its scores, and why it was the last."""

    index: int
    text: str
    token: int
    scores: Scores
    finish: str | None


def reading_of(model: EncoderDecoder, read: Read, max_tokens: int) -> Reading:
    """A reading of the answer so far, which may grow by ``max_tokens``."""
    source = torch.tensor([read.source], device=model.embedding.device)

    def hidden(tokens: Tensor, positions: Positions, cache: Cache, memory: Memory) -> Tensor:
        return model.hidden(tokens, memory, positions, cache)

    return Reading(model, hidden, [read.tokens], len(read.tokens) + max_tokens, model.encode(source))


def answer_pieces(loaded: Loaded, read: Read, sampling: Sampling, samples: int, top: int) -> Iterator[Answered]:
    """Every token of ``samples`` answers, one answer after another; each draws with a generator of its own.

    Raises:
        TextError: there is no room for another token.
    """
    if len(read.tokens) >= loaded.model.config.context:
        raise TextError(f"the answer has {len(read.tokens)} tokens, and there is room for no other")
    for sample in range(samples):
        yield from one_answer(loaded, read, sampling, sample, top)


def one_answer(loaded: Loaded, read: Read, sampling: Sampling, sample: int, top: int) -> Iterator[Answered]:
    """The tokens of one of them."""
    choose, generator = chooser(sampling), torch_generator(sampling.seed, "sample", sample)
    writing = Writing(loaded.tokenizer, read.tokens, sampling)
    writing.end = end_of(loaded.tokenizer)
    with reading_only(loaded.model):
        reading = reading_of(loaded.model, read, sampling.max_tokens)
        while True:
            new = choose(reading.logits, reading.text, [generator])
            token = int(new[0])
            text, reason = writing.push(token), writing.finish_reason
            finish = None if reason is None else "length" if reason == "length" else "stop"
            yield Answered(sample, text, token, scores_of(reading.logits[0], token, top), finish)
            if finish is not None:
                return
            reading.go_on(new)
