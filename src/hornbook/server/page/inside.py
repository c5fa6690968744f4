"""Inside: one pass through a model, seen, changed, taken apart. Screen: Inside."""

from __future__ import annotations

import gzip
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field, StrictInt, StrictStr

from hornbook.evaluation.inside.temperature import COLDEST, HOTTEST, read_temperature
from hornbook.server.errors import ApiError
from hornbook.server.page.asked import About, Strict, Text
from hornbook.server.page.place import Page, page_of
from hornbook.workflows.load import Loaded
from hornbook.workflows.watching.changing import Experiment, moved, neighbours, with_token, without
from hornbook.workflows.watching.given import read_given
from hornbook.workflows.watching.looking import Trace, lens_alone, look, one_head

router = APIRouter(prefix="/page/inside")

LONGEST = 512
"""So many tokens are followed at most: maps grow with their square."""

Few = Annotated[StrictInt, Field(ge=1, le=50)]


class Look(Text):
    """``POST /page/inside``."""

    top: Few = 5


class Warmth(Strict):
    """Which attention has which temperature: ``of`` is attention, attention:2 or attention:2.1; cross, encoder."""

    of: Annotated[StrictStr, Field(max_length=40)] = "attention"
    value: Annotated[float, Field(strict=True, ge=COLDEST, le=HOTTEST, allow_inf_nan=False)]


class Ablate(Text):
    """``POST /page/inside/ablate``."""

    parts: Annotated[list[StrictStr], Field(max_length=200)] = Field(default_factory=list)
    temperatures: Annotated[list[Warmth], Field(max_length=200)] = Field(default_factory=list)
    fill: Literal["zero", "mean"] = "zero"
    place: StrictInt = -1
    top: Few = 10

    @property
    def experiment(self) -> Experiment:
        """What is changed, as other rooms take it."""
        warm = [read_temperature(each.of, each.value) for each in self.temperatures]
        return Experiment(self.parts, self.fill, warm)


class Edit(Text):
    """``POST /page/inside/edit``: ``token`` stands at ``place``; the answer is looked at after ``after``."""

    place: StrictInt
    token: StrictInt
    after: StrictInt = -1
    top: Few = 10


class Attribute(Text):
    """``POST /page/inside/attribute``."""

    place: StrictInt = -1
    target: StrictInt | None = None
    other: StrictInt | None = None


class Near(About):
    """``POST /page/inside/neighbours``."""

    token: Annotated[StrictInt, Field(ge=0)]
    top: Few = 8


@router.post("")
async def inside(asked: Look, http: Request) -> dict[str, Any]:
    """One pass, everything but the maps themselves."""
    page = page_of(http)

    def found(loaded: Loaded) -> tuple[Trace, dict[str, Any]]:
        return look(loaded, read_given(loaded, asked.given, LONGEST), asked.top)

    trace, seen = await page.ask(asked.model, asked.checkpoint, found)
    return {"trace": page.traces.keep(trace), **seen}


@router.get("/{trace}/maps/{kind}")
async def maps(trace: str, kind: str, http: Request) -> Response:
    """All maps of a kind as bytes."""
    page = page_of(http)
    kept = page.traces.find(trace)
    if kind not in kept.maps:
        raise ApiError(404, f"kind: {kind[:40]!r} is none of {', '.join(kept.maps)}", param="kind", code="not_found")
    data = kept.maps[kind]
    headers = {"X-Shape": ",".join(map(str, data.shape)), "Cache-Control": "private, max-age=3600"}
    if "gzip" in http.headers.get("accept-encoding", ""):
        packed = await page.models.desk.ask(lambda: gzip.compress(data.tobytes(), 1, mtime=0))
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return Response(packed, media_type="application/octet-stream", headers=headers)
    return Response(data.tobytes(), media_type="application/octet-stream", headers=headers)


@router.get("/{trace}/head/{kind}/{layer}/{head}")
async def head_in_numbers(trace: str, kind: str, layer: int, head: int, http: Request) -> dict[str, Any]:
    """One head: weights, scores, lengths of the values."""
    page = page_of(http)
    kept = page.traces.find(trace)
    return await again(page, kept, lambda loaded: one_head(loaded, kept.read, kind, layer, head))


@router.get("/{trace}/lens")
async def lens(trace: str, http: Request, top: int = 5) -> dict[str, Any]:
    """The lens of a pass, where it was too much to come along."""
    page = page_of(http)
    kept = page.traces.find(trace)
    return await again(page, kept, lambda loaded: lens_alone(loaded, kept.read, max(1, min(top, 50))))


async def again(page: Page, kept: Trace, question: Any) -> dict[str, Any]:
    """Something more about a pass."""
    found: dict[str, Any] = await page.ask(kept.run, kept.checkpoint, question)
    return found


@router.post("/ablate")
async def ablate(asked: Ablate, http: Request) -> dict[str, Any]:
    """The answer with and without parts, and with attention at other temperatures."""

    def found(loaded: Loaded) -> dict[str, Any]:
        return without(loaded, read_given(loaded, asked.given, LONGEST), asked.experiment, asked.place, asked.top)

    return await page_of(http).ask(asked.model, asked.checkpoint, found)


@router.post("/edit")
async def edit(asked: Edit, http: Request) -> dict[str, Any]:
    """The answer before and after another token stands in the text."""

    def found(loaded: Loaded) -> dict[str, Any]:
        read = read_given(loaded, asked.given, LONGEST)
        return with_token(loaded, read, (asked.place, asked.token), asked.after, asked.top)

    return await page_of(http).ask(asked.model, asked.checkpoint, found)


@router.post("/attribute")
async def attribute(asked: Attribute, http: Request) -> dict[str, Any]:
    """What each part put into the difference of two logits."""

    def found(loaded: Loaded) -> dict[str, Any]:
        return moved(loaded, read_given(loaded, asked.given, LONGEST), asked.place, asked.target, asked.other)

    return await page_of(http).ask(asked.model, asked.checkpoint, found)


@router.post("/neighbours")
async def near(asked: Near, http: Request) -> dict[str, Any]:
    """The tokens nearest to one in the table of embeddings."""
    return await page_of(http).ask(
        asked.model, asked.checkpoint, lambda loaded: neighbours(loaded, asked.token, asked.top)
    )
