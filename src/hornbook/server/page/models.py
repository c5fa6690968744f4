"""Which models there are, and opening one at a checkpoint for those who write. Screens: the frame around all."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from hornbook import __version__
from hornbook.evaluation.rating.study import studies_root
from hornbook.server.page.asked import About
from hornbook.server.page.lessons import all_lessons
from hornbook.server.page.place import page_of
from hornbook.training.run_folder import Run
from hornbook.workflows.watching.listing import about_model
from hornbook.workflows.watching.trainings import Started

router = APIRouter(prefix="/page")


@router.get("/about")
async def about(http: Request) -> dict[str, Any]:
    """What this server has and permits."""
    page = page_of(http)
    return {
        "version": __version__,
        "default": page.default,
        "allow_train": page.config.allow_train,
        "demo": None if page.demo is None else demo_of(page.demo),
        "lessons": len(all_lessons()),
        "studies": len(list(studies_root().glob("*/study.json"))),
    }


@router.get("/models")
async def models(http: Request) -> dict[str, Any]:
    """Every run with its checkpoints, the newest last."""
    page = page_of(http)
    served = {each.loaded.run.folder.resolve() for each in page.models.by_name.values()}

    def listed() -> list[dict[str, Any]]:
        found = {name: folder for name, folder in page.runs.items() if (folder / "latest").exists()}
        return [about_model(Run(folder)) | {"served": folder.resolve() in served} for folder in found.values()]

    return {"models": await page.models.desk.ask(listed)}


@router.post("/models/open")
async def opened(asked: About, http: Request) -> dict[str, Any]:
    """Let a run at a checkpoint answer under /v1."""
    served = await page_of(http).writer(asked.model, asked.checkpoint)
    return {"id": served.name, "context": served.context, "chat": served.template is not None}


def demo_of(started: Started) -> dict[str, Any]:
    """How far the first model is."""
    states = {"running": "training" if (started.folder / "run.json").exists() else "preparing", "finished": "finished"}
    found = {"run": started.folder.name, "state": states.get(started.state, "failed")}
    return found if found["state"] != "failed" else found | {"message": "\n".join(started.said[-3:])}
