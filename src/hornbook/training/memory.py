"""Whether a training fits into the memory there is, and what to do where it does not.

The activations of the forward pass are most of what a step holds. Where they do not fit, the blocks forget them and
compute them again in the backward pass (model/recompute.py): about a third more time, instead of a machine that swaps
or a process that is killed. Next: metrics.py.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from hornbook.training.config import RecomputeName

SHARE = 0.7
"""The part of the free memory that an estimate may claim: it can be off by a third (model/count.py)."""


@dataclass(frozen=True)
class Recomputing:
    """Whether blocks are computed twice, and why, for the person who watches the run start."""

    chosen: bool
    reason: str


def choose_recomputing(asked: RecomputeName, needed: int, free: int | None) -> Recomputing:
    """What ``asked`` means for a training that needs about so many bytes where ``free`` are (``None``: unknown)."""
    if asked != "auto":
        return Recomputing(asked == "always", "asked for")
    if free is None:
        return Recomputing(False, "how much memory is free is not known")
    short = needed > SHARE * free
    why = f"about {needed / 1e9:.1f} GB would be needed, {free / 1e9:.1f} GB are free"
    return Recomputing(short, why)


def free_memory(device: torch.device) -> int | None:
    """Bytes that a new process may still have on this device, as far as the system tells."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    file = Path("/proc/meminfo")
    lines = file.read_text(encoding="ascii", errors="replace").splitlines() if file.exists() else []
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")]
    return found[0] if found else None


PEAK, NOW = "VmHWM", "VmRSS"
"""The lines of ``/proc/self/status`` that say how much memory a process has held at most, and holds now."""


def peak_memory(device: torch.device) -> int:
    """The most bytes that this process has held: of the GPU's memory, or of its own."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    return in_status(PEAK) or resource_peak()


def held_memory(device: torch.device) -> int:
    """The bytes that this process holds now, of the same memory; the most, where a system tells no more."""
    if device.type == "cuda":
        return int(torch.cuda.memory_allocated(device))
    return in_status(NOW) or resource_peak()


def in_status(name: str) -> int | None:
    """Bytes that Linux tells under this name; ``None`` elsewhere."""
    file = Path("/proc/self/status")
    lines = file.read_text(encoding="ascii", errors="replace").splitlines() if file.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), None)


def resource_peak() -> int:
    """The same as the system's accounting has it, in KB (on macOS in bytes)."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024


def forget_peak(device: torch.device) -> None:
    """Let the most begin anew from what is held now, where the system can: one process may train several times."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        return
    file = Path("/proc/self/clear_refs")
    with contextlib.suppress(OSError):
        if file.exists():
            file.write_text("5", encoding="ascii")
