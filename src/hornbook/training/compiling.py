"""Whether to translate model and loss into machine code first, and doing so where it repays.

``torch.compile`` fuses what eager PyTorch does one operation at a time. It costs the better part of a minute on a small
machine when nothing of it is cached, so a run has to be long enough to earn that back. What it makes is kept on disk by
PyTorch (``TORCHINDUCTOR_CACHE_DIR``) and found again by the next process.
"""

from __future__ import annotations

import os
import shutil
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from hornbook.training.config import CompileName
from hornbook.training.objectives import Loss, Objective

COST = 30.0
"""Seconds that compiling takes on two cores, nothing cached (measured for models of 1 to 30 million parameters)."""

GAIN, GAIN_OF_WIDE = 0.4, 0.17
"""The part of the time that compiled code saves on a processor (measured there; more on GPUs), and in float32 there: of
slow products the rest, which is what compiling makes faster, is a smaller part."""


@dataclass(frozen=True)
class Compiling:
    """Whether a run is compiled, and why, for the person who watches it start."""

    chosen: bool
    reason: str


def choose_compiling(asked: CompileName, seconds: float | None, device: torch.device, precision: str) -> Compiling:
    """What ``asked`` means for a run that would take ``seconds`` uncompiled (``None``: unknown, taken as short)."""
    if asked == "never":
        return Compiling(False, "asked for")
    missing = missing_compiler(device)
    if missing:
        return Compiling(False, missing)
    if asked == "always":
        return Compiling(True, "asked for")
    if seconds is None:
        return Compiling(False, "how long the run takes is not known")
    gain = GAIN_OF_WIDE if device.type == "cpu" and precision == "float32" else GAIN
    repays = seconds * gain > COST
    verb = "repays" if repays else "does not repay"
    return Compiling(repays, f"a run of about {duration(seconds)} {verb} about {COST:.0f} s of compiling")


def missing_compiler(device: torch.device) -> str:
    """What compiling lacks on this machine, or nothing."""
    names = [os.environ["CXX"]] if os.environ.get("CXX") else ["g++", "clang++", "c++", "cl"]
    if device.type == "cpu" and not any(shutil.which(name) for name in names):
        return f"there is no C++ compiler ({' or '.join(names[:2])}); install one to have training compiled"
    return ""


def duration(seconds: float) -> str:
    """``45 s``, ``12 min`` or ``3.5 h``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def expected_seconds(operations: float, device: torch.device) -> float:
    """How long so many floating-point operations take here, from timing a product: right within a factor of 2 or 3."""
    size = 4096 if device.type == "cuda" else 512
    matrix = torch.ones(size, size, device=device)
    best = min(timed(lambda: matrix @ matrix, device) for _ in range(6))
    return operations * best / (2 * size**3) / 0.5  # a training reaches about half of what one large product does


def timed(action: Callable[[], object], device: torch.device) -> float:
    """The seconds that ``action`` takes, until the device is done with it."""
    began = time.perf_counter()
    action()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


class Compiled:
    """An objective in machine code, made at its first call; one that cannot be compiled runs as it was written, with a
    warning.

    Only the training step is compiled: the model itself stays as it is for evaluation and sampling.
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.compiled: Objective | None = torch.compile(objective, dynamic=False)

    def __call__(self, model: nn.Module, batch: Any) -> Loss:
        """The loss of a batch."""
        if self.compiled is None:
            return self.objective(model, batch)
        try:
            return self.compiled(model, batch)
        except torch._dynamo.exc.TorchDynamoException as error:
            warnings.warn(
                f"compiling failed, training goes on without: {first_line(error)}", RuntimeWarning, stacklevel=2
            )
            self.compiled = None
            return self.objective(model, batch)


def first_line(error: Exception) -> str:
    """An error's class and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"


def prepared(objective: Objective, compiling: Compiling) -> Objective:
    """The objective as it will be called: compiled where that was chosen."""
    return Compiled(objective) if compiling.chosen else objective
