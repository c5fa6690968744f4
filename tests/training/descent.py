"""A path of gradients that any optimizer can be sent down."""

from __future__ import annotations

import torch
from torch import nn

from hornbook.seeds import torch_generator

SHAPES = [(13, 7), (7, 13), (11, 11), (5,), (13, 7), (3, 5)]


def tensors(name: str, step: int = 0) -> list[torch.Tensor]:
    """One tensor of each shape."""
    return [torch.randn(shape, generator=torch_generator(1, name, step, place)) for place, shape in enumerate(SHAPES)]


def descend(build, steps: int, only_matrices: bool = False) -> list[torch.Tensor]:
    """Where parameters are after so many steps along gradients that depend on the step and on where they are."""
    parameters = [nn.Parameter(value) for value in tensors("start") if value.dim() == 2 or not only_matrices]
    optimizer = build(parameters)
    for step in range(steps):
        noise = [value for value in tensors("gradient", step) if value.dim() == 2 or not only_matrices]
        for parameter, gradient in zip(parameters, noise, strict=True):
            parameter.grad = gradient + 0.3 * parameter.detach()
        for group in optimizer.param_groups:
            group["lr"] *= 0.99
        optimizer.step()
    return [parameter.detach() for parameter in parameters]


def apart(one: list[torch.Tensor], other: list[torch.Tensor]) -> float:
    """The largest difference."""
    return max((a - b).abs().max().item() for a, b in zip(one, other, strict=True))
