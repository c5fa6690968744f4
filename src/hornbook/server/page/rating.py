"""Rating what runs have written: blind, one item at a time, every answer kept at once. Screen: Rate.

Nothing here knows more than a rater may: items come from ``Session``, which shows no name of a model.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field, StrictInt, StrictStr

from hornbook.errors import HornbookError
from hornbook.evaluation.rating.ratings import read_ratings
from hornbook.evaluation.rating.report import report
from hornbook.evaluation.rating.session import Session
from hornbook.evaluation.rating.study import checked_name, find_study, read_study, studies_root
from hornbook.evaluation.rating.wording import tables
from hornbook.generation.config import Sampling
from hornbook.server.page.asked import Strict
from hornbook.server.page.place import Page, page_of
from hornbook.server.schemas import LARGEST, Number
from hornbook.workflows.rating_study import new_study_of

router = APIRouter(prefix="/page/studies")

Name = Annotated[StrictStr, Field(min_length=1, max_length=64)]

Prompted = Annotated[StrictStr, Field(min_length=1, max_length=4000)]


class New(Strict):
    """``POST /page/studies``."""

    study: Name
    runs: Annotated[list[StrictStr], Field(min_length=1, max_length=8)]
    prompts: Annotated[list[Prompted], Field(min_length=1, max_length=200)]
    samples: Annotated[StrictInt, Field(ge=1, le=8)] = 1
    mode: Literal["both", "scales", "pairs"] = "both"
    max_tokens: Annotated[StrictInt, Field(ge=1, le=1000)] = 60
    temperature: Annotated[Number, Field(ge=0, le=2)] = 1.0
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    seed: Annotated[StrictInt, Field(ge=0, le=LARGEST)] = 0


class Rater(Strict):
    """Who rates."""

    rater: Name


class Place(Rater):
    """Who rates, and which item is meant."""

    place: StrictInt


class Answer(Place):
    """``POST /page/studies/{study}/answer``."""

    scores: dict[str, StrictInt] | None = None
    choice: StrictStr | None = None
    comment: Annotated[StrictStr, Field(max_length=4000)] = ""
    seconds: Annotated[Number, Field(ge=0)] | None = None


@router.get("")
async def studies() -> dict[str, Any]:
    """Every study there is."""
    return {"studies": [about(path.parent) for path in sorted(studies_root().glob("*/study.json"))]}


def about(folder: Path) -> dict[str, Any]:
    """A line of the list."""
    try:
        study = read_study(folder)
    except HornbookError as error:
        return {"study": folder.name, "error": str(error)}
    return {
        "study": folder.name,
        "mode": study.mode,
        "prompts": len(study.prompts),
        "texts": len(study.texts),
        "models": len(study.models),
        "raters": len(list((folder / "ratings").glob("*.jsonl"))),
    }


@router.post("")
async def new(asked: New, http: Request) -> dict[str, Any]:
    """Let runs write to prompts, and freeze what they wrote."""
    page = page_of(http)
    sampling = Sampling(max_tokens=asked.max_tokens, temperature=asked.temperature, top_p=asked.top_p, seed=asked.seed)
    runs = [located(page, name) for name in asked.runs]
    path = await page.models.desk.ask(
        lambda: new_study_of(asked.study, runs, asked.prompts, asked.samples, sampling, asked.mode)
    )
    return {"study": asked.study, "texts": len(read_study(path.parent).texts)}


def located(page: Page, name: str) -> str:
    """``RUN`` or ``RUN@CHECKPOINT``, with the folder of the run."""
    run, checkpoint = page.named(name, "best")
    return f"{run.folder}@{checkpoint}" if "@" in name else str(run.folder)


def folder_of(study: str) -> Path:
    """The folder of a study, by its name alone."""
    return find_study(studies_root() / checked_name("study", study))


@router.get("/{study}/next")
async def upcoming(study: str, rater: str, http: Request) -> dict[str, Any]:
    """What is asked now."""
    return await in_session(http, study, rater, lambda session: None)


@router.post("/{study}/answer")
async def answer(study: str, asked: Answer, http: Request) -> dict[str, Any]:
    """Keep an answer; the next item."""
    given = {name: value for name, value in (("scores", asked.scores), ("choice", asked.choice)) if value is not None}
    said = {**given, "comment": asked.comment}
    return await in_session(http, study, asked.rater, lambda session: session.record(said, asked.place, asked.seconds))


@router.post("/{study}/skip")
async def skip(study: str, asked: Place, http: Request) -> dict[str, Any]:
    """Leave an item without an answer; the next one."""
    return await in_session(http, study, asked.rater, lambda session: session.skip(asked.place))


@router.post("/{study}/undo")
async def undo(study: str, asked: Rater, http: Request) -> dict[str, Any]:
    """Take back the last answer; its item again."""
    return await in_session(http, study, asked.rater, lambda session: session.undo())


async def in_session(http: Request, study: str, rater: str, action: Callable[[Session], object]) -> dict[str, Any]:
    """Do something in a rater's session, as its file says it stands, and tell what is asked then."""

    def done() -> dict[str, Any]:
        session = Session.open(folder_of(study), rater)
        with session.journal:
            action(session)
            shown = session.next()
        return {
            "study": study,
            "rater": session.rater,
            "answered": len(session.answers),
            "items": len(session.items),
            "done": shown is None,
            "item": None if shown is None else {key: each for key, each in shown.as_json().items() if key != "items"},
        }

    return await page_of(http).models.desk.ask(done)


@router.get("/{study}/report")
async def summary(study: str, http: Request) -> dict[str, Any]:
    """What the study has found."""

    def found() -> dict[str, Any]:
        folder = folder_of(study)
        frozen = read_study(folder)
        told = report(frozen, read_ratings(folder, frozen))
        rows = [
            {"title": each.title, "headings": each.headings, "rows": each.rows, "note": each.note}
            for each in tables(told)
        ]
        return {"report": told, "tables": rows}

    return await page_of(http).models.desk.ask(found)
