"""When checkpoints are written: between two steps, or beside them.

Between two steps nothing goes on until everything is on the disk. Beside them a step waits for a copy of the tensors,
and a thread writes that while the next steps are made: the same bytes, with room for a second model and optimizer in
memory for as long. One is written at a time. Either way ``latest`` names a whole one, whatever stops the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from torch import nn

from hornbook.errors import HornbookError
from hornbook.training.optimizers import Optimizer
from hornbook.training.run_folder import Run


class Saver:
    """Writes the checkpoints of a run; the end of the ``with`` block waits for the last one."""

    def __init__(self, run: Run, keep: int, beside: bool) -> None:
        """``beside``: in a thread of its own."""
        self.run, self.keep = run, keep
        self.thread = ThreadPoolExecutor(1, "saving") if beside else None
        self.writing: Future[Path] | None = None

    def save(self, model: nn.Module, optimizer: Optimizer | None, progress: Mapping[str, Any]) -> None:
        """Write a checkpoint, or begin to; one that is still being written is waited for.

        Raises:
            HornbookError: this checkpoint, or the one before, cannot be written.
        """
        if self.thread is None:
            self.run.save(model, optimizer, progress, keep=self.keep)
            return
        self.wait()
        self.writing = self.thread.submit(
            self.run.write, self.run.held(model, optimizer, progress).copied(), keep=self.keep
        )

    def wait(self) -> None:
        """Wait until everything that was saved is on the disk (``HornbookError`` where that fails)."""
        writing, self.writing = self.writing, None
        if writing is not None:
            writing.result()

    def __enter__(self) -> Saver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.thread is None:
            return
        with suppress(*((HornbookError,) if error is not None else ())):  # what came first is what is told
            self.wait()
        self.thread.shutdown()
