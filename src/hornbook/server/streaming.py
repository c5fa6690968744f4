"""Server-sent events, as clients of OpenAI's interface read them.

Every event is one line, ``data: {json}``, and an empty one; the last is ``data: [DONE]``. While nothing happens a
comment keeps the connection alive. An error after the first event is an event too: the status has been sent already.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

from hornbook.server.errors import ApiError

QUIET = 10.0
"""Seconds without an event after which a comment is sent."""

HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}


async def streamed(chunks: AsyncIterator[dict[str, Any]]) -> StreamingResponse:
    """The chunks as events. The first is waited for, so what is refused has a status of its own."""
    first = await anext(chunks)
    return StreamingResponse(events(first, chunks), media_type="text/event-stream; charset=utf-8", headers=HEADERS)


async def events(first: dict[str, Any], chunks: AsyncIterator[dict[str, Any]]) -> AsyncIterator[str]:
    """Chunk after chunk, until there are no more."""
    yield event(first)
    coming: asyncio.Future[dict[str, Any]] | None = None
    try:
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
        await chunks.aclose()  # type: ignore[attr-defined]


def event(value: dict[str, Any]) -> str:
    """One event."""
    return f"data: {json.dumps(value, ensure_ascii=False, allow_nan=False)}\n\n"
