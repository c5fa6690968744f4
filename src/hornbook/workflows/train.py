"""A training from recipe to run folder, and going on with one that was stopped. Start reading at ``train_steps``.

    prepare text -> build model and optimizer -> step, step, step -> save and evaluate now and then -> finish

The loop itself is ``training.loop.training_steps``; what happens between its steps stands here as plain statements. At
any moment the process may be killed: ``resume`` goes on from the last whole checkpoint, or from the start where there
is none yet, and ends with the weights of a run that was never disturbed.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from hornbook.data.config import NextToken, Reinforce
from hornbook.errors import HornbookError, SettingError
from hornbook.files import write_text
from hornbook.tokenizers.saved import fingerprint
from hornbook.training.devices import moved
from hornbook.training.distribution import check_rows
from hornbook.training.interrupts import Stop
from hornbook.training.journal import Journal
from hornbook.training.loop import Update, due, training_steps
from hornbook.training.memory import peak_memory
from hornbook.training.metrics import seconds_left, update_entry
from hornbook.training.objectives import Objective
from hornbook.training.profile import Watch, utilisation
from hornbook.training.run_folder import Onlooker, Run, free_folder
from hornbook.training.saving import Saver
from hornbook.training.schedules import factor
from hornbook.training.timer import ByTime
from hornbook.training.world import World, joined, restarted
from hornbook.workflows.breaking.faults import fault_named
from hornbook.workflows.breaking.seal import SEALED, seal
from hornbook.workflows.choices import objective_of, operations_per_token
from hornbook.workflows.load import with_vocabulary
from hornbook.workflows.recipe import Recipe, read_recipe, to_toml
from hornbook.workflows.setting_up import Training, set_up, whole_model
from hornbook.workflows.spikes import Guard, RolledBack, rolled_back
from hornbook.workflows.watchers import Silent, Status, Watcher

RESUMED = "resumed"
"""What ``run.json`` calls the numbers of updates after which a process went on with the run."""


@dataclass(frozen=True)
class Outcome:
    """How a training ended: after ``step`` updates, finished or stopped by a signal (130 or 143, else 0)."""

    run: Run
    step: int
    exit_code: int
    leads: bool = True  # of several processes, the one that has something to say


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
    Where this process is one of several (training/world.py) they train together.

    Raises:
        SettingError, MissingError, TextError, HornbookError: as they say; before the first step nothing is left behind.
    """
    if fault is not None:
        fault_named(fault, recipe)
    with joined(recipe.training.distribution.patience, recipe.training.device) as world:
        check_together(recipe, world, fault)
        folder = Path(world.from_first(str(folder or free_folder(recipe.name))))
        if restarted() and (folder / "run.json").exists():
            return resume_in(world, folder, watcher)
        about = {"seed": recipe.seed, "data": str(data.resolve()) if data else "data", "tensorboard": board}
        about |= {"prediction": dict(prediction)} if prediction else {}
        begin = Run.create if world.first else lambda folder, config, info: Onlooker(folder)
        run = world.in_turn(lambda: begin(folder, to_toml(recipe), about))
        with run.lock():
            with removed_on_failure(run):
                if fault is not None:
                    run.add_info(**{SEALED: seal(fault, run.info["begun"])})
                training = set_up(run, recipe, watcher_of(world, watcher), world)
            if profile and world.first:
                training.watch = watch_of(training)
            return train_steps(training)


def watcher_of(world: World, watcher: Watcher | None) -> Watcher:
    """Of several processes the first is heard."""
    return watcher if watcher is not None and world.first else Silent()


def check_together(recipe: Recipe, world: World, fault: str | None) -> None:
    """Refuse what several processes cannot do together.

    Raises:
        SettingError: the batch has too few rows, or it is something that one process has to do alone.
    """
    if world.size == 1:
        return
    training = recipe.training
    check_rows(training.batch // training.micro_batches, training.distribution, world)
    if isinstance(recipe.task, Reinforce) or fault is not None:
        what = "--break" if fault is not None else "a model that learns from its own answers"
        raise SettingError(f"{what} is for one process, found {world.size}; leave out --nproc")
    if training.on_spike == "roll_back":
        raise SettingError('training.on_spike: several processes can "skip" or "report", not "roll_back"')


WORTH_MEASURING = 10.0
"""Seconds below which a training says nothing of its speed: its first steps are not like the others. Targets by the
second are tokens by the second only where something is asked of every token."""


def watch_of(training: Training) -> Watch:
    """A profiler that knows what the model needs for a token."""
    return Watch(training.run.folder / "profile", *demand(training))


def demand(training: Training) -> tuple[float, torch.dtype, torch.device]:
    """Operations for a token, the arithmetic they are in, and where."""
    config = with_vocabulary(training.recipe.model, training.prepared.tokenizer)
    device = next(training.model.parameters()).device
    return float(operations_per_token(training.recipe, config)), training.precision.dtype, device


def speed_of(training: Training) -> str:
    """How fast the training was, and how much of this machine that is: its best product is measured now."""
    speed = training.throughput.tokens_per_second
    used = utilisation(speed, *demand(training))
    best = f"the best matrix product reaches here in {str(training.precision.dtype).removeprefix('torch.')}"
    return f"{speed:,.0f} tokens/s, {used:.0%} of what {best}"


def resume(name: str | Path, watcher: Watcher | None = None) -> Outcome:
    """Go on with a run from its last checkpoint, or from its start where there is none, to the end of its recipe.

    Precision, compiling and threads are those the run began with, so that the numbers are the same.

    Raises:
        MissingError: there is no such run; DamagedError: no checkpoint of it is whole, or its data are not;
        HornbookError: another process is at it.
    """
    recipe = read_recipe(Run.open(name).folder / "config.toml")
    with joined(recipe.training.distribution.patience, recipe.training.device) as world:
        check_together(recipe, world, None)
        return resume_in(world, name, watcher)


def resume_in(world: World, name: str | Path, watcher: Watcher | None) -> Outcome:
    """``resume`` by this process of however many; they need not be as many as began."""
    run = Run.open(name) if world.first else Onlooker(Run.open(name).folder)
    with run.lock():
        watcher = watcher_of(world, watcher)
        world.in_turn(run.tidy)
        world.in_turn(lambda: run.last_whole(watcher.said))
        training = set_up(run, read_recipe(run.folder / "config.toml"), watcher, world)
        world.in_turn(lambda: verify_data(training))
        run.add_info(**{RESUMED: [*run.info.get(RESUMED, []), training.step]})
        return train_steps(training)


def verify_data(training: Training) -> None:
    """Whether the tokens are those that were prepared, byte for byte: asked when a run goes on, and before it ends.

    Raises:
        DamagedError: they are not; what was learned from them is not to be trusted.
    """
    if training.share.world.first:
        training.prepared.verify()


@contextmanager
def removed_on_failure(run: Run) -> Iterator[None]:
    """A run that could not begin leaves no folder."""
    try:
        yield
    except BaseException:
        run.discard()
        raise


# Training -------------------------------------------------------------------------------------------------------------


def train_steps(training: Training) -> Outcome:
    """All steps that remain; where a loss that jumps asks for it, again from the last checkpoint."""
    while True:
        try:
            return train_on(training)
        except RolledBack as back:
            training = rolled_back(training, back.step)


def train_on(training: Training) -> Outcome:
    """All steps that remain, and what happens between them.

    Raises:
        RolledBack: the loss jumped, and the recipe wants the last checkpoint back.
    """
    config, run, world = training.recipe.training, training.run, training.share.world
    beside = config.saving == "beside_steps"
    with (
        Stop() as stop,
        Journal(run.metrics) as metrics,
        Journal(run.samples) as samples,
        Saver(run, config.keep, beside) as saver,
    ):
        if training.owed:
            evaluate_now(training, metrics, samples, saver)
        for update in data_blamed(training):
            training.step, training.tokens = update.step + 1, training.tokens + update.tokens * update.made
            metrics.write(update_entry(update))
            tell(training, update)
            if training.watch is not None and (line := training.watch.step(update.tokens)) is not None:
                training.watcher.said(line)
            stopped = bool(world.highest(stop.requested)) and not update.last  # whichever process was told to
            evaluating = (due(config.evaluate_every, update) or update.last) and not stopped
            if update.last:
                verify_data(training)
            if evaluating or stopped or due(config.save_every, update):
                saver.save(training.model, training.optimizer, progress(training, update, evaluating))
            if evaluating:
                evaluate_now(training, metrics, samples, saver)
            if update.last or stopped:
                device = next(training.model.parameters()).device
                run.add_info(peak_bytes=max(peak_memory(device), run.info.get("peak_bytes", 0)))
            if update.last and training.clock.seconds > WORTH_MEASURING and isinstance(training.recipe.task, NextToken):
                training.watcher.said(speed_of(training))
            if stopped:
                saver.wait()
                training.watcher.said(
                    f"stopped after {training.step} steps and saved: hornbook train --resume {run.folder}"
                )
                break
        signal = world.highest(stop.requested)
        return Outcome(run, training.step, 128 + signal if signal else 0, world.first)


def data_blamed(training: Training) -> Iterator[Update]:
    """All steps that remain; where one fails because a token file was altered under it, that is what is said."""
    try:
        yield from updates(training)
    except (IndexError, RuntimeError):  # a token that no vocabulary has
        verify_data(training)
        raise


def updates(training: Training) -> Generator[Update, None, None]:
    """The steps of the one loop, from where this training stands."""
    recipe = training.recipe
    steps = training.length.steps
    if training.length(training.step) >= 1:
        return
    guard = Guard.of(training)
    with closing(training.batches.prefetched(training.step)) as batches:
        yield from training_steps(
            training.model,
            at_hand(training, guard, batches),
            objective(training),
            training.optimizer,
            length=training.share.world.led(training.length),
            schedule=lambda step, fraction: factor(recipe.training.schedule, step, fraction, steps),
            clip=recipe.training.clip,
            first=training.step,
            seed=recipe.seed,
            precision=training.precision,
            scale=training.scale,
            clock=training.clock,
            describe=lambda step: described(training, step),
            guard=guard,
            share=training.share,
        )


def at_hand(training: Training, guard: Guard, batches: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """This process's part of every step, where the model is, and in the guard's hands for as long as it is learned."""
    device = next(training.model.parameters()).device
    for batch in batches:
        guard.micro_batches = [moved(training.share.part(part), device) for part in batch]
        yield list(guard.micro_batches)


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
    """Let the watcher know of a step."""
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


def evaluate_now(training: Training, metrics: Journal, samples: Journal, saver: Saver) -> None:
    """Score the whole validation split and write samples; nothing here touches what the next step is made of.

    Of several processes the first does it; the others wait where the next step needs it.
    """
    model = whole_model(training)
    if model is None:
        return
    dtype = torch.bfloat16 if training.precision.dtype == torch.bfloat16 else torch.float32
    score = training.task.score(model, training.recipe, training.prepared, dtype)
    best = training.best.offer(training.step, score.loss)
    metrics.write({"kind": "evaluation", "step": training.step, "seconds": training.clock.seconds, **score.as_json()})
    if training.board is not None:
        training.board.add_scalar("loss/validation", score.loss, training.step)
        training.board.flush()
    if best:
        saver.wait()  # a pointer names what is whole
        write_text(training.run.folder / "best", f"step-{training.step:06d}\n")
    training.watcher.evaluated(training.step, score, best)
    write_samples(training, model, samples)


def write_samples(training: Training, model: torch.nn.Module, samples: Journal) -> None:
    """An answer to each of the recipe's prompts. One that cannot be asked is told, and stops no training."""
    wanted, tokenizer = training.recipe.samples, training.prepared.tokenizer
    for place, prompt in enumerate(wanted.prompts):  # the same prompt twice is to give two texts
        sampling = dataclasses.replace(wanted.sampling, seed=wanted.sampling.seed + place)
        try:
            sample = training.task.answer(model, tokenizer, training.recipe, training.run.info, prompt, sampling)
        except HornbookError as error:
            training.watcher.said(f"no sample of samples.prompts={prompt!r}: {error}")
            continue
        samples.write({"step": training.step, "prompt": prompt, "text": sample.text, "finish": sample.finish_reason})
