"""What can go wrong, said to the person who can mend it.

Every error names what was found, what was expected and what to do. The class decides the exit code of the command
line; nothing else about an error is decided by its class.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

EXIT_CODES = {
    0: "all went well",
    1: "something failed while running",
    2: "a word of the command line, a flag or a setting cannot be what was asked for",
    3: "a file, model, corpus or optional package that is needed is not there",
    4: "a check that was asked for did not pass",
    75: "one process of several found that another had failed, which says why",
    130: "stopped by Ctrl-C (SIGINT); a training saves first",
    143: "stopped by SIGTERM; a training saves first",
}
"""What the exit codes of the command line mean; scripts may rely on them."""


class HornbookError(Exception):
    """Something failed while running (exit code 1); the message is written for the person who typed the command."""

    exit_code = 1


class SettingError(HornbookError):
    """A setting, flag or name that cannot be what was asked for (exit code 2)."""

    exit_code = 2


class MissingError(HornbookError):
    """A file, model, corpus or optional package that is needed is not there (exit code 3)."""

    exit_code = 3


class TextError(HornbookError):
    """A text that cannot be used: empty, binary, too short, or with characters nobody knows (exit code 1)."""


class DamagedError(HornbookError):
    """A file of ours that is truncated, altered or written by something else (exit code 1)."""


class BusyError(HornbookError):
    """Another process is at it (exit code 1)."""


class DivergedError(HornbookError):
    """A training whose loss or gradient is no finite number any more (exit code 1)."""


class CheckError(HornbookError):
    """A check that was asked for did not pass (exit code 4)."""

    exit_code = 4


class NeighbourError(HornbookError):
    """A process of several found that another one failed (exit code 75: what failed is said there, not here)."""

    exit_code = 75


def nearest(name: str, names: Iterable[str]) -> str:
    """`` (did you mean 'depth'?)``, or nothing when no name comes near: made to be put at the end of a sentence."""
    match = difflib.get_close_matches(name, list(names), n=1)
    return f" (did you mean {match[0]!r}?)" if match else ""
