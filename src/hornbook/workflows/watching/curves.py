"""A run's journal as columns for curves, and its new lines as they are written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.watching.listing import checkpoints_of

MEANS = ("loss", "learning_rate", "gradient_norm", "tokens_per_second")
TOTALS = ("step", "tokens", "seconds")
SCORES = ("val_loss", "bits_per_byte", "accuracy", "seconds")


def columns(run: Run, points: int) -> dict[str, Any]:
    """Updates and evaluations as columns; of more updates than ``points``, the means of neighbouring ones.

    ``offset`` is where the journal ended, in bytes: ``Tail`` goes on from there.
    """
    whole = read_journal(run.metrics) if run.metrics.exists() else []
    size = whole_lines(run.metrics)
    updates = [entry for entry in whole if entry["kind"] == "update"]
    scores = [entry for entry in whole if entry["kind"] == "evaluation"]
    return {
        "offset": size,
        "updates": thinned(totalled(updates), points),
        "evaluations": {name: [entry.get(name) for entry in scores] for name in ("step", *SCORES)},
        "checkpoints": [each["step"] for each in checkpoints_of(run)],
    }


def totalled(updates: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """The columns of all updates; tokens and seconds as running totals, steps as updates made."""
    times = [entry["time"] for entry in updates]
    return {
        "step": [int(entry["step"]) + 1 for entry in updates],
        **{name: [entry[name] for entry in updates] for name in MEANS[:3]},
        "tokens_per_second": [time["tokens_per_second"] for time in times],
        "tokens": list(accumulate(int(entry["tokens"]) for entry in updates)),
        "seconds": list(accumulate(float(time["seconds"]) for time in times)),
    }


def thinned(found: dict[str, list[Any]], points: int) -> dict[str, list[Any]]:
    """At most ``points`` of each column: means of groups of neighbours, and of what adds up the last of each group."""
    size = -(-len(found["step"]) // max(points, 1))
    if size <= 1:
        return found
    groups = [slice(first, first + size) for first in range(0, len(found["step"]), size)]
    means = {name: [mean(found[name][group]) for group in groups] for name in MEANS}
    return means | {name: [found[name][group][-1] for group in groups] for name in TOTALS}


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of those that are numbers."""
    numbers = [value for value in values if value is not None]
    return sum(numbers) / len(numbers) if numbers else None


def whole_lines(path: Path) -> int:
    """Up to which byte a journal consists of whole lines."""
    return path.read_bytes().rfind(b"\n") + 1 if path.exists() else 0


@dataclass
class Tail:
    """The lines of a journal from ``offset`` on, as they come. Keeps the totals that each line is told with."""

    path: Path
    offset: int
    tokens: int = 0
    seconds: float = 0.0

    @classmethod
    def begin(cls, path: Path, offset: int) -> Tail:
        """Go on behind ``offset``, which ends a line or is moved to the end of one; what stood before is added up."""
        found = path.read_bytes() if path.exists() else b""
        tail = cls(path, found.rfind(b"\n", 0, max(offset, 0)) + 1 if offset <= len(found) else 0)
        for line in found[: tail.offset].split(b"\n")[:-1]:
            tail.told(json.loads(line))
        return tail

    @property
    def rewound(self) -> bool:
        """Whether lines that were read have been taken back."""
        return self.offset > (self.path.stat().st_size if self.path.exists() else 0)

    def new(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The lines that are there and were not read yet, each with the offset behind it."""
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            file.seek(self.offset)
            found = file.read()
        for line in found[: found.rfind(b"\n") + 1].splitlines(keepends=True):
            self.offset += len(line)
            yield self.offset, self.told(json.loads(line))

    def told(self, entry: dict[str, Any]) -> dict[str, Any]:
        """A line as it is passed on, with the totals up to it."""
        if entry["kind"] != "update":
            return {"kind": entry["kind"], "step": entry["step"], **{name: entry.get(name) for name in SCORES}}
        self.tokens += int(entry["tokens"])
        self.seconds += float(entry["time"]["seconds"])
        return {
            "kind": "update",
            "step": int(entry["step"]) + 1,
            **{name: entry[name] for name in MEANS[:3]},
            "tokens_per_second": entry["time"]["tokens_per_second"],
            "tokens": self.tokens,
            "seconds": self.seconds,
        }
