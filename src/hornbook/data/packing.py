"""Whole documents packed into rows, so that neither padding nor truncation wastes the text.

A document longer than a row is cut into consecutive runs that each fill a row, and a rest. Rests and short documents
are put, longest first, each into the row with the least room that still holds it (best-fit decreasing: Johnson 1973;
for language models Ding et al. 2024, "Fewer Truncations Improve Language Modeling").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hornbook.batches import Texts
from hornbook.data.order import Indices, epochs_and_places
from hornbook.data.token_file import TokenFile
from hornbook.data.windows import Run, packed_rows
from hornbook.errors import TextError
from hornbook.seeds import numpy_generator


@dataclass(frozen=True, eq=False)
class Packing:
    """A division of all documents into runs, and of the runs into rows of at most ``context`` inputs.

    The runs of row ``r`` are those from ``first[r]`` to ``first[r + 1]``.
    """

    starts: Indices
    lengths: Indices
    first: Indices
    context: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.first) - 1

    @property
    def targets(self) -> int:
        """How many targets are asked for in all rows together."""
        return int(self.lengths.sum())

    @property
    def filled(self) -> float:
        """The share of all places in which a token stands."""
        return self.targets / (self.rows * self.context)

    def row(self, index: int) -> list[Run]:
        """The runs of one row."""
        here = slice(int(self.first[index]), int(self.first[index + 1]))
        return list(zip(self.starts[here].tolist(), self.lengths[here].tolist(), strict=True))

    def __str__(self) -> str:
        """``412 rows of 256: 98.7 % filled, 0 % truncated``."""
        return f"{self.rows:,} rows of {self.context:,}: {100 * self.filled:.1f} % filled, 0 % truncated"


@dataclass(frozen=True)
class PackedOrder:
    """The rows of a packing, each once per epoch in another order each time."""

    packing: Packing
    batch: int
    seed: int

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every row was read."""
        return -(-self.packing.rows // self.batch)

    def rows(self, step: int) -> list[list[Run]]:
        """The rows of a step."""
        places = epochs_and_places(step, self.batch, self.packing.rows, self.seed)[1]
        return [self.packing.row(index) for index in places.tolist()]


def pack(file: TokenFile, context: int, seed: int = 0) -> Packing:
    """Pack the documents of a file; ``seed`` decides between documents of the same length.

    Raises:
        TextError: there is no target in any document.
    """
    starts, lengths = runs_of(file, context)
    if not len(starts):
        raise TextError(f"{file.path}: no document has two tokens, so there is nothing to predict; use a longer text")
    return in_rows(starts, lengths, context, seed)


def in_rows(starts: Indices, lengths: Indices, context: int, seed: int) -> Packing:
    """Runs of at most ``context`` inputs put into rows; ``seed`` decides between those of the same length."""
    chance = numpy_generator(seed, "packing").permutation(len(starts))
    order = chance[np.argsort(-lengths[chance], kind="stable")]
    row_of = best_fit(lengths[order].tolist(), context)
    by_row = np.argsort(row_of, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(row_of))]).astype(np.int64)
    return Packing(starts[order][by_row], lengths[order][by_row], first, context)


def runs_of(file: TokenFile, context: int) -> tuple[Indices, Indices]:
    """Every document as consecutive runs of at most ``context`` inputs: where they start, and their lengths.

    With an end-of-text token a document's inputs begin with the one before it and its targets end with its own:
    together the runs ask for every token but the file's first. Without one the first token of a document is asked for
    nowhere.
    """
    begins = file.document_starts.astype(np.int64)
    stops = np.append(begins[1:], len(file)) - 1
    if file.end is not None:
        begins = begins - 1
        stops[:-1] = begins[1:]
    sizes = stops - begins
    counts = -(-sizes // context)
    document = np.repeat(np.arange(len(sizes)), counts)
    place = np.arange(len(document)) - np.repeat(np.cumsum(counts) - counts, counts)
    starts = begins[document] + place * context
    return starts, np.minimum(context, stops[document] - starts)


def best_fit(lengths: list[int], context: int) -> Indices:
    """The row of every run, given longest first: the one with the least room that holds it, or a new one."""
    row_of = np.empty(len(lengths), np.int64)
    with_room: list[list[int]] = [[] for _ in range(context + 1)]
    rooms = rows = 0  # bit r of ``rooms``: some row has room for r more
    for run, length in enumerate(lengths):
        enough = rooms >> length
        if enough:
            room = length + (enough & -enough).bit_length() - 1
            row = with_room[room].pop()
            rooms &= ~(not with_room[room] and 1 << room)
        else:
            row, room = rows, context
            rows += 1
        left = room - length
        if left:
            with_room[left].append(row)
            rooms |= 1 << left
        row_of[run] = row
    return row_of


def packed_windows(file: TokenFile, context: int, batch: int) -> Iterator[Texts]:
    """The whole file for evaluation with every document by itself: each of its targets is asked for exactly once."""
    packing = pack(file, context)
    for start in range(0, packing.rows, batch):
        rows = [packing.row(index) for index in range(start, min(start + batch, packing.rows))]
        yield packed_rows(file, rows, context)
