"""Does training already have what a model is measured on? Whole documents, and long runs of tokens, by their hashes.

A run of about 50 bytes that both have is more than chance in ordinary text (OpenAI 2023, GPT-4, appendix C, takes 50
characters). Every token inside such a run counts as seen. Documents are compared token by token; runs by a hash of 64
bits, so that of a thousand million runs one in twenty thousand million is taken for another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, UInt64

from hornbook.data.token_file import TokenFile
from hornbook.errors import SettingError

BYTES = 50
"""A run that is looked for has about as many bytes of text."""

PIECE = 1 << 22
"""Tokens of training that are looked at together."""

FACTOR = 0x9E3779B97F4A7C15
FILTER = 1 << 24


@dataclass(frozen=True)
class Contamination:
    """Of ``documents`` that are measured on, ``copied`` stand in training as a whole; of ``tokens``, ``seen`` stand in
    runs of ``run`` tokens that training has too."""

    documents: int
    copied: tuple[int, ...]
    """Which documents, by number."""
    tokens: int
    seen: int
    run: int

    def __str__(self) -> str:
        """In one sentence."""
        return (
            f"Of {self.documents:,} documents training has {len(self.copied):,} whole, and of {self.tokens:,} tokens "
            f"{self.seen / max(self.tokens, 1):.1%} stand in runs of {self.run} that it has too."
        )

    def as_json(self) -> dict[str, Any]:
        """The numbers."""
        return {
            "documents": self.documents,
            "copied": list(self.copied),
            "tokens": self.tokens,
            "seen": self.seen,
            "run": self.run,
        }


def contamination(train: TokenFile, held_out: TokenFile) -> Contamination:
    """What ``train`` already has of ``held_out``; every token and document of both is looked at."""
    run = max(2, round(BYTES * len(held_out) / max(held_out.bytes, 1)))
    seen = seen_in(train.tokens, held_out.tokens, run)
    copied = copied_rows(documents_of(train), documents_of(held_out))
    train.release()
    return Contamination(held_out.documents, copied, len(held_out), int(seen.sum()), run)


def documents_of(file: TokenFile) -> Iterator[bytes]:
    """The tokens of every document as bytes, four for each token."""
    for document in range(file.documents):
        start, stop = int(file.document_starts[document]), file.document_stop(document)
        yield np.asarray(file.tokens[start:stop], dtype="<u4").tobytes()


def copied_rows(train: Iterable[bytes], held_out: Iterable[bytes]) -> tuple[int, ...]:
    """The numbers of the rows in ``held_out`` that are rows of ``train`` too, to the last byte."""
    rows = [hashlib.sha256(row).digest() for row in held_out]
    known = set(rows)
    found = {digest for row in train if (digest := hashlib.sha256(row).digest()) in known}
    return tuple(number for number, digest in enumerate(rows) if digest in found)


def seen_in(
    train: Int[np.ndarray, " N"] | Any, held_out: Int[np.ndarray, " M"] | Any, run: int
) -> Bool[np.ndarray, " M"]:
    """Which tokens of ``held_out`` stand inside a run of ``run`` tokens that ``train`` has too.

    Raises:
        SettingError: a run has no token.
    """
    if run < 1:
        raise SettingError(f"run: expected 1 token or more, found {run}")
    own = run_hashes(held_out, run)
    known = np.unique(own)
    near = np.zeros(FILTER, dtype=bool)
    near[known & np.uint64(FILTER - 1)] = True
    met = np.zeros(len(known), dtype=bool)
    for start in range(0, len(train), PIECE):
        hashes = run_hashes(train[start : start + PIECE + run - 1], run)
        hashes = hashes[near[hashes & np.uint64(FILTER - 1)]]
        if len(hashes) and len(known):
            place = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
            met[place[known[place] == hashes]] = True
    seen = np.zeros(len(held_out) + 1, dtype=np.int64)
    begins = np.flatnonzero(met[np.searchsorted(known, own)]) if len(own) else np.zeros(0, dtype=np.int64)
    np.add.at(seen, begins, 1)
    np.add.at(seen, begins + run, -1)
    inside: Bool[np.ndarray, " M"] = np.cumsum(seen)[:-1] > 0
    return inside


def run_hashes(tokens: Int[np.ndarray, " N"] | Any, run: int) -> UInt64[np.ndarray, " R"]:
    """A hash for the run that begins at every place, none for the last few: sums of mixed tokens times powers."""
    count = max(len(tokens) - run + 1, 0)
    mixed = mix(np.asarray(tokens).astype(np.uint64))
    hashes = np.zeros(count, dtype=np.uint64)
    for ahead in range(run):
        hashes *= np.uint64(FACTOR)
        hashes += mixed[ahead : ahead + count]
    return mix(hashes)


def mix(numbers: UInt64[np.ndarray, " N"]) -> UInt64[np.ndarray, " N"]:
    """Every bit of the result depends on every bit of the number (Steele et al. 2014, SplitMix64)."""
    numbers = numbers + np.uint64(FACTOR)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: UInt64[np.ndarray, " N"] = numbers ^ (numbers >> np.uint64(31))
    return mixed
