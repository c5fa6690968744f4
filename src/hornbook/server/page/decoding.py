"""The decoding lab: what every filter leaves, the tree of continuations, beams beside the best. Screen: Play."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, StrictInt

from hornbook.generation.config import Beams, Sampling
from hornbook.server.page.asked import Text
from hornbook.server.page.place import page_of
from hornbook.server.schemas import Number
from hornbook.workflows.load import Loaded
from hornbook.workflows.watching.following import filter_by_filter
from hornbook.workflows.watching.given import read_given
from hornbook.workflows.watching.searching import beams_and_best, tree

router = APIRouter(prefix="/page/decoding")


class Filters(Text):
    """``POST /page/decoding/filters``."""

    temperature: Annotated[Number, Field(ge=0, le=10)] = 1.0
    top_k: Annotated[StrictInt, Field(ge=1)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    min_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[Number, Field(gt=0, le=100)] = 1.0
    show: Annotated[StrictInt, Field(ge=1, le=200)] = 20


class Tree(Text):
    """``POST /page/decoding/tree``."""

    branches: Annotated[StrictInt, Field(ge=1, le=6)] = 3
    depth: Annotated[StrictInt, Field(ge=1, le=8)] = 3


class Search(Text):
    """``POST /page/decoding/beams``."""

    beams: Annotated[StrictInt, Field(ge=1, le=16)] = 4
    max_tokens: Annotated[StrictInt, Field(ge=1, le=64)] = 4
    length_penalty: Annotated[Number, Field(ge=-4, le=4)] = 0.0


@router.post("/filters")
async def filters(asked: Filters, http: Request) -> dict[str, Any]:
    """The distribution after each filter."""
    sampling = Sampling(
        temperature=asked.temperature,
        top_k=asked.top_k,
        top_p=asked.top_p,
        min_p=asked.min_p,
        repetition_penalty=asked.repetition_penalty,
    )

    def found(loaded: Loaded) -> dict[str, Any]:
        return filter_by_filter(loaded, read_given(loaded, asked.given), sampling, asked.show)

    return await page_of(http).ask(asked.model, asked.checkpoint, found)


@router.post("/tree")
async def grown(asked: Tree, http: Request) -> dict[str, Any]:
    """The likeliest continuations, and theirs."""

    def found(loaded: Loaded) -> dict[str, Any]:
        return tree(loaded, read_given(loaded, asked.given), asked.branches, asked.depth)

    return await page_of(http).ask(asked.model, asked.checkpoint, found)


@router.post("/beams")
async def searched(asked: Search, http: Request) -> dict[str, Any]:
    """A beam search step by step."""
    beams = Beams(beams=asked.beams, best=asked.beams, max_tokens=asked.max_tokens, length_penalty=asked.length_penalty)

    def found(loaded: Loaded) -> dict[str, Any]:
        return beams_and_best(loaded, read_given(loaded, asked.given), beams)

    return await page_of(http).ask(asked.model, asked.checkpoint, found)
