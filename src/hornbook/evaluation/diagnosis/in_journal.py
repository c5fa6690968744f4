"""What the journal of a training shows by itself. Next: in_batches.py."""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from hornbook.evaluation.diagnosis.case import Finding, Record
from hornbook.training.config import AdamW, Muon

FEW = 10
"""With fewer steps a curve says nothing."""

STAY = 5
"""So many steps in a row are more than a step that was too long."""


def loss_falls(record: Record) -> Finding | None:
    """Training lowers the loss."""
    if len(record.losses) < FEW:
        return None
    tail = max(3, len(record.losses) // 10)
    first, last = float(record.losses[0]), float(np.median(record.losses[-tail:]))
    if last < first - 0.05 * record.uniform and math.isfinite(last):
        return None
    return Finding(
        "loss does not fall",
        f"{first:.3f} at the first step, {last:.3f} over the last {tail} of {len(record.losses)}",
        "nothing was learned, or what was learned was lost again",
        "see which weights moved and how far; try the learning rate a tenth and ten times as high",
    )


def loss_jumps(record: Record) -> Finding | None:
    """The loss does not stay far above the one a training began with.

    What is looked at is the median of ``STAY`` losses in a row: a healthy training may overshoot at one step and be
    back at the next, and is told so while it runs (training/guards.py).
    """
    if len(record.losses) < FEW:
        return None
    first, stays = float(record.losses[0]), np.median(sliding_window_view(record.losses, STAY), axis=1)
    step = int(np.argmax(stays))
    if stays[step] <= 1.25 * max(first, record.uniform) + 0.2:
        return None
    return Finding(
        "loss jumps",
        f"{stays[step]:.3f} in steps {step} to {step + STAY - 1}, above the first loss of {first:.3f}",
        "steps are too long: the model was made worse than one that knows nothing",
        "lower the learning rate, give it a longer warm-up, clip the gradient",
    )


def learning_rate(record: Record) -> Finding | None:
    """The rates in the journal are those of the recipe."""
    rates = np.array([float(entry["learning_rate"]) for entry in record.updates])
    if not len(rates):
        return None
    optimizer, advice = record.training.optimizer, "look at who sets the learning rate, and in which order"
    assert isinstance(optimizer, AdamW | Muon)
    peaks = [optimizer.learning_rate, *([optimizer.adamw.learning_rate] if isinstance(optimizer, Muon) else [])]
    if rates.max() > 1.01 * max(peaks):
        text = f"up to {rates.max():.3g} in the journal, {max(peaks):.3g} in the recipe"
        return Finding("learning rate", text, "steps are longer than was asked for", advice)
    if (rates == 0).any():
        text = f"0 at {(rates == 0).sum()} of {len(rates)} steps"
        return Finding("learning rate", text, "those steps cost time and change nothing", advice)
    if rates.max() < 0.3 * min(peaks) and len(rates) > FEW:
        text = f"never above {rates.max():.3g}; the recipe's peak is {min(peaks):.3g}"
        return Finding("learning rate", text, "steps are shorter than was asked for", advice)
    return None


def warmup(record: Record) -> Finding | None:
    """Where a warm-up is asked for, the first rate is below the peak."""
    rates = [float(entry["learning_rate"]) for entry in record.updates]
    wanted = record.training.schedule.warmup
    steps = wanted if isinstance(wanted, int) else round(wanted * len(rates))
    if steps < 1 or len(rates) < FEW or rates[0] < 0.99 * max(rates) or max(rates) == 0:
        return None
    return Finding(
        "no warm-up",
        f"the first step is made at {rates[0]:.3g}, the peak; the recipe warms up over {steps} steps",
        "AdamW's first steps are as long as the learning rate whatever the gradient, and go where one batch points",
        "look at how the schedule counts its steps",
    )


def broken_off(record: Record) -> Finding | None:
    """A training that ended before its time left no checkpoint."""
    if record.saved:
        return None
    return Finding(
        "no checkpoint",
        f"{len(record.updates)} steps in the journal and nothing saved",
        "the training broke off, or was stopped before its first checkpoint",
        "see its last message; a loss that is no number means steps that are too long",
    )
