"""What every target has in common: an input is a few files drawn from (seed, target, number), and a function reads it.

    Target.make(draw) -> Input -> Target.read(input): returns, or raises an error of ours

Anything else that a reader does (another exception, no end, memory without bounds) is what is looked for.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

RIGHT, BROKEN = 0.7, 0.85
"""Of all inputs so many are mutations of valid files with the checksum put right; up to the second the checksum is
wrong, or bytes anywhere are; the others come from nothing."""


@dataclass(frozen=True)
class Input:
    """``files`` by name are all that is read; ``right`` says that it is a mutation whose checksum was put right."""

    files: Mapping[str, bytes]
    right: bool
    note: str = ""


class Target(Protocol):
    """One kind of thing that is read."""

    name: str
    loaders: tuple[str, ...]
    """The files of ``src/hornbook`` whose branches are counted."""

    def make(self, draw: random.Random) -> Input:
        """An input."""
        ...

    def read(self, given: Input) -> None:
        """Read it as the project would."""
        ...


def generator(seed: int, target: str, number: int) -> random.Random:
    """All chance of one input."""
    return random.Random(f"{seed} {target} {number}")


def laid_out(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The files of an input in a folder that held those of another."""
    for old in folder.iterdir():
        if old.is_file() and old.name not in files:
            old.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder
