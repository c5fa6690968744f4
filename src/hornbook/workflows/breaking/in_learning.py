"""Faults in where the weights begin and in how they are moved: they touch values of the training, never its loop.

Next: in_batches.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from hornbook.training.objectives import Loss, Objective
from hornbook.workflows.recipe import replaced

if TYPE_CHECKING:
    from hornbook.workflows.setting_up import Training

Spoils = Callable[["Training"], None]


def with_weights_times(scale: float) -> Spoils:
    """All matrices and tables begin so many times as wide as they should."""

    @torch.no_grad()
    def spoil(training: Training) -> None:
        for parameter in training.model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(scale)

    return spoil


def with_a_frozen_block(training: Training) -> None:
    """The first block is left out of what learns."""
    for parameter in first_block(training.model).parameters():
        parameter.requires_grad_(False)


def first_block(model: Any) -> nn.Module:
    """The lowest block of a model, in its encoder where it has one."""
    block: nn.Module = (model.stack if hasattr(model, "stack") else model.encoder).blocks[0]
    return block


def with_half_a_vocabulary(training: Any) -> None:
    """The upper half of the table gets no gradient."""

    def upper_half_gone(gradient: Tensor) -> Tensor:
        kept = gradient.clone()
        kept[len(kept) // 2 :] = 0
        return kept

    training.model.embedding.tokens.weight.register_hook(upper_half_gone)


def with_learning_rate_times(scale: float) -> Spoils:
    """The peak of every group, multiplied."""

    def spoil(training: Training) -> None:
        for group in training.optimizer.param_groups:
            group["lr"] *= scale

    return spoil


def around_steps(training: Training, change: Callable[[int, Callable[[], Any]], Any]) -> None:
    """Have ``change(n, step)`` called instead of the n-th step of the optimizer."""
    step, made = training.optimizer.step, iter(range(1 << 62))
    training.optimizer.step = lambda: change(next(made), step)  # type: ignore[method-assign]


def with_idle_steps(training: Training) -> None:
    """Every second step is made with a learning rate of 0, which no journal shows."""

    def change(number: int, step: Callable[[], Any]) -> None:
        if number % 2:
            for group in training.optimizer.param_groups:
                group["lr"] = 0.0
        step()

    around_steps(training, change)


def with_endless_warmup(training: Training) -> None:
    """The learning rate rises until the end of the training."""
    config = training.recipe.training
    schedule = dataclasses.replace(config.schedule, warmup=0.97)
    training.recipe = replaced(training.recipe, training=dataclasses.replace(config, schedule=schedule))


def uphill(training: Training) -> None:
    """Every step goes where the gradient points, and the loss rises."""

    def change(number: int, step: Callable[[], Any]) -> None:
        for parameter in training.model.parameters():
            if parameter.grad is not None:
                parameter.grad.neg_()
        step()

    around_steps(training, change)


def without_warmup(training: Training) -> None:
    """The first step is made at the peak."""
    config = training.recipe.training
    schedule = dataclasses.replace(config.schedule, warmup=0)
    training.recipe = replaced(training.recipe, training=dataclasses.replace(config, schedule=schedule))


def with_weight_decay(training: Training) -> None:
    """A third of every matrix is taken away at each step at the peak."""
    for group in training.optimizer.param_groups:
        if any(parameter.dim() > 1 for parameter in group["params"]):
            group["weight_decay"] = 0.3 / group["lr"]


def with_tight_clipping(training: Training) -> None:
    """Gradients are cut to a millionth."""
    config = dataclasses.replace(training.recipe.training, clip=1e-6)
    training.recipe = replaced(training.recipe, training=config)


def with_objective(change: Callable[[Objective], Objective]) -> Spoils:
    """Another objective in place of the task's."""

    def spoil(training: Training) -> None:
        right = training.task.objective
        training.task = dataclasses.replace(training.task, objective=lambda recipe, data: change(right(recipe, data)))

    return spoil


def summed(objective: Objective) -> Objective:
    """The sum over all targets, called a mean."""

    def broken(model: Any, batch: Any) -> Loss:
        loss = objective(model, batch)
        return Loss(loss.total, torch.ones_like(loss.count), loss.notes)

    return broken


def with_kept_gradients(training: Training) -> None:
    """Every gradient is added to those of all steps before it."""
    kept: dict[nn.Parameter, Tensor] = {}
    asked: list[Tensor] = []

    def counting(objective: Objective) -> Objective:
        def broken(model: Any, batch: Any) -> Loss:
            loss = objective(model, batch)
            asked[:] = [loss.count]
            return loss

        return broken

    def add(parameter: Tensor) -> None:
        old = kept.pop(parameter, None)  # type: ignore[call-overload]
        if old is not None and parameter.grad is not None:
            parameter.grad.add_(old * asked[0] * training.recipe.training.micro_batches)

    def change(number: int, step: Callable[[], Any]) -> None:
        for parameter in training.model.parameters():
            if parameter.grad is not None:
                kept[parameter] = parameter.grad.clone()
        step()

    for parameter in training.model.parameters():
        if parameter.requires_grad:
            parameter.register_post_accumulate_grad_hook(add)  # type: ignore[no-untyped-call]
    with_objective(counting)(training)
    around_steps(training, change)
