"""The batches of a text made into another question on their way out: tokens hidden, spans cut out."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import Generic, TypeVar

from hornbook.batches import Texts
from hornbook.data.batches import AHEAD, Batches
from hornbook.data.prefetch import made_ahead
from hornbook.data.provenance import Row
from hornbook.tokenizers.protocol import Tokenizer

Made = TypeVar("Made")


class RemadeBatches(Generic[Made]):
    """The batches of a file in the same order, each made into another question."""

    def __init__(self, batches: Batches) -> None:
        self.batches = batches
        self.file, self.seed, self.size, self.context = batches.file, batches.seed, batches.size, batches.context
        self.micro_batches = batches.micro_batches

    @abstractmethod
    def remade(self, texts: Texts, step: int) -> list[Made]:
        """The whole batch of a step as micro-batches of what is asked here."""

    @property
    def steps_per_epoch(self) -> int:
        """Steps in which the whole file is gone through."""
        return self.batches.steps_per_epoch

    def batch(self, step: int) -> list[Made]:
        """The micro-batches of a step: the same for the same (seed, step), and together the same however many."""
        return self.remade(self.batches.plan.texts(step), step)

    def rows(self, step: int, tokenizer: Tokenizer | None = None) -> list[Row]:
        """Where every row of a step comes from."""
        return self.batches.rows(step, tokenizer)

    def named(self, step: int) -> str:
        """Which rows a step reads, in words."""
        return self.batches.named(step)

    def prefetched(self, first: int = 0) -> Generator[list[Made], None, None]:
        """The batches of step ``first``, ``first`` + 1, ... without end, made ahead of time by a thread."""
        return made_ahead(self.batch, first, AHEAD)
