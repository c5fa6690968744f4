"""How often each piece of text occurs in a corpus, counted on all cores in bounded memory.

Cutting text into pieces is most of the work of training a tokenizer. Large corpora are handed in blocks to worker
processes, which are plain interpreters running this file: they need no ``__main__`` guard in the caller's script, share
no locks with its threads, and start in a tenth of a second. Blocks and counts travel as JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import IO, cast

import hornbook
from hornbook.cores import available_cores
from hornbook.errors import HornbookError
from hornbook.tokenizers.patterns import compiled, pieces
from hornbook.tokenizers.special import well_formed

BLOCK = 1_000_000
"""Characters that are handed out at a time."""

WORTHWHILE = 4
"""Fewer blocks than this are counted here: starting workers would take longer."""


def count_pieces(texts: Iterable[str], pattern: str, workers: int | None = None) -> Counter[str]:
    """How often each piece occurs in the texts. The texts are read once and never held together.

    Args:
        pattern: a regular expression of ``patterns.py``.
        workers: processes to use, by default one for each core this process may run on; the counts do not depend on it.
    """
    workers = available_cores() if workers is None else workers
    coming = blocks(texts)
    first = list(islice(coming, WORTHWHILE))
    if workers < 2 or len(first) < WORTHWHILE:
        return count_blocks(chain(first, coming), pattern)
    return count_in_parallel(chain(first, coming), pattern, workers)


def count_blocks(blocks: Iterable[list[str]], pattern: str) -> Counter[str]:
    """The counts of blocks of texts, in this process."""
    counts: Counter[str] = Counter()
    for block in blocks:
        for text in block:
            counts.update(pieces(text, pattern))
    return counts


def count_in_parallel(blocks: Iterable[list[str]], pattern: str, workers: int) -> Counter[str]:
    """The same counts from several worker processes, which are given the blocks in turn.

    Writing to a worker waits until it has read, so no more than a block for each is under way.
    """
    processes = [start_worker() for _ in range(workers)]
    counts: Counter[str] = Counter()
    try:
        inputs = [cast(IO[bytes], process.stdin) for process in processes]
        for stream in inputs:
            write_line(stream, pattern)
        for number, block in enumerate(blocks):
            write_line(inputs[number % workers], block)
        for stream in inputs:
            stream.close()
        for process in processes:
            counts.update(json.loads(cast(IO[bytes], process.stdout).read()))
    except (OSError, ValueError) as error:
        raise HornbookError(f"a process that counted pieces of text stopped early ({error}); try again") from error
    finally:
        for process in processes:
            stop(process)
    return counts


def start_worker() -> subprocess.Popen[bytes]:
    """An interpreter that runs ``serve`` below, and finds the same ``hornbook`` as this process."""
    source = str(Path(hornbook.__file__).parent.parent)
    paths = os.pathsep.join([source, *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(
        [sys.executable, "-m", "hornbook.tokenizers.counting"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": paths},
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a worker, whatever it is doing, and give back its pipes."""
    process.kill()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):  # what was still to be written has no reader any more
            cast(IO[bytes], stream).close()
    process.wait()


def serve(lines: IO[bytes], answer: IO[bytes]) -> None:
    """Read a pattern and then blocks, a JSON value a line; when no more come, write the counts."""
    pattern = json.loads(lines.readline())
    counts = count_blocks(map(json.loads, lines), pattern)
    write_line(answer, counts)


def write_line(stream: IO[bytes], value: object) -> None:
    """One JSON value on one line of pure ASCII."""
    stream.write(json.dumps(value).encode("ascii") + b"\n")
    stream.flush()


def blocks(texts: Iterable[str], size: int = BLOCK) -> Iterator[list[str]]:
    """The texts in groups of about ``size`` characters; a longer text is cut where no piece is cut."""
    group: list[str] = []
    length = 0
    for text in texts:
        for part in cut(well_formed(text), size):
            group.append(part)
            length += len(part)
            if length >= size:
                yield group
                group, length = [], 0
    if group:
        yield group


def cut(text: str, size: int) -> Iterator[str]:
    """A text in parts of at least ``size`` characters, whose pieces together are the pieces of the whole.

    Both published patterns may be cut before a space that follows a visible character: no piece reaches across, and no
    piece before it looks ahead.
    """
    place, start = compiled(r"(?<=\S)(?= )"), 0
    while len(text) - start > size:
        found = place.search(text, start + size)
        if found is None:
            break
        yield text[start : found.start()]
        start = found.start()
    yield text[start:] if start else text


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
