"""Many files of raw text, in three passes, on all cores and on as many machines as share a folder.

    1  every file by itself: language, quality, masking       work/00000/       (sifting.py)
    2  all files together: repeated lines, near duplicates    work/decided/
    3  every file by itself: what is left                     kept/00000.jsonl

Each file's results appear whole or not at all, and what is there is not done again: a run that was killed goes on when
the same command is given again, and gives the same bytes. Memory holds one document at a time in each process, and in
pass 2 a few numbers of each document and of each long line.

With ``--shard 1/4`` a machine takes every fourth file in passes 1 and 3; whichever comes when pass 1 is complete does
pass 2.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hornbook.cores import Report, Shard, available_cores, on_all_cores
from hornbook.corpus.reading import find_files
from hornbook.corpus.refining.languages import known_language
from hornbook.corpus.refining.near_duplicates import near_duplicates
from hornbook.corpus.refining.repeated_lines import repeated
from hornbook.corpus.refining.sifting import Counts, Refining, finish, known_step, remembered, sift
from hornbook.errors import SettingError
from hornbook.files import read_json, replacing_folder, write_json

SCHEMA, LAYOUT = 1, 2
"""Of the report, and of what lies in ``work/``."""


@dataclass(frozen=True)
class Work:
    """The folder and what is where in it."""

    out: Path
    sources: tuple[Path, ...]
    settings: Refining

    def sifted(self, number: int) -> Path:
        """What pass 1 leaves of a file."""
        return self.out / "work" / f"{number:05}"

    @property
    def decided(self) -> Path:
        """What pass 2 leaves: for every document and every long line whether it goes."""
        return self.out / "work" / "decided"

    def kept(self, number: int) -> Path:
        """What pass 3 leaves of a file."""
        return self.out / "kept" / f"{number:05}.jsonl"

    def counted(self, number: int) -> Path:
        """What pass 3 says of it."""
        return self.out / "work" / f"{number:05}-kept.json"


def refine(
    sources: Sequence[str | Path],
    out: Path,
    settings: Refining = Refining(),
    shard: Shard = Shard(),
    workers: int | None = None,
    report: Report = lambda line: None,
) -> dict[str, Any] | None:
    """Refine the files that ``sources`` name into ``out``; ``None`` while files of other shards are still missing.

    The result, also in ``out/report.json``: ``documents``, ``bytes`` by what became of them (``read``, ``kept``, the
    reasons of the rest) and ``changes``.

    Raises:
        SettingError: ``out`` was begun with other files or settings, or a language or step is not known.
        MissingError, TextError: a file is not there, or is no text.
        HornbookError: the disk is full.
    """
    work = begin(tuple(find_files(sources)), out, settings)
    own, count, workers = shard.own(len(work.sources)), len(work.sources), workers or available_cores()
    todo = [(work.sources[number], work.sifted(number), settings) for number in own if not work.sifted(number).exists()]
    on_all_cores(sift_one, todo, workers, "sifted", report)
    if missing := [number for number in range(count) if not work.sifted(number).exists()]:
        report(f"{count - len(missing)} of {count} files are sifted; the others are for other shards")
        return None
    if not work.decided.exists():
        decide(work, report)
    near, lines = starts(work, "signatures"), starts(work, "lines")
    finishing = [
        (work, number, slice(near[number], near[number + 1]), slice(lines[number], lines[number + 1]))
        for number in own
        if not work.kept(number).exists()
    ]
    on_all_cores(finish_one, finishing, workers, "finished", report)
    if not all(work.kept(number).exists() for number in range(count)):
        return None
    result = summary(work)
    write_json(out / "report.json", result)
    for folder in (out, out / "work", out / "kept"):
        for half in folder.glob(".*.partial-*"):  # of processes that were killed
            half.unlink() if half.is_file() else shutil.rmtree(half)
    return result


def begin(sources: tuple[Path, ...], out: Path, settings: Refining) -> Work:
    """The folder, new, or one that was begun with the same files and settings."""
    for language in settings.languages:
        known_language(language)
    for step in settings.steps:
        known_step(step)
    about = {
        "schema": LAYOUT,
        "settings": json.loads(json.dumps(asdict(settings))),  # as it will be read again: lists for tuples
        "files": [{"path": str(path), "bytes": path.stat().st_size} for path in sources],
    }
    file = out / "refining.json"
    if file.exists():
        before = read_json(file)
        different = [key for key in about if before.get(key) != about[key]]
        if different:
            raise SettingError(
                f"out: {out} was begun with other {different[0]}; take another folder, or remove this one to begin anew"
            )
    elif out.exists() and any(out.iterdir()):
        raise SettingError(f"out: {out} holds something else; give a new or empty folder")
    else:
        write_json(file, about)
    return Work(out, sources, settings)


def sift_one(source: Path, folder: Path, settings: Refining) -> str:
    """Pass 1 for a file; how fast, in words."""
    begun = time.perf_counter()
    sift(source, folder, settings)
    return f"{source} ({source.stat().st_size / 1e6 / max(time.perf_counter() - begun, 1e-9):.1f} MB/s)"


def decide(work: Work, report: Report) -> None:
    """Pass 2: which documents are near duplicates, and which long lines stood before."""
    folders = [work.sifted(number) for number in range(len(work.sources))]
    with replacing_folder(work.decided) as partial:
        lines = [remembered(folder, "lines") for folder in folders]
        np.save(partial / "lines.npy", np.concatenate([np.zeros(0, dtype=bool), *repeated(lines)]))
        del lines
        with (partial / "signatures").open("wb") as together:
            for folder in folders:
                with (folder / "signatures").open("rb") as file:
                    shutil.copyfileobj(file, together)
        near = near_duplicates(remembered(partial, "signatures"))
        np.save(partial / "near.npy", near)
        (partial / "signatures").unlink()
    report(f"{int(near.sum()):,} of {len(near):,} documents are almost another one")


def starts(work: Work, what: str) -> list[int]:
    """Where each sifted file's part begins in what was decided of all together; one number more for the end of all."""
    sizes = [len(remembered(work.sifted(number), what)) for number in range(len(work.sources))]
    return [0, *np.cumsum(sizes).tolist()]


def finish_one(work: Work, number: int, documents: slice, lines: slice) -> str:
    """Pass 3 for a file; ``documents`` and ``lines`` are its part of what was decided."""
    near, again = (np.load(work.decided / f"{what}.npy", mmap_mode="r") for what in ("near", "lines"))
    part = work.kept(number).with_suffix(".part")
    counts = finish(work.sifted(number), part, near[documents].tolist(), again[lines].tolist(), work.settings)
    write_json(work.counted(number), counts.as_json())
    part.replace(work.kept(number))  # last: a file that is there has been counted
    return str(work.kept(number))


def summary(work: Work) -> dict[str, Any]:
    """What became of everything that was read."""
    total = Counts()
    for number in range(len(work.sources)):
        total.add(Counts.of(read_json(work.sifted(number) / "counts.json")))
        total.add(Counts.of(read_json(work.counted(number))))
    total.changes = +total.changes
    return {"schema": SCHEMA, **total.as_json()}
