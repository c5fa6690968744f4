"""Clocks that jump under a running process: the time of day by libfaketime, steady clocks by replacing Python's.

libfaketime (Debian's package ``faketime``) stands between a new process and the C library, so that everybody in it who
asks for the time of day, Python and PyTorch alike, is told what a file says, which may change at any moment. Steady
clocks (``time.monotonic``, ``time.perf_counter``) then stay true, as they do where a real clock is set. Version 0.9.10
can move them too, but does not know the call with which Python waits for a lock at most so long: it never returns. So
steady clocks that jump are Python's own, replaced on a signal. Without the library all of them are.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

LIBRARY = next((str(file) for file in Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1")), None)
"""libfaketime for processes with threads; nothing where it is not installed."""


def follow(file: Path) -> None:
    """From now on SIGUSR1 makes this process's steady clocks jump as ``file`` says, and without a library all."""
    names = ("monotonic", "perf_counter") if "LD_PRELOAD" in os.environ else ("time", "monotonic", "perf_counter")
    clocks = {name: getattr(time, name) for name in names}

    def jump(number: int, frame: object) -> None:
        seconds = float(file.read_text(encoding="ascii"))
        for name, real in clocks.items():
            setattr(time, name, lambda real=real: real() + seconds)

    signal.signal(signal.SIGUSR1, jump)


def environment(file: Path) -> dict[str, str]:
    """What a new process needs in its environment to be told the time that ``file`` says; nothing without a library."""
    if LIBRARY is None:
        return {}
    return {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }


def set_clocks(file: Path, seconds: int) -> None:
    """Whoever is told the time by ``file`` is so many seconds ahead from now on; negative: behind."""
    beside = file.with_suffix(".new")
    beside.write_text(f"{seconds:+d}", encoding="ascii")
    beside.replace(file)  # it is read all the time, and half of it would be another time


def time_of_day(file: Path) -> float:
    """What a new process is told of the time, in seconds since 1970."""
    command = [sys.executable, "-c", "import time; print(time.time())"]
    said = subprocess.run(command, env=os.environ | environment(file), capture_output=True, text=True, check=True)
    return float(said.stdout)


def jump(draw: random.Random, file: Path, pids: Iterable[int]) -> str:
    """The clock of processes that ``follow`` a file jumps, half of the times with the steady ones; what was done."""
    hours, steady = draw.choice([-24 * 400, -26, -1, 1, 26, 24 * 400]), draw.random() < 0.5
    set_clocks(file, 3600 * hours)
    if steady or LIBRARY is None:
        for pid in pids:
            os.kill(pid, signal.SIGUSR1)
    which = "the time of day and steady clocks" if steady else "the time of day"
    return f"{'clocks of Python' if LIBRARY is None else which} by {hours:+d} h"
