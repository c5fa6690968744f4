"""A lesson, read from its script: title, question, minutes, cells, exercises.

A lesson is a Python file in percent format: ``# %% [markdown]`` begins a cell of text, whose lines begin with ``# ``,
and ``# %%`` begins a cell of code. It runs as it is; what stands before the first cell is for Python alone. The first
cell has the title (``# # 07. Generating``), ``**Question:**``, ``**You need:**`` and ``**Minutes:**``; an exercise is a
heading with a signature in it, then what to do, then a paragraph that begins with ``Hint:``. Next: grading.py.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError, nearest
from hornbook.files import read_text, write_text

CELL = re.compile(r"^# %%(?P<rest>.*)\n", re.M)
TITLE = re.compile(r"^# (?P<number>\d\d)\. (?P<title>.+)$", re.M)
FIELD = r"^\*\*{name}:\*\*\s*(?P<text>.+?)(?=\n\n|\n\*\*|\Z)"
EXERCISE = re.compile(r"^#{2,4} `(?P<name>\w+)(?P<signature>\(.*)`$", re.M)
SCRIPT = re.compile(r"\d\d_\w+\.py")


@dataclass(frozen=True)
class Cell:
    """Text in Markdown, or code."""

    kind: Literal["markdown", "code"]
    source: str


@dataclass(frozen=True)
class Exercise:
    """A function to write: ``name`` and ``signature`` as in ``softmax`` and ``(scores: Tensor) -> Tensor``."""

    name: str
    signature: str
    task: str
    hint: str


@dataclass(frozen=True)
class Lesson:
    """One lesson; ``name`` is that of its file without the number, ``minutes`` what reading and running it takes."""

    number: int
    name: str
    title: str
    question: str
    need: str
    minutes: int
    cells: tuple[Cell, ...]
    exercises: tuple[Exercise, ...]
    path: Path

    @property
    def stem(self) -> str:
        """``07_generating``: what its file, its exercises and its solutions are called."""
        return self.path.stem

    def as_json(self) -> dict[str, Any]:
        """The lesson as plain data, for the web page and for programs."""
        return asdict(self) | {"path": self.path.name}


def lessons_folder() -> Path:
    """Where the lessons lie: in the installed package, or beside ``src`` in a checkout.

    Raises:
        MissingError: in neither place.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "lessons", package.parents[1] / "lessons"):
        if any(SCRIPT.fullmatch(path.name) for path in folder.glob("*.py")):
            return folder
    raise MissingError(f"no lessons beside {package}; install the package again, or work in a checkout")


def read_lessons() -> list[Lesson]:
    """All lessons, in order."""
    found = [path for path in lessons_folder().glob("*.py") if SCRIPT.fullmatch(path.name)]
    return [read_lesson(path) for path in sorted(found)]


def find_lesson(wanted: str) -> Lesson:
    """The lesson that a person means by ``7``, ``07``, ``07_generating`` or ``generating``.

    Raises:
        SettingError: there is none; the message names the nearest.
    """
    paths = {path.stem: path for path in lessons_folder().glob("*.py") if SCRIPT.fullmatch(path.name)}
    for stem, path in sorted(paths.items()):
        number, _, name = stem.partition("_")
        if wanted in (stem, name, number) or (wanted.isdecimal() and int(wanted) == int(number)):
            return read_lesson(path)
    numbers = sorted(stem[:2] for stem in paths)
    raise SettingError(
        f"lesson: there is no {wanted!r}{nearest(wanted, paths)}; there are {len(paths)}, from {numbers[0]} to "
        f"{numbers[-1]}: hornbook learn lists them"
    )


def read_lesson(path: Path) -> Lesson:
    """A lesson from its file.

    Raises:
        DamagedError: its first cell does not say what a lesson has to say.
    """
    cells = cut(read_text(path))
    head = cells[0].source if cells else ""
    title = TITLE.search(head)
    if title is None:
        raise DamagedError(f"{path}: expected a first cell of text that begins with '# # NN. Title'")
    minutes = field(path, head, "Minutes")
    if not minutes.isdecimal():
        raise DamagedError(f"{path}: Minutes: expected a whole number, found {minutes!r}")
    return Lesson(
        number=int(title["number"]),
        name=path.stem.partition("_")[2],
        title=title["title"].strip(),
        question=field(path, head, "Question"),
        need=field(path, head, "You need"),
        minutes=int(minutes),
        cells=tuple(cells),
        exercises=tuple(
            exercise for cell in cells if cell.kind == "markdown" for exercise in exercises_in(cell.source)
        ),
        path=path,
    )


def field(path: Path, head: str, name: str) -> str:
    """What stands after ``**name:**`` in the first cell, on one line."""
    found = re.search(FIELD.format(name=name), head, re.M | re.S)
    if found is None:
        raise DamagedError(f"{path}: its first cell has no **{name}:**")
    return " ".join(found["text"].split())


def cut(script: str) -> list[Cell]:
    """The cells of a script, empty ones left out."""
    cells = []
    for mark, source in sections(CELL, script):
        source = source.strip("\n")
        if "[markdown]" in mark["rest"]:
            cells.append(Cell("markdown", "\n".join(line[1:].removeprefix(" ") for line in source.splitlines())))
        else:
            cells.append(Cell("code", source))
    return [cell for cell in cells if cell.source.strip()]


def exercises_in(text: str) -> list[Exercise]:
    """The exercises that a cell of text sets: from each heading with a signature to the next."""
    found = []
    for head, section in sections(EXERCISE, text):
        task, _, hint = section.partition("\nHint:")
        found.append(Exercise(head["name"], head["signature"], task.strip(), " ".join(hint.split())))
    return found


def sections(heading: re.Pattern[str], text: str) -> list[tuple[re.Match[str], str]]:
    """Each heading with what stands between it and the next."""
    heads = list(heading.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [(head, text[head.end() : end]) for head, end in zip(heads, ends, strict=False)]


def answers_file(lesson: Lesson) -> Path:
    """Where a learner's answers are looked for: in this folder, or in a checkout's ``lessons/exercises``."""
    here, checkout = Path(f"{lesson.stem}.py"), Path("lessons", "exercises", f"{lesson.stem}.py")
    return checkout if checkout.is_file() and not here.is_file() else here


def start(lesson: Lesson, path: Path) -> None:
    """Write the functions to fill in.

    Raises:
        HornbookError: there is such a file already, and it may hold somebody's work.
    """
    if path.exists():
        raise HornbookError(f"{path} is there already; edit it, or choose another place with --out")
    write_text(path, read_text(lessons_folder() / "exercises" / f"{lesson.stem}.py"))
