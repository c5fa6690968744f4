"""A run brought before the doctor: its journal, and the parts it was made of, as they were when it was trained.

In: a run that was trained here. Out: findings. The checks are in ``evaluation.diagnosis``, which knows nothing of runs.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import torch

from hornbook.data.config import NextToken, Reinforce
from hornbook.errors import MissingError
from hornbook.evaluation.diagnosis.case import Case, Finding, Program, Record
from hornbook.evaluation.diagnosis.checks import OF_ANY_JOURNAL, OF_LOSSES, OF_TEXT, examine, examine_record
from hornbook.finetuning.config import Everything
from hornbook.tokenizers.saved import load_tokenizer
from hornbook.training.checkpoints import load_checkpoint
from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.breaking.fault import Fault
from hornbook.workflows.breaking.seal import opened
from hornbook.workflows.load import load_prepared, with_vocabulary
from hornbook.workflows.recipe import Recipe, read_recipe
from hornbook.workflows.setting_up import Training, assemble
from hornbook.workflows.train import objective, updates
from hornbook.workflows.watchers import Silent


@dataclass(frozen=True)
class Diagnosis:
    """What was found in a run, by how many checks."""

    findings: tuple[Finding, ...]
    checks: int


def diagnosis_of(name: str | Path) -> Diagnosis | None:
    """Look a run over; ``None`` where it was not trained here and there is nothing to judge.

    Raises:
        MissingError: there is no such run, or its data are gone.
    """
    run = Run.open(name)
    if "choices" not in run.info:
        return None
    recipe = read_recipe(run.folder / "config.toml")
    record = record_of(run, recipe)
    if isinstance(recipe.task, NextToken):
        found, checks = examine(case_of(run, recipe, record)), OF_ANY_JOURNAL + OF_LOSSES + OF_TEXT
        return Diagnosis(tuple(found), len(checks))
    falling = not isinstance(recipe.task, Reinforce)  # a reward is to rise, and its loss says little
    return Diagnosis(tuple(examine_record(record, falling)), len(OF_ANY_JOURNAL) + (len(OF_LOSSES) if falling else 0))


def record_of(run: Run, recipe: Recipe) -> Record:
    """What a run was asked, and what it wrote down."""
    return Record(
        with_vocabulary(recipe.model, load_tokenizer(run.tokenizer)),
        recipe.training,
        read_journal(run.metrics) if run.metrics.exists() else [],
        run.latest is not None,
        recipe.base is None and isinstance(recipe.adapting, Everything),
    )


def case_of(run: Run, recipe: Recipe, record: Record) -> Case:
    """The parts a run was made of: its training set up anew, its last weights, its text, its way of scoring."""
    prepared = load_prepared(run)

    def begun(recipe: Recipe = recipe) -> Training:
        training = assemble(run, recipe, prepared, Silent())
        training.choices = dataclasses.replace(training.choices, compiled=False)
        return training

    def program() -> Program:
        training = begun()
        return Program(
            training.model, objective(training), training.optimizer, training.batches, lambda: updates(training)
        )

    last = begun(without_noise(recipe))
    if run.latest is not None:
        load_checkpoint(run.latest, last.model)
    return Case(
        record,
        recipe.seed,
        program,
        last.batches,
        last.model.eval(),
        prepared.train,
        prepared.validation,
        lambda model: last.task.score(model, recipe, prepared, torch.float32).loss,
    )


def without_noise(recipe: Recipe) -> Recipe:
    """The same recipe, with batches as the text has them: noise that was asked for is no mistake."""
    assert isinstance(recipe.task, NextToken)
    return dataclasses.replace(recipe, task=dataclasses.replace(recipe.task, noise=None))


def revealed(name: str | Path) -> Fault:
    """The fault that a run was broken with.

    Raises:
        MissingError: it was not broken on purpose.
    """
    run = Run.open(name)
    fault = opened(run.info)
    if fault is None:
        raise MissingError(f"{run.folder} was not broken on purpose: there is nothing to reveal")
    return fault
