"""Starting and stopping trainings, where that is permitted. Screen: Train."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import Field, StrictStr
from starlette.concurrency import run_in_threadpool

from hornbook.evaluation.rating.study import checked_name
from hornbook.server.page.asked import Nothing, Strict
from hornbook.server.page.place import page_of, permitted
from hornbook.workflows.recipe import load_recipe, recipe_names, to_toml
from hornbook.workflows.watching.estimate import estimate
from hornbook.workflows.watching.trainings import shipped

router = APIRouter(prefix="/page")


class Plan(Strict):
    """A recipe of the package, and settings laid over it: ``model.depth=2``."""

    recipe: StrictStr
    overrides: Annotated[list[StrictStr], Field(max_length=100)] = Field(default_factory=list)


class Start(Plan):
    """``POST /page/train``."""

    run: StrictStr | None = None


@router.get("/recipes")
async def recipes() -> dict[str, Any]:
    """The recipes of the package."""
    found = [(name, load_recipe(name)) for name in recipe_names()]
    return {
        "recipes": [
            {
                "name": name,
                "about": recipe.about,
                "minutes": recipe.training.minutes,
                "steps": recipe.training.steps,
                "config": to_toml(recipe),
            }
            for name, recipe in found
        ]
    }


@router.post("/train/estimate")
async def estimated(asked: Plan, http: Request) -> dict[str, Any]:
    """What a training would take, as far as that is known before its text is prepared."""
    return await page_of(http).models.desk.ask(lambda: estimate(load_recipe(shipped(asked.recipe), asked.overrides)))


@router.get("/train")
async def trainings(http: Request) -> dict[str, Any]:
    """Every process that was started here."""
    page = page_of(http)
    processes = [each.about() for each in page.trainings.started.values()]
    return {"allow_train": page.config.allow_train, "processes": processes}


@router.post("/train")
async def start(asked: Start, http: Request) -> dict[str, Any]:
    """Train a recipe."""
    page = page_of(http)
    permitted(page)
    folder = None if asked.run is None else page.root / checked_name("run", asked.run)
    begun = page.trainings.start(asked.recipe, asked.overrides, folder, page.root)
    return {"run": begun.folder.name, "process": begun.process.pid}


@router.post("/train/{name}/stop")
async def stop(name: str, asked: Nothing, http: Request) -> dict[str, Any]:
    """Let a training finish its step, save and end; of one that has not made a step nothing is left."""
    page = page_of(http)
    permitted(page)
    return {"run": name, "state": await run_in_threadpool(page.trainings.end, name)}


@router.post("/train/{name}/resume")
async def resume(name: str, asked: Nothing, http: Request) -> dict[str, Any]:
    """Go on with a run."""
    page = page_of(http)
    permitted(page)
    begun = await run_in_threadpool(page.trainings.resume, page.run(name))
    return {"run": name, "process": begun.process.pid}
