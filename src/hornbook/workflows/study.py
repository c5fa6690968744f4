"""A study: several recipes, the same seeds for each, in one folder that can be gone on with.

    study/study.json  report.md  report.html  A.toml  B.toml  data-1f0c9a2b/  runs/A-seed-1/  runs/B-seed-1/ ...

The text is prepared once for all sides that read it in the same tokens, so that a seed changes the first weights, the
order of the batches and dropout, and nothing else. What was trained is not trained again: the same command goes on
where it was stopped, and takes up more seeds. Start reading at ``run_trials``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from hornbook.data.config import NextToken
from hornbook.errors import DivergedError, HornbookError, MissingError, SettingError
from hornbook.evaluation.loss import Measured
from hornbook.files import read_json, write_json, write_text
from hornbook.model.config import ModelConfig
from hornbook.model.count import Count, count
from hornbook.training.checkpoints import read_progress
from hornbook.training.run_folder import Run, runs_root
from hornbook.workflows.base import SAYING
from hornbook.workflows.choices import operations_per_token
from hornbook.workflows.compare import differences
from hornbook.workflows.load import load_prepared, load_run, with_vocabulary
from hornbook.workflows.recipe import Recipe, SamplesConfig, replaced, resolved, to_toml
from hornbook.workflows.tasks import task_of
from hornbook.workflows.train import resume, train
from hornbook.workflows.watchers import Silent, Status, Watcher

SCHEMA = 1


class StoppedError(HornbookError):
    """A study that a signal stopped; what was trained is kept."""

    def __init__(self, folder: Path, exit_code: int) -> None:
        super().__init__(f"stopped; what was trained is kept, and the same command with --out {folder} goes on")
        self.exit_code = exit_code


@dataclass(frozen=True)
class Side:
    """One of the recipes that are compared; the seed it names is that of the data, which all its runs share."""

    name: str
    recipe: Recipe


@dataclass(frozen=True)
class Budget:
    """What a side costs: its size, and the work of one run (operations of the forward and the backward pass)."""

    counted: Count
    steps: int
    tokens: int
    flops_per_token: int

    @property
    def flops(self) -> int:
        """Floating-point operations of a whole run."""
        return self.tokens * self.flops_per_token

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "parameters": self.counted.parameters,
            "embedding_parameters": self.counted.embedding_parameters,
            "steps": self.steps,
            "tokens": self.tokens,
            "flops": self.flops,
        }


@dataclass(frozen=True)
class Trial:
    """One run of one side: its loss (nats per target) at its best checkpoint, on the whole validation split.

    ``bits_per_byte`` is known of running text. A run that ``diverged`` stands with the loss of whoever knows nothing.
    """

    side: str
    seed: int
    run: str
    loss: float
    bits_per_byte: float | None
    step: int
    seconds: float
    diverged: bool = False

    @property
    def score(self) -> float:
        """What is compared: bits per byte, or the loss where there are no bytes."""
        return self.loss if self.bits_per_byte is None else self.bits_per_byte


@dataclass
class Study:
    """A study's folder, and what is known so far."""

    folder: Path
    kind: str
    sides: tuple[Side, ...]
    trials: list[Trial] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)
    """With how many seeds a verdict was read, each number once."""
    known: Mapping[str, Any] = field(default_factory=dict)
    """Side -> its recipe, as the folder has them; empty where the study begins now."""

    @classmethod
    def open(cls, folder: Path, kind: str, sides: Sequence[Side]) -> Study:
        """A study that is to be begun, or the one in ``folder``, which has to be of the same sides.

        Raises:
            SettingError: the folder holds something else.
        """
        study, file = cls(folder, kind, tuple(sides)), folder / "study.json"
        if file.exists():
            found = read_json(file)
            if found["kind"] != kind:
                raise SettingError(f"out: {folder} holds a study of another kind ({found['kind']}); give another --out")
            study.known = found["sides"]
            study.settle(sides)
            study.trials = [Trial(**each) for each in found["trials"]]
            study.looks = list(found["looks"])
        elif folder.exists() and any(folder.iterdir()):
            raise SettingError(f"out: {folder} is not empty and holds no study; give another --out")
        return study

    def settle(self, sides: Sequence[Side]) -> None:
        """Take these sides, which could be told only after the text was prepared (``SettingError``: as ``open``)."""
        for side in sides if self.known else ():
            require_same(self.folder, side, self.known.get(side.name))
        self.sides = tuple(sides)

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Inside, what is asked is checked and its text prepared; a new study that is refused leaves no folder."""
        begun = (self.folder / "study.json").exists()
        try:
            yield
        except BaseException:
            if not begun:
                shutil.rmtree(self.folder, ignore_errors=True)
            raise
        for side in self.sides:
            write_text(self.folder / f"{side.name}.toml", to_toml(side.recipe))
        self.save()

    def save(self, **result: Any) -> None:
        """Write ``study.json``; ``result`` is what was concluded."""
        write_json(
            self.folder / "study.json",
            {
                "schema": SCHEMA,
                "kind": self.kind,
                "sides": {side.name: resolved(side.recipe) for side in self.sides},
                "looks": self.looks,
                "trials": [dataclasses.asdict(trial) for trial in self.trials],
                **result,
            },
        )

    def look(self, seeds: int) -> int:
        """Note that a verdict is read with so many seeds; the how-manieth look this is."""
        if seeds not in self.looks:
            self.looks.append(seeds)
        return self.looks.index(seeds) + 1

    def trial(self, side: str, seed: int) -> Trial | None:
        """The finished run of a side and a seed, if there is one."""
        return next((each for each in self.trials if (each.side, each.seed) == (side, seed)), None)

    def scores(self, side: str, seeds: Sequence[int]) -> list[float]:
        """What the runs of a side reached, in the order of ``seeds``."""
        return [trial.score for seed in seeds if (trial := self.trial(side, seed)) is not None]

    def run(self, side: Side, seed: int) -> Path:
        """The folder of a run."""
        return self.folder / "runs" / f"{side.name}-seed-{seed}"

    def data(self, side: Side) -> Path:
        """The folder of what a side reads: one for all sides that read the same text in the same tokens."""
        table = resolved(side.recipe)
        told = [table[name] for name in ("data", "tokenizer", "task", "base", "seed")]
        key = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:8]
        return self.folder / f"data-{key}"

    @property
    def unit(self) -> str:
        """What ``Trial.score`` is in."""
        return "nats/target" if any(trial.bits_per_byte is None for trial in self.trials) else "bits/byte"


def free_study(name: str) -> Path:
    """The next free folder among the runs: ``runs/study-NAME-1``."""
    number = 1
    while (runs_root() / f"study-{name}-{number}").exists():
        number += 1
    return runs_root() / f"study-{name}-{number}"


def require_same(folder: Path, side: Side, found: Mapping[str, Any] | None) -> None:
    """Refuse to go on with a study of other recipes, and name the first setting that differs (``SettingError``)."""
    if found is None:
        raise SettingError(f"out: the study in {folder} has no side {side.name!r}; give another --out")
    for name, values in differences({"there": found, "asked": resolved(side.recipe)}).items():
        raise SettingError(
            f"out: the study in {folder} has {name} = {values['there']}, and {values['asked']} was asked for; "
            "give another --out, or the settings it was begun with"
        )


# Before anything is trained -------------------------------------------------------------------------------------------


def prepared_data(study: Study, side: Side, watcher: Watcher) -> Any:
    """What a side reads, opened; prepared the first time."""
    task, folder = task_of(side.recipe), study.data(side)
    if not (folder / "data.json").exists():
        task.prepare(side.recipe, folder, watcher.said)
    return task.open(folder)


def budget(study: Study, side: Side, watcher: Watcher) -> Budget:
    """What a run of a side costs; its data are prepared for that.

    Raises:
        SettingError: the recipe runs by the clock, so that its tokens depend on the day.
    """
    recipe = side.recipe
    if recipe.training.minutes is not None:
        raise SettingError(
            f"training.minutes: {recipe.name} runs by the clock, and a study compares after equal tokens; "
            "say how many with --tokens, or --steps"
        )
    data = prepared_data(study, side, watcher)
    config = with_vocabulary(recipe.model, data.tokenizer)
    per_step = recipe.training.batch * config.context
    steps = recipe.training.total_steps(task_of(recipe).batches(recipe, config, data).steps_per_epoch, per_step)
    assert steps is not None
    return Budget(count(config), steps, steps * per_step, operations_per_token(recipe, config))


# The runs -------------------------------------------------------------------------------------------------------------


class OneLine(Silent):
    """Passes on where a run stands, and nothing that would fill a screen a hundred times."""

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher

    def updated(self, status: Status) -> None:
        """A step was made."""
        self.watcher.updated(status)


def run_trials(study: Study, seeds: Sequence[int], watcher: Watcher, sides: Sequence[Side] | None = None) -> None:
    """Train and score every side with every seed that has not been; sides take turns, so that pairs come early.

    ``sides`` are some of the study's, where the others are not to be trained yet.

    Raises:
        StoppedError: a signal came; the same call goes on later.
    """
    for seed in seeds:
        for side in study.sides if sides is None else sides:
            if study.trial(side.name, seed) is None:
                trial = trained(study, side, seed, watcher)
                study.trials.append(trial)
                study.save()
                said = "diverged" if trial.diverged else f"{trial.score:.4f} {study.unit} in {trial.seconds:.0f} s"
                watcher.said(f"{side.name}, seed {seed}: {said}")


def trained(study: Study, side: Side, seed: int, watcher: Watcher) -> Trial:
    """One run, from wherever it is to its end, and its score."""
    folder, data = study.run(side, seed), prepared_data(study, side, watcher)
    training = dataclasses.replace(side.recipe.training, keep=1)
    recipe = replaced(side.recipe, seed=seed, training=training, samples=SamplesConfig(prompts=()))
    if not (folder / "run.json").exists():
        shutil.rmtree(folder, ignore_errors=True)  # at most what was left before a run could begin
    try:
        if folder.exists():
            outcome = resume(folder, OneLine(watcher))
        else:
            outcome = train(recipe, folder, OneLine(watcher), study.data(side))
    except DivergedError as error:
        if not isinstance(recipe.task, SAYING):
            raise
        watcher.said(f"{side.name}, seed {seed}: {error}")
        return knowing_nothing(study, side, seed, data, with_vocabulary(recipe.model, data.tokenizer))
    if outcome.exit_code:
        raise StoppedError(study.folder, outcome.exit_code)
    return scored(study, side, seed)


def scored(study: Study, side: Side, seed: int) -> Trial:
    """The best checkpoint of a run on the whole validation split, in 32 bits."""
    loaded = load_run(study.run(side, seed))
    score = task_of(loaded.recipe).score(loaded.model, loaded.recipe, load_prepared(loaded.run), torch.float32)
    return Trial(
        side.name,
        seed,
        str(loaded.run.folder.relative_to(study.folder)),
        score.loss,
        score.bits_per_byte if isinstance(score, Measured) else None,
        int(loaded.checkpoint.name.removeprefix("step-")),
        seconds_of(loaded.run),
    )


def seconds_of(run: Run) -> float:
    """How long a run has trained, by its own clock."""
    if run.latest is None:
        raise MissingError(f"{run.folder} has no checkpoint yet")
    return float(read_progress(run.latest)["seconds"])


def knowing_nothing(study: Study, side: Side, seed: int, data: Any, config: ModelConfig) -> Trial:
    """What stands for a run that diverged: every token equally likely."""
    loss, bits = math.log(config.vocabulary), None
    if isinstance(side.recipe.task, NextToken):
        targets, size = len(data.validation.tokens) - 1, int(data.validation.bytes)
        bits = Measured(loss * targets, targets, size).bits_per_byte
    run = str(study.run(side, seed).relative_to(study.folder))
    return Trial(side.name, seed, run, loss, bits, 0, 0.0, diverged=True)
