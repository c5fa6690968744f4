"""The table of checks, in the order in which one would look: what is read, what it is read by, what becomes of it.

Every check is a function of a ``Case`` that gives a finding or nothing. Next: in_journal.py.
"""

from __future__ import annotations

from collections.abc import Callable

from hornbook.evaluation.diagnosis import in_batches, in_journal, in_model, in_steps
from hornbook.evaluation.diagnosis.case import Case, Finding

Check = Callable[[Case], Finding | None]

OF_THE_JOURNAL: tuple[Check, ...] = (
    in_journal.broken_off,
    in_journal.learning_rate,
    in_journal.warmup,
    in_journal.loss_jumps,
    in_journal.loss_falls,
)
"""Those that need the journal only, and suit every task."""

CHECKS: tuple[Check, ...] = (
    in_batches.targets,
    in_batches.padding,
    in_batches.repetition,
    in_batches.shuffling,
    in_batches.coverage,
    in_journal.loss_at_start,
    in_steps.loss_is_a_mean,
    in_steps.first_weights,
    in_steps.steps_are_made,
    in_steps.gradients_are_of_the_batch,
    in_steps.clipping,
    in_steps.scoring,
    in_steps.gradients_reach,
    in_steps.rows_move,
    in_steps.shrinking,
    in_steps.overfitting,
    in_steps.learned_more_than_frequencies,
    in_model.causality,
    in_model.order,
    in_model.stream,
    in_model.tying,
    in_model.dead_units,
    in_model.attention_sums,
    in_steps.attention_scale,
)
"""Those of a decoder on running text. The model is made exact (64 bits) by the later ones, so they come last."""


def diagnose(case: Case) -> list[Finding]:
    """Everything that is not as it should be, in the order of the table."""
    checks = (*OF_THE_JOURNAL, *CHECKS) if case.updates else CHECKS
    return [finding for check in checks if (finding := check(case)) is not None]
