"""How many processor cores there are to work on: one answer for whatever works on all of them."""

from __future__ import annotations

import os


def available_cores() -> int:
    """The processor cores that this process may run on; where the system does not tell, all of the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
