"""A training from recipe to run folder, and going on with one that was stopped. Start reading at ``train_steps``.

    prepare text -> build model and optimizer -> step, step, step -> save and evaluate now and then -> finish

The loop itself is ``training.loop.training_steps``; what happens between its steps stands here as plain statements. At
any moment the process may be killed: ``resume`` goes on from the last whole checkpoint, or from the start where there
is none yet, and ends with the weights of a run that was never disturbed.
"""

from __future__ import annotations

import dataclasses
import math
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from hornbook.data.config import NextToken
from hornbook.errors import DamagedError
from hornbook.files import write_text
from hornbook.finetuning.adapting import adapt, trained_share
from hornbook.model.count import count
from hornbook.model.initialise import initialise
from hornbook.model.recompute import recompute
from hornbook.tokenizers.saved import fingerprint
from hornbook.training.checkpoints import check_vocabulary, load_checkpoint, read_progress
from hornbook.training.devices import choose_device, choose_threads, moved
from hornbook.training.guards import Best, SpikeWatch
from hornbook.training.interrupts import Stop
from hornbook.training.journal import Journal
from hornbook.training.loop import Update, due, training_steps
from hornbook.training.memory import forget_peak, peak_memory
from hornbook.training.metrics import Throughput, seconds_left, tensorboard, update_entry
from hornbook.training.objectives import Objective
from hornbook.training.optimizers import Optimizer, build_optimizer
from hornbook.training.precision import LossScale, Precision
from hornbook.training.profile import Watch, utilisation
from hornbook.training.run_folder import Run, free_folder
from hornbook.training.schedules import factor
from hornbook.training.timer import BySteps, ByTime, Clock
from hornbook.workflows.base import begin_with_base
from hornbook.workflows.breaking.faults import fault_named
from hornbook.workflows.breaking.seal import SEALED, opened, seal
from hornbook.workflows.choices import Choices, choose, objective_of
from hornbook.workflows.load import load_prepared, with_vocabulary
from hornbook.workflows.recipe import Recipe, read_recipe, to_toml
from hornbook.workflows.tasks import Data, Supply, Task, task_of
from hornbook.workflows.watchers import Silent, Status, Watcher


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
    board: Any = None  # TensorBoard's writer, where it was asked for
    watch: Watch | None = None  # the profiler, where it was asked for
    best: Best = field(default_factory=Best)
    spikes: SpikeWatch = field(default_factory=SpikeWatch)
    throughput: Throughput = field(default_factory=Throughput)
    step: int = 0  # updates made
    tokens: int = 0
    owed: bool = False  # an evaluation that was due at the checkpoint this process began with


@dataclass(frozen=True)
class Outcome:
    """How a training ended: after ``step`` updates, finished or stopped by a signal (130 or 143, else 0)."""

    run: Run
    step: int
    exit_code: int


def train(
    recipe: Recipe,
    folder: Path | None = None,
    watcher: Watcher | None = None,
    data: Path | None = None,
    board: bool = False,
    profile: bool = False,
    fault: str | None = None,
    prediction: Mapping[str, Any] | None = None,
) -> Outcome:
    """Train ``recipe`` into a new run folder (by default the next free one under ``runs/``).

    ``data`` is a folder prepared before; otherwise the text is prepared inside the run. ``board`` also
    writes the curves for TensorBoard, ``profile`` where the time of a few steps goes, both into the run.
    ``fault`` names a mistake to make on purpose (breaking/faults.py), ``prediction`` is a plan to be held against it.

    Raises:
        SettingError, MissingError, TextError, HornbookError: as they say; before the first step nothing is left behind.
    """
    watcher = watcher or Silent()
    if fault is not None:
        fault_named(fault, recipe)
    run = Run.create(
        folder or free_folder(recipe.name),
        to_toml(recipe),
        {"seed": recipe.seed, "data": str(data.resolve()) if data else "data", "tensorboard": board}
        | ({"prediction": dict(prediction)} if prediction else {}),
    )
    with run.lock():
        with removed_on_failure(run):
            if fault is not None:
                run.add_info(**{SEALED: seal(fault, run.info["begun"])})
            training = set_up(run, recipe, watcher)
        if profile:
            training.watch = watch_of(training)
        return train_steps(training)


WORTH_MEASURING = 10.0
"""Seconds below which a training says nothing of its speed: its first steps are not like the others. Targets by the
second are tokens by the second only where something is asked of every token."""


def watch_of(training: Training) -> Watch:
    """A profiler that knows what the model needs for a token."""
    return Watch(training.run.folder / "profile", *demand(training))


def demand(training: Training) -> tuple[float, torch.dtype, torch.device]:
    """Operations for a token, the arithmetic they are in, and where."""
    config = with_vocabulary(training.recipe.model, training.prepared.tokenizer)
    device, dtype = next(training.model.parameters()).device, getattr(torch, training.choices.precision)
    return float(count(config).training_flops_per_token()), dtype, device


def speed_of(training: Training) -> str:
    """How fast the training was, and how much of this machine that is: its best product is measured now."""
    speed = training.throughput.tokens_per_second
    used = utilisation(speed, *demand(training))
    best = f"the best matrix product reaches here in {training.choices.precision}"
    return f"{speed:,.0f} tokens/s, {used:.0%} of what {best}"


def resume(name: str | Path, watcher: Watcher | None = None) -> Outcome:
    """Go on with a run from its last checkpoint, or from its start where there is none, to the end of its recipe.

    Precision, compiling and threads are those the run began with, so that the numbers are the same.

    Raises:
        MissingError: there is no such run; DamagedError: its last checkpoint is not whole; HornbookError: another
        process is at it.
    """
    run = Run.open(name)
    with run.lock():
        run.tidy()
        training = set_up(run, read_recipe(run.folder / "config.toml"), watcher or Silent())
        return train_steps(training)


@contextmanager
def removed_on_failure(run: Run) -> Iterator[None]:
    """A run that could not begin leaves no folder."""
    try:
        yield
    except BaseException:
        shutil.rmtree(run.folder, ignore_errors=True)
        raise


# Setting up -----------------------------------------------------------------------------------------------------------


def set_up(run: Run, recipe: Recipe, watcher: Watcher) -> Training:
    """Data, model, optimizer and choices of a run, at its last checkpoint if it has one."""
    task = task_of(recipe)
    prepared = prepared_data(run, recipe, task, watcher)
    begun = assemble(run, recipe, prepared, watcher, run.latest is None)
    trained, there = trained_share(begun.model)
    run.add_info(trained=trained, parameters=there)
    watcher.said(
        f"{recipe.name}: {in_words(trained, there)}, "
        f"{prepared.size}, {begun.choices.precision} on {torch.get_num_threads()} threads of "
        f"{next(begun.model.parameters()).device.type}, seed {recipe.seed}"
    )
    if run.info.get("tensorboard"):
        begun.board = tensorboard(run.folder / "tensorboard")
    if run.latest is not None:
        go_on(begun, run.latest)
    else:  # what a process wrote that was killed before its first checkpoint is written again
        for journal in (run.metrics, run.samples):
            journal.unlink(missing_ok=True)
    return begun


def assemble(run: Run, recipe: Recipe, prepared: Data, watcher: Watcher, fresh: bool = True) -> Training:
    """A training before its first step, broken if the run was to be; nothing is written but choices not yet made.

    ``fresh``: the weights begin where the recipe says, and are not about to be taken from a checkpoint.
    """
    task, config, training = task_of(recipe), with_vocabulary(recipe.model, prepared.tokenizer), recipe.training
    batches = task.batches(recipe, config, prepared)
    choices = choose(run, recipe, config, batches.steps_per_epoch, watcher.said)
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
    optimizer = build_optimizer(training.optimizer, model)
    precision = Precision(choices.precision, device.type)
    scale = precision.loss_scale()
    begun = Training(
        run, recipe, task, prepared, model, optimizer, choices, batches, length, clock, precision, scale, watcher
    )
    if (fault := opened(run.info)) is not None:
        fault.spoil(begun)
    return begun


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
    progress = load_checkpoint(checkpoint, training.model, training.optimizer)
    training.run.rewind(checkpoint)
    training.step, training.tokens = int(progress["step"]), int(progress["tokens"])
    training.owed = bool(progress["owed"])
    training.clock.spent = float(progress["seconds"])
    if isinstance(training.length, ByTime):
        training.length.first = progress["first_step_seconds"]
    if progress["best"] is not None:
        training.best.offer(int(progress["best"]["step"]), float(progress["best"]["loss"]))
    training.scale.value, training.scale.good = progress["scale"]["value"], progress["scale"]["good"]
    training.watcher.said(f"going on from {checkpoint.name}")


# Training -------------------------------------------------------------------------------------------------------------


def train_steps(training: Training) -> Outcome:
    """All steps that remain, and what happens between them."""
    config, run = training.recipe.training, training.run
    with Stop() as stop, Journal(run.metrics) as metrics, Journal(run.samples) as samples:
        if training.owed:
            evaluate_now(training, metrics, samples)
        for update in updates(training):
            training.step, training.tokens = update.step + 1, training.tokens + update.tokens
            metrics.write(update_entry(update))
            tell(training, update)
            if training.watch is not None and (line := training.watch.step(update.tokens)) is not None:
                training.watcher.said(line)
            stopped = bool(stop.requested) and not update.last
            evaluating = (due(config.evaluate_every, update) or update.last) and not stopped
            if evaluating or stopped or due(config.save_every, update):
                run.save(training.model, training.optimizer, progress(training, update, evaluating), keep=config.keep)
            if evaluating:
                evaluate_now(training, metrics, samples)
            if update.last and training.clock.seconds > WORTH_MEASURING and isinstance(training.recipe.task, NextToken):
                training.watcher.said(speed_of(training))
            if update.last or stopped:
                device = next(training.model.parameters()).device
                run.add_info(peak_bytes=max(peak_memory(device), run.info.get("peak_bytes", 0)))
            if stopped:
                training.watcher.said(
                    f"stopped after {training.step} steps and saved: hornbook train --resume {run.folder}"
                )
                break
        return Outcome(run, training.step, stop.exit_code)


def updates(training: Training) -> Generator[Update, None, None]:
    """The steps of the one loop, from where this training stands."""
    recipe = training.recipe
    steps = training.length.steps
    if training.length(training.step) >= 1:
        return
    with closing(training.batches.prefetched(training.step)) as batches:
        device = next(training.model.parameters()).device
        yield from training_steps(
            training.model,
            ([moved(part, device) for part in batch] for batch in batches),
            objective(training),
            training.optimizer,
            length=training.length,
            schedule=lambda step, fraction: factor(recipe.training.schedule, step, fraction, steps),
            clip=recipe.training.clip,
            first=training.step,
            seed=recipe.seed,
            precision=training.precision,
            scale=training.scale,
            clock=training.clock,
            describe=lambda step: described(training, step),
        )


def objective(training: Training) -> Objective:
    """What the task asks for, compiled where that was chosen."""
    return objective_of(training.task.objective(training.recipe, training.prepared), training.choices)


def described(training: Training, step: int) -> str:
    """The rows of a step, for a message: what they are, and how to see them."""
    return f"{training.batches.named(step)} (hornbook runs batch {training.run.folder} {step} shows them)"


def progress(training: Training, update: Update, owed: bool) -> dict[str, Any]:
    """What a checkpoint has to remember besides weights and optimizer."""
    best, tokenizer = training.best, training.prepared.tokenizer
    return {
        "step": training.step,
        "tokens": training.tokens,
        "seconds": training.clock.seconds,
        "first_step_seconds": training.length.first if isinstance(training.length, ByTime) else None,
        "done": update.done,
        "owed": owed,
        "best": {"step": best.step, "loss": best.loss} if best.step >= 0 else None,
        "scale": {"value": training.scale.value, "good": training.scale.good},
        "vocabulary": {"fingerprint": fingerprint(tokenizer), "size": tokenizer.vocab_size},
    }


def tell(training: Training, update: Update) -> None:
    """Let the watcher know of a step, and of a loss that jumped."""
    training.throughput.add(update)
    if training.board is not None:
        training.board.add_scalar("loss/training", update.loss, update.step + 1)
        training.board.add_scalar("learning rate", update.learning_rate, update.step + 1)
    left = seconds_left(update, training.clock.seconds)
    training.watcher.updated(
        Status(
            update.step,
            update.loss,
            update.done,
            training.throughput.tokens_per_second,
            left if math.isfinite(left) else None,
        )
    )
    spike = training.spikes.offer(update.step, update.loss)
    if spike is not None:
        training.watcher.said(
            f"step {spike.step}: the loss jumped to {spike.loss:.3f} (usual: {spike.usual:.3f}); "
            f"hornbook runs batch {training.run.folder} {spike.step} shows its batch"
        )


def evaluate_now(training: Training, metrics: Journal, samples: Journal) -> None:
    """Score the whole validation split and write samples; nothing here touches what the next step is made of."""
    dtype = torch.bfloat16 if training.choices.precision == "bfloat16" else torch.float32
    score = training.task.score(training.model, training.recipe, training.prepared, dtype)
    best = training.best.offer(training.step, score.loss)
    metrics.write({"kind": "evaluation", "step": training.step, "seconds": training.clock.seconds, **score.as_json()})
    if training.board is not None:
        training.board.add_scalar("loss/validation", score.loss, training.step)
        training.board.flush()
    if best:
        write_text(training.run.folder / "best", f"step-{training.step:06d}\n")
    training.watcher.evaluated(training.step, score, best)
    wanted, tokenizer = training.recipe.samples, training.prepared.tokenizer
    for place, prompt in enumerate(wanted.prompts):  # the same prompt twice is to give two texts
        sampling = dataclasses.replace(wanted.sampling, seed=wanted.sampling.seed + place)
        sample = training.task.answer(training.model, tokenizer, training.recipe, training.run.info, prompt, sampling)
        samples.write({"step": training.step, "prompt": prompt, "text": sample.text, "finish": sample.finish_reason})
