"""How long a step takes here and how much memory: a few steps of the very training, in a process of its own.

In: a recipe and its prepared data. Out: a ``Tried``. The process builds what ``hornbook train`` would build (the same
precision, threads and compilation), makes a few steps, saves and evaluates once, and is gone; so its most memory is the
training's, and nothing of it stays behind.
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hornbook
from hornbook.errors import HornbookError
from hornbook.files import write_text
from hornbook.training.devices import choose_device
from hornbook.training.journal import Journal
from hornbook.training.memory import held_memory, peak_memory
from hornbook.training.run_folder import Run
from hornbook.training.saving import Saver
from hornbook.workflows.recipe import Recipe, read_recipe, to_toml
from hornbook.workflows.setting_up import assemble, prepared_data
from hornbook.workflows.tasks import task_of
from hornbook.workflows.train import evaluate_now, progress, updates
from hornbook.workflows.watchers import Silent

LEAST, SHARE, ENOUGH = 8, 0.1, 15.0
"""Steps that are made after the first, at least; the part of the training and the seconds after which it is enough."""


@dataclass(frozen=True)
class Tried:
    """Seconds of the first step (compiling falls into it), of a usual one, of an evaluation; the most bytes held."""

    first: float
    step: float
    evaluating: float
    peak_bytes: int
    """Of a process that holds as much before as this one does now."""
    steps: int
    """How many steps the usual one is the mean of."""

    def seconds(self, steps: int) -> float:
        """What the training's clock will show after so many steps."""
        return self.first + (steps - 1) * self.step

    def steps_in(self, seconds: float) -> int:
        """How many steps a training by the clock will make."""
        return max(1, 1 + round((seconds - self.first) / self.step))


def tried(recipe: Recipe, data: Path) -> Tried:
    """Try a recipe on data that are prepared.

    Raises:
        HornbookError: the training fails; the message is its own.
    """
    with tempfile.TemporaryDirectory(prefix="hornbook-") as folder:
        write_text(Path(folder) / "recipe.toml", to_toml(recipe))
        done = subprocess.run(
            [sys.executable, "-m", "hornbook.workflows.trying", str(Path(folder)), str(data.resolve())],
            env=environment(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise HornbookError(f"a few steps of {recipe.name} could not be made: {said[-1] if said else 'killed'}")
    found = Tried(**json.loads(done.stdout.splitlines()[-1]))
    return dataclasses.replace(found, peak_bytes=found.peak_bytes + held_memory(choose_device(recipe.training.device)))


def environment(current: Mapping[str, str]) -> dict[str, str]:
    """An environment in which a new process finds this package."""
    here = str(Path(hornbook.__file__).parent.parent)
    return {**current, "PYTHONPATH": os.pathsep.join(filter(None, [here, current.get("PYTHONPATH")]))}


def try_here(folder: Path, data: Path) -> Tried:
    """The same in this process, with the memory that came on top; ``folder`` has ``recipe.toml`` and takes the run."""
    recipe = read_recipe(folder / "recipe.toml")
    before = held_memory(choose_device(recipe.training.device))
    run = Run.create(folder / "run", to_toml(recipe), {"seed": recipe.seed, "data": str(data), "tensorboard": False})
    training = assemble(run, recipe, prepared_data(run, recipe, task_of(recipe), Silent()), Silent())
    seconds: list[float] = []
    for update in updates(training):
        seconds.append(update.seconds)
        training.step, training.tokens = update.step + 1, training.tokens + update.tokens
        if len(seconds) > LEAST and (update.done >= SHARE or sum(seconds[1:]) > ENOUGH):
            break
    beside = recipe.training.saving == "beside_steps"
    with Journal(run.metrics) as metrics, Journal(run.samples) as samples, Saver(run, 1, beside) as saver:
        saver.save(training.model, training.optimizer, progress(training, update, owed=True))
        began = time.perf_counter()
        evaluate_now(training, metrics, samples, saver)
    evaluating, held = time.perf_counter() - began, peak_memory(next(training.model.parameters()).device)
    later = seconds[1 + len(seconds) // 3 :] or seconds  # caches and the allocator have settled by then
    return Tried(seconds[0], statistics.fmean(later), evaluating, held - before, len(later))  # pauses are part of a run


def main(arguments: list[str]) -> None:
    """What the process of its own does: one line of JSON."""
    found: dict[str, Any] = vars(try_here(Path(arguments[0]), Path(arguments[1])))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
