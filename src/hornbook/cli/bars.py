"""Progress bars for downloads, in the form that pooch asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bars:
    """Progress bars on stderr, one for each file that is being fetched; nothing where stderr is not a terminal."""

    def __enter__(self) -> Bars:
        """Start drawing."""
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
            TransferSpeedColumn,
        )

        console = Console(stderr=True)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        self.progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Clear the bars away."""
        self.progress.stop()

    def start(self, name: str) -> Bar:
        """A bar for one file."""
        return Bar(self.progress, self.progress.add_task(name, total=None))


class Bar:
    """One bar, with the interface that pooch asks for."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        """Draw ``task`` of ``progress``."""
        self.progress, self.task = progress, task

    @property
    def total(self) -> int:
        """How many bytes are coming, as the server says; 0 for unknown."""
        return int(self.progress.tasks[self.task].total or 0)

    @total.setter
    def total(self, total: int) -> None:
        self.progress.update(self.task, total=total or None)

    def update(self, amount: int) -> None:
        """So many bytes more have come."""
        self.progress.update(self.task, advance=amount)

    def reset(self) -> None:
        """Begin anew."""
        self.progress.update(self.task, completed=0)

    def close(self) -> None:
        """The file is here."""
        self.progress.remove_task(self.task)
