"""One mistake, and how a table of them is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mistake:
    """``right`` becomes ``wrong`` in ``file``; ``survives`` says why no test can notice, where none can.

    ``file`` is one of the package (``model/norms.py``), or a lesson (``lessons/30_pytorch.py``).
    """

    file: str
    right: str
    wrong: str
    what: str
    tests: tuple[str, ...]
    survives: str = ""

    @property
    def path(self) -> Path:
        """Where the file stands in a checkout."""
        return Path(self.file) if self.file.startswith("lessons/") else Path("src", "hornbook", self.file)


def mistakes_in(file: str, tests: str, *rows: tuple[str, str, str] | tuple[str, str, str, str]) -> list[Mistake]:
    """Mistakes in one file, which these tests (below ``tests/``, with blanks between) should notice."""
    return [Mistake(file, row[0], row[1], row[2], tuple(tests.split()), *row[3:]) for row in rows]
