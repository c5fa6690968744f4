"""A lesson as a Jupyter notebook: the same cells, written as nbformat 4.5 asks for them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from hornbook.course.lesson import Cell, Lesson
from hornbook.files import write_json

KERNEL = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def notebook(lesson: Lesson) -> dict[str, Any]:
    """The notebook as plain data; no cell has been run."""
    cells = [cell_of(place, cell) for place, cell in enumerate(lesson.cells)]
    return {"cells": cells, "metadata": KERNEL, "nbformat": 4, "nbformat_minor": 5}


def cell_of(place: int, cell: Cell) -> dict[str, Any]:
    """One cell; its id comes from its place and text, so that the same lesson gives the same file."""
    name = hashlib.sha256(f"{place} {cell.source}".encode()).hexdigest()[:8]
    common = {"cell_type": cell.kind, "id": name, "metadata": {}, "source": cell.source.splitlines(keepends=True)}
    return common | ({"execution_count": None, "outputs": []} if cell.kind == "code" else {})


def write_notebook(lesson: Lesson, path: Path) -> None:
    """Write the notebook, whole or not at all."""
    write_json(path, notebook(lesson))
