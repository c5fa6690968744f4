"""Things made ahead of time by a thread, so that whoever needs the next one finds it ready."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator
from typing import TypeVar

Made = TypeVar("Made")


def made_ahead(make: Callable[[int], Made], first: int = 0, waiting: int = 3) -> Generator[Made, None, None]:
    """``make(first)``, ``make(first + 1)``, ... without end; up to ``waiting`` of them lie ready.

    An error in the thread is raised here. Closing the generator ends the thread.
    """
    ready: queue.Queue[Made | BaseException] = queue.Queue(waiting)
    stopped = threading.Event()

    def work() -> None:
        step = first
        while not stopped.is_set():
            try:
                item: Made | BaseException = make(step)
            except BaseException as error:  # whatever it is, it belongs to whoever waits for this step
                item = error
            while not stopped.is_set():
                try:
                    ready.put(item, timeout=0.1)
                    break
                except queue.Full:
                    continue
            if isinstance(item, BaseException):
                return
            step += 1

    thread = threading.Thread(target=work, name="hornbook-batches", daemon=True)
    thread.start()
    try:
        while True:
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        while not ready.empty():  # so that a thread that waits for room wakes at once
            ready.get_nowait()
        thread.join()
