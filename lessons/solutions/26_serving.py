"""Solutions of lesson 26."""

from __future__ import annotations


def steps_needed(wanted: list[int], rows: int) -> int:
    """Steps of a server with so many rows and continuous batching, for texts of these lengths, in order."""
    busy: list[int] = []
    line, steps = list(wanted), 0
    while busy or line:
        while line and len(busy) < rows:
            busy.append(line.pop(0))
        busy = [left - 1 for left in busy if left > 1]
        steps += 1
    return steps


def certain(pending: str, stop: str) -> str:
    """The part of a text that may be shown: all before the stop string, or all that cannot be the beginning of one."""
    if stop in pending:
        return pending[: pending.index(stop)]
    for size in range(len(stop) - 1, 0, -1):
        if pending.endswith(stop[:size]):
            return pending[: len(pending) - size]
    return pending


def pages_needed(tokens: int, size: int) -> int:
    """How many pages of ``size`` tokens a text holds."""
    return -(-tokens // size)
