"""How likely a model takes a continuation of a text to be: sums of log-probabilities, many rows at a time.

A text and its continuation are encoded together and cut where the text ends, as EleutherAI's lm-evaluation-harness
does: blanks between the two belong to the continuation, since most tokenizers put a blank before its word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hornbook.batches import IGNORED, Texts
from hornbook.errors import TextError
from hornbook.evaluation.closely import guesses
from hornbook.evaluation.loss import still
from hornbook.generation.text import encode_prompt
from hornbook.model.models import Decoder
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.training.devices import moved

AT_ONCE = 8192
"""Tokens that go through the model together."""


@dataclass(frozen=True)
class Request:
    """Tokens that stand ``before``, and those whose log-probability is ``asked``; neither is empty."""

    before: tuple[int, ...]
    asked: tuple[int, ...]


@dataclass(frozen=True)
class Likelihood:
    """``total`` nats of log-probability; ``greedy``: whether every token was the model's first choice."""

    total: float
    greedy: bool


def request(tokenizer: Tokenizer, text: str, continuation: str) -> Request:
    """Text and continuation as tokens; before an empty text stands what begins one.

    Raises:
        TextError: the continuation has no token, or the tokenizer does not know a character.
    """
    kept = text.rstrip()
    continuation = text[len(kept) :] + continuation
    if kept:
        own = tokenizer.encode(kept)
        asked = tokenizer.encode(kept + continuation)[len(own) :]
        before = tokenizer.around(own)
    else:
        asked, before = tokenizer.encode(continuation), encode_prompt(tokenizer, "")
    if not asked:
        raise TextError(
            f"a continuation without a token has no likelihood: found {continuation!r} after {kept[-40:]!r}"
        )
    return Request(tuple(before), tuple(asked))


def likelihoods(model: Decoder, requests: Sequence[Request]) -> list[Likelihood]:
    """The likelihood of every request, in order; of a text longer than the context the end is read.

    Raises:
        TextError: a continuation alone is longer than the context.
    """
    context = model.config.context
    for each in requests:
        if len(each.asked) > context:
            raise TextError(
                f"a continuation of {len(each.asked):,} tokens does not fit into the context of {context:,}: "
                "shorten it, or take a model with a longer context"
            )
    rows = [((*each.before, *each.asked)[-context - 1 :], len(each.asked)) for each in requests]
    order = sorted(range(len(rows)), key=lambda number: len(rows[number][0]))
    found: dict[int, Likelihood] = {}
    while order:
        width = len(rows[order[-1]][0]) - 1
        count = max(1, AT_ONCE // width)
        here, order = order[-count:], order[:-count]
        found |= zip(here, read(model, [rows[number] for number in here], width), strict=True)
    return [found[number] for number in range(len(rows))]


def read(model: Decoder, rows: Sequence[tuple[Sequence[int], int]], width: int) -> list[Likelihood]:
    """One batch: rows of tokens, and how many at the end of each are asked; filled up behind, where nobody looks."""
    tokens = torch.zeros(len(rows), width, dtype=torch.int64)
    targets = torch.full((len(rows), width), IGNORED)
    for place, (ids, asked) in enumerate(rows):
        tokens[place, : len(ids) - 1] = torch.tensor(ids[:-1])
        targets[place, len(ids) - 1 - asked : len(ids) - 1] = torch.tensor(ids[-asked:])
    texts = Texts(tokens, targets)
    with still(model.modules()), torch.inference_mode():
        losses, _, right = guesses(model, moved(texts, model.embedding.device))
    asked_of = targets != IGNORED
    totals = -(losses.double() * asked_of).sum(dim=1)
    return [
        Likelihood(total, greedy)
        for total, greedy in zip(totals.tolist(), (right | ~asked_of).all(dim=1).tolist(), strict=True)
    ]


def rolling(tokenizer: Tokenizer, text: str, context: int) -> list[Request]:
    """A whole text as requests in which every token is asked once, each window as full as can be.

    The first begins with what begins a text; the last looks back over all of its context, and asks what is left.
    """
    start, ids = encode_prompt(tokenizer, ""), tokenizer.encode(text)
    return [
        Request(tuple((*start[-1:], *ids[:begin])[-context:]), tuple(ids[begin : begin + context]))
        for begin in range(0, len(ids), context)
    ]
