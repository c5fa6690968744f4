"""Tokenizers: what they make of a text, how, and one that is trained here. Screen: Tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field, StrictBool, StrictInt, StrictStr

from hornbook.errors import HornbookError, MissingError, nearest
from hornbook.server.page.asked import Strict
from hornbook.server.page.place import Page, page_of
from hornbook.server.streaming import streamed
from hornbook.tokenizers.bytepair import Pair
from hornbook.tokenizers.explore import compression
from hornbook.tokenizers.gpt2 import gpt2
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.saved import load_tokenizer
from hornbook.workflows.watching.tokens import (
    about_tokenizer,
    encoded,
    family,
    merges,
    page_of_vocabulary,
    trained,
    training,
)

router = APIRouter(prefix="/page/tokens")

TRAINED = 8
"""So many tokenizers that were trained here are kept."""

AT_ONCE = 20
"""Merges that are learned before they are told."""

Writing = Annotated[StrictStr, Field(max_length=100_000)]


class Encode(Strict):
    """``POST /page/tokens/encode``."""

    text: Writing
    tokenizers: Annotated[list[StrictStr], Field(min_length=1, max_length=8)]
    allow_special: StrictBool = False


class Merges(Strict):
    """``POST /page/tokens/merges``."""

    tokenizer: StrictStr
    text: Writing


class Train(Strict):
    """``POST /page/tokens/train``."""

    text: Annotated[StrictStr, Field(min_length=1, max_length=500_000)]
    vocabulary: Annotated[StrictInt, Field(ge=257, le=2048)]
    pattern: Literal["gpt2", "gpt4", "digits"] = "gpt2"


@lru_cache(maxsize=16)
def loaded(folder: Path, changed: int) -> Tokenizer:
    """The tokenizer in a folder, as it was when it was ``changed`` last."""
    return load_tokenizer(folder)


def find(page: Page, name: str) -> Tokenizer:
    """The tokenizer of a run, GPT-2's, or one that was trained here.

    Raises:
        MissingError: there is none of this name.
    """
    if name in page.tokenizers:
        return page.tokenizers[name]
    if name == "gpt2":
        return gpt2()
    runs = page.runs
    if name == "default" and page.default is not None:
        name = page.default
    folder = runs[name] / "tokenizer" if name in runs else Path("nowhere")
    if not (folder / "tokenizer.json").is_file():
        known = [*runs, "gpt2", *page.tokenizers]
        near = nearest(name[:60], known)
        raise MissingError(f"there is no tokenizer {name[:60]!r}{near}; there are {', '.join(known)}")
    return loaded(folder.resolve(), (folder / "tokenizer.json").stat().st_mtime_ns)


@router.get("/tokenizers")
async def tokenizers(http: Request) -> dict[str, Any]:
    """Every tokenizer that can be asked for."""
    page = page_of(http)

    def listed() -> list[dict[str, Any]]:
        rows = []
        for name in [*page.runs, "gpt2", *page.tokenizers]:
            try:
                rows.append(about_tokenizer(name, find(page, name)))
            except HornbookError:  # GPT-2's is a file that may not be here; a run may be damaged
                continue
        return rows

    return {"tokenizers": await page.models.desk.ask(listed)}


@router.post("/encode")
async def encode(asked: Encode, http: Request) -> dict[str, Any]:
    """A text in the tokens of one tokenizer or several."""
    page = page_of(http)

    def found() -> list[dict[str, Any]]:
        return [encoded(name, find(page, name), asked.text, asked.allow_special) for name in asked.tokenizers]

    return {"results": await page.models.desk.ask(found)}


@router.post("/merges")
async def merged(asked: Merges, http: Request) -> dict[str, Any]:
    """A text merged step by step."""
    page = page_of(http)
    return await page.models.desk.ask(lambda: merges(find(page, asked.tokenizer), asked.text))


@router.get("/ancestry")
async def ancestry(http: Request, tokenizer: str, token: Annotated[int, Query(ge=0, le=1 << 31)]) -> dict[str, Any]:
    """From which tokens a token was merged."""
    page = page_of(http)
    return await page.models.desk.ask(lambda: family(find(page, tokenizer), token))


@router.get("/vocabulary")
async def vocabulary(
    http: Request,
    tokenizer: str,
    query: Annotated[str, Query(max_length=200)] = "",
    sort: str = "id",
    offset: Annotated[int, Query(ge=0, le=1 << 31)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """A part of the vocabulary."""
    page = page_of(http)
    return await page.models.desk.ask(lambda: page_of_vocabulary(find(page, tokenizer), query, sort, offset, limit))


@router.post("/train")
async def train(asked: Train, http: Request) -> Any:
    """Learn merges from a text, one by one."""
    return await streamed(http, learning(page_of(http), asked))


async def learning(page: Page, asked: Train) -> AsyncGenerator[dict[str, Any], None]:
    """Every merge, and at last the name of the tokenizer they make."""
    learned: list[Pair] = []
    coming = training(asked.text, asked.vocabulary, asked.pattern, learned)
    while rows := await page.models.desk.ask(lambda: list(islice(coming, AT_ONCE))):
        for row in rows:
            yield row
        await asyncio.sleep(0)
    tokenizer = await page.models.desk.ask(lambda: trained(learned, asked.pattern))
    packed = await page.models.desk.ask(lambda: compression("", tokenizer, asked.text))
    page.trained += 1
    name = f"trained-{page.trained}"
    page.tokenizers[name] = tokenizer
    while len(page.tokenizers) > TRAINED:
        del page.tokenizers[next(iter(page.tokenizers))]
    yield {
        "kind": "done",
        "name": name,
        "vocab_size": tokenizer.vocab_size,
        "tokens": packed.tokens,
        "bytes": packed.bytes,
        "bytes_per_token": packed.bytes_per_token,
    }
