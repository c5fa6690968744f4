"""A run's folder: the only place where results live, and all that generation and evaluation need.

    run/config.toml  run.json  metrics.jsonl  samples.jsonl  tokenizer/  figures/  report.html
        latest  best            one line each: step-000200
        checkpoints/step-000200/...

A pointer is moved when its checkpoint is whole, and an old checkpoint goes when no pointer names it: whatever stops a
run, ``latest`` names a whole one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import nn

from hornbook.errors import BusyError, DamagedError, MissingError, SettingError, nearest
from hornbook.files import explained, is_there, read_json, read_text, restore_folder, write_json, write_text
from hornbook.training.checkpoints import (
    PROGRESS,
    Held,
    best_of,
    checkpoint_name,
    checkpoints_in,
    damage,
    help_saving,
    number_of,
    part_of,
    read_progress,
    write_checkpoint,
)
from hornbook.training.journal import Journal
from hornbook.training.optimizers import Optimizer
from hornbook.training.provenance import git_state, machine, versions

SCHEMA = 1


def runs_root() -> Path:
    """Where runs are kept: ``HORNBOOK_RUNS``, or ``runs`` in the current folder."""
    return Path(os.environ.get("HORNBOOK_RUNS") or "runs")


def free_folder(name: str) -> Path:
    """A folder for a new run among the others: ``runs/NAME-1``, ``runs/NAME-2``, ..., above all numbers in use."""
    taken = [re.fullmatch(re.escape(name) + r"-(\d+)", path.name) for path in runs_root().glob(f"{name}-*")]
    return runs_root() / f"{name}-{max((int(match[1]) for match in taken if match), default=0) + 1}"


def runs_in(root: Path) -> list[Path]:
    """The run folders in ``root``, the one begun or resumed last at the end."""
    found = [path.parent for path in root.glob("*/run.json")]
    return sorted(found, key=lambda folder: (folder / "run.json").stat().st_mtime_ns)


@dataclass(frozen=True)
class Run:
    """A run's folder; what it holds has a property each."""

    folder: Path

    @classmethod
    def create(cls, folder: Path, config: str, info: Mapping[str, Any]) -> Run:
        """Begin a run in a new or empty folder.

        ``config`` is the resolved recipe (TOML), ``info`` what ``run.json`` says besides versions, machine and source:
        seed, data hashes, choices.

        Raises:
            SettingError: something is in that folder already.
            HornbookError: the folder cannot be written.
        """
        with explained(folder):
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                resume = f"holds a run; `hornbook train --resume {folder}` goes on with it"
                what = resume if (folder / "run.json").exists() else "is not an empty folder"
                raise SettingError(f"run: {folder} {what}; for a new run give another name with --run")
            (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
        run = cls(folder)
        write_text(folder / "config.toml", config)
        about = {"versions": versions(), "machine": machine(), "git": git_state(Path.cwd())}
        begun = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        write_json(folder / "run.json", {"schema": SCHEMA, "begun": begun, **about, **info})
        return run

    @classmethod
    def open(cls, name: str | Path) -> Run:
        """The run in a folder, of that name among the runs, or the ``latest``.

        Raises:
            MissingError: there is no such run.
            DamagedError: its ``run.json`` is damaged or of another schema.
        """
        known = runs_in(runs_root())
        if str(name) == "latest":
            if not known:
                raise MissingError(
                    f"there are no runs in {runs_root()} yet; `hornbook train` or `hornbook quickstart` makes one"
                )
            folder = known[-1]
        else:
            places = [Path(name), runs_root() / name]
            folder = next((place for place in places if is_there(place / "run.json")), Path(name))
        if not is_there(folder / "run.json"):
            what = "is no run: it has no run.json" if is_there(folder) else "does not exist"
            near = nearest(str(name), [path.name for path in known])
            raise MissingError(f"{str(folder)[:200]} {what}{near}; `hornbook runs list` shows what there is")
        run = cls(folder)
        if run.info.get("schema") != SCHEMA:
            found = run.info.get("schema")
            raise DamagedError(
                f"{folder / 'run.json'}: this version of hornbook reads schema {SCHEMA}, found {found!r}"
            )
        return run

    @property
    def name(self) -> str:
        """What it is called."""
        return self.folder.resolve().name

    @property
    def info(self) -> dict[str, Any]:
        """``run.json``."""
        info = read_json(self.folder / "run.json")
        if not isinstance(info, dict):
            raise DamagedError(f"{self.folder / 'run.json'}: expected a table, found {str(info)[:40]!r}")
        return info

    def discard(self) -> None:
        """Remove the whole folder: a run that could not begin leaves none."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def add_info(self, **more: Any) -> None:
        """Say more in ``run.json``."""
        write_json(self.folder / "run.json", {**self.info, **more})

    @property
    def config(self) -> str:
        """The resolved recipe, as TOML."""
        return read_text(self.folder / "config.toml")

    @property
    def tokenizer(self) -> Path:
        """The tokenizer's folder."""
        return self.folder / "tokenizer"

    @property
    def metrics(self) -> Path:
        """The journal of updates and evaluations."""
        return self.folder / "metrics.jsonl"

    @property
    def samples(self) -> Path:
        """The journal of texts written on the way."""
        return self.folder / "samples.jsonl"

    @property
    def figures(self) -> Path:
        """The folder of pictures."""
        return self.folder / "figures"

    @property
    def report(self) -> Path:
        """The report, a page that needs nothing else."""
        return self.folder / "report.html"

    # Checkpoints ------------------------------------------------------------------------------------------------------

    @property
    def checkpoints(self) -> Path:
        """The folder of checkpoints."""
        return self.folder / "checkpoints"

    def checkpoint(self, step: int) -> Path:
        """Where the checkpoint after ``step`` updates is, or will be."""
        return self.checkpoints / checkpoint_name(step)

    @property
    def latest(self) -> Path | None:
        """The newest checkpoint, if there is one."""
        return self.pointed("latest")

    @property
    def best(self) -> Path | None:
        """The checkpoint with the lowest validation loss, if one was evaluated."""
        return self.pointed("best")

    def pointed(self, pointer: str) -> Path | None:
        """The checkpoint that ``latest`` or ``best`` names.

        Raises:
            DamagedError: the pointer does not hold the name of a checkpoint.
        """
        path = self.folder / pointer
        if not path.exists():
            return None
        name = read_text(path).strip()
        if not re.fullmatch(r"step-\d{6,}", name):
            raise DamagedError(
                f"{path}: expected a name such as step-000200, found {name[:40]!r}; write the right one into it"
            )
        return self.checkpoints / name

    def last_whole(self, report: Callable[[str], None]) -> Path | None:
        """The checkpoint to go on from: ``latest``, or where that is damaged the newest whole one before it, reported.

        ``latest`` then names that one. ``None``: there is no checkpoint yet.

        Raises:
            DamagedError: there are checkpoints, and none of them is whole.
        """
        latest = self.latest
        wrong = damage(latest) if latest is not None else ""
        if latest is None or not wrong:
            return latest
        all_of_them = checkpoints_in(self.checkpoints)
        before = all_of_them[: all_of_them.index(latest)] if latest in all_of_them else all_of_them
        for other in reversed(before):
            if not damage(other):
                report(f"warning: {wrong}; going on from {other.name} instead of {latest.name}")
                write_text(self.folder / "latest", other.name + "\n")
                return other
        raise DamagedError(f"{wrong}; no other checkpoint of {self.folder} is whole: train it anew")

    def chosen(self, which: str = "latest") -> Path:
        """A checkpoint to read from: ``latest``, ``best``, a step, or a name.

        Raises:
            MissingError: the run has no such checkpoint.
        """
        path = self.pointed(which) if which in ("latest", "best") else self.checkpoints / (
            checkpoint_name(int(which)) if which.isdigit() else which
        )  # fmt: skip
        there = [each.name for each in checkpoints_in(self.checkpoints)]
        if path is None or not path.is_dir():
            raise MissingError(f"{self.folder} has no checkpoint {which!r}; there are {', '.join(there) or 'none yet'}")
        return path

    def save(self, model: nn.Module, optimizer: Optimizer | None, progress: Mapping[str, Any], **how: Any) -> Path:
        """Write a checkpoint of a model and an optimizer as they are now: ``write`` of what is ``held``."""
        return self.write(self.held(model, optimizer, progress), **how)

    def held(self, model: nn.Module, optimizer: Optimizer | None, progress: Mapping[str, Any]) -> Held:
        """What a checkpoint of this moment holds.

        How far both journals have come is added to the progress, so that ``rewind`` can take back what follows.
        """
        sizes = {file.name: file.stat().st_size if file.exists() else 0 for file in (self.metrics, self.samples)}
        return Held.by(model, optimizer, {**progress, "journals": sizes})

    def write(self, held: Held, *, best: bool = False, keep: int = 2) -> Path:
        """Write a checkpoint for ``held.progress["step"]`` updates, move the pointers, drop unwanted checkpoints."""
        path = self.checkpoint(held.progress["step"])
        write_checkpoint(path, held)
        write_text(self.folder / "latest", path.name + "\n")
        if best:
            write_text(self.folder / "best", path.name + "\n")
        self.prune(keep)
        return path

    def prune(self, keep: int) -> None:
        """Remove all checkpoints but the last ``keep`` and those that a pointer names."""
        wanted = {path.name for path in (self.latest, self.best) if path}
        for path in checkpoints_in(self.checkpoints)[:-keep]:
            if path.name not in wanted:
                gone = path.with_name(f".{path.name}.gone")  # in one step, so that nobody meets half a checkpoint
                shutil.rmtree(gone, ignore_errors=True)
                path.replace(gone)
                shutil.rmtree(gone, ignore_errors=True)

    # Going on with a run ----------------------------------------------------------------------------------------------

    def tidy(self) -> list[str]:
        """Remove what a killed process left behind, and bring back a checkpoint it was about to replace; the names."""
        left = []
        for path in [
            *self.folder.glob(".*.partial-*"),
            *self.checkpoints.glob(".*.partial-*"),
            *self.checkpoints.glob(".*.gone"),
        ]:
            left.append(path.name)
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        for old in self.checkpoints.glob(".step-*.old"):
            left.append(old.name)
            restore_folder(old.with_name(old.name.removeprefix(".").removesuffix(".old")))
            shutil.rmtree(old, ignore_errors=True)
        return left

    def rewind(self, checkpoint: Path) -> None:
        """Take back what the journals say about what came after a checkpoint, and let ``best`` be what it was then."""
        progress, path = read_progress(checkpoint), checkpoint / PROGRESS
        places = part_of({"journals": {}, **progress}, "journals", path)
        for file in (self.metrics, self.samples):
            if file.exists():
                with Journal(file) as journal:
                    end = number_of({file.name: file.stat().st_size, **places}, file.name, path, whole=True)
                    journal.rewind(int(end))
        best = progress.get("best")
        if isinstance(best, Mapping):
            step, _ = best_of(best, path)
            if self.checkpoint(step).is_dir():
                write_text(self.folder / "best", checkpoint_name(step) + "\n")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only process that writes this run, for as long as the block takes; the lock ends with the process.

        Raises:
            BusyError: another process is at it; says which.
        """
        try:
            import fcntl
        except ImportError:  # not on this system
            yield
            return
        path = self.folder / ".lock"
        with explained(path):
            file = path.open("a+", encoding="utf-8")
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                who = holder(file.read())
                raise BusyError(f"{self.folder} is being written by {who}; wait for it or stop it first") from None
            file.truncate(0)
            file.write(json.dumps({"process": os.getpid(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}))
            file.flush()
            yield


class Onlooker(Run):
    """A run's folder as the other processes of a training see it: they read, and the first of them writes."""

    @property
    def metrics(self) -> Path:
        """Where what is said here twice goes."""
        return Path(os.devnull)

    @property
    def samples(self) -> Path:
        """The same."""
        return Path(os.devnull)

    def discard(self) -> None:
        """Nothing."""

    def add_info(self, **more: Any) -> None:
        """Nothing."""

    def tidy(self) -> list[str]:
        """Nothing."""
        return []

    def last_whole(self, report: Callable[[str], None]) -> Path | None:
        """What the first process found."""
        return self.latest

    def rewind(self, checkpoint: Path) -> None:
        """Nothing."""

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Nothing: the first process holds the lock for all."""
        yield

    def held(self, model: nn.Module, optimizer: Optimizer | None, progress: Mapping[str, Any]) -> Held:
        """Where the first process reads the tensors, with the slices that lie here."""
        help_saving(model, optimizer)
        return Held({}, None, progress)

    def write(self, held: Held, *, best: bool = False, keep: int = 2) -> Path:
        """Nothing."""
        return self.checkpoint(held.progress["step"])


def holder(text: str) -> str:
    """Who holds a lock, as far as its file says."""
    try:
        said = json.loads(text)
        return f"process {said['process']} since {said['since']}"
    except (ValueError, KeyError, TypeError):
        return "another process"
