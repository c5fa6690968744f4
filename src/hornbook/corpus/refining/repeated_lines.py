"""Long lines that stood somewhere before: licences, menus, and what every page of a site says at its end.

Only the first of equal lines stays. Each file's long lines are known by 8 bytes each; where all files together have too
many for memory, they are gone through several times, each time those in one part of the range of hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, UInt

LONG = 40
"""Characters from which on a line counts: shorter ones are repeated by honest people too ("Chapter 1", "he said")."""

AT_ONCE = 8_000_000
"""Lines that are sorted together: about 200 MB."""

Hashes = UInt[np.ndarray, " _"]


def long_lines(text: str) -> Iterator[tuple[int, str]]:
    """The number and the text of every long line, without the spaces around it."""
    for number, line in enumerate(text.split("\n")):
        stripped = line.strip()
        if len(stripped) >= LONG:
            yield number, stripped


def line_hashes(text: str) -> Hashes:
    """64 bits for each long line, in order: spaces and capitals do not tell lines apart."""
    plain = (" ".join(line.lower().split()).encode() for _, line in long_lines(text))
    return np.frombuffer(b"".join(hashlib.blake2b(line, digest_size=8).digest() for line in plain), dtype="<u8")


def repeated(files: Sequence[Hashes], at_once: int = AT_ONCE) -> list[Bool[np.ndarray, " _"]]:
    """For each file, which of its long lines stood before, in it or in an earlier one.

    ``files`` may be memory maps; at most about ``at_once`` lines are sorted at a time.
    """
    found = [np.zeros(len(hashes), dtype=bool) for hashes in files]
    parts = max(1, -(-sum(map(len, files)) // at_once))
    for part in range(parts):
        chosen = [np.flatnonzero(np.asarray(hashes) % np.uint64(parts) == part) for hashes in files]
        together = np.concatenate([np.asarray(hashes)[places] for hashes, places in zip(files, chosen, strict=True)])
        later = np.ones(len(together), dtype=bool)
        later[np.unique(together, return_index=True)[1]] = False
        ends = np.cumsum([len(places) for places in chosen])[:-1]
        for file, places, again in zip(found, chosen, np.split(later, ends), strict=True):
            file[places] = again
    return found


def without(text: str, dropped: Sequence[bool]) -> str:
    """``text`` without those of its long lines for which ``dropped`` says so."""
    gone = {number for (number, _), drop in zip(long_lines(text), dropped, strict=True) if drop}
    return "\n".join(line for number, line in enumerate(text.split("\n")) if number not in gone) if gone else text
