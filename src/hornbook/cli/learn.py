"""``hornbook learn``: the course in the terminal: lessons, paths through them, exercises and their grades."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

from hornbook.cli.own_parts import parts, train
from hornbook.cli.worksheet import worksheet

if TYPE_CHECKING:
    from hornbook.course.grading import Grade
    from hornbook.course.lesson import Lesson

app = cyclopts.App(name="learn", help="The course: lessons that run, and exercises that are graded.")
for command in (worksheet, parts, train):
    app.command(command)

AsJson = Annotated[bool, cyclopts.Parameter(name="--json", negative=())]


@app.default
def list_lessons(*, as_json: AsJson = False) -> None:
    """List the lessons, with what you have solved, and the one that comes next.

    Parameters
    ----------
    as_json
        Print one JSON object.
    """
    from hornbook.cli.output import print_json, print_table
    from hornbook.course.lesson import read_lessons
    from hornbook.course.progress import Progress

    lessons, progress = read_lessons(), Progress.load()
    if as_json:
        found = [
            {key: value for key, value in each.as_json().items() if key != "cells"}
            | {"solved": progress.solved_of(each), "done": progress.done(each)}
            for each in lessons
        ]
        print_json({"schema": 1, "lessons": found})
        return
    rows = [
        (f"{each.number:02} {each.title}", f"{each.minutes} min", f"{progress.solved_of(each)}/{len(each.exercises)}")
        for each in lessons
    ]
    print_table(("lesson", "to read", "solved"), rows)
    say_next(progress.next(lessons))


@app.command(name="next")
def next_(path: str = "complete", /) -> None:
    """Say which lesson comes next.

    Parameters
    ----------
    path
        practical, theoretical or complete.
    """
    from hornbook.course.lesson import read_lessons
    from hornbook.course.paths import find_path, lessons_of
    from hornbook.course.progress import Progress

    say_next(Progress.load().next(lessons_of(find_path(path), read_lessons())))


@app.command
def path(name: str | None = None, /) -> None:
    """The three paths through the lessons, or the milestones and lessons of one.

    Parameters
    ----------
    name
        practical, theoretical or complete.
    """
    from hornbook.course.lesson import read_lessons
    from hornbook.course.paths import PATHS, find_path, plan
    from hornbook.course.progress import Progress

    if name is None:
        for each in PATHS.values():
            print(f"{each.name:<12} {each.hours:>2} hours  {each.purpose}")
        return
    progress, minutes = Progress.load(), 0
    for milestone, lessons in plan(find_path(name), read_lessons()):
        for lesson in lessons:
            sign = "x" if progress.done(lesson) else " "
            print(f"[{sign}] {lesson.number:02} {lesson.title} ({lesson.minutes} min)")
        minutes += sum(lesson.minutes for lesson in lessons)
        if lessons:
            print(f"    -> after {minutes / 60:.1f} hours {milestone.reached}\n")


@app.command
def show(lesson: str, /) -> None:
    """Read a lesson here.

    Parameters
    ----------
    lesson
        A lesson by its number or name: 7, 07, generating.
    """
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.syntax import Syntax

    from hornbook.course.lesson import find_lesson

    console = Console()
    for cell in find_lesson(lesson).cells:
        if cell.kind == "markdown":
            console.print(Markdown(cell.source))
        else:
            console.print(Syntax(cell.source, "python", background_color="default", word_wrap=True))
        console.print()


@app.command
def run(lesson: str, /) -> None:
    """Run a lesson: all its code, and every claim in it that is a number.

    Parameters
    ----------
    lesson
        A lesson by its number or name: 7, 07, generating.
    """
    import runpy

    from hornbook.course.lesson import find_lesson
    from hornbook.errors import CheckError
    from hornbook.evaluation.checking.subject import where_it_broke

    found = find_lesson(lesson)
    try:
        runpy.run_path(str(found.path), run_name="__main__")
    except AssertionError as error:
        raise CheckError(f"a claim does not hold here: {where_it_broke(error, (str(found.path),))}") from error
    print(f"\nlesson {found.number:02} ran, and every claim in it holds")


@app.command
def start(lesson: str, /, *, out: Path | None = None) -> None:
    """Write the functions of a lesson's exercises, for you to fill in.

    Parameters
    ----------
    lesson
        A lesson by its number or name: 7, 07, generating.
    out
        The file; by default the lesson's name, here.
    """
    from hornbook.course.lesson import find_lesson
    from hornbook.course.lesson import start as begin

    found = find_lesson(lesson)
    file = out or Path(f"{found.stem}.py")
    begin(found, file)
    print(f"{file}: fill in {', '.join(each.name for each in found.exercises)}; then hornbook learn check {lesson}")


@app.command
def check(lesson: str, file: Path | None = None, /, *, as_json: AsJson = False) -> None:
    """Grade your answers to a lesson's exercises: what is wrong, and a hint. The file is run.

    Parameters
    ----------
    lesson
        A lesson by its number or name: 7, 07, generating.
    file
        Your answers; by default the file of the lesson's name here, or in lessons/exercises.
    as_json
        Print one JSON object.
    """
    import dataclasses

    from hornbook.cli.output import print_json
    from hornbook.course.grading import grade
    from hornbook.course.lesson import answers_file, find_lesson
    from hornbook.course.progress import Progress
    from hornbook.errors import CheckError

    found = find_lesson(lesson)
    place = file or answers_file(found)
    grades = grade(found, place)
    Progress.load().add(found, [each.name for each in grades if each.state == "right"])
    left = [each.name for each in grades if each.state != "right"]
    if as_json:
        listed = list(map(dataclasses.asdict, grades))
        print_json({"schema": 1, "lesson": found.number, "file": str(place), "ok": not left, "exercises": listed})
    else:
        print_grades(grades)
    if left:
        raise CheckError(f"{place}: {len(left)} of {len(grades)} exercises are left: {', '.join(left)}")


@app.command
def notebook(lesson: str, /, *, out: Path | None = None) -> None:
    """Write a lesson as a Jupyter notebook.

    Parameters
    ----------
    lesson
        A lesson by its number or name, or "all".
    out
        The file, or for all of them the folder; by default the lessons' names, here.
    """
    from hornbook.course.lesson import find_lesson, read_lessons
    from hornbook.course.notebook import write_notebook

    for found in read_lessons() if lesson == "all" else [find_lesson(lesson)]:
        name = f"{found.stem}.ipynb"
        path = (out or Path()) / name if lesson == "all" or out is None else out
        write_notebook(found, path)
        print(path)


def say_next(lesson: Lesson | None) -> None:
    """The lesson that comes next and its question, or that nothing is left."""
    if lesson is None:
        print("Nothing is left: every exercise is solved.")
    else:
        print(
            f"next: {lesson.number:02} {lesson.title}: {lesson.question}\n      hornbook learn show {lesson.number:02}"
        )


def print_grades(grades: list[Grade]) -> None:
    """A line for each exercise; under a wrong one what is wrong, and the hint."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    signs = {
        "right": "[green]   right[/]",
        "wrong": "[bold red]   wrong[/]",
        "broken": "[bold red]  broken[/]",
        "to write": "[dim]to write[/]",
    }
    for each in grades:
        console.print(f"{signs[each.state]}  {each.name:<22} {escape(each.said)}")
        if each.hint:
            console.print(f"          {'':<22} -> {escape(each.hint)}")
