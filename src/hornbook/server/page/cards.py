"""Models as they are before they are used: a list, the card of one, and what the doctor finds in it. Screen: Models."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from hornbook.server.page.asked import Nothing
from hornbook.server.page.place import page_of
from hornbook.training.run_folder import Run
from hornbook.workflows.watching.cards import card_of, line_of
from hornbook.workflows.watching.examined import examined

router = APIRouter(prefix="/page/cards")


@router.get("")
async def cards(http: Request) -> dict[str, Any]:
    """Every model that has saved a checkpoint, the newest last."""
    page = page_of(http)

    def listed() -> list[dict[str, Any]]:
        return [line_of(Run(folder)) for folder in page.runs.values() if (folder / "latest").exists()]

    return {"models": await page.models.desk.ask(listed)}


@router.get("/{name}")
async def card(name: str, http: Request) -> dict[str, Any]:
    """All that is known of one."""
    page = page_of(http)
    run = page.run(name)
    return await page.models.desk.ask(lambda: card_of(run))


@router.post("/{name}/doctor")
async def doctor(name: str, asked: Nothing, http: Request) -> dict[str, Any]:
    """What is wrong with its training, as far as the doctor can tell; it takes its time."""
    page = page_of(http)
    run = page.run(name)
    return await page.practice.ask(lambda: examined(run))
