"""Runs: what there is, how they learned, and one that is learning now. Screen: Train."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from hornbook.server.page.place import Page, page_of
from hornbook.server.streaming import streamed
from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.compare import compare
from hornbook.workflows.watching.curves import Tail, columns
from hornbook.workflows.watching.listing import about_run, details_of, is_live, written_so_far
from hornbook.workflows.watching.markers import markers_of

router = APIRouter(prefix="/page")

MOMENT = 0.4
"""Seconds between two looks at the journal of a run that is being written."""


@router.get("/runs")
async def runs(http: Request) -> dict[str, Any]:
    """Every run, the newest last."""
    page = page_of(http)
    found = await page.models.desk.ask(lambda: [about_run(Run(folder)) for folder in page.runs.values()])
    rows = [each | {"here": page.trainings.runs(each["run"])} for each in found]
    return {"allow_train": page.config.allow_train, "runs": rows}


@router.get("/runs/{name}")
async def details(name: str, http: Request) -> dict[str, Any]:
    """All that a run says of itself."""
    page = page_of(http)
    run = page.run(name)
    return await page.models.desk.ask(lambda: details_of(run)) | {"here": page.trainings.runs(name)}


@router.get("/runs/{name}/metrics")
async def metrics(name: str, http: Request, points: Annotated[int, Query(ge=10, le=20000)] = 1000) -> dict[str, Any]:
    """Columns for curves."""
    page = page_of(http)
    run = page.run(name)
    return await page.models.desk.ask(lambda: columns(run, points))


@router.get("/runs/{name}/samples")
async def samples(name: str, http: Request) -> dict[str, Any]:
    """What the run has written, in order."""
    run = page_of(http).run(name)
    return {"samples": read_journal(run.samples) if run.samples.exists() else []}


class SpikeRow(BaseModel):
    """A row of a batch whose loss jumped."""

    row: int
    loss: float | None
    documents: list[str]
    text: str


class SpikeMarker(BaseModel):
    """What is kept of a batch whose loss jumped, and the command that shows all of it."""

    batch: int
    loss: float | None
    usual: float | None
    cause: int | None
    rows: list[SpikeRow]
    command: str


class Marker(BaseModel):
    """Something that happened in a run, after so many updates."""

    step: int
    kind: str
    what: str
    means: str
    advice: str
    checkpoint: str | None
    spike: SpikeMarker | None


class Markers(BaseModel):
    """``GET /page/runs/{run}/markers``."""

    markers: list[Marker]


@router.get("/runs/{name}/markers")
async def markers(name: str, http: Request) -> Markers:
    """What happened in a run, in the order of its steps."""
    page = page_of(http)
    run = page.run(name)
    return Markers.model_validate({"markers": await page.models.desk.ask(lambda: markers_of(run))})


@router.get("/compare")
async def compared(http: Request, run: Annotated[list[str], Query(min_length=2, max_length=8)]) -> dict[str, Any]:
    """Runs side by side: numbers and the settings in which they differ."""
    page = page_of(http)
    folders = [page.run(name).folder for name in run]
    found = (await page.models.desk.ask(lambda: compare(folders))).as_json()
    lines = [{"run": each["name"], "val_loss": each["loss"], **each} for each in found["runs"]]
    kept = ("run", "parameters", "steps", "tokens", "seconds", "val_loss", "bits_per_byte", "accuracy", "perplexity")
    return {
        "runs": [each["run"] for each in lines],
        "differences": found["differences"],
        "same_validation_text": found["same_validation_text"],
        "lines": [{name: each[name] for name in kept} for each in lines],
    }


# A run that is being written ------------------------------------------------------------------------------------------


@router.get("/runs/{name}/events")
async def events(name: str, http: Request, offset: Annotated[int, Query(ge=0, le=1 << 53)] = 0) -> Any:
    """Its journal from ``offset`` on, or from where a browser says that it was, as long as it grows."""
    told = http.headers.get("last-event-id", "")
    begin = int(told) if told.isascii() and told.isdigit() and len(told) < 16 else offset
    return await streamed(http, following(page_of(http), name, begin))


async def following(page: Page, name: str, offset: int) -> AsyncGenerator[Any, None]:
    """New lines, samples and checkpoints, and at last what became of the run."""
    run = page.run(name)
    tail = await asyncio.to_thread(Tail.begin, run.metrics, offset)
    seen, sample = written_so_far(run), len(read_samples(run))
    yield {"kind": "state", "state": "training" if is_live(run) else about_run(run)["state"]}
    while True:
        live = is_live(run)  # asked before reading, so that the last lines are not missed
        if tail.rewound:
            yield {"kind": "rewound"}
            tail = Tail.begin(run.metrics, run.metrics.stat().st_size if run.metrics.exists() else 0)
        for line in tail.new():
            yield line
        written = read_samples(run)
        for each in written[sample:]:
            yield {"kind": "sample", **each}
        sample = len(written)
        newest = written_so_far(run)
        if newest and newest != seen:
            seen = newest
            yield {"kind": "checkpoint", "name": newest, "step": int(newest.removeprefix("step-"))}
        if not live:
            break
        await asyncio.sleep(MOMENT)
    yield {"kind": "state", "state": about_run(run)["state"]}


def read_samples(run: Run) -> list[dict[str, Any]]:
    """What has been written so far."""
    return read_journal(run.samples) if run.samples.exists() else []
