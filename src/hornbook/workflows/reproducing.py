"""Does a run come out the same again? Its first steps, retraced; or all of it, from a file that holds what it needs.

``retraced`` makes the first steps of a run anew, in memory, and compares losses and weights with what the run wrote.
A *capsule* is a zip of the recipe, the tokens, the tokenizer, the journal and the SHA-256 of the weights at every
checkpoint that was kept, but not the weights: ``reproduced`` trains it again somewhere else. On the same kind of
machine with the same versions the numbers have to be the same bit for bit; elsewhere sums are rounded differently, and
curves are compared instead.
"""

from __future__ import annotations

import json
import shutil
import statistics
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import torch

from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError
from hornbook.files import explained, replacing, sha256_of
from hornbook.training.checkpoints import MODEL, checkpoints_in, model_tensors, opened
from hornbook.training.journal import read_journal
from hornbook.training.provenance import machine, versions
from hornbook.training.run_folder import Run
from hornbook.training.timer import ByTime, Replay
from hornbook.workflows.load import load_prepared
from hornbook.workflows.recipe import read_recipe
from hornbook.workflows.setting_up import Training, assemble, set_up
from hornbook.workflows.train import train_steps, updates
from hornbook.workflows.watchers import Silent, Watcher

SCHEMA = 1
INDEX, CONFIG, METRICS = "capsule.json", "config.toml", "metrics.jsonl"

TOLERANCE = 0.05
"""Nats by which the mean loss of any tenth of a run may differ on another machine."""


@dataclass(frozen=True)
class Comparison:
    """Two trainings of one recipe. ``first`` is the first step whose losses differ; ``weights`` says by checkpoint
    whether the SHA-256 are the same; ``exact`` whether they have to be."""

    steps: int
    farthest: float  # nats between the losses of a step
    first: int | None
    weights: dict[str, bool]
    exact: bool
    apart: float  # nats between the mean losses of a tenth of the run

    @property
    def same(self) -> bool:
        """Bit for bit."""
        return self.first is None and all(self.weights.values())

    @property
    def passed(self) -> bool:
        """The same where that can be asked, near enough where not."""
        return self.same if self.exact else self.apart <= TOLERANCE

    def sentence(self) -> str:
        """The outcome in words."""
        weights = f"{sum(self.weights.values())} of {len(self.weights)} checkpoints have the same weights"
        if self.same:
            return f"{self.steps:,} steps have the same losses, bit for bit; {weights}"
        differ = "the losses are the same"
        if self.first is not None:
            differ = f"losses differ from step {self.first} on, by at most {self.farthest:.2g} nats"
        kind = "the same kind of machine" if self.exact else "another kind of machine, other versions or more processes"
        return f"{differ}; {weights}; tenths of the run by at most {self.apart:.2g} nats; this is {kind}"

    def as_json(self) -> dict[str, Any]:
        """The comparison as plain data."""
        return {
            "steps": self.steps, "same": self.same, "passed": self.passed, "exact": self.exact, "first": self.first,
            "farthest": self.farthest, "apart": self.apart, "weights": self.weights,
        }  # fmt: skip


def losses_of(metrics: Path) -> list[float]:
    """The loss of every step in a journal, as exactly as it was written."""
    return [float(entry["loss"]) for entry in read_journal(metrics) if entry.get("kind") == "update"]


def compared(before: Sequence[float], after: Sequence[float], weights: Mapping[str, bool], exact: bool) -> Comparison:
    """Hold two curves beside each other."""
    steps = min(len(before), len(after))
    apart = [abs(a - b) for a, b in zip(before, after, strict=False)]
    size = max(1, steps // 10)
    tenths = [
        abs(statistics.fmean(before[at : at + size]) - statistics.fmean(after[at : at + size]))
        for at in range(0, steps - size + 1, size)
    ]
    first = next((step for step, distance in enumerate(apart) if distance), None)
    return Comparison(steps, max(apart, default=0.0), first, dict(weights), exact, max(tenths, default=0.0))


def same_machine(info: Mapping[str, Any]) -> bool:
    """Whether a run was made by the same versions on the same kind of machine, in one process as this one."""
    here = machine()
    kinds = all(info["machine"].get(name) == here.get(name) for name in ("system", "processor", "gpus"))
    return kinds and info["versions"] == versions() and info.get("processes", 1) == 1


def as_logged(training: Training, metrics: Path) -> Training:
    """A training whose length, where a clock decided it, is what the journal says."""
    if isinstance(training.length, ByTime):
        training.length = Replay.of(metrics)  # type: ignore[assignment]
    return training


# The first steps ------------------------------------------------------------------------------------------------------


def retraced(name: str | Path, steps: int) -> Comparison:
    """Make the first ``steps`` of a run again, in memory, and compare them with its journal and its checkpoints.

    Raises:
        HornbookError: it has made no steps, or learns from what it writes itself or from a base that is gone.
    """
    run = Run.open(name)
    if not run.metrics.exists() or not (known := losses_of(run.metrics)):
        raise HornbookError(f"{run.folder} has made no steps that could be made again")
    recipe = read_recipe(run.folder / CONFIG)
    training = as_logged(assemble(run, recipe, load_prepared(run), Silent()), run.metrics)
    there = {int(path.name.removeprefix("step-")): path for path in checkpoints_in(run.checkpoints)}
    found, weights = [], {}
    with closing(updates(training)) as making:
        for update in making:
            found.append(update.loss)
            if (path := there.get(update.step + 1)) is not None:
                weights[path.name] = same_weights(training, path)
            if len(found) == min(steps, len(known)):
                break
    return compared(known[:steps], found, weights, same_machine(run.info))


def same_weights(training: Training, checkpoint: Path) -> bool:
    """Whether a model has the very weights that a checkpoint holds."""
    with opened(checkpoint / MODEL) as file:
        pairs = model_tensors(training.model).items()
        return all(torch.equal(tensor.cpu(), file.get_tensor(name)) for name, tensor in pairs)


# A capsule ------------------------------------------------------------------------------------------------------------


def export_capsule(name: str | Path, out: Path) -> int:
    """Write what is needed to train a run again, and what has to come out, into a zip; its bytes.

    Raises:
        SettingError: it began with another run's weights, which a capsule does not hold.
        HornbookError: it is not finished, or the file cannot be written.
    """
    run = Run.open(name)
    recipe = read_recipe(run.folder / CONFIG)
    if recipe.base is not None:
        raise SettingError(f"{run.folder} began with the weights of {recipe.base}; a capsule holds none")
    if run.latest is None:
        raise HornbookError(f"{run.folder} has no checkpoint yet; finish it with hornbook train --resume {run.folder}")
    data = load_prepared(run).folder
    files = {CONFIG: run.folder / CONFIG, METRICS: run.metrics}
    for folder, inside in ((data, "data"), (run.tokenizer, "tokenizer")):
        files |= {f"{inside}/{p.relative_to(folder).as_posix()}": p for p in sorted(folder.rglob("*")) if p.is_file()}
    info = {key: run.info[key] for key in ("seed", "machine", "versions", "choices") if key in run.info}
    index = {
        "schema": SCHEMA,
        "run": info | {"processes": run.info.get("processes", 1)},
        "weights": {path.name: sha256_of(path / MODEL) for path in checkpoints_in(run.checkpoints)},
        "files": {inside: sha256_of(path) for inside, path in files.items()},
    }
    with replacing(out) as partial, zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(INDEX, json.dumps(index, indent=2))
        for inside, path in files.items():
            archive.write(path, inside)
    return out.stat().st_size


def unpack(capsule: Path, folder: Path) -> dict[str, Any]:
    """Unpack a capsule into an empty folder and check every file; its index.

    Raises:
        MissingError, DamagedError: there is none; it is not a capsule, or not as it was written.
    """
    if not capsule.is_file():
        raise MissingError(f"{capsule} does not exist; hornbook runs export RUN {capsule} makes one")
    try:
        with zipfile.ZipFile(capsule) as archive:
            index = json.loads(archive.read(INDEX))
            if index["schema"] != SCHEMA:
                raise DamagedError(f"{capsule}: this version of hornbook reads schema {SCHEMA}, not {index['schema']}")
            for inside, expected in index["files"].items():
                parts = PurePosixPath(inside).parts
                if not parts or parts[0] not in (CONFIG, METRICS, "data", "tokenizer") or ".." in parts:
                    raise DamagedError(f"{capsule}: {inside} does not belong into a capsule")
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(inside) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)
                if sha256_of(target) != expected:
                    raise DamagedError(f"{capsule}: {inside} is not as it was written")
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, AttributeError, EOFError) as error:
        raise DamagedError(f"{capsule} is not a capsule of ours ({type(error).__name__}: {error})") from error
    return dict(index)


def reproduced(capsule: Path, folder: Path, watcher: Watcher | None = None) -> Comparison:
    """Train a capsule again into a new run ``folder``, and compare losses and weights with what it says.

    Raises:
        SettingError: there is something in that folder; MissingError, DamagedError: the capsule cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="hornbook-") as scratch:
        place = Path(scratch)
        index = unpack(capsule, place)
        recipe = read_recipe(place / CONFIG)
        about = {name: index["run"][name] for name in ("seed", "choices") if name in index["run"]}
        run = Run.create(folder, (place / CONFIG).read_text(encoding="utf-8"), {**about, "data": "data"})
        with run.lock(), explained(folder):
            for inside in ("data", "tokenizer"):
                shutil.copytree(place / inside, folder / inside)
            training = as_logged(set_up(run, recipe, watcher or Silent()), place / METRICS)
            train_steps(training)
        before = losses_of(place / METRICS)
    paths = {path.name: path for path in checkpoints_in(run.checkpoints)}
    weights = {name: sha256_of(paths[name] / MODEL) == said for name, said in index["weights"].items() if name in paths}
    return compared(before, losses_of(run.metrics), weights, same_machine(index["run"]))
