"""What the journal of a training shows by itself. Next: in_batches.py."""

from __future__ import annotations

import math

import numpy as np

from hornbook.evaluation.diagnosis.case import Case, Finding
from hornbook.training.config import AdamW, Muon

FEW = 10
"""With fewer steps a curve says nothing."""


def loss_at_start(case: Case) -> Finding | None:
    """A model that knows nothing loses ln V."""
    if not len(case.losses) or not case.from_scratch:
        return None
    first, expected = float(case.losses[0]), case.uniform
    if abs(first - expected) <= 0.15 * expected + 0.1:
        return None
    asked = int(case.training.batch * case.config.context)
    summed = f"; divided by the {asked:,} targets of a step it is {first / asked:.3f}" * (first > 10 * expected)
    return Finding(
        "loss at start",
        f"the first loss is {first:.3f}; ln V is {expected:.3f}{summed}",
        "before the first step a model should find all tokens about equally likely",
        "look at the width of the first weights, at what multiplies the logits, and at whether the loss is a mean",
    )


def loss_falls(case: Case) -> Finding | None:
    """Training lowers the loss."""
    if len(case.losses) < FEW:
        return None
    tail = max(3, len(case.losses) // 10)
    first, last = float(case.losses[0]), float(np.median(case.losses[-tail:]))
    if last < first - 0.05 * case.uniform and math.isfinite(last):
        return None
    return Finding(
        "loss does not fall",
        f"{first:.3f} at the first step, {last:.3f} over the last {tail} of {len(case.losses)}",
        "nothing was learned, or what was learned was lost again",
        "see which weights moved and how far; try the learning rate a tenth and ten times as high",
    )


def loss_jumps(case: Case) -> Finding | None:
    """No loss is far above the one a training began with."""
    if len(case.losses) < FEW:
        return None
    first, step = float(case.losses[0]), int(np.argmax(case.losses))
    if case.losses[step] <= 1.25 * max(first, case.uniform) + 0.2:
        return None
    return Finding(
        "loss jumps",
        f"{case.losses[step]:.3f} at step {step}, above the first loss of {first:.3f}",
        "steps are too long: the model was made worse than one that knows nothing",
        "lower the learning rate, give it a longer warm-up, clip the gradient",
    )


def learning_rate(case: Case) -> Finding | None:
    """The rates in the journal are those of the recipe."""
    rates = np.array([float(entry["learning_rate"]) for entry in case.updates])
    if not len(rates):
        return None
    optimizer, advice = case.training.optimizer, "look at who sets the learning rate, and in which order"
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


def warmup(case: Case) -> Finding | None:
    """Where a warm-up is asked for, the first rate is below the peak."""
    rates = [float(entry["learning_rate"]) for entry in case.updates]
    wanted = case.training.schedule.warmup
    steps = wanted if isinstance(wanted, int) else round(wanted * len(rates))
    if steps < 1 or len(rates) < FEW or rates[0] < 0.99 * max(rates) or max(rates) == 0:
        return None
    return Finding(
        "no warm-up",
        f"the first step is made at {rates[0]:.3g}, the peak; the recipe warms up over {steps} steps",
        "AdamW's first steps are as long as the learning rate whatever the gradient, and go where one batch points",
        "look at how the schedule counts its steps",
    )


def broken_off(case: Case) -> Finding | None:
    """A training that ended before its time left no checkpoint."""
    if case.trained:
        return None
    return Finding(
        "no checkpoint",
        f"{len(case.updates)} steps in the journal and nothing saved",
        "the training broke off, or was stopped before its first checkpoint",
        "see its last message; a loss that is no number means steps that are too long",
    )
