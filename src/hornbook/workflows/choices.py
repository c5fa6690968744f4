"""What a machine is asked to do for a run: in which arithmetic, compiled or not, on how many threads, in what memory.

Chosen once, when a run begins, written into ``run.json`` and used again whenever the run is resumed: each of them
changes how sums are rounded, and a resumed run must give the same numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from hornbook.data.config import NextToken, Reinforce
from hornbook.model.config import ModelConfig
from hornbook.model.count import Memory, count
from hornbook.training.compiling import Compiling, choose_compiling, expected_seconds, prepared
from hornbook.training.config import Muon
from hornbook.training.devices import choose_device, choose_threads
from hornbook.training.memory import choose_recomputing, free_memory
from hornbook.training.objectives import Objective
from hornbook.training.precision import choose_precision
from hornbook.training.run_folder import Run
from hornbook.workflows.recipe import Recipe


@dataclass(frozen=True)
class Choices:
    """The arithmetic (float32, bfloat16, float16), whether training is compiled, the number of threads, and whether the
    backward pass computes anew what there is no room to keep."""

    precision: str
    compiled: bool
    threads: int
    recomputed: bool = False


UNCOMPILED: dict[type, str] = {Reinforce: "the model writes at every step, which is not made one program"}
"""Tasks whose step stays as it is, and why."""


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
    seconds = duration(recipe, config, steps_per_epoch)
    compiling = choose_compiling(training.compile, seconds, device, precision.name)
    if type(recipe.task) in UNCOMPILED:
        compiling = Compiling(False, UNCOMPILED[type(recipe.task)])
    report(f"compiled: {'yes' if compiling.chosen else 'no'} ({compiling.reason})")
    needed = training_memory(recipe, config, precision.name).total
    recomputing = choose_recomputing(training.gradient_checkpointing, needed, free_memory(device))
    if recomputing.chosen:
        report(f"gradient checkpointing: yes ({recomputing.reason})")
    choices = Choices(precision.name, compiling.chosen, threads, recomputing.chosen)
    run.add_info(choices=dataclasses.asdict(choices))
    return choices


def training_memory(recipe: Recipe, config: ModelConfig, precision: str) -> Memory:
    """About how many bytes a training holds at once."""
    training = recipe.training
    return count(config).training_memory(
        training.batch // training.micro_batches,
        activation_bytes=4 if precision == "float32" else 2,
        optimizer_numbers=1 if isinstance(training.optimizer, Muon) else 2,
    )


def operations_per_token(recipe: Recipe, config: ModelConfig) -> int:
    """What a token costs in training; where it is told from some candidates, fewer logits are multiplied."""
    candidates = recipe.task.candidates if isinstance(recipe.task, NextToken) and config.writes_by_product else None
    spared = 0 if candidates is None else max(0, config.vocabulary - candidates)
    return count(config).training_flops_per_token() - 6 * config.width * spared


def duration(recipe: Recipe, config: ModelConfig, steps_per_epoch: int) -> float:
    """About how many seconds a training takes uncompiled, by its clock or by counting what it multiplies."""
    training = recipe.training
    if training.minutes is not None:
        return training.minutes * 60
    tokens = training.batch * config.context
    steps = training.total_steps(steps_per_epoch, tokens) or 1
    operations = float(steps * tokens * operations_per_token(recipe, config))
    return expected_seconds(operations, choose_device(training.device))


def objective_of(objective: Objective, choices: Choices) -> Objective:
    """The objective, compiled where that was chosen."""
    return prepared(objective, Compiling(choices.compiled, "chosen when the run began"))
