"""The batches of a training on pairs or labelled texts: step in, padded rows out, the same for the same (seed, step).

Every row of every batch of a file is as wide as its longest needs, so that code compiled for one shape serves all.
Padding stands at the end of a row, at position ``NOTHING``, and is never asked for; an answer's end-of-text stands
before it and is. Next: views.py, where rows are made.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Iterator
from typing import Any

from torch import Tensor

from hornbook.batches import Labelled, Pairs, Preferences, Texts
from hornbook.data.columns import ids_of
from hornbook.data.config import TaskConfig
from hornbook.data.conversations import PreferenceFile
from hornbook.data.labels import LabelledFile
from hornbook.data.order import epochs_and_places
from hornbook.data.pairs import PairFile
from hornbook.data.prefetch import made_ahead
from hornbook.data.views import view_of
from hornbook.errors import SettingError
from hornbook.tokenizers.protocol import Tokenizer

Batch = Pairs | Texts | Labelled | Preferences


class PairBatches:
    """All batches of a training on one file, by step: every row once per epoch, in a new order each time.

    A batch has ``batch`` rows and comes as ``micro_batches`` equal parts. What a row is depends on the task:
    ``Translate`` makes ``Pairs``, ``Continue`` makes ``Texts``, ``Classify`` makes ``Labelled``, ``Prefer`` and
    ``Reward`` make ``Preferences``.
    """

    def __init__(
        self,
        file: PairFile | LabelledFile | PreferenceFile,
        task: TaskConfig,
        seed: int,
        batch: int,
        context: int,
        micro_batches: int = 1,
        start: int | None = None,
        end: int | None = None,
    ) -> None:
        """Lay out the order.

        Args:
            context: tokens that a row may have at most; a pair's two texts may each have so many.
            start: the token that an answer begins with, ``end`` the one it ends with; both are the tokenizer's
                end-of-text unless a model was taught others.

        Raises:
            SettingError: a size is not positive, the batch cannot be divided into equal micro-batches, a row is longer
                than the context, or the file is not what the task reads.
        """
        for name, value in (("batch", batch), ("context", context), ("micro_batches", micro_batches)):
            if value < 1:
                raise SettingError(f"{name}: found {value}, expected 1 or more")
        if batch % micro_batches:
            fitting = max(count for count in range(1, micro_batches) if batch % count == 0)
            raise SettingError(f"micro_batches: {micro_batches} does not divide batch {batch}; try {fitting}")
        self.file, self.seed, self.size, self.context, self.micro_batches = file, seed, batch, context, micro_batches
        self.view = view_of(file, task, context, start, end)

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every row was read."""
        return -(-len(self.file) // self.size)

    def rows(self, step: int) -> list[int]:
        """Which rows of the file a step reads, in order."""
        places: list[int] = epochs_and_places(step, self.size, len(self.file), self.seed)[1].tolist()
        return places

    def batch(self, step: int) -> list[Any]:
        """The micro-batches of a step; ids are int64."""
        return in_parts(self.view.batch(self.rows(step)), self.micro_batches)

    def named(self, step: int) -> str:
        """Which rows a step reads, in words."""
        return f"rows {', '.join(self.file.name(row) for row in self.rows(step)[:8])}, ..."

    def prefetched(self, first: int = 0) -> Generator[list[Any], None, None]:
        """The batches of step ``first``, ``first`` + 1, ... without end, made ahead of time by a thread."""
        return made_ahead(self.batch, first)


def evaluation_batches(
    file: PairFile | LabelledFile | PreferenceFile,
    task: TaskConfig,
    batch: int,
    context: int | None = None,
    start: int | None = None,
    end: int | None = None,
) -> Iterator[Any]:
    """All rows of a file once, in order, ``batch`` at a time; the last batch has what is left.

    Raises:
        SettingError: as ``PairBatches``. Without a ``context`` no row is too long.
    """
    if batch < 1:
        raise SettingError(f"batch: found {batch}, expected 1 or more")
    view = view_of(file, task, context, start, end)
    return (view.batch(range(at, min(at + batch, len(file)))) for at in range(0, len(file), batch))


def in_parts(whole: Batch, count: int) -> list[Any]:
    """A batch as ``count`` equal parts that together are the batch."""
    if count == 1:
        return [whole]
    size = row_count(whole) // count
    return [part_of(whole, slice(at, at + size)) for at in range(0, size * count, size)]


def row_count(value: Any) -> int:
    """How many rows a batch has: the first dimension of every tensor in it."""
    if isinstance(value, Tensor):
        return len(value)
    return row_count(getattr(value, dataclasses.fields(value)[0].name))


def part_of(value: Any, rows: slice) -> Any:
    """Some rows of a batch: of every tensor in it, however deep."""
    if isinstance(value, Tensor):
        return value[rows]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = {field.name: part_of(getattr(value, field.name), rows) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **found)
    return value


def describe_rows(batches: PairBatches, step: int, tokenizer: Tokenizer) -> list[dict[str, Any]]:
    """The batch of a step for people: for every row its place in the file, its name, and its texts by column."""
    described = []
    for number, index in enumerate(batches.rows(step)):
        texts = {
            file.path.name.split(".")[1]: tokenizer.decode(ids_of(file, index).tolist()) for file in batches.file.files
        }
        part = number // (batches.size // batches.micro_batches)
        described.append(
            {"row": number, "micro_batch": part, "index": index, "name": batches.file.name(index), "texts": texts}
        )
    return described
