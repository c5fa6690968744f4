"""How far a run has come: by steps, by the clock, or as another run's log says.

A *length* is a callable from a step to the fraction of the run that has passed before it; 1 or more ends the run. The
clock counts training only: it runs inside ``training_steps`` and stands still while evaluating, sampling and saving.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from hornbook.errors import DamagedError, HornbookError
from hornbook.training.journal import read_journal


@runtime_checkable
class Length(Protocol):
    """How long a run is."""

    steps: int | None  # None where only time will tell

    def __call__(self, step: int) -> float:
        """The fraction of the run that has passed before ``step``."""


@dataclass
class Clock:
    """A stopwatch in seconds that can be stopped, read and carried over into the next process; ``now`` drives it."""

    spent: float = 0.0
    now: Callable[[], float] = lambda: time.perf_counter()  # looked up when asked: whoever sets clocks sets this one
    started: float | None = field(default=None, init=False)

    def start(self) -> None:
        """Let it run; a clock that runs already goes on."""
        self.started = self.now() if self.started is None else self.started

    def stop(self) -> None:
        """Let it stand still."""
        self.spent, self.started = self.seconds, None

    @property
    def seconds(self) -> float:
        """What it shows."""
        running = self.now() - self.started if self.started is not None else 0.0
        return self.spent + max(0.0, running)  # a clock that is set back makes nothing undone


@dataclass
class BySteps:
    """A run of so many steps."""

    steps: int | None

    def __call__(self, step: int) -> float:
        """``step / steps``."""
        return step / (self.steps or 1)


@dataclass
class ByTime:
    """A run of so many seconds on a clock, ended where the next step would stand over the limit by more than under it.

    The first step, in which compiling falls, counts for the limit but not for the fraction, or the learning rate's
    course would begin in its middle. ``first`` is how long that step took, once it is known.
    """

    limit: float
    clock: Clock
    first: float | None = None
    steps: int | None = field(default=None, init=False)

    def __call__(self, step: int) -> float:
        """The fraction of the seconds after the first step that have passed; call it once before each step."""
        seconds = self.clock.seconds
        if step and self.first is None:
            self.first = seconds
        if not step or self.first is None:
            return 0.0
        usual = (seconds - self.first) / (step - 1) if step > 1 else 0.0
        if seconds + usual / 2 >= self.limit:
            return 1.0
        return (seconds - self.first) / (self.limit - self.first)


@dataclass
class Replay:
    """The fractions that another run has logged, one for each of its steps: its learning rates, exactly."""

    fractions: Sequence[float]
    steps: int | None = field(default=None, init=False)

    def __call__(self, step: int) -> float:
        """What was logged for ``step``; 1 behind the last."""
        return self.fractions[step] if step < len(self.fractions) else 1.0

    @classmethod
    def of(cls, metrics: Path) -> Replay:
        """The fractions in a run's ``metrics.jsonl``.

        Raises:
            DamagedError: a line is no JSON, or a step is missing.
            HornbookError: there are no updates in it.
        """
        updates = [entry for entry in read_journal(metrics) if entry.get("kind") == "update"]
        for expected, entry in enumerate(updates):
            if entry["step"] != expected:
                raise DamagedError(f"{metrics}: expected step {expected}, found step {entry['step']}")
        if not updates:
            raise HornbookError(f"{metrics} logs no updates; only a run that has trained can be replayed")
        return cls([float(entry["fraction"]) for entry in updates])
