"""A run brought before the doctor: its journal, and the parts it was made of, as they were when it was trained.

In: a run that was trained here. Out: findings. The checks are in ``evaluation.diagnosis``, which knows nothing of runs.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from hornbook.data.config import NextToken
from hornbook.errors import MissingError
from hornbook.evaluation.diagnosis.case import Case, Finding, Program
from hornbook.evaluation.diagnosis.checks import OF_THE_JOURNAL, diagnose
from hornbook.finetuning.config import Everything
from hornbook.model.models import Decoder
from hornbook.training.checkpoints import load_checkpoint
from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.breaking.fault import Fault
from hornbook.workflows.breaking.seal import opened
from hornbook.workflows.load import load_prepared, with_vocabulary
from hornbook.workflows.recipe import Recipe, read_recipe
from hornbook.workflows.train import Training, assemble, objective, updates
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
    from hornbook.evaluation.diagnosis.checks import CHECKS

    run = Run.open(name)
    if "choices" not in run.info:
        return None
    recipe = read_recipe(run.folder / "config.toml")
    case = case_of(run, recipe)
    if case.updates and not isinstance(case.model, Decoder | None):
        found = [each for check in OF_THE_JOURNAL if (each := check(case)) is not None]
        return Diagnosis(tuple(found), len(OF_THE_JOURNAL))
    return Diagnosis(tuple(diagnose(case)), len(OF_THE_JOURNAL) + len(CHECKS))


def case_of(run: Run, recipe: Recipe) -> Case:
    """What the doctor is shown of a run."""
    prepared = load_prepared(run)

    def begun() -> Training:
        training = assemble(run, recipe, prepared, Silent())
        training.choices = dataclasses.replace(training.choices, compiled=False)
        return training

    def program() -> Program:
        training = begun()
        return Program(
            training.model,
            objective(training),
            training.optimizer,
            training.batches,
            lambda: updates(training),
        )

    last = begun()
    if run.latest is not None:
        load_checkpoint(run.latest, last.model)
    return Case(
        with_vocabulary(recipe.model, prepared.tokenizer),
        recipe.training,
        recipe.seed,
        read_journal(run.metrics) if run.metrics.exists() else [],
        program,
        last.model.eval(),
        run.latest is not None,
        recipe.base is None and isinstance(recipe.adapting, Everything),
        getattr(prepared, "train", None),
        getattr(prepared, "validation", None),
        lambda model: last.task.score(model, recipe, prepared, torch.float32).loss,
    )


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
