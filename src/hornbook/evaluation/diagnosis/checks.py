"""The table of checks, in the order in which one would look: what is read, what it is read by, what becomes of it.

Every check is a function that gives a finding or nothing: of a ``Record`` where the journal is enough, else of a
``Case``. Next: in_journal.py.
"""

from __future__ import annotations

from collections.abc import Callable

from hornbook.evaluation.diagnosis import in_batches, in_journal, in_model, in_steps
from hornbook.evaluation.diagnosis.case import Case, Finding, Record

OF_ANY_JOURNAL: tuple[Callable[[Record], Finding | None], ...] = (
    in_journal.broken_off,
    in_journal.learning_rate,
    in_journal.warmup,
)
"""Those that suit every task."""

OF_LOSSES: tuple[Callable[[Record], Finding | None], ...] = (
    in_journal.loss_jumps,
    in_journal.loss_falls,
)
"""Those of tasks whose loss is to fall."""

OF_TEXT: tuple[Callable[[Case], Finding | None], ...] = (
    in_batches.targets,
    in_batches.padding,
    in_batches.repetition,
    in_batches.shuffling,
    in_batches.coverage,
    in_steps.loss_at_start,
    in_steps.loss_is_a_mean,
    in_steps.first_weights,
    in_steps.steps_are_made,
    in_steps.gradients_are_of_the_batch,
    in_steps.clipping,
    in_steps.scoring,
    in_steps.weights_move,
    in_steps.rows_move,
    in_steps.shrinking,
    in_steps.overfitting,
    in_steps.more_than_frequencies,
    in_model.causality,
    in_model.order,
    in_model.stream,
    in_model.tying,
    in_model.dead_units,
    in_model.attention_sums,
    in_steps.attention_scale,
)
"""Those of a decoder on running text. From ``causality`` on they take the model in 64 bits, so they come last."""


def examine_record(record: Record, losses: bool = True) -> list[Finding]:
    """What the journal shows by itself; without ``losses`` where they are not meant to fall."""
    checks = (*OF_ANY_JOURNAL, *(OF_LOSSES if losses else ()))
    return [finding for check in checks if (finding := check(record)) is not None]


def examine(case: Case) -> list[Finding]:
    """Everything that is not as it should be, in the order of the tables."""
    found = [finding for check in OF_TEXT if (finding := check(case)) is not None]
    return [*examine_record(case.record), *found]
