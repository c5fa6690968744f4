"""The course in the page: its lessons, each with the screen on which its question can be looked into. Screen: Learn."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from hornbook.course.lesson import Lesson, read_lessons
from hornbook.errors import MissingError
from hornbook.server.errors import ApiError

router = APIRouter(prefix="/page/lessons")

MERGE = "Cut a word of your own merge by merge, until nothing is left to merge."
HEAD = "Find a head that looks at the token before, and switch it off: by how many bits does the answer move?"
FILTER = "Choose temperature and top-p so that fewer than five tokens are left, the likeliest with less than half."
CURVE = "Find the step at which the loss falls below the unigram line, and the one below the n-gram line."
LENS = "Find the layer after which the answer stays the likeliest token."
BEAMS = "Find a prompt after which two beams miss the best text, and the number of beams that finds it."
RATE = "Rate ten texts and read the report: is there enough to say who writes better?"

PANELS: dict[str, tuple[str, str]] = {
    "text_to_tokens": ("tokens", MERGE),
    "attention": ("inside", HEAD),
    "generating": ("play", FILTER),
    "sampling": ("play", FILTER),
    "the_loss": ("train", CURVE),
    "the_training_loop": ("train", CURVE),
    "evaluation": ("rate", RATE),
    "beam_search": ("play", BEAMS),
    "looking_inside": ("inside", LENS),
}
"""For lessons by name: the screen that shows what they are about, and when one has seen it."""


def about(lesson: Lesson) -> dict[str, Any]:
    """A line of the list."""
    panel, check = PANELS.get(lesson.name, (None, None))
    return {
        "number": lesson.number,
        "name": lesson.stem,
        "title": lesson.title,
        "question": lesson.question,
        "need": lesson.need,
        "minutes": lesson.minutes,
        "panel": panel,
        "check": check,
    }


def all_lessons() -> list[Lesson]:
    """The lessons; none where they are not installed."""
    try:
        return read_lessons()
    except MissingError:
        return []


@router.get("")
def lessons() -> dict[str, Any]:
    """Every lesson."""
    return {"lessons": [about(lesson) for lesson in all_lessons()]}


@router.get("/{number}")
def lesson(number: int) -> dict[str, Any]:
    """One lesson, cell by cell."""
    found = next((each for each in all_lessons() if each.number == number), None)
    if found is None:
        raise ApiError(404, f"there is no lesson {number}", param="number", code="not_found")
    cells = [{"kind": "text" if cell.kind == "markdown" else "code", "source": cell.source} for cell in found.cells]
    exercises = [
        {"title": f"{each.name}{each.signature}", "source": each.task, "hint": each.hint} for each in found.exercises
    ]
    return about(found) | {"cells": cells, "exercises": exercises}
