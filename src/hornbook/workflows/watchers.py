"""Who is told how a training goes, and in what words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hornbook.workflows.tasks import Score


@dataclass(frozen=True)
class Status:
    """Where a training stands after a step, for whoever watches."""

    step: int
    loss: float
    fraction: float
    tokens_per_second: float
    seconds_left: float | None


@runtime_checkable
class Watcher(Protocol):
    """Who is told how a training goes; the command line draws a progress bar of it."""

    def said(self, line: str) -> None:
        """Something worth a line."""

    def updated(self, status: Status) -> None:
        """A step was made."""

    def evaluated(self, step: int, score: Score, best: bool) -> None:
        """The whole validation split was scored after ``step`` updates."""


class Silent:
    """A watcher that looks away."""

    def said(self, line: str) -> None:
        """Nothing."""

    def updated(self, status: Status) -> None:
        """Nothing."""

    def evaluated(self, step: int, score: Score, best: bool) -> None:
        """Nothing."""
