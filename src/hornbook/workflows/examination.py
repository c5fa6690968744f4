"""Answers counted: groups of questions, how many of each were answered rightly, and in which way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hornbook.workflows.tasks import Score


@dataclass(frozen=True)
class Group:
    """Some of the questions: how many there were, and how many were answered rightly in each of the ways."""

    name: str
    asked: int
    right: dict[str, int | float]

    def share(self, way: str) -> float:
        """The share of right answers."""
        return self.right[way] / self.asked


@dataclass(frozen=True)
class Examination:
    """The score of a model on held-out data, and what its answers are worth.

    ``ways`` are the ways in which answers were found (greedy, beams; or the model beside always saying the same),
    ``groups`` the questions in groups, of which the first is all of them.
    """

    score: Score
    ways: tuple[str, ...] = ()
    groups: tuple[Group, ...] = ()
    remarks: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def accuracy(self) -> float:
        """The share of right answers, in the first way; where none were written, of right tokens."""
        if self.groups:
            return self.groups[0].share(self.ways[0])
        return float(self.score.as_json()["accuracy"])

    def sentence(self) -> str:
        """What the numbers say, in one sentence that a person can repeat."""
        if not self.groups:
            return self.remarks[0]
        said = ", ".join(f"{self.groups[0].share(way):.1%} {way}" for way in self.ways)
        return f"answers {self.groups[0].asked:,} held-out questions: {said}"

    def rows(self) -> list[tuple[str, ...]]:
        """A row for each group: name, questions, percentages."""
        return [
            (group.name, f"{group.asked:,}", *(f"{100 * group.share(way):.1f} %" for way in self.ways))
            for group in self.groups
        ]

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data."""
        groups = [
            {"name": group.name, "asked": group.asked, **{way: group.share(way) for way in self.ways}}
            for group in self.groups
        ]
        return {**self.score.as_json(), "accuracy": self.accuracy, "groups": groups, **self.more}


def counted(verdicts: Sequence[tuple[tuple[str, ...], dict[str, bool]]], ways: Sequence[str]) -> tuple[Group, ...]:
    """All answers, and those of every group, in the order in which groups were met first."""
    asked: Counter[str] = Counter()
    right: dict[str, Counter[str]] = {}
    for groups, verdict in verdicts:
        for group in ("all", *groups):
            asked[group] += 1
            right.setdefault(group, Counter()).update({way: int(verdict[way]) for way in ways})
    lengths = sorted(name for name in asked if name[0].isdigit())
    names = [name for name in asked if name not in lengths] + lengths
    return tuple(Group(name, asked[name], {way: right[name][way] for way in ways}) for name in names)
