"""From a request to pieces of text, as they become certain: for all that answers with text, streamed or whole.

    prompts x n -> orders (worker.py) -> tokens -> Writing (generation/text.py) -> pieces

Whoever stops listening closes ``pieces``, and what was ordered is given up. Next: completions.py.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import torch

from hornbook.generation.adjusting import Scores, scores_along
from hornbook.generation.engine import Request
from hornbook.generation.text import Writing
from hornbook.model.models import Decoder
from hornbook.server.errors import ApiError
from hornbook.server.models import Served
from hornbook.server.schemas import Common
from hornbook.server.worker import Events, Order

AT_ONCE = 128
"""Places of a prompt whose logits are held at one time."""


@dataclass(frozen=True)
class Piece:
    """What one step added to text ``index``: certain text (often none), the token that was drawn, and whether it was
    the last."""

    index: int
    text: str
    token: int
    is_end: bool
    scores: Scores | None
    finish: str | None


@dataclass(frozen=True)
class Wanted:
    """What is to be written: ``n`` texts for each of ``prompts`` of at most ``most`` tokens; ``end`` ends a text."""

    prompts: Sequence[Sequence[int]]
    most: int
    end: int | None
    scores: int | None = None
    n: int = 1


@dataclass
class Tally:
    """Tokens so far."""

    prompt: int
    written: int = 0

    def usage(self) -> dict[str, int]:
        """As the interface has it."""
        total = self.prompt + self.written
        return {"prompt_tokens": self.prompt, "completion_tokens": self.written, "total_tokens": total}


@dataclass
class Whole:
    """A text that is put together from its pieces."""

    text: str = ""
    finish: str = "length"
    tokens: list[tuple[int, Scores | None]] = field(default_factory=list)


FINISHES = {"end": "stop", "stop": "stop", "length": "length"}


async def pieces(served: Served, asked: Common, wanted: Wanted) -> AsyncIterator[Piece]:
    """Everything that is written for a request, as it comes.

    Raises:
        ApiError: there is no room in the context or in the queue, or writing failed.
    """
    worker, events = served.writer, Events()
    texts_wanted = len(wanted.prompts) * wanted.n
    if texts_wanted > worker.most:  # coming again later would not help
        raise ApiError(
            400,
            f"{texts_wanted} texts at once, and there is never room for more than {worker.most}; ask for fewer, or "
            "serve with more --rows or --queue",
            param="prompt",
        )
    seed = secrets.randbits(31) if asked.seed is None else asked.seed
    texts: dict[Order, tuple[int, Writing]] = {}
    adjusting = asked.adjusting(served.loaded.model.config.vocabulary)
    try:
        for place, prompt in enumerate(wanted.prompts):
            sampling = asked.sampling(room_for(served, prompt, wanted.most), seed)
            for sample in range(wanted.n):
                request = Request(
                    prompt=tuple(prompt),
                    sampling=sampling,
                    end=wanted.end,
                    sample=sample,
                    adjusting=adjusting,
                    scores=wanted.scores,
                )
                writing = Writing(served.loaded.tokenizer, prompt, sampling)
                writing.end = wanted.end
                texts[worker.order(request, events)] = place * wanted.n + sample, writing
        left = set(texts)
        while left:
            order, told = await events.get()
            if isinstance(told, ApiError):
                raise told
            if order not in left or told.token is None:
                continue
            index, writing = texts[order]
            text = writing.push(told.token)
            finish = FINISHES[writing.finish_reason] if writing.finish_reason else None
            if finish:
                left.discard(order)
                worker.forget(order, finished=True)
            yield Piece(index, text, told.token, told.token in writing.ends, told.scores, finish)
    finally:
        for order in texts:
            worker.forget(order)


def room_for(served: Served, prompt: Sequence[int], most: int) -> int:
    """How many tokens may follow a prompt: as many as wanted, or as the context has room for (``ApiError``: none)."""
    room = served.context - len(prompt)
    if room < 1:
        raise ApiError(
            400,
            f"the prompt has {len(prompt):,} tokens, and {served.name} looks at {served.context:,} in all, one of them "
            "the answer's",
            param="prompt",
            code="context_length_exceeded",
        )
    return min(most, room)


async def prompt_scores(served: Served, prompt: Sequence[int], most: int) -> list[Scores]:
    """What the model thinks of every token of a prompt but the first."""
    if len(prompt) > served.context:
        room_for(served, prompt, 1)
    model = served.writer.engine.model
    return await served.writer.ask(lambda: scores_of_text(model, prompt, most))


@torch.no_grad()
def scores_of_text(model: Decoder, tokens: Sequence[int], most: int) -> list[Scores]:
    """The scores of each token but the first, some places at a time: a table of all logits would be large."""
    hidden = model.hidden(torch.tensor([list(tokens)], device=model.embedding.device))[0]
    found: list[Scores] = []
    for start in range(0, len(tokens) - 1, AT_ONCE):
        asked = tokens[start + 1 : start + 1 + AT_ONCE]
        found += scores_along(model.write(hidden[None, start : start + len(asked)])[0], asked, most)
    return found


async def gathered(served: Served, asked: Common, wanted: Wanted, tally: Tally) -> list[Whole]:
    """All texts, when they are whole."""
    whole = [Whole() for _ in range(len(wanted.prompts) * wanted.n)]
    async for piece in pieces(served, asked, wanted):
        one = whole[piece.index]
        one.text += piece.text
        one.tokens.append((piece.token, piece.scores))
        one.finish = piece.finish or one.finish
        tally.written += not piece.is_end
    return whole
