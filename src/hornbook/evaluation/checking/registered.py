"""Layers and tensors that a module has, and that PyTorch does not know of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor, nn


def hidden_modules(model: nn.Module) -> list[str]:
    """Attributes that hold modules in plain lists, tuples or dictionaries."""
    known = set(map(id, model.modules()))
    return [
        name
        for name, value in attributes(model)
        if any(isinstance(each, nn.Module) and id(each) not in known for each in held(value))
    ]


def forgotten_tensors(model: nn.Module) -> list[str]:
    """Attributes that are, or hold, tensors which are neither parameters nor buffers."""
    known = {id(each) for each in (*model.parameters(), *model.buffers())}
    return [
        name
        for name, value in attributes(model)
        if any(isinstance(each, Tensor) and id(each) not in known for each in held(value))
    ]


def attributes(model: nn.Module) -> Iterator[tuple[str, Any]]:
    """What every module has of its own, beside what PyTorch keeps for it."""
    for path, module in model.named_modules():
        for name, value in vars(module).items():
            if not name.startswith("_"):
                yield f"{path}.{name}" if path else name, value


def held(value: Any) -> Iterator[Any]:
    """A value, or the values in a plain collection, at any depth."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for each in value:
            yield from held(each)
    else:
        yield value
