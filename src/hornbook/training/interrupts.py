"""Ctrl-C and SIGTERM end a run between two steps, after saving; a second Ctrl-C ends it at once."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any


class Stop:
    """``with Stop() as stop:`` turns SIGINT and SIGTERM into ``stop.requested``, the signal's number or 0.

    After the first signal the old handlers are back, so that the next one interrupts as usual. Outside the main thread,
    where no signals arrive, nothing is changed.
    """

    def __init__(self) -> None:
        self.requested = 0
        self.before: dict[int, Any] = {}

    @property
    def exit_code(self) -> int:
        """130 after SIGINT, 143 after SIGTERM, 0 after neither."""
        return 128 + self.requested if self.requested else 0

    def __enter__(self) -> Stop:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self.before[number] = signal.signal(number, self.receive)
        return self

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Take note of a signal."""
        self.requested = number
        self.restore()

    def restore(self) -> None:
        """Put back the handlers that were there before."""
        while self.before:
            number, handler = self.before.popitem()
            signal.signal(number, handler)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.restore()
