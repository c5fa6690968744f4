"""The batches of a training: step in, ``Texts`` out, the same for the same (seed, step) whatever came before."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Generator
from typing import Any, Protocol, runtime_checkable

import numpy as np

from hornbook.batches import Positions, Texts
from hornbook.data.config import Order, Packed, RandomWindows, Shuffled
from hornbook.data.order import RandomOrder, ShuffledOrder
from hornbook.data.packing import PackedOrder, pack
from hornbook.data.prefetch import made_ahead
from hornbook.data.provenance import Row, locate
from hornbook.data.token_file import TokenFile
from hornbook.data.tokenizing import byte_lengths
from hornbook.data.windows import Run, packed_rows, plain_windows, require_context
from hornbook.errors import SettingError
from hornbook.tokenizers.protocol import Tokenizer

AHEAD = 3
"""Batches that wait in memory while the model works."""

PREVIEW = 80


@runtime_checkable
class Plan(Protocol):
    """An order at work on a file: which runs every step reads, and how they become a batch."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which the whole file is gone through."""

    def rows(self, step: int) -> list[list[Run]]:
        """The runs of every row of a step."""

    def texts(self, step: int) -> Texts:
        """The batch of a step."""


@dataclasses.dataclass(frozen=True)
class PlainPlan:
    """Windows of one run each; what stands in them may cross from one document into the next."""

    file: TokenFile
    order: RandomOrder | ShuffledOrder

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which the whole file is gone through."""
        return self.order.steps_per_epoch

    def rows(self, step: int) -> list[list[Run]]:
        """The runs of every row of a step."""
        return [[(start, self.order.context)] for start in self.order.starts(step).tolist()]

    def texts(self, step: int) -> Texts:
        """The batch of a step, without positions: every row counts from 0."""
        return plain_windows(self.file, self.order.starts(step), self.order.context)


@dataclasses.dataclass(frozen=True)
class PackedPlan:
    """Rows of documents side by side."""

    file: TokenFile
    order: PackedOrder

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which the whole file is gone through."""
        return self.order.steps_per_epoch

    def rows(self, step: int) -> list[list[Run]]:
        """The runs of every row of a step."""
        return self.order.rows(step)

    def texts(self, step: int) -> Texts:
        """The batch of a step, with positions that keep the documents apart."""
        return packed_rows(self.file, self.rows(step), self.order.packing.context)


def random_plan(file: TokenFile, order: RandomWindows, seed: int, batch: int, context: int) -> Plan:
    """Windows drawn anew at every step."""
    require_context(file, context)
    return PlainPlan(file, RandomOrder(len(file), context, batch, seed))


def shuffled_plan(file: TokenFile, order: Shuffled, seed: int, batch: int, context: int) -> Plan:
    """Windows of a grid, each once per epoch."""
    require_context(file, context)
    return PlainPlan(file, ShuffledOrder(len(file), context, batch, seed, order.stride or context))


def packed_plan(file: TokenFile, order: Packed, seed: int, batch: int, context: int) -> Plan:
    """Documents side by side."""
    return PackedPlan(file, PackedOrder(pack(file, context, seed), batch, seed))


PLANS: dict[type, Callable[[TokenFile, Any, int, int, int], Plan]] = {
    RandomWindows: random_plan,
    Shuffled: shuffled_plan,
    Packed: packed_plan,
}


class Batches:
    """All batches of a training on one file, by step.

    A batch has ``batch`` rows of ``context`` tokens and comes as ``micro_batches`` equal parts.
    """

    def __init__(
        self, file: TokenFile, order: Order, seed: int, batch: int, context: int, micro_batches: int = 1
    ) -> None:
        """Lay out the order.

        Raises:
            SettingError: a size is not positive, or the batch cannot be divided into equal micro-batches.
            TextError: the file is too short for the context.
        """
        for name, value in (("batch", batch), ("context", context), ("micro_batches", micro_batches)):
            if value < 1:
                raise SettingError(f"{name}: found {value}, expected 1 or more")
        if batch % micro_batches:
            fitting = max(count for count in range(1, micro_batches) if batch % count == 0)
            raise SettingError(f"micro_batches: {micro_batches} does not divide batch {batch}; try {fitting}")
        self.file, self.seed, self.size, self.context, self.micro_batches = file, seed, batch, context, micro_batches
        self.plan = PLANS[type(order)](file, order, seed, batch, context)

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which the whole file is gone through once (with random windows: as many targets as it has)."""
        return self.plan.steps_per_epoch

    def batch(self, step: int) -> list[Texts]:
        """The micro-batches of a step; tokens and targets [batch / micro_batches, context], int64."""
        return in_parts(self.plan.texts(step), self.micro_batches)

    def named(self, step: int) -> str:
        """Which rows a step reads, in words."""
        starts = ", ".join(str(runs[0][0]) for runs in self.plan.rows(step)[:8])
        return f"rows that begin at tokens {starts}, ..."

    def rows(self, step: int, tokenizer: Tokenizer | None = None) -> list[Row]:
        """Where every row of a step comes from.

        With the tokenizer the byte offsets are those of the row's first and last byte (exact where
        ``file.header["exact_bytes"]``); without it those of the documents it touches.
        """
        lengths = None if tokenizer is None else byte_lengths(tokenizer)
        return [locate(self.file, runs, lengths) for runs in self.plan.rows(step)]

    def prefetched(self, first: int = 0) -> Generator[list[Texts], None, None]:
        """The batches of step ``first``, ``first`` + 1, ... without end, made ahead of time by a thread.

        An error in the thread is raised here. Closing the generator ends the thread.
        """
        return made_ahead(self.batch, first, AHEAD)


def in_parts(texts: Texts, count: int) -> list[Texts]:
    """A batch as ``count`` equal parts that together are the batch."""
    if count == 1:
        return [texts]
    size = len(texts.tokens) // count
    return [part_of(texts, slice(at, at + size)) for at in range(0, size * count, size)]


def part_of(texts: Texts, rows: slice) -> Texts:
    """Some rows of a batch."""
    positions = texts.positions
    if positions is not None:
        document = None if positions.document is None else positions.document[rows]
        positions = Positions(positions.index[rows], document, positions.plain)
    return Texts(texts.tokens[rows], texts.targets[rows], positions)


def describe(batches: Batches, step: int, tokenizer: Tokenizer) -> list[dict[str, Any]]:
    """The batch of a step for people: for every row its place, the beginning of its text, its documents and bytes."""
    described = []
    for number, row in enumerate(batches.rows(step, tokenizer)):
        documents = [
            dataclasses.asdict(span) | {"text": preview(batches.file, tokenizer, span.start, span.stop)}
            for span in row.documents
        ]
        described.append(
            {
                "row": number,
                "micro_batch": number // (batches.size // batches.micro_batches),
                "start": row.start,
                "stop": row.stop,
                "byte_start": row.byte_start,
                "byte_stop": row.byte_stop,
                "exact_bytes": bool(batches.file.header["exact_bytes"]),
                "text": documents[0]["text"],
                "documents": documents,
            }
        )
    return described


def preview(file: TokenFile, tokenizer: Tokenizer, start: int, stop: int) -> str:
    """The first characters of the text between two tokens."""
    ids = np.asarray(file.tokens[start : min(stop, start + PREVIEW)]).tolist()
    return tokenizer.decode(ids)[:PREVIEW]
