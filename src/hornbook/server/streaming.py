"""Server-sent events, as clients of OpenAI's interface read them.

Every event is one line, ``data: {json}``, and an empty one; the last is ``data: [DONE]``. While nothing happens a
comment keeps the connection alive. An error after the first event is an event too: the status has been sent already.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable
from typing import Any, TypeVar

from fastapi.responses import StreamingResponse
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from hornbook.server.errors import ApiError

Answer = TypeVar("Answer")
Chunk = dict[str, Any] | tuple[int, dict[str, Any]]
"""What is sent as one event; before it may stand a number, from which a browser that comes again goes on."""

Chunks = AsyncGenerator[Any, None]

QUIET = 10.0
"""Seconds without an event after which a comment is sent."""

HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


class Streamed(StreamingResponse):
    """An answer of events. However it ends, and even if it never begins, those who make them are told."""

    def __init__(self, sent: AsyncGenerator[str, None], chunks: Chunks) -> None:
        super().__init__(sent, media_type="text/event-stream; charset=utf-8", headers=HEADERS)
        self.sent, self.chunks = sent, chunks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self.sent.aclose()
            await self.chunks.aclose()


async def streamed(http: Request, chunks: Chunks) -> Streamed:
    """The chunks as events. The first is waited for, so what is refused has a status of its own."""
    try:
        first = await unless_left(http, anext(chunks))
    except BaseException:
        await chunks.aclose()
        raise
    return Streamed(events(first, chunks), chunks)


async def events(first: Chunk, chunks: Chunks) -> AsyncGenerator[str, None]:
    """Chunk after chunk, until there are no more."""
    coming: asyncio.Future[Chunk] | None = None
    try:
        yield event(first)
        while True:
            coming = coming or asyncio.ensure_future(anext(chunks))
            done, _ = await asyncio.wait({coming}, timeout=QUIET)
            if not done:
                yield ": still here\n\n"
                continue
            try:
                chunk = coming.result()
            except StopAsyncIteration:
                break
            coming = None
            yield event(chunk)
        yield "data: [DONE]\n\n"
    except ApiError as error:
        yield event(error.body())
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait({coming})


def event(value: Chunk) -> str:
    """One event."""
    if isinstance(value, tuple):
        return f"id: {value[0]}\n{event(value[1])}"
    return f"data: {json.dumps(value, ensure_ascii=False, allow_nan=False)}\n\n"


async def unless_left(http: Request, work: Awaitable[Answer]) -> Answer:
    """Wait for an answer, but only for as long as the client does."""

    async def gone() -> None:
        while (await http.receive())["type"] != "http.disconnect":
            pass

    working, leaving = asyncio.ensure_future(work), asyncio.ensure_future(gone())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ApiError(499, "the client has left", code="client_closed")
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.wait({working, leaving})
