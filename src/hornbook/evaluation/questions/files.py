"""Files of questions: JSONL, and MMLU's CSV without headings; every row is checked, and named where it is wrong."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.errors import TextError, nearest
from hornbook.files import read_text

LETTERS = "ABCDEFGHIJ"


@dataclass(frozen=True)
class Question:
    """A text, its possible continuations without the blank before them, and which is right, counted from 0."""

    text: str
    choices: tuple[str, ...]
    answer: int


def rows_of(path: Path, *names: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row of a JSONL file that is not empty, with its name for messages; it has all of ``names``.

    Raises:
        MissingError: there is no such file.
        TextError: no row, a row that is no JSON object, or one without one of the names.
    """
    empty = True
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        empty, where = False, f"{path}, line {number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise TextError(f"{where}: expected one JSON object a line, found what is no JSON ({error.msg})") from None
        if not isinstance(row, dict):
            raise TextError(f"{where}: expected a JSON object, found {type(row).__name__}")
        for name in names:
            if name not in row:
                raise TextError(f"{where}: has no {name!r}; found {', '.join(row) or 'nothing'}{nearest(name, row)}")
        yield where, row
    if empty:
        raise TextError(f"{path}: there is no question in it")


def read_choices(path: Path) -> list[Question]:
    """Questions with choices: ``.csv`` in MMLU's layout, anything else as JSONL.

    JSONL has ``question``, ``choices`` and ``answer``: a number from 0, a letter from A, or the choice itself. A row of
    CSV is the question, its choices and the letter of the right one: choices are shown, and the letter is asked for.

    Raises:
        MissingError: there is no such file.
        TextError: it is empty, or a row lacks something or has an answer that is none of its choices.
    """
    if path.suffix.lower() == ".csv":
        return mmlu(path)
    questions = []
    for where, row in rows_of(path, "question", "choices", "answer"):
        choices = row["choices"]
        if not isinstance(choices, list) or len(choices) < 2 or not all(isinstance(each, str) for each in choices):
            raise TextError(f"{where}: choices are two texts or more, found {choices!r}")
        questions.append(Question(str(row["question"]), tuple(choices), place_of(row["answer"], choices, where)))
    return questions


def place_of(answer: Any, choices: list[str], where: str) -> int:
    """Which choice an answer names: by number, by letter, or by its text."""
    letters = LETTERS[: len(choices)]
    if isinstance(answer, int) and not isinstance(answer, bool) and 0 <= answer < len(choices):
        return answer
    if answer in choices:
        return choices.index(answer)
    if isinstance(answer, str) and len(answer) == 1 and answer in letters:
        return letters.index(answer)
    raise TextError(
        f"{where}: the answer is a number from 0 to {len(choices) - 1}, a letter from A to {letters[-1]} or one of the "
        f"choices, found {answer!r}"
    )


def mmlu(path: Path) -> list[Question]:
    """MMLU's rows: question, choices, letter (Hendrycks et al. 2021)."""
    questions = []
    for number, row in enumerate(csv.reader(io.StringIO(read_text(path))), start=1):
        if not row:
            continue
        if len(row) < 4:
            raise TextError(
                f"{path}, row {number}: expected a question, choices and a letter, found {len(row)} columns"
            )
        question, *choices, letter = row
        letters = tuple(LETTERS[: len(choices)])
        shown = "".join(f"{name}. {choice}\n" for name, choice in zip(letters, choices, strict=True))
        answer = place_of(letter.strip(), list(letters), f"{path}, row {number}")
        questions.append(Question(f"{question.strip()}\n{shown}Answer:", letters, answer))
    if not questions:
        raise TextError(f"{path}: there is no question in it")
    return questions


def read_exact(path: Path) -> list[tuple[str, str]]:
    """``question`` and ``answer`` of every row of JSONL (``MissingError``, ``TextError``)."""
    return [(str(row["question"]), str(row["answer"])) for _, row in rows_of(path, "question", "answer")]


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """``first`` and ``second`` of every row of JSONL (``MissingError``, ``TextError``)."""
    return [(str(row["first"]), str(row["second"])) for _, row in rows_of(path, "first", "second")]
