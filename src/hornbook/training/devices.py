"""Where a training runs: which device, how many threads, and moving a batch there."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from hornbook.cores import available_cores
from hornbook.errors import SettingError
from hornbook.training.config import DeviceName

Batch = TypeVar("Batch")


def choose_device(asked: DeviceName = "auto") -> torch.device:
    """A CUDA GPU where there is one, otherwise the processor.

    Raises:
        SettingError: a GPU was asked for and none is there.
    """
    if asked == "cuda" and not torch.cuda.is_available():
        raise SettingError('device: "cuda" was asked for, and PyTorch finds no such GPU here; use "auto" or "cpu"')
    return torch.device("cuda" if asked == "cuda" or (asked == "auto" and torch.cuda.is_available()) else "cpu")


def choose_threads(asked: int | None = None) -> int:
    """Let PyTorch use ``asked`` threads, or as many as this process has cores; how many it uses now.

    The number belongs to a run: sums over more threads are rounded differently.
    """
    if asked is None:
        asked = int(os.environ.get("OMP_NUM_THREADS") or min(available_cores(), torch.get_num_threads()))
    torch.set_num_threads(asked)
    return asked


def device_of(model: nn.Module) -> torch.device:
    """Where a model's parameters are."""
    return next(model.parameters()).device


def moved(batch: Batch, device: torch.device) -> Batch:
    """A batch (a dataclass of tensors, possibly nested) on ``device``; the batch itself where that is the processor."""
    if device.type == "cpu" or not dataclasses.is_dataclass(batch) or isinstance(batch, type):
        return batch
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(batch):
        value = getattr(batch, field.name)
        changes[field.name] = value.to(device, non_blocking=True) if isinstance(value, Tensor) else moved(value, device)
    return dataclasses.replace(batch, **changes)
