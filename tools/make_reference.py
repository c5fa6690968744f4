"""Write the pages that are made from the program itself: its commands' help, its rooms' docstrings, its lessons.

python tools/make_reference.py   -> docs/reference/commands.md, rooms.md and ROOM.md; docs/lessons/NN_NAME.md, index.md
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hornbook.course.lesson import Lesson

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
COMMANDS = """# Commands

What `--help` says of each. Exit codes: 0 fine, 1 failed while running, 2 usage or configuration, 3 a needed file, model
or extra is missing, 4 a check failed, 130 and 143 stopped by a signal after saving.
"""
LESSONS = """# Lessons

For who knows Python and no neural networks. `hornbook learn run 04` runs one, `hornbook learn start 04` gives its
exercises as a file and `hornbook learn check 04` grades them; `hornbook learn path` has three ways through them.

| | | minutes to read |
|---|---|---|
"""
ROOMS = {
    "corpus": "where text comes from",
    "tokenizers": "text and ids",
    "data": "ids and batches",
    "figures": "data and drawing of every picture",
    "model": "the parts, and the models built of them",
    "training": "objectives, optimizers, the one loop",
    "generation": "how a model writes",
    "finetuning": "a few weights changed, answers, preferences, rewards",
    "evaluation": "how good it is",
    "formats": "other people's files",
    "workflows": "the rooms put together",
    "course": "lessons, exercises, parts of one's own",
    "server": "HTTP",
}


def commands(command: Any, path: list[str]) -> Iterator[tuple[list[str], str]]:
    """Every command with its help, depth first."""
    from rich.console import Console

    from hornbook.cli.app import app

    text = io.StringIO()
    app.help_print(path, console=Console(file=text, width=100, no_color=True, force_terminal=False))
    yield path, "\n".join(line.rstrip() for line in text.getvalue().splitlines())
    for name in command:
        if not name.startswith("-"):
            yield from commands(command[name], [*path, name])


def commands_page() -> str:
    """All commands on one page."""
    from hornbook.cli.app import app

    parts = [COMMANDS]
    for path, text in commands(app, []):
        parts.append(f"## {' '.join(['hornbook', *path])}\n\n```text\n{text.strip()}\n```\n")
    return "\n".join(parts)


def modules(room: str) -> list[str]:
    """The modules of a room that hold something, by their dotted names."""
    folder = ROOT / "src" / "hornbook" / room
    files = sorted(file for file in folder.rglob("*.py") if file.stat().st_size and file.name != "__init__.py")
    return [".".join(file.relative_to(ROOT / "src").with_suffix("").parts) for file in files]


def lesson_page(lesson: Lesson) -> str:
    """A lesson to read: its text, its code, and how to run it."""
    fenced = (cell.source if cell.kind == "markdown" else f"```python\n{cell.source}\n```" for cell in lesson.cells)
    end = f"This page is `lessons/{lesson.path.name}`; `hornbook learn run {lesson.number:02}` runs it."
    return "\n\n".join([*(cell.strip() for cell in fenced if cell.strip()), f"---\n\n{end}"]) + "\n"


def write_lessons(folder: Path) -> None:
    """A page for each lesson, and their list."""
    from hornbook.course.lesson import read_lessons

    folder.mkdir(exist_ok=True)
    rows = []
    for lesson in read_lessons():
        (folder / f"{lesson.stem}.md").write_text(lesson_page(lesson), encoding="utf-8")
        link = f"[{lesson.number:02} {lesson.title}]({lesson.stem}.md)"
        rows.append(f"| {link} | {lesson.question} | {lesson.minutes} |")
    (folder / "index.md").write_text(LESSONS + "\n".join(rows) + "\n", encoding="utf-8")


def main() -> None:
    """Write all pages; what is there already is replaced."""
    write_lessons(DOCS / "lessons")
    reference = DOCS / "reference"
    reference.mkdir(exist_ok=True)
    (reference / "commands.md").write_text(commands_page(), encoding="utf-8")
    rows = []
    for room, about in ROOMS.items():
        names = modules(room)
        own = f"::: hornbook.{room}\n    options:\n      members: false"
        page = "\n\n".join([f"# {room}", own, *(f"::: {name}" for name in names)])
        (reference / f"{room}.md").write_text(page + "\n", encoding="utf-8")
        rows.append(f"| [{room}]({room}.md) | {about} | {len(names)} files |")
    head = "# Rooms\n\nText flows through the package in one direction. Each page has the docstrings of a room.\n"
    (reference / "rooms.md").write_text("\n".join([head, "| room | what it is for | |", "|---|---|---|", *rows]) + "\n")


if __name__ == "__main__":
    main()
