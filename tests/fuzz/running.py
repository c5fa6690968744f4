"""Inputs read one after another in this process, under a clock and with an eye on the memory.

An input ends in one of three ways: ``accepted``; ``refused``, with an error of ours (hornbook.errors), which is what a
user may see; or ``failed``: any other exception, no end within ``SECONDS``, or more than ``MEMORY`` bytes at once. A
failed input is written to a folder with what happened, and is made again by its seed, target and number.
"""

from __future__ import annotations

import faulthandler
import resource
import signal
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from hornbook.errors import HornbookError
from tests.fuzz.target import Input, Target, generator

SECONDS = 10.0
"""No input may take more processor time; the machine may be busy with other things."""
PATIENCE = 200.0
"""Nor may it take so many seconds by the clock, whatever it waits for."""
STUCK = 1800.0
"""Where nothing heeds these clocks, for no Python is running, the process ends at last, and says where."""
MEMORY = 256 << 20
"""What one input may add to the most memory that was ever in use."""
ROOM = 4 << 30
"""Address space beyond what there is at the beginning."""


class TooLongError(BaseException):
    """The clock of an input has run out; no ``except Exception`` holds it."""


@dataclass
class Tally:
    """What became of the inputs of one target."""

    target: str
    inputs: int = 0
    right: int = 0
    accepted: int = 0
    refused: int = 0
    failed: list[int] = field(default_factory=list)
    longest: float = 0.0
    longest_number: int = -1
    work: float = 0.0
    megabytes: float = 0.0
    seconds: float = 0.0

    def row(self) -> dict[str, object]:
        """As a line of the journal."""
        return {
            **vars(self),
            "longest": round(self.longest, 3),
            "work": round(self.work, 3),
            "seconds": round(self.seconds, 1),
        }


def run(target: Target, numbers: Iterator[int], seed: int, failures: Path) -> Tally:
    """Read inputs; those that fail are kept in ``failures``."""
    tally = Tally(target.name)
    began, before = time.monotonic(), most_memory()
    with watched():
        for number in numbers:
            given = target.make(generator(seed, target.name, number))
            worked = time.process_time()
            wrong, took = read_once(target, given, tally)
            tally.work = max(tally.work, time.process_time() - worked)
            tally.inputs += 1
            tally.right += given.right
            if took > tally.longest:
                tally.longest, tally.longest_number = took, number
            if wrong:
                tally.failed.append(number)
                keep(failures / f"{target.name.replace(' ', '-')}-{seed}-{number}", given, wrong)
            if number % 100 == 0:
                faulthandler.dump_traceback_later(STUCK, exit=True)
    tally.seconds = time.monotonic() - began
    tally.megabytes = round((most_memory() - before) / 2**20, 1)
    return tally


def read_once(target: Target, given: Input, tally: Tally) -> tuple[str, float]:
    """What went wrong with an input, or nothing; and how many seconds it took."""
    wrong, memory, began = "", most_memory(), time.perf_counter()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)
    try:
        try:
            target.read(given)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
        tally.accepted += 1
    except HornbookError:
        tally.refused += 1
    except TooLongError:
        wrong = f"no end within {SECONDS:g} s of work or {PATIENCE:g} s\n{traceback.format_exc()[-6000:]}"
    except KeyboardInterrupt:
        raise
    except BaseException:  # a panic of compiled code is no Exception
        wrong = traceback.format_exc()[-6000:]
    took, more = time.perf_counter() - began, most_memory() - memory
    if not wrong and more > MEMORY:
        wrong = f"{more / 2**20:,.0f} MB of memory for one input"
    return wrong, took


@contextmanager
def watched() -> Iterator[None]:
    """The clock is heard, memory is limited, and warnings are not printed."""

    def late(number: int, frame: FrameType | None) -> None:
        raise TooLongError

    heard, left = signal.signal(signal.SIGALRM, late), signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGPROF, late)
    limits = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (address_space() + ROOM, limits[1]))
    faulthandler.dump_traceback_later(STUCK, exit=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.signal(signal.SIGALRM, heard)
        signal.setitimer(signal.ITIMER_REAL, *left)


def most_memory() -> int:
    """Bytes that were ever in use at once."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def address_space() -> int:
    """Bytes of addresses in use."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def keep(folder: Path, given: Input, wrong: str) -> None:
    """Write a failed input, so that somebody can look at it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in given.files.items():
        (folder / name).write_bytes(data)
    (folder / "what-happened.txt").write_text(f"{given.note}\n{wrong}", encoding="utf-8", errors="replace")
