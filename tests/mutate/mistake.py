"""One mistake, and how a table of them is written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """``right`` becomes ``wrong`` in ``file``; ``survives`` says why no test can notice, where none can."""

    file: str
    right: str
    wrong: str
    what: str
    tests: tuple[str, ...]
    survives: str = ""


def mistakes_in(file: str, tests: str, *rows: tuple[str, str, str] | tuple[str, str, str, str]) -> list[Mistake]:
    """Mistakes in one file, which these tests (below ``tests/``, with blanks between) should notice."""
    return [Mistake(file, row[0], row[1], row[2], tuple(tests.split()), *row[3:]) for row in rows]
