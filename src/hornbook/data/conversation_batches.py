"""The batches of a training on conversations: step in, rows of whole conversations out, what was said asked for.

Conversations stand side by side in a row (packing.py), none sees another, and every row is as wide as the context, so
that code compiled for one shape serves all.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

import numpy as np

from hornbook.batches import Texts
from hornbook.data.asked import AskedFile, alone
from hornbook.data.config import Instruct
from hornbook.data.packing import PackedOrder, Packing, in_rows
from hornbook.data.pair_batches import in_parts
from hornbook.data.prefetch import made_ahead
from hornbook.errors import SettingError
from hornbook.tokenizers.protocol import Tokenizer


class ConversationBatches:
    """All batches of a training on one file, by step: every conversation once per epoch, in a new order each time."""

    def __init__(
        self, file: AskedFile, task: Instruct, seed: int, batch: int, context: int, micro_batches: int = 1
    ) -> None:
        """Lay out the order.

        Raises:
            SettingError: the batch cannot be divided into equal micro-batches, or a conversation is longer than the
                context.
        """
        if batch < 1 or micro_batches < 1 or batch % micro_batches:
            raise SettingError(f"micro_batches: found {micro_batches}, expected a number that divides batch {batch}")
        self.file, self.task, self.size, self.context, self.micro_batches = file, task, batch, context, micro_batches
        starts, lengths = file.runs(context, task.cut)
        packing = in_rows(starts, lengths, context, seed) if task.packed else alone(starts, lengths, context)
        self.order = PackedOrder(packing, batch, seed)
        self.most = None if task.prompt_loss else most_asked(file, packing)

    @property
    def steps_per_epoch(self) -> int:
        """Steps after which every conversation was read."""
        return self.order.steps_per_epoch

    def batch(self, step: int) -> list[Any]:
        """The micro-batches of a step."""
        texts = self.file.texts(self.order.rows(step), self.context, self.task.prompt_loss, self.most)
        return in_parts(texts, self.micro_batches)

    def named(self, step: int) -> str:
        """Which conversations a step reads, in words."""
        first = [self.file.name(self.file.tokens.document_at(runs[0][0])) for runs in self.order.rows(step)[:8]]
        return f"conversations {', '.join(first)}, ..."

    def prefetched(self, first: int = 0) -> Generator[list[Any], None, None]:
        """The batches of step ``first``, ``first`` + 1, ... without end, made ahead of time by a thread."""
        return made_ahead(self.batch, first)


def most_asked(file: AskedFile, packing: Packing) -> int:
    """The largest number of targets in any row."""
    before = np.concatenate([[0], np.cumsum(file.asked)])
    counts = before[packing.starts + packing.lengths + 1] - before[packing.starts + 1]
    return int(np.add.reduceat(counts, packing.first[:-1]).max())


def conversation_batches(file: AskedFile, task: Instruct, context: int, batch: int) -> Iterator[Texts]:
    """All conversations once, in order, each in a row of its own."""
    rows = alone(*file.runs(context, task.cut), context)
    for at in range(0, rows.rows, batch):
        runs = [rows.row(row) for row in range(at, min(at + batch, rows.rows))]
        yield file.texts(runs, max(length for [(_, length)] in runs), task.prompt_loss)


def describe_conversations(batches: ConversationBatches, step: int, tokenizer: Tokenizer) -> list[dict[str, Any]]:
    """The batch of a step for people: for every row the conversations in it, and what is asked of them."""
    described = []
    for number, runs in enumerate(batches.order.rows(step)):
        texts = {}
        for start, _ in runs:
            index = batches.file.tokens.document_at(start)
            ids, asked = batches.file.conversation(index)
            texts[batches.file.name(index)] = tokenizer.decode(ids.tolist())
            texts[f"{batches.file.name(index)}, asked"] = tokenizer.decode(ids[asked].tolist())
        part = number // (batches.size // batches.micro_batches)
        row = {"row": number, "micro_batch": part, "index": number, "name": next(iter(texts)), "texts": texts}
        described.append(row)
    return described
