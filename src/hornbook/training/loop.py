"""One training loop for everything that learns. Start reading at ``training_steps``.

Next: objectives.py (what is minimized), optimizers.py (how), schedules.py and timer.py (how fast and how long).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from hornbook.allocator import settle
from hornbook.errors import HornbookError
from hornbook.seeds import derive
from hornbook.training.guards import check_finite
from hornbook.training.objectives import Loss, Objective
from hornbook.training.optimizers import Optimizer
from hornbook.training.precision import FLOAT32, LossScale, Precision
from hornbook.training.profile import phase
from hornbook.training.timer import Clock


@dataclass(frozen=True)
class Update:
    """What one step did. ``step`` counts from 0 and names its batch; after it, ``step + 1`` updates have been made."""

    step: int
    loss: float  # nats per target, before the update
    learning_rate: float  # of the first parameter group
    gradient_norm: float  # before clipping
    tokens: int  # targets it was made from
    seconds: float  # what it took
    fraction: float  # of the run that had passed before it
    done: float  # of the run that has passed after it; 1 or more: this was the last
    notes: dict[str, float] = field(default_factory=dict)  # what the objective says besides, by name

    @property
    def last(self) -> bool:
        """Whether the run ends here."""
        return self.done >= 1


def due(every: int | float, update: Update) -> bool:
    """Whether something that happens every so many steps, or every such part of a run, happens after this update.

    0 is never; what has to happen at the end too asks ``update.last``.
    """
    if isinstance(every, int):
        return every > 0 and (update.step + 1) % every == 0
    return every > 0 and math.floor(update.done / every + 1e-9) > math.floor(update.fraction / every + 1e-9)


def training_steps(
    model: nn.Module,
    batches: Iterable[Sequence[Any]],
    objective: Objective,
    optimizer: Optimizer,
    *,
    length: Callable[[int], float] = lambda step: 0.0,
    schedule: Callable[[int, float], float] = lambda step, fraction: 1.0,
    clip: float = 1.0,
    first: int = 0,
    seed: int = 0,
    precision: Precision = FLOAT32,
    scale: LossScale | None = None,
    clock: Clock | None = None,
    describe: Callable[[int], str] | None = None,
) -> Iterator[Update]:
    """Yield after every optimizer step; whoever iterates decides what to log, sample, evaluate and save, and when.

    ``batches`` yields one list of micro-batches for each step from ``first`` on; the run ends where they do, or when
    ``length``, the fraction of the run that has passed before a step (timer.py), reaches 1. ``schedule`` is the
    learning rate as a factor of each group's peak (schedules.py), ``clip`` the largest norm of the gradient (0: any).
    Dropout draws from (``seed``, step) alone. ``clock`` runs only in here. ``describe`` names the rows of a step for
    messages.

    Raises:
        HornbookError: a loss or gradient is not finite, or nothing is asked; the weights are those before the step.
    """
    clock, parameters = clock or Clock(), [parameter for parameter in model.parameters() if parameter.requires_grad]
    scale = scale or precision.loss_scale()
    for group in optimizer.param_groups:
        group.setdefault("peak", group["lr"])
    clock.start()
    began, step, fraction, supply = clock.seconds, first, length(first), iter(batches)
    while fraction < 1 and (micro_batches := waited_for(supply)) is not None:
        model.train()
        torch.manual_seed(derive(seed, "dropout", step))
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * schedule(step, fraction)
        losses = [backward(model, batch, objective, precision, scale) for batch in micro_batches]
        with phase("norm and clipping"):
            loss, norm, tokens = finish_gradients(parameters, losses, clip, scale.value)
        learning_rate = optimizer.param_groups[0]["lr"]
        check_finite(loss, 0.0 if scale.may_overflow else norm, step, learning_rate, describe)
        if scale.update(math.isfinite(norm)):
            with phase("update"):
                optimizer.step()
        for parameter in parameters:
            parameter.grad = None
        done = length(step + 1)
        clock.stop()
        yield Update(step, loss, learning_rate, norm, tokens, clock.seconds - began, fraction, done, noted(losses))
        if step == first:
            settle()
        clock.start()
        began, step, fraction = clock.seconds, step + 1, done
    clock.stop()


def waited_for(supply: Iterator[Sequence[Any]]) -> Sequence[Any] | None:
    """The micro-batches of the next step, or ``None`` where there are no more."""
    with phase("waiting for a batch"):
        return next(supply, None)


def backward(model: nn.Module, batch: Any, objective: Objective, precision: Precision, scale: LossScale) -> Loss:
    """Add a micro-batch's gradients to what is there; they are those of the sum, so nothing is divided by a guess."""
    with phase("forward"), precision.autocast():
        loss = objective(model, batch)
    with phase("backward"):
        (loss.total * scale.value).backward()  # type: ignore[no-untyped-call]
    return Loss(loss.total.detach(), loss.count, loss.notes)


def noted(losses: Sequence[Loss]) -> dict[str, float]:
    """The notes of all micro-batches, averaged."""
    notes = [loss.notes for loss in losses if loss.notes]
    return {name: sum(each[name] for each in notes) / len(notes) for name in (notes[0] if notes else ())}


def finish_gradients(
    parameters: Sequence[nn.Parameter], losses: Sequence[Loss], clip: float, scale: float
) -> tuple[float, float, int]:
    """Turn gradients of a (scaled) sum into those of the mean, no longer than ``clip``; the only wait for the device.

    Returns:
        The mean loss in nats, the norm of its gradient before clipping, the number of targets.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    sums = [
        torch.stack([loss.total for loss in losses]).sum(),
        torch.stack([loss.count for loss in losses]).sum(),
        nn.utils.get_total_norm(gradients),
    ]
    total, count, norm = torch.stack([value.double() for value in sums]).tolist()
    if not count:
        raise HornbookError(
            "a batch asks for nothing: all of its targets are ignored; look at how the batches are made"
        )
    norm /= count * scale
    torch._foreach_mul_(gradients, min(1.0, clip / norm if clip and norm else 1.0) / (count * scale))
    return total / count, norm, int(count)
