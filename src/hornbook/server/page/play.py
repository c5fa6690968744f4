"""Writing with all that can be said of every token; what may follow; how likely a text is. Screen: Play."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field, StrictInt, StrictStr

from hornbook.generation.text import encode_prompt
from hornbook.model.models import EncoderDecoder
from hornbook.server.chat import conversation
from hornbook.server.errors import ApiError
from hornbook.server.models import Served
from hornbook.server.page.asked import Some, Text
from hornbook.server.page.place import Page, page_of
from hornbook.server.schemas import Common, Tokens, Turn
from hornbook.server.streaming import streamed
from hornbook.server.writing import FINISHES, Wanted, pieces
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.load import Loaded
from hornbook.workflows.watching.answering import answer_pieces
from hornbook.workflows.watching.following import next_tokens, score_text, scores_shown
from hornbook.workflows.watching.given import Given, all_labelled, labelled, read_given

router = APIRouter(prefix="/page")


class Next(Text):
    """``POST /page/next``."""

    top: Some = 200


class Score(Text):
    """``POST /page/score``."""

    top: Annotated[StrictInt, Field(ge=0, le=20)] = 10


class Write(Common):
    """``POST /page/write``."""

    model_config = ConfigDict(extra="forbid")

    checkpoint: StrictStr = "best"
    prompt: StrictStr | None = None
    tokens: Tokens | None = None
    messages: Annotated[list[Turn], Field(min_length=1, max_length=1000)] | None = None
    source: StrictStr | None = None
    max_tokens: Annotated[StrictInt, Field(ge=1, le=4096)] = 60
    top: Annotated[StrictInt, Field(ge=0, le=20)] = 10


def named(loaded: Loaded) -> str:
    """A run at a checkpoint, in a word."""
    return f"{loaded.run.name}@{loaded.checkpoint.name}"


@router.post("/next")
async def following(asked: Next, http: Request) -> dict[str, Any]:
    """What may follow, raw."""

    def found(loaded: Loaded) -> dict[str, Any]:
        return {"id": named(loaded), **next_tokens(loaded, read_given(loaded, asked.given), asked.top)}

    return await page_of(http).ask(asked.model, asked.checkpoint, found)


@router.post("/score")
async def score(asked: Score, http: Request) -> dict[str, Any]:
    """How likely a text is, token by token."""

    def found(loaded: Loaded) -> dict[str, Any]:
        return {"id": named(loaded), **score_text(loaded, read_given(loaded, asked.given), asked.top)}

    return await page_of(http).ask(asked.model, asked.checkpoint, found)


@router.post("/write")
async def write(asked: Write, http: Request) -> Any:
    """A text, token by token."""
    if sum(each is not None for each in (asked.prompt, asked.tokens, asked.messages)) > 1:
        raise ApiError(400, "prompt, tokens or messages: one of the three", param="prompt")
    if asked.seed is None:
        asked = asked.model_copy(update={"seed": secrets.randbits(31)})
    page = page_of(http)
    run, checkpoint = page.named(asked.model, asked.checkpoint)
    if asked.source is not None:
        return await streamed(http, answering(page, asked))
    return await streamed(http, continuing(await page.writer(f"{run.name}@{checkpoint}", checkpoint), asked))


async def continuing(served: Served, asked: Write) -> AsyncGenerator[dict[str, Any], None]:
    """What a decoder writes, as it comes."""
    tokenizer, end = served.loaded.tokenizer, served.loaded.tokenizer.roles.end
    if asked.messages is not None:
        tokens, end = conversation(served, asked.messages)
    else:
        tokens = encode_prompt(tokenizer, asked.prompt or "") if asked.tokens is None else list(asked.tokens)
    wanted = Wanted([tokens], asked.max_tokens, end, asked.top, asked.n or 1)
    coming = pieces(served, asked, wanted)
    first = await anext(coming)  # what is refused has a status of its own
    yield beginning(named(served.loaded), asked, served.context, tokenizer, tokens)
    for event in said(tokenizer, first):
        yield event
    async for piece in coming:
        for event in said(tokenizer, piece):
            yield event


async def answering(page: Page, asked: Write) -> AsyncGenerator[dict[str, Any], None]:
    """What an encoder-decoder answers to a source, when it is whole."""
    given = Given(asked.prompt, asked.tokens, asked.source)

    def found(loaded: Loaded) -> list[dict[str, Any]]:
        if not isinstance(loaded.model, EncoderDecoder):
            raise ApiError(400, f"source: {named(loaded)} reads no second text; give a prompt", param="source")
        read = read_given(loaded, given)
        context = loaded.model.config.context
        rows = [beginning(named(loaded), asked, context, loaded.tokenizer, read.tokens)]
        sampling = asked.sampling(min(asked.max_tokens, context - len(read.tokens)), asked.seed or 0)
        for piece in answer_pieces(loaded, read, sampling, asked.n or 1, asked.top):
            rows += said(loaded.tokenizer, piece)
        return rows

    for row in await page.ask(asked.model, asked.checkpoint, found):
        yield row


def beginning(name: str, asked: Write, context: int, tokenizer: Tokenizer, tokens: list[int]) -> dict[str, Any]:
    """The first event: what was read."""
    prompt = all_labelled(tokenizer, tokens)
    return {"kind": "begin", "id": name, "seed": asked.seed, "context": context, "prompt": prompt}


def said(tokenizer: Tokenizer, piece: Any) -> list[dict[str, Any]]:
    """The events of a token: itself, and the end where it was the last."""
    token = labelled(tokenizer, piece.token)
    shown = scores_shown(tokenizer, piece.scores)
    rows = [{"kind": "token", "index": piece.index, "token": token, "text": piece.text, **shown}]
    if piece.finish:
        rows.append({"kind": "end", "index": piece.index, "finish": FINISHES.get(piece.finish, piece.finish)})
    return rows
