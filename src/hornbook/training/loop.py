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
from hornbook.training.distribution import Share, alone
from hornbook.training.guards import check_finite
from hornbook.training.objectives import Loss, Objective
from hornbook.training.optimizers import Optimizer
from hornbook.training.precision import FLOAT32, LossScale, Precision
from hornbook.training.profile import phase
from hornbook.training.shards import local_of, norm_of
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
    made: bool = True  # a guard may have left it out: the weights are those before it
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
    guard: Callable[[int, float, float], bool] = lambda step, loss, norm: True,
    share: Share | None = None,
) -> Iterator[Update]:
    """Yield after every optimizer step; whoever iterates decides what to log, sample, evaluate and save, and when.

    ``batches`` yields one list of micro-batches for each step from ``first`` on; the run ends where they do, or when
    ``length``, the fraction of the run that has passed before a step (timer.py), reaches 1. ``schedule`` is the
    learning rate as a factor of each group's peak (schedules.py), ``clip`` the largest norm of the gradient (0: any).
    Dropout draws from (``seed``, step) alone. ``clock`` runs only in here. ``describe`` names the rows of a step for
    messages. ``guard`` is asked with step, loss and gradient norm whether the update is made. ``share`` is this
    process's part where several train one model (distribution.py); its batches hold its rows only, and losses, norms
    and counts are those of all.

    Raises:
        HornbookError: a loss or gradient is not finite, or nothing is asked; the weights are those before the step.
    """
    clock, parameters = clock or Clock(), [parameter for parameter in model.parameters() if parameter.requires_grad]
    scale, share = scale or precision.loss_scale(), share or alone(model)
    peaks = [group.setdefault("peak", group["lr"]) for group in optimizer.param_groups]
    clock.start()
    began, step, fraction, supply = clock.seconds, first, length(first), iter(batches)
    while fraction < 1 and (micro_batches := waited_for(supply)) is not None:
        model.train()
        torch.manual_seed(derive(seed, "dropout", step, *share.draws))
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * schedule(step, fraction)
        losses = accumulated(share, micro_batches, objective, precision, scale)
        with phase("norm and clipping"):
            loss, norm, tokens = finish_gradients(share, parameters, losses, clip, scale.value)
        learning_rate = optimizer.param_groups[0]["lr"]
        seen = 0.0 if scale.may_overflow else norm
        if made := guard(step, loss, seen):
            check_finite(loss, seen, step, learning_rate, describe)
        update(optimizer, parameters, made and scale.update(math.isfinite(norm)))
        done = length(step + 1)
        clock.stop()
        yield Update(
            step, loss, learning_rate, norm, tokens, clock.seconds - began, fraction, done, made, noted(share, losses)
        )
        if step == first:
            settle()
        clock.start()
        began, step, fraction = clock.seconds, step + 1, done
    clock.stop()


def update(optimizer: Optimizer, parameters: Sequence[nn.Parameter], wanted: bool) -> None:
    """Move the weights, if that is wanted, and forget the gradients in any case."""
    if wanted:
        with phase("update"):
            optimizer.step()
    for parameter in parameters:
        parameter.grad = None


def waited_for(supply: Iterator[Sequence[Any]]) -> Sequence[Any] | None:
    """The micro-batches of the next step, or ``None`` where there are no more."""
    with phase("waiting for a batch"):
        return next(supply, None)


def accumulated(
    share: Share, micro_batches: Sequence[Any], objective: Objective, precision: Precision, scale: LossScale
) -> list[Loss]:
    """The losses of a step's micro-batches, whose gradients have been added up; they travel with the last."""
    losses = []
    for place, batch in enumerate(micro_batches, 1):
        with share.accumulating(place == len(micro_batches)):
            losses.append(backward(share, batch, objective, precision, scale))
    return losses


def backward(share: Share, batch: Any, objective: Objective, precision: Precision, scale: LossScale) -> Loss:
    """Add a micro-batch's gradients to what is there; they are those of the sum, so nothing is divided by a guess."""
    with phase("forward"), precision.autocast():
        loss = share.learn(objective, batch)
    with phase("backward"):
        (loss.total * scale.value).backward()  # type: ignore[no-untyped-call]
    return Loss(loss.total.detach(), loss.count, loss.notes)


def noted(share: Share, losses: Sequence[Loss]) -> dict[str, float]:
    """The notes of all micro-batches of all processes, averaged."""
    notes = [loss.notes for loss in losses if loss.notes]
    if not notes:
        return {}
    found = [len(notes), *(sum(each[name] for each in notes) for name in notes[0])]
    sums = share.sum(torch.tensor(found, dtype=torch.float64))
    return {name: value / sums[0].item() for name, value in zip(notes[0], sums[1:].tolist(), strict=True)}


def finish_gradients(
    share: Share, parameters: Sequence[nn.Parameter], losses: Sequence[Loss], clip: float, scale: float
) -> tuple[float, float, int]:
    """Turn gradients of a (scaled) sum into those of the mean, no longer than ``clip``; the only wait for the device.

    Returns:
        The mean loss in nats, the norm of its gradient before clipping, the number of targets.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    sums = [torch.stack([loss.total for loss in losses]).sum(), torch.stack([loss.count for loss in losses]).sum()]
    of_all = share.sum(torch.stack([value.double() for value in sums]))
    total, count, norm = torch.cat([of_all, norm_of(gradients).double()[None]]).tolist()
    if not count:
        raise HornbookError(
            "a batch asks for nothing: all of its targets are ignored; look at how the batches are made"
        )
    norm /= count * scale
    torch._foreach_mul_(
        [local_of(gradient) for gradient in gradients],
        min(1.0, clip / norm if clip and norm else 1.0) / (count * scale),
    )
    return total / count, norm, int(count)
