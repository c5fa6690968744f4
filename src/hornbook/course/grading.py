"""A learner's file of exercises, graded: each function by the check of its name. Next: checks/."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

from hornbook.course.answers import Answer, WrongAnswer
from hornbook.course.lesson import Exercise, Lesson
from hornbook.errors import MissingError
from hornbook.evaluation.checking.subject import where_it_broke
from hornbook.workflows.check import imported

State = Literal["right", "wrong", "broken", "to write"]
Check = Callable[[Answer], None]


@dataclass(frozen=True)
class Grade:
    """What became of one exercise: ``said`` tells what is wrong, ``hint`` what to look at."""

    name: str
    state: State
    said: str = ""
    hint: str = ""


def checks_of(lesson: Lesson) -> dict[str, Check]:
    """The check of each exercise, in the order of the lesson.

    Raises:
        MissingError: an exercise has none.
    """
    module = importlib.import_module(f"hornbook.course.checks.{lesson.name}")
    missing = [each.name for each in lesson.exercises if not hasattr(module, f"check_{each.name}")]
    if missing:
        raise MissingError(f"lesson {lesson.number:02}: nothing checks {', '.join(missing)}")
    return {each.name: getattr(module, f"check_{each.name}") for each in lesson.exercises}


def grade(lesson: Lesson, file: Path) -> list[Grade]:
    """Run the learner's file and grade what is in it, exercise by exercise.

    Raises:
        MissingError: there is no such file.
        HornbookError: it cannot be run.
    """
    if not file.is_file():
        raise MissingError(
            f"{file} does not exist; hornbook learn start {lesson.number:02} writes it, with the functions to fill in"
        )
    module, checks = imported(file.resolve()), checks_of(lesson)
    return [grade_one(exercise, module, checks[exercise.name], file.resolve()) for exercise in lesson.exercises]


def grade_one(exercise: Exercise, module: ModuleType, check: Check, file: Path) -> Grade:
    """The grade of one function; whatever it raises is told with the line that raised it."""
    function = getattr(module, exercise.name, None)
    if not callable(function):
        return Grade(exercise.name, "to write", f"there is no function {exercise.name}", exercise.hint)
    try:
        check(function)
    except WrongAnswer as wrong:
        return Grade(exercise.name, "wrong", str(wrong), wrong.hint)
    except NotImplementedError:
        return Grade(exercise.name, "to write", "not written yet", exercise.hint)
    except Exception as error:  # the learner's own code may raise anything
        return Grade(exercise.name, "broken", where_it_broke(error, (str(file),)), exercise.hint)
    return Grade(exercise.name, "right")
