"""A training as it is watched in a terminal: one live line on stderr, and a line for every evaluation.

Without a terminal (a log file, CI) the live line is left out and the others stay.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from hornbook.cli.output import say

if TYPE_CHECKING:
    from hornbook.workflows.tasks import Score
    from hornbook.workflows.watchers import Status


class TrainingProgress:
    """What ``workflows.train`` is handed as its watcher; used as a context so that the terminal is always restored."""

    def __init__(self) -> None:
        self.console = Console(file=sys.stderr, highlight=False)
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[state]}"),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task = self.progress.add_task("training", total=1.0, state="")

    def __enter__(self) -> TrainingProgress:
        """Begin the live line."""
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the live line away."""
        self.progress.stop()

    def said(self, line: str) -> None:
        """Something worth a line."""
        if self.progress.live.is_started:
            self.progress.console.print(line, markup=False, soft_wrap=True)
        else:
            say(line)

    def updated(self, status: Status) -> None:
        """A step was made."""
        state = f"step {status.step + 1:,}  loss {status.loss:.3f}  {status.tokens_per_second:,.0f} tokens/s"
        if status.seconds_left is not None:
            state += f"  {clock(status.seconds_left)} left"
        self.progress.update(self.task, completed=min(1.0, status.fraction), state=state)

    def evaluated(self, step: int, score: Score, best: bool) -> None:
        """The whole validation split was scored."""
        self.said(f"step {step:>6,}  validation {score}{'  best so far' if best else ''}")


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A live line on stderr for something that goes through tokens: call with how many are done, and of how many."""
    console = Console(file=sys.stderr, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def clock(seconds: float) -> str:
    """Seconds as minutes and seconds: ``1:05``."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    return f"{minutes}:{rest:02d}"
