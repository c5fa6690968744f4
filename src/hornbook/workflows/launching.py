"""Several processes on this machine that train one model: started, watched, told of signals, begun again.

``hornbook train RECIPE --nproc N`` is this process, which trains nothing: it starts the same command N times with the
environment that ``torchrun`` would set, so that the command itself does not know the difference. Over several machines
``torchrun`` does the starting (docs/scaling.md). What is done here besides:

- SIGINT and SIGTERM are passed on, and the processes save before they stop;
- when one fails, the others are ended, and what the failed one said is said once;
- with ``restarts``, all begin again from the last checkpoint, unless a setting or a missing file was to blame;
- when this process is killed, the others notice (their standard input ends) and stop after saving.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hornbook.cores import available_cores
from hornbook.errors import HornbookError, NeighbourError, SettingError

GRACE = 15.0
"""Seconds in which the others may end by themselves, once one has failed."""

WATCHED = "HORNBOOK_WATCHED"
"""Set for processes whose standard input ends with the one that started them."""

FINAL = (0, 2, 3, 4, 130, 143)
"""Exit codes after which beginning again would only repeat them."""


@dataclass
class Worker:
    """One process: ``said`` is the file its standard error goes to, nothing for the first, which is heard directly."""

    rank: int
    process: subprocess.Popen[bytes]
    said: Path | None

    @property
    def code(self) -> int | None:
        """Its exit code as a shell has it (128 + signal); ``None`` while it runs."""
        code = self.process.poll()
        return code if code is None or code >= 0 else 128 - code


def launch(command: Sequence[str], processes: int, restarts: int = 0, report: Callable[[str], None] = print) -> int:
    """Run ``command`` in so many processes that train together; the exit code of them all.

    The first one's output is this process's; the others are silent unless they fail.

    Raises:
        SettingError: not a number of processes.
    """
    if processes < 1:
        raise SettingError(f"--nproc: expected 1 or more, found {processes}")
    for attempt in range(restarts + 1):
        with tempfile.TemporaryDirectory(prefix="hornbook-") as folder, signals_noted() as noted:
            workers = start(command, processes, Path(folder), attempt)
            try:
                code = watch(workers, noted, report)
            finally:
                end(workers)
        if code in FINAL or noted:
            break
        if attempt < restarts:
            report(f"beginning again from the last checkpoint ({attempt + 1} of at most {restarts} times)")
    return code


def start(command: Sequence[str], processes: int, folder: Path, attempt: int) -> list[Worker]:
    """All processes, each with its place in the environment and a session of its own."""
    shared = {
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
        "TORCHELASTIC_RESTART_COUNT": str(attempt),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(max(1, available_cores() // processes))),
        WATCHED: "1",
    }
    workers = []
    for rank in range(processes):
        said = None if rank == 0 else folder / f"{rank}.txt"
        quiet = subprocess.DEVNULL if rank else None
        with (said or Path(os.devnull)).open("wb") as errors:
            process = subprocess.Popen(
                command,
                env={**os.environ, **shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
                stdin=subprocess.PIPE,
                stdout=quiet,
                stderr=errors if rank else None,
                start_new_session=True,
            )
        workers.append(Worker(rank, process, said))
    return workers


def free_port() -> int:
    """A port of this machine that nobody uses."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@contextmanager
def signals_noted() -> Iterator[list[int]]:
    """SIGINT and SIGTERM end up in a list instead of ending this process."""
    noted: list[int] = []

    def receive(number: int, frame: FrameType | None) -> None:
        noted.append(number)

    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def watch(workers: Sequence[Worker], noted: Sequence[int], report: Callable[[str], None]) -> int:
    """Wait until all have ended, or one has failed; the exit code."""
    passed_on, deadline = 0, float("inf")
    while any(worker.code is None for worker in workers) and time.monotonic() < deadline:
        if len(noted) > passed_on:
            for worker in workers:
                if worker.code is None:
                    worker.process.send_signal(noted[passed_on])
            passed_on += 1
        if deadline == float("inf") and any(worker.code not in (None, 0, 130, 143) for worker in workers):
            deadline = time.monotonic() + GRACE
        time.sleep(0.02)
    codes = {worker.rank: worker.code for worker in workers}
    if noted and all(code in (0, 128 + noted[0]) for code in codes.values()):
        return 128 + noted[0] if any(codes.values()) else 0
    if not any(codes.values()):
        return 0
    return blamed(workers, report)


def blamed(workers: Sequence[Worker], report: Callable[[str], None]) -> int:
    """Say which process failed, in its own words; its exit code."""
    codes = {worker.rank: worker.code for worker in workers}
    guilty = [w for w in workers if w.code not in (None, 0, 130, 143, NeighbourError.exit_code)]
    if not guilty:
        hung = [str(worker.rank) for worker in workers if worker.code is None]
        if hung:
            report(f"process {' and '.join(hung)} of {len(workers)} does not answer any more; it was ended")
            return HornbookError.exit_code
        return next((code for code in codes.values() if code in (130, 143)), HornbookError.exit_code)
    first = guilty[0]
    code = first.code or 1
    if first.said is None and code < 128:
        return code  # it was heard
    if code > 128:
        name = signal.Signals(code - 128).name if code - 128 in set(signal.Signals) else "an unknown signal"
        report(f"process {first.rank} of {len(workers)} was ended by signal {code - 128} ({name})")
        return HornbookError.exit_code
    words = first.said.read_text(encoding="utf-8", errors="replace").strip() if first.said else ""
    report(f"process {first.rank} of {len(workers)} failed with exit code {code}:\n{words}")
    return code


def end(workers: Sequence[Worker]) -> None:
    """Nobody is left: those that still run are ended, a hung one too."""
    for worker in workers:
        if worker.code is None:
            worker.process.kill()
    for worker in workers:
        worker.process.wait()
        if worker.process.stdin is not None:
            worker.process.stdin.close()


def stop_with_parent() -> None:
    """In a process that ``launch`` started: when that one is gone, do as if told to stop (SIGTERM)."""
    if os.environ.get(WATCHED) != "1":
        return

    def wait() -> None:
        while os.read(0, 1):  # unbuffered, so that nothing is held when the interpreter ends
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="hornbook-parent", daemon=True).start()
