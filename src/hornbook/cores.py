"""Work on all processor cores, and on several machines: how many cores there are, and a task for each of many files."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from hornbook.errors import SettingError

Report = Callable[[str], None]


def available_cores() -> int:
    """The processor cores that this process may run on; where the system does not tell, all of the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Shard:
    """This machine is number ``number`` (from 1) of ``of``."""

    number: int = 1
    of: int = 1

    @classmethod
    def parsed(cls, text: str) -> Shard:
        """From ``2/4`` (``SettingError`` for anything else)."""
        number, _, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
            raise SettingError(f"shard: expected which of how many, such as 1/4 to 4/4, found {text!r}")
        return cls(int(number), int(of))

    def own(self, count: int) -> range:
        """The numbers of the files that are this machine's."""
        return range(self.number - 1, count, self.of)


def on_all_cores(
    task: Callable[..., str], todo: Iterable[tuple[Any, ...]], workers: int, done: str, report: Report
) -> None:
    """Do ``task`` with each of ``todo`` in processes of their own, and say of each when it is done."""
    todo = list(todo)
    if len(todo) < 2 or workers == 1:
        for arguments in todo:
            report(f"{done} {task(*arguments)}")
        return
    # Processes are begun anew and not forked: a fork would copy whatever threads hold at that moment.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(todo)), context, initializer=end_with_parent) as pool:
        futures = [pool.submit(task, *arguments) for arguments in todo]
        try:
            for future in as_completed(futures):
                report(f"{done} {future.result()}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def end_with_parent() -> None:
    """End this process as soon as the one that began it has ended: killed, that one can tell nobody."""

    def watch() -> None:
        if (parent := multiprocessing.parent_process()) is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
