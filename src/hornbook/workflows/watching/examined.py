"""A run before the doctor, told in plain data: what was found, by how many checks, and which path the run took."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from hornbook.training.run_folder import Run
from hornbook.workflows.diagnose import diagnosis_of
from hornbook.workflows.paths import path_of

NOT_TRAINED_HERE = (
    "It was imported, or begun and not trained here: there is no training to judge. "
    "Whether its files are whole, hornbook runs verify says."
)


def examined(run: Run) -> dict[str, Any]:
    """What ``hornbook doctor RUN`` finds.

    Raises:
        MissingError: the run's data are gone.
    """
    with threads_kept():
        diagnosis = diagnosis_of(run.folder)
    findings = () if diagnosis is None else diagnosis.findings
    return {
        "run": run.name,
        "checks": 0 if diagnosis is None else diagnosis.checks,
        "refusal": NOT_TRAINED_HERE if diagnosis is None else None,
        "findings": [dataclasses.asdict(finding) for finding in findings],
        "path": [{"name": name, "value": value} for name, value in path_of(run.folder)],
    }


@contextmanager
def threads_kept() -> Iterator[None]:
    """Give the threads back afterwards: a training that is set up anew takes as many as it had."""
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
