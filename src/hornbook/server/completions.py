"""``POST /v1/completions``: texts continued, and texts scored (``echo`` with ``logprobs``), as evaluation asks for it.

The log-probabilities are the model's own, before temperature and filters. With ``echo`` every token of the prompt has
its entry, the first one ``null``; a generated end of text has one as well, so that whoever cuts off the last entry
cuts off what was generated (lm-eval does).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from fastapi import APIRouter, Request

from hornbook.generation.adjusting import Scores
from hornbook.generation.text import encode_prompt
from hornbook.server.errors import ApiError
from hornbook.server.models import Models, Served
from hornbook.server.schemas import CompletionRequest
from hornbook.server.spelling import offsets, spelt
from hornbook.server.streaming import streamed, unless_left
from hornbook.server.writing import Tally, Wanted, gathered, pieces, prompt_scores

router = APIRouter()

Entry = tuple[int, Scores | None]


@router.post("/v1/completions")
async def completions(asked: CompletionRequest, http: Request) -> Any:
    """Continue prompts: one or many, as text or as tokens."""
    models: Models = http.app.state.models
    served = models.find(asked.model)
    served.writer  # noqa: B018 - refuses a model that writes nothing
    asked.refuse("suffix")
    n = asked.n or 1
    if asked.best_of not in (None, n):
        raise ApiError(
            400, "best_of is not supported unless it equals n", param="best_of", code="unsupported_parameter"
        )
    prompts = prompts_of(asked, served)
    head = {
        "id": f"cmpl-{uuid.uuid4().hex[:24]}",
        "object": "text_completion",
        "created": int(time.time()),
        "model": served.name,
        "system_fingerprint": served.fingerprint,
    }
    most = 16 if asked.max_tokens is None else asked.max_tokens
    wanted = Wanted(prompts, most, served.loaded.tokenizer.roles.end, asked.logprobs, n)
    if asked.stream:
        if asked.logprobs is not None and asked.echo:
            raise ApiError(
                400, "stream: with echo and logprobs the answer is not streamed; leave one out", param="stream"
            )
        return await streamed(http, chunks(served, asked, wanted, head))
    return await unless_left(http, answered(served, asked, wanted, head))


async def answered(served: Served, asked: CompletionRequest, wanted: Wanted, head: dict[str, Any]) -> dict[str, Any]:
    """The whole answer."""
    tally = Tally(sum(map(len, wanted.prompts)))
    known: list[list[Entry]] = [[] for _ in wanted.prompts]
    if asked.echo and asked.logprobs is not None:
        known = [await entries_of(served, prompt, asked.logprobs) for prompt in wanted.prompts]
    if wanted.most:
        texts = [(each.text, each.tokens, each.finish) for each in await gathered(served, asked, wanted, tally)]
    else:
        texts = [("", list[Entry](), "length") for _ in range(len(wanted.prompts) * wanted.n)]
    choices = []
    for index, (text, tokens, finish) in enumerate(texts):
        place = index // wanted.n
        before = prompt_text(served, asked, wanted.prompts, place) if asked.echo else ""
        entries = [*known[place], *tokens]
        logprobs = None if asked.logprobs is None else legacy(served, entries, 0 if asked.echo else len(before))
        choices.append({"index": index, "text": before + text, "logprobs": logprobs, "finish_reason": finish})
    return {**head, "choices": choices, "usage": tally.usage()}


async def chunks(
    served: Served, asked: CompletionRequest, wanted: Wanted, head: dict[str, Any]
) -> AsyncGenerator[dict[str, Any], None]:
    """The answer piece by piece."""
    tally = Tally(sum(map(len, wanted.prompts)))
    usage = bool(asked.stream_options and asked.stream_options.include_usage)
    blank: dict[str, Any] = {"usage": None} if usage else {}
    started: set[int] = set()
    if not wanted.most:
        raise ApiError(400, "max_tokens: 0 leaves nothing to stream", param="max_tokens")
    places: dict[int, int] = {}
    async for piece in pieces(served, asked, wanted):
        tally.written += not piece.is_end
        text = piece.text
        if asked.echo and piece.index not in started:
            text = prompt_text(served, asked, wanted.prompts, piece.index // wanted.n) + text
        started.add(piece.index)
        logprobs = None
        if asked.logprobs is not None:
            logprobs = legacy(served, [(piece.token, piece.scores)], places.get(piece.index, 0))
        places[piece.index] = places.get(piece.index, 0) + len(text)
        if text or piece.finish or logprobs:
            choice = {"index": piece.index, "text": text, "logprobs": logprobs, "finish_reason": piece.finish}
            yield {**head, "choices": [choice], **blank}
    if usage:
        yield {**head, "choices": [], "usage": tally.usage()}


def prompts_of(asked: CompletionRequest, served: Served) -> list[list[int]]:
    """The prompts as tokens, whichever way they came."""
    given: Any = asked.prompt
    if isinstance(given, str) or not given or isinstance(given[0], int):
        given = [given]
    tokenizer, size = served.loaded.tokenizer, served.loaded.model.config.vocabulary
    found = [encode_prompt(tokenizer, each) if isinstance(each, str) else list(each) for each in given]
    for tokens in found:
        if not tokens:
            raise ApiError(400, "prompt: it is empty; give at least one token", param="prompt")
        if max(tokens) >= size:
            raise ApiError(400, f"prompt: {max(tokens)} is no token from 0 to {size - 1}", param="prompt")
    return found


def prompt_text(served: Served, asked: CompletionRequest, prompts: Sequence[Sequence[int]], place: int) -> str:
    """A prompt as text, as it was given where it was."""
    given: Any = asked.prompt
    if isinstance(given, str):
        return given
    return given[place] if isinstance(given[0], str) else served.loaded.tokenizer.decode(prompts[place])


async def entries_of(served: Served, prompt: Sequence[int], most: int) -> list[Entry]:
    """The tokens of a prompt with their scores; nothing comes before the first."""
    scores = await prompt_scores(served, prompt, most)
    return [(prompt[0], None), *zip(prompt[1:], scores, strict=True)]


def legacy(served: Served, entries: Sequence[Entry], begins: int) -> dict[str, Any]:
    """Parallel lists, one entry for each token; ``top_logprobs`` has the token itself besides the likeliest."""
    tokenizer = served.loaded.tokenizer
    tokens = [spelt(tokenizer, token) for token, _ in entries]
    top = [
        None
        if scores is None
        else {spelt(tokenizer, each): value for each, value in scores.top} | {spelt(tokenizer, token): scores.own}
        for token, scores in entries
    ]
    return {
        "tokens": tokens,
        "token_logprobs": [None if scores is None else scores.own for _, scores in entries],
        "top_logprobs": top,
        "text_offset": offsets(tokenizer, [token for token, _ in entries], begins),
    }
