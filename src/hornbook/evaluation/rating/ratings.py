"""Ratings as they are kept: a file for each rater, a line for each answer, only ever added to. Next: session.py.

The first line says who rates, with which seed, and the hash of the study. Every other line is an answer to the item at
a place of the rater's order, or takes one back. A process that is killed leaves at most half a line, which is passed
over: no answer that was acknowledged is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hornbook.errors import DamagedError, HornbookError, SettingError
from hornbook.evaluation.rating.study import Study, fingerprint
from hornbook.training.journal import Journal, read_journal

CHOICES = ("left", "right", "tie", "neither")
"""What may be said of two texts: one is better, both are equally good, both are bad."""


@dataclass(frozen=True)
class Rating:
    """One answer: to the scales of a text, or to which of two is better (``texts``: the left one first)."""

    rater: str
    human: bool
    place: int
    texts: tuple[int, ...]
    repeat: bool = False
    scores: Mapping[str, int] = field(default_factory=dict)
    choice: str | None = None
    seconds: float | None = None
    problem: str = ""

    @property
    def better(self) -> float:
        """1 where the left text is better, -1 where the right one is, 0 where neither is."""
        return {"left": 1.0, "right": -1.0}.get(self.choice or "", 0.0)


def open_ratings(folder: Path, rater: str, head: Mapping[str, Any]) -> Journal:
    """The file of a rater, begun with ``head`` where it is new, without the half line that a killed process has left.

    Raises:
        DamagedError: the ratings in it are of another study. SettingError: its rater is of another kind.
    """
    path = rating_file(folder, rater)
    journal = Journal(path)
    journal.rewind(path.stat().st_size)
    if journal.position == 0:
        journal.write({**head, "study_sha256": fingerprint(folder)})
        return journal
    try:
        found = checked_head(path, fingerprint(folder))
        if found["human"] != head["human"]:
            raise SettingError(
                f"rater: {rater!r} is a {'person' if found['human'] else 'model'} here; take another name"
            )
    except HornbookError:
        journal.close()
        raise
    return journal


def rating_file(folder: Path, rater: str) -> Path:
    """Where the answers of a rater are kept."""
    return folder / "ratings" / f"{rater}.jsonl"


def checked_head(path: Path, study_sha256: str) -> dict[str, Any]:
    """The first line of a file of ratings, if they are about this study."""
    lines = read_journal(path)
    if not lines or lines[0].get("study_sha256") != study_sha256:
        raise DamagedError(f"{path} has ratings of another study, or study.json was altered since; they do not count")
    return lines[0]


def answers_in(lines: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """The answers that stand, by place and in the order in which they were given; what was taken back is gone."""
    standing: dict[int, Mapping[str, Any]] = {}
    for line in lines:
        if "undo" in line:
            standing.pop(int(line["undo"]), None)
        elif "place" in line:
            standing.pop(int(line["place"]), None)
            standing[int(line["place"])] = line
    return standing


def read_ratings(folder: Path, study: Study) -> list[Rating]:
    """Every answer of every rater that stands; what was skipped is left out.

    Raises:
        DamagedError: a file is damaged or about another study.
    """
    found, about = [], fingerprint(folder)
    for path in sorted((folder / "ratings").glob("*.jsonl")):
        head = checked_head(path, about)
        for place, line in answers_in(read_journal(path)[1:]).items():
            texts = tuple(line["texts"])
            if any(not 0 <= text < len(study.texts) for text in texts):
                raise DamagedError(f"{path}: a rating is about a text that is not in the study")
            if not line.get("skipped"):
                given = {key: line[key] for key in ("repeat", "scores", "choice", "seconds", "problem") if key in line}
                found.append(Rating(head["rater"], head["human"], place, texts, **given))
    return found
