"""``hornbook bench growth``: how time and memory grow with the context, the batch, the width and the vocabulary.

Each series changes one size and keeps the others. On a log-log scale a cost of size^k is a straight line of slope k; it
is fitted by least squares to the upper half of the points, where the largest term rules. Memory is what a forward pass
keeps for the backward pass: the bytes of all tensors that autograd saves, each counted once.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from hornbook.batches import Texts
from hornbook.model.config import AttentionConfig, BlockConfig, KernelName, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.training.compiling import timed
from hornbook.training.devices import moved
from hornbook.training.objectives import next_token

CPU = torch.device("cpu")

BASE = ModelConfig(vocabulary=512, context=128, width=128, heads=4, depth=2)
MEMORY = 4e9
"""Bytes that a point may keep; a larger one is not tried."""


@dataclass(frozen=True)
class Point:
    """One size: seconds of a forward and a backward pass, and bytes kept between them."""

    size: int
    seconds: float
    kept: int


@dataclass(frozen=True)
class Series:
    """All points along one axis, and what was expected of them."""

    what: str
    axis: str
    expected_seconds: str
    expected_kept: str
    points: list[Point]
    stopped: str = ""

    def exponents(self) -> dict[str, float]:
        """The fitted slopes."""
        upper = self.points[len(self.points) // 2 :]
        upper = upper if len(upper) > 1 else self.points
        return {
            "seconds": slope([(each.size, each.seconds) for each in upper]),
            "kept": slope([(each.size, each.kept) for each in upper]),
        }


def slope(points: Sequence[tuple[int, int | float]]) -> float:
    """The exponent k of size^k that fits best, by least squares on logarithms; NaN for fewer than two points."""
    if len(points) < 2:
        return math.nan
    across, up = [math.log(size) for size, _ in points], [math.log(max(cost, 1e-12)) for _, cost in points]
    middle, height = sum(across) / len(across), sum(up) / len(up)
    spread = sum((x - middle) ** 2 for x in across)
    return sum((x - middle) * (y - height) for x, y in zip(across, up, strict=True)) / spread


def with_kernel(kernel: KernelName) -> ModelConfig:
    """The base model with an attention kernel."""
    return replace(BASE, pattern=(BlockConfig(attention=AttentionConfig(kernel=kernel)),))


Sized = Callable[[int], tuple[ModelConfig, int]]
"""A size along the axis -> the model, and the rows of its batch."""

AXES: list[tuple[str, str, list[int], Sized, str, str]] = [
    (
        "context, explicit attention: every pair of tokens has a score",
        "tokens",
        [128, 256, 512, 1024, 2048, 4096, 8192],
        lambda size: (replace(with_kernel("explicit"), context=size), 1),
        "1 rising to 2",
        "1 rising to 2",
    ),
    (
        "context, fused attention: the same scores, none of them kept",
        "tokens",
        [128, 256, 512, 1024, 2048, 4096, 8192],
        lambda size: (replace(with_kernel("fused"), context=size), 1),
        "1 rising to 2",
        "1",
    ),
    (
        "batch",
        "rows",
        [1, 2, 4, 8, 16, 32, 64],
        lambda size: (BASE, size),
        "1, less where the machine was not busy",
        "1",
    ),
    (
        "width, with as many heads of 32 as fit",
        "width",
        [64, 128, 256, 512, 1024],
        lambda size: (replace(BASE, width=size, heads=size // 32), 2),
        "1 rising to 2",
        "1 (weights: 2)",
    ),
    (
        "vocabulary",
        "tokens",
        [512, 2048, 8192, 32768, 131072],
        lambda size: (replace(BASE, vocabulary=size), 2),
        "0 rising to 1",
        "0 rising to 1",
    ),
]
"""What, its unit, the sizes, how they are set, and the exponents of time and memory to expect."""


def all_series(seconds: float, device: torch.device = CPU) -> Iterator[Series]:
    """Every series, in about so many seconds altogether."""
    for what, axis, sizes, sized, for_seconds, for_kept in AXES:
        until, points, stopped = time.perf_counter() + seconds / len(AXES), list[Point](), ""
        for size in sizes:
            growing = (size / points[-1].size) ** 2 if points else 1.0
            if points and points[-1].kept * growing > MEMORY:
                stopped = f"not run: {size:,} would keep up to {points[-1].kept * growing / 1e9:.0f} GB"
                break
            if points and time.perf_counter() + 4 * points[-1].seconds * growing > until:
                stopped = f"not run: {size:,} and beyond would take longer than there is time (--seconds)"
                break
            points.append(measure(size, *sized(size), device=device))
        yield Series(what, axis, for_seconds, for_kept, points, stopped)


def measure(size: int, config: ModelConfig, rows: int, device: torch.device = CPU) -> Point:
    """The best of three forward and backward passes in float32, after one that is not counted."""
    model = Decoder(config)
    initialise(model, config, 0)
    model.to(device)
    tokens = torch.randint(config.vocabulary, (rows, config.context), generator=torch.Generator().manual_seed(0))
    batch = moved(Texts(tokens, tokens), device)
    kept = kept_bytes(lambda: next_token(model, batch).total, model)

    def step() -> None:
        next_token(model, batch).total.backward()  # type: ignore[no-untyped-call]

    return Point(size, min(timed(step, device) for _ in range(3)), kept)


def kept_bytes(forward: Callable[[], Any], model: torch.nn.Module) -> int:
    """Bytes that a forward pass keeps for the backward pass, each storage once, the model's own weights not."""
    own = {each.untyped_storage().data_ptr() for each in model.parameters()}
    storages: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        kept = forward()
    del kept
    return sum(storages.values())
