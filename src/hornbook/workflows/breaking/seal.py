"""The name of a run's fault, closed against a glance: a hash that one can open only by trying every fault there is.

``run.json`` holds it, because a resumed or opened run has to be broken in the same way; nothing that the doctor judges
by is made from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from hornbook.workflows.breaking.fault import Fault
from hornbook.workflows.breaking.faults import FAULTS

SEALED = "sealed"
"""What ``run.json`` calls it."""


def seal(name: str, begun: str) -> str:
    """The closed name of a fault in a run that was begun at that time."""
    return hashlib.sha256(f"{begun}\x1f{name}".encode()).hexdigest()


def opened(info: Mapping[str, Any]) -> Fault | None:
    """The fault of a run, from its ``run.json``; ``None`` where it was not broken on purpose."""
    if SEALED not in info:
        return None
    begun = str(info["begun"])
    return next((fault for fault in FAULTS.values() if seal(fault.name, begun) == info[SEALED]), None)
