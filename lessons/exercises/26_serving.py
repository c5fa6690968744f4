"""Exercises of lesson 26. Fill in the functions, then: hornbook learn check 26."""

from __future__ import annotations


def steps_needed(wanted: list[int], rows: int) -> int:
    """Steps of a server with so many rows and continuous batching, for texts of these lengths, in order."""
    raise NotImplementedError


def certain(pending: str, stop: str) -> str:
    """The part of a text that may be shown: all before the stop string, or all that cannot be the beginning of one."""
    raise NotImplementedError


def pages_needed(tokens: int, size: int) -> int:
    """How many pages of ``size`` tokens a text holds."""
    raise NotImplementedError
