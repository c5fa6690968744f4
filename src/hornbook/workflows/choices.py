"""What a machine is asked to do for a run: in which arithmetic, compiled or not, on how many threads.

Chosen once, when a run begins, written into ``run.json`` and used again whenever the run is resumed: each of the three
changes how sums are rounded, and a resumed run must give the same numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from hornbook.model.config import ModelConfig
from hornbook.model.count import count
from hornbook.training.compiling import Compiling, choose_compiling, expected_seconds, prepared
from hornbook.training.devices import choose_device, choose_threads
from hornbook.training.objectives import Objective
from hornbook.training.precision import choose_precision
from hornbook.training.run_folder import Run
from hornbook.workflows.recipe import Recipe


@dataclass(frozen=True)
class Choices:
    """The arithmetic (float32, bfloat16, float16), whether training is compiled, the number of threads."""

    precision: str
    compiled: bool
    threads: int


def choose(
    run: Run, recipe: Recipe, config: ModelConfig, steps_per_epoch: int, report: Callable[[str], None]
) -> Choices:
    """The choices of a run: those it was begun with, or new ones, reported with their reasons and written down."""
    if "choices" in run.info:
        return Choices(**run.info["choices"])
    training = recipe.training
    device = choose_device(training.device)
    threads = choose_threads(training.threads)
    precision = choose_precision(training.precision, device)
    report(f"precision: {precision.name} ({precision.reason})")
    compiling = choose_compiling(training.compile, duration(recipe, config, steps_per_epoch), device)
    report(f"compiled: {'yes' if compiling.chosen else 'no'} ({compiling.reason})")
    choices = Choices(precision.name, compiling.chosen, threads)
    run.add_info(choices=dataclasses.asdict(choices))
    return choices


def duration(recipe: Recipe, config: ModelConfig, steps_per_epoch: int) -> float:
    """About how many seconds a training takes uncompiled, by its clock or by counting what it multiplies."""
    training = recipe.training
    if training.minutes is not None:
        return training.minutes * 60
    tokens = training.batch * config.context
    steps = training.total_steps(steps_per_epoch, tokens) or 1
    operations = float(steps * tokens * count(config).training_flops_per_token())
    return expected_seconds(operations, choose_device(training.device))


def objective_of(objective: Objective, choices: Choices) -> Objective:
    """The objective, compiled where that was chosen."""
    return prepared(objective, Compiling(choices.compiled, "chosen when the run began"))
