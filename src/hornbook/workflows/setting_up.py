"""All that a training consists of before its first step: data, model, optimizer, choices. Next: train.py.

Where several processes train together, the first does what writes files, and the others find it done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hornbook.errors import DamagedError
from hornbook.finetuning.adapting import adapt, trained_share
from hornbook.model.initialise import initialise
from hornbook.model.recompute import recompute
from hornbook.tokenizers.saved import fingerprint
from hornbook.training.checkpoints import Progress, check_vocabulary, load_checkpoint, read_progress
from hornbook.training.devices import choose_device, choose_threads
from hornbook.training.distribution import Share, shared_out
from hornbook.training.guards import Best, SpikeWatch
from hornbook.training.memory import forget_peak
from hornbook.training.metrics import Throughput, tensorboard
from hornbook.training.optimizers import Optimizer, build_optimizer
from hornbook.training.precision import LossScale, Precision
from hornbook.training.profile import Watch
from hornbook.training.run_folder import Run
from hornbook.training.shards import is_sharded, whole_of
from hornbook.training.timer import BySteps, ByTime, Clock
from hornbook.training.world import ALONE, World
from hornbook.workflows.base import begin_with_base
from hornbook.workflows.breaking.seal import opened
from hornbook.workflows.choices import Choices, choose
from hornbook.workflows.load import load_prepared, with_vocabulary
from hornbook.workflows.recipe import Recipe
from hornbook.workflows.tasks import Data, Supply, Task, task_of
from hornbook.workflows.watchers import Watcher


@dataclass
class Training:
    """Everything one training consists of while it runs; built by ``set_up``."""

    run: Run
    recipe: Recipe
    task: Task
    prepared: Data
    model: nn.Module
    optimizer: Optimizer
    choices: Choices
    batches: Supply
    length: BySteps | ByTime
    clock: Clock
    precision: Precision
    scale: LossScale
    watcher: Watcher
    share: Share
    board: Any = None  # TensorBoard's writer, where it was asked for
    watch: Watch | None = None  # the profiler, where it was asked for
    best: Best = field(default_factory=Best)
    spikes: SpikeWatch = field(default_factory=SpikeWatch)
    throughput: Throughput = field(default_factory=Throughput)
    step: int = 0  # updates made
    tokens: int = 0
    owed: bool = False  # an evaluation that was due at the checkpoint this process began with


def set_up(run: Run, recipe: Recipe, watcher: Watcher, world: World = ALONE) -> Training:
    """Data, model, optimizer and choices of a run, at its last checkpoint if it has one."""
    task = task_of(recipe)
    prepared = world.in_turn(lambda: prepared_data(run, recipe, task, watcher))
    begun = assemble(run, recipe, prepared, watcher, run.latest is None, world)
    trained, there = trained_share(begun.model)
    run.add_info(trained=trained, parameters=there, processes=world.size)
    watcher.said(
        f"{recipe.name}: {in_words(trained, there)}, "
        f"{prepared.size}, {begun.choices.precision} on {torch.get_num_threads()} threads of "
        f"{next(begun.model.parameters()).device.type}, seed {recipe.seed}"
    )
    if run.info.get("tensorboard") and world.first:
        begun.board = tensorboard(run.folder / "tensorboard")
    if run.latest is not None:
        go_on(begun, run.latest)
    elif world.first:  # what a process wrote that was killed before its first checkpoint is written again
        for journal in (run.metrics, run.samples):
            journal.unlink(missing_ok=True)
    return begun


def assemble(
    run: Run, recipe: Recipe, prepared: Data, watcher: Watcher, fresh: bool = True, world: World = ALONE
) -> Training:
    """A training before its first step, broken if the run was to be; nothing is written but choices not yet made.

    ``fresh``: the weights begin where the recipe says, and are not about to be taken from a checkpoint.
    """
    task, config, training = task_of(recipe), with_vocabulary(recipe.model, prepared.tokenizer), recipe.training
    batches = task.batches(recipe, config, prepared)
    choices = world.in_turn(lambda: choose(run, recipe, config, batches.steps_per_epoch, watcher.said))
    choose_threads(choices.threads)
    device = choose_device(training.device)
    forget_peak(device)
    model = task.build(config, recipe, run.info)
    initialise(model, config, recipe.seed)
    if fresh:
        begin_with_base(model, recipe, watcher.said)
    adapt(model, recipe.adapting, recipe.seed).to(device)
    if choices.recomputed:
        recompute(model)
    steps = training.total_steps(batches.steps_per_epoch, training.batch * config.context)
    clock = Clock()
    length = BySteps(steps) if steps is not None else ByTime((training.minutes or 0.0) * 60, clock)
    precision = Precision(choices.precision, device.type)
    share = shared_out(model, training.distribution, world, precision.dtype)
    optimizer = build_optimizer(training.optimizer, model)
    scale = precision.loss_scale()
    begun = Training(
        run, recipe, task, prepared, model, optimizer, choices, batches, length, clock, precision, scale, watcher, share
    )
    if (fault := opened(run.info)) is not None:
        fault.spoil(begun)
    return begun


def whole_model(training: Training) -> nn.Module | None:
    """The model as one process can use it; ``None`` in all processes but the first.

    Where the processes hold slices, those are gathered into a model that has all of it, for as long as it is needed.
    """
    first, held = training.share.world.first, training.model.state_dict(keep_vars=True)
    if not any(is_sharded(tensor) for tensor in held.values()):
        return training.model if first else None
    recipe, device = training.recipe, choose_device(training.recipe.training.device)
    config = with_vocabulary(recipe.model, training.prepared.tokenizer)
    whole = training.task.build(config, recipe, training.run.info) if first else None
    places = {} if whole is None else adapt(whole, recipe.adapting, recipe.seed).to(device).state_dict()
    for name, tensor in held.items():
        gathered = whole_of(tensor.detach())
        if places:
            places[name].copy_(gathered)
    return whole


def in_words(trained: int, there: int) -> str:
    """How many parameters there are, and how many of them are trained where that is not all."""
    return f"{there:,} parameters" + (f", {trained:,} of them ({trained / there:.2%}) trained" * (trained < there))


def prepared_data(run: Run, recipe: Recipe, task: Task, watcher: Watcher) -> Data:
    """The run's token files, prepared now unless they are there; its tokenizer stands in the run in any case."""
    inside = run.info.get("data", "data") == "data"
    if inside and not (run.folder / "data" / "data.json").exists():
        task.prepare(recipe, run.folder / "data", watcher.said)
    prepared: Data = load_prepared(run)
    if not run.tokenizer.exists():
        prepared.tokenizer.save(run.tokenizer)
    if run.info.get("data_sha256") not in (None, prepared.hashes):
        raise DamagedError(f"the data in {prepared.folder} are not those that {run.folder} was begun with")
    run.add_info(data_sha256=prepared.hashes, **prepared.about)
    return prepared


def go_on(training: Training, checkpoint: Path) -> None:
    """Take up weights, optimizer, clock and counts where a checkpoint left them."""
    tokenizer = training.prepared.tokenizer
    check_vocabulary(read_progress(checkpoint), fingerprint(tokenizer), tokenizer.vocab_size)
    said = load_checkpoint(checkpoint, training.model, training.optimizer)
    progress = Progress.of(said, checkpoint)
    training.run.rewind(checkpoint)
    training.step, training.tokens = progress.step, progress.tokens
    training.owed = progress.owed
    training.clock.spent = progress.seconds
    if isinstance(training.length, ByTime):
        training.length.first = progress.first_step_seconds
    if progress.best is not None:
        training.best.offer(*progress.best)
    training.scale.value, training.scale.good = progress.scale, progress.good
    training.watcher.said(f"going on from {checkpoint.name}")
