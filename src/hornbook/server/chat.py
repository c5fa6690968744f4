"""``POST /v1/chat/completions``: what an assistant says next, by the template that its run was taught with.

A last message of the assistant's own is gone on with instead of answered.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter, Request

from hornbook.generation.adjusting import Scores
from hornbook.server.errors import ApiError
from hornbook.server.models import Models, Served
from hornbook.server.schemas import ChatRequest, Turn
from hornbook.server.spelling import bytes_of, spelt
from hornbook.server.streaming import streamed, unless_left
from hornbook.server.writing import Tally, Wanted, gathered, pieces
from hornbook.tokenizers.protocol import Tokenizer

router = APIRouter()


@router.post("/v1/chat/completions")
async def chat(asked: ChatRequest, http: Request) -> Any:
    """Answer a conversation."""
    models: Models = http.app.state.models
    served = models.find(asked.model)
    asked.refuse("tools", "tool_choice", "functions", "function_call", "audio", "modalities", "prediction")
    if asked.top_logprobs is not None and not asked.logprobs:
        raise ApiError(400, "top_logprobs: it needs logprobs to be true", param="top_logprobs")
    served.writer  # noqa: B018 - refuses a model that writes nothing
    tokens, end = conversation(served, asked.messages)
    most = asked.max_completion_tokens or asked.max_tokens or served.context
    wanted = Wanted([tokens], most, end, (asked.top_logprobs or 0) if asked.logprobs else None, asked.n or 1)
    head = {
        "id": f"chatcmpl-{uuid.uuid4().hex[:24]}",
        "created": int(time.time()),
        "model": served.name,
        "system_fingerprint": served.fingerprint,
    }
    if asked.stream:
        return await streamed(http, chunks(served, asked, wanted, {**head, "object": "chat.completion.chunk"}))
    return await unless_left(http, answered(served, asked, wanted, {**head, "object": "chat.completion"}))


def conversation(served: Served, turns: list[Turn], answering: bool = True) -> tuple[list[int], int | None]:
    """What the model is shown, and the token with which its answer ends.

    Raises:
        ApiError: the run was not taught to answer. SettingError: the template refuses these messages.
    """
    if served.template is None:
        raise ApiError(400, f"model: {served.name} was not taught to answer; ask it at /v1/completions", param="model")
    tokenizer, messages = served.loaded.tokenizer, [turn.message() for turn in turns]
    begun = messages.pop()["content"] if answering and messages[-1]["role"] == "assistant" else ""
    if not messages:
        raise ApiError(400, "messages: nobody has said anything to the assistant", param="messages")
    tokens, _ = served.template.encode(messages, tokenizer, prompt=answering)
    return tokens + (tokenizer.encode(begun) if begun else []), served.template.end(tokenizer)


async def answered(served: Served, asked: ChatRequest, wanted: Wanted, head: dict[str, Any]) -> dict[str, Any]:
    """The whole answer."""
    tally, choices = Tally(len(wanted.prompts[0])), []
    ends = {wanted.end, served.loaded.tokenizer.roles.end}
    for index, whole in enumerate(await gathered(served, asked, wanted, tally)):
        said = [each for each in whole.tokens if each[0] not in ends]
        choices.append(
            {
                "index": index,
                "message": {"role": "assistant", "content": whole.text, "refusal": None},
                "logprobs": detailed(served.loaded.tokenizer, said) if asked.logprobs else None,
                "finish_reason": whole.finish,
            }
        )
    return {**head, "choices": choices, "usage": tally.usage()}


async def chunks(
    served: Served, asked: ChatRequest, wanted: Wanted, head: dict[str, Any]
) -> AsyncGenerator[dict[str, Any], None]:
    """The answer piece by piece: the role, the text, the reason for its end, and the usage if that is wanted."""
    tally, tokenizer = Tally(len(wanted.prompts[0])), served.loaded.tokenizer
    usage = bool(asked.stream_options and asked.stream_options.include_usage)
    blank: dict[str, Any] = {"usage": None} if usage else {}

    def chunk(index: int, delta: dict[str, Any], finish: str | None = None, logprobs: Any = None) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        return {**head, "choices": [choice], **blank}

    started: set[int] = set()
    async for piece in pieces(served, asked, wanted):
        tally.written += not piece.is_end
        if piece.index not in started:
            started.add(piece.index)
            yield chunk(piece.index, {"role": "assistant", "content": ""})
        logprobs = None
        if asked.logprobs and not piece.is_end:
            logprobs = detailed(tokenizer, [(piece.token, piece.scores)])
        if piece.text or logprobs:
            yield chunk(piece.index, {"content": piece.text}, logprobs=logprobs)
        if piece.finish:
            yield chunk(piece.index, {}, piece.finish)
    if usage:
        yield {**head, "choices": [], "usage": tally.usage()}


def detailed(tokenizer: Tokenizer, tokens: list[tuple[int, Scores | None]]) -> dict[str, Any]:
    """One entry for each token, with its bytes and the likeliest others."""

    def entry(token: int, value: float) -> dict[str, Any]:
        return {"token": spelt(tokenizer, token), "logprob": value, "bytes": list(bytes_of(tokenizer, token))}

    content = [
        {**entry(token, scores.own), "top_logprobs": [entry(*each) for each in scores.top]}
        for token, scores in tokens
        if scores is not None
    ]
    return {"content": content, "refusal": None}
