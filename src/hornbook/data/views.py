"""What becomes of pairs and labelled texts, task by task: ``VIEWS`` has a row for each.

A view knows how wide the rows of its file are, and makes any of them into a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.batches import IGNORED, Labelled, Pairs, Positions, Preferences, Texts
from hornbook.data.asked import alone
from hornbook.data.columns import lengths_of
from hornbook.data.config import Classify, Continue, Prefer, Reward, TaskConfig, Translate
from hornbook.data.conversations import PreferenceFile
from hornbook.data.labels import LabelledFile
from hornbook.data.packing import Packing
from hornbook.data.pairs import PairFile
from hornbook.errors import SettingError
from hornbook.tokenizers.protocol import Tokenizer

Ids = npt.NDArray[np.int64]

PADDING = 0
"""The id in places where no token stands. Any would do: it is never looked at."""

ROUNDED = 16
"""Texts to be judged differ so much in length that a batch is only as wide as its own, in steps of so many tokens."""

CHUNK = 4096
"""Prompts that are encoded at once while the longest is looked for."""


@runtime_checkable
class View(Protocol):
    """The rows of a file as a task sees them."""

    def batch(self, rows: Sequence[int]) -> Any:
        """These rows, each as wide as any of the file."""
        ...


FILES = {PairFile: "pairs", LabelledFile: "labelled texts", PreferenceFile: "preferences"}
"""What the files hold, in words."""


def view_of(
    file: PairFile | LabelledFile | PreferenceFile,
    task: TaskConfig,
    context: int | None,
    start: int | None,
    end: int | None,
) -> View:
    """The view of a task (see ``PairBatches``).

    Raises:
        SettingError: a row is longer than ``context``, or the file is not what the task reads.
    """
    reads, make = VIEWS.get(type(task), (None, None))
    if reads is None or make is None or not isinstance(file, reads):
        found = FILES[type(file)]
        fitting = [kind.__name__ for kind, (expected, _) in VIEWS.items() if isinstance(file, expected)]
        raise SettingError(f"task: {type(task).__name__} cannot read {found}; those that can: {', '.join(fitting)}")
    return make(file, task, context, start, end)


# A pair for an encoder and a decoder ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Translated:
    """Sources for the encoder, answers for the decoder: shown from ``start`` on, asked for to ``end``."""

    file: PairFile
    source_width: int
    target_width: int
    start: int
    end: int

    def batch(self, rows: Sequence[int]) -> Pairs:
        """Sources [rows, source_width], answers [rows, target_width]."""
        pairs = [self.file.pair(row) for row in rows]
        source, source_positions = padded([source for source, _ in pairs], self.source_width)
        tokens, positions = padded([np.append(self.start, target) for _, target in pairs], self.target_width)
        targets, _ = padded([np.append(target, self.end) for _, target in pairs], self.target_width, IGNORED)
        return Pairs(source, source_positions, Texts(tokens, targets, positions))


def translated(file: PairFile, task: Translate, context: int | None, start: int | None, end: int | None) -> Translated:
    """The view of ``Translate``."""
    ends = end_of(file)
    source_width = widest(lengths_of(file.source), context, file.name, "tokens in its source")
    target_width = widest(lengths_of(file.target) + 1, context, file.name, "tokens in its target, the end among them")
    return Translated(file, source_width, target_width, ends if start is None else start, ends if end is None else end)


# A pair as one text ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Continued:
    """Source, separator, target and ``end`` one after another; only what follows the separator is asked for."""

    file: PairFile
    separator: str
    width: int
    end: int

    def batch(self, rows: Sequence[int]) -> Texts:
        """Texts [rows, width]; the last token of the separator is where the first of the target is asked for."""
        tokens, targets = [], []
        for row, prompt in zip(rows, prompts(self.file, rows, self.separator), strict=True):
            whole = np.concatenate([prompt, self.file.pair(row)[1], [self.end]])
            tokens.append(whole[:-1])
            targets.append(np.where(np.arange(1, len(whole)) < len(prompt), IGNORED, whole[1:]))
        shown, positions = padded(tokens, self.width)
        return Texts(shown, padded(targets, self.width, IGNORED)[0], positions)


def continued(file: PairFile, task: Continue, context: int | None, start: int | None, end: int | None) -> Continued:
    """The view of ``Continue``; nothing stands before a source, so ``start`` is not needed."""
    if not file.tokenizer.encode(task.separator):
        raise SettingError(
            f"task.separator: the {file.tokenizer.kind} tokenizer makes no token of {task.separator!r}; "
            "choose one that it keeps, such as '='"
        )
    ends = end_of(file)
    lengths = [
        len(prompt)
        for at in range(0, len(file), CHUNK)
        for prompt in prompts(file, range(at, min(at + CHUNK, len(file))), task.separator)
    ]
    wholes = np.array(lengths, dtype=np.int64) + lengths_of(file.target)
    width = widest(wholes, context, file.name, "tokens in its source, the separator and its target")
    return Continued(file, task.separator, width, ends if end is None else end)


def prompts(file: PairFile, rows: Sequence[int], separator: str) -> Iterator[Ids]:
    """Sources with the separator behind them, encoded together as they are when a model is asked.

    The two may share a token: GPT-4's pattern makes one piece of a full stop and the line end after it.
    """
    texts = [file.tokenizer.decode(file.pair(row)[0].tolist()) + separator for row in rows]
    return (np.array(ids, dtype=np.int64) for ids in file.tokenizer.encode_batch(texts))


# A text with labels ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Judged:
    """Texts, of which no more than ``longest`` tokens are read, and their labels; ``weights`` [classes] by question."""

    file: LabelledFile
    longest: int
    weights: tuple[Float[np.ndarray, " _"], ...] | None = None

    def batch(self, rows: Sequence[int]) -> Labelled:
        """Texts [rows, time] and labels [rows, questions]; as wide as these rows need, in steps of ``ROUNDED``."""
        texts = [framed(self.file.ids(row), self.file.tokenizer, self.longest) for row in rows]
        width = min(-(-max(map(len, texts)) // ROUNDED) * ROUNDED, self.longest)
        tokens, positions = padded(texts, width)
        labels = self.file.labels[list(rows)]
        return Labelled(tokens, positions, torch.from_numpy(labels), weights=self.weights_of(labels))

    def weights_of(self, labels: Int[np.ndarray, "rows questions"]) -> Float[Tensor, "rows questions"] | None:
        """How much each label counts; one that nobody knows counts as 1, and is not asked."""
        if self.weights is None:
            return None
        columns = [
            np.where(column == IGNORED, 1.0, of[column]) for of, column in zip(self.weights, labels.T, strict=True)
        ]
        return torch.from_numpy(np.stack(columns, axis=1).astype(np.float32))


def judged(file: LabelledFile, task: Classify, context: int | None, start: int | None, end: int | None) -> Judged:
    """The view of ``Classify``."""
    lengths = lengths_of(file.text) + len(file.tokenizer.around([]))
    longest = min(int(lengths.max()), context or int(lengths.max()))
    if not task.cut:
        longest = widest(lengths, context, file.name, "tokens")
    return Judged(file, longest, balanced(file) if task.class_weights == "balanced" else None)


def framed(ids: Sequence[int] | Ids, tokenizer: Tokenizer, longest: int) -> Ids:
    """A text between the special tokens that its model expects around one, of ``longest`` tokens at most."""
    room = longest - len(tokenizer.around([]))
    return np.array(tokenizer.around([int(token) for token in ids[:room]]), dtype=np.int64)


def balanced(file: LabelledFile) -> tuple[Float[np.ndarray, " _"], ...]:
    """For each question the weights of its classes, N / (classes * N_class): together, all classes count alike."""
    weights = []
    for question, column in zip(file.questions, file.labels.T, strict=True):
        counts = np.bincount(column[column != IGNORED], minlength=len(question.classes))
        weights.append(counts.sum() / (np.count_nonzero(counts) * np.maximum(counts, 1)))
    return tuple(weights)


# Two answers ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preferred:
    """Questions with their better and with their worse answers, each column as wide as its longest row needs."""

    file: PreferenceFile
    packings: tuple[Packing, Packing]

    def batch(self, rows: Sequence[int]) -> Preferences:
        """Both columns [rows, time], and what a reference makes of them where that is known."""
        files = (self.file.chosen, self.file.rejected)
        chosen, rejected = (
            file.texts([packing.row(row) for row in rows], int(packing.lengths.max()))
            for file, packing in zip(files, self.packings, strict=True)
        )
        known = self.file.reference
        return Preferences(chosen, rejected, None if known is None else torch.from_numpy(known[list(rows)]))


def preferred(
    file: PreferenceFile, task: Prefer | Reward, context: int | None, start: int | None, end: int | None
) -> Preferred:
    """The view of ``Prefer`` and of ``Reward``."""
    room = context or max(len(each) for each in file.files)
    chosen, rejected = (alone(*each.runs(room, task.cut), room) for each in (file.chosen, file.rejected))
    return Preferred(file, (chosen, rejected))


VIEWS: dict[type, tuple[type, Callable[[Any, Any, int | None, int | None, int | None], View]]] = {
    Translate: (PairFile, translated),
    Continue: (PairFile, continued),
    Classify: (LabelledFile, judged),
    Prefer: (PreferenceFile, preferred),
    Reward: (PreferenceFile, preferred),
}
"""What a task reads, and the view it has of that."""


# Rows of one width ----------------------------------------------------------------------------------------------------


def padded(rows: Iterable[Ids], width: int, filling: int = PADDING) -> tuple[Int[Tensor, "B T"], Positions]:
    """Rows filled up on the right, and where their tokens stand."""
    kept = list(rows)
    filled = np.full((len(kept), width), filling, dtype=np.int64)
    for place, row in enumerate(kept):
        filled[place, : len(row)] = row
    lengths = torch.tensor([len(row) for row in kept], dtype=torch.int64)
    return torch.from_numpy(filled), Positions.lengths(lengths, width)


def widest(lengths: Ids, context: int | None, name: Callable[[int], str], what: str) -> int:
    """The length of the longest row (``SettingError`` where it does not fit into the context)."""
    longest = int(lengths.argmax())
    width = int(lengths[longest])
    if context is not None and width > context:
        raise SettingError(
            f"context: {name(longest)} has {width:,} {what}, and the context has {context:,}; "
            f"use a context of {width:,} or more, or leave out what is longer (task.cut does, where texts are judged)"
        )
    return width


def end_of(file: PairFile) -> int:
    """The id of end-of-text (``SettingError`` where the tokenizer has none)."""
    if file.target.end is None:
        raise SettingError(f"tokenizer: {file.tokenizer.kind} has no end-of-text to end an answer with")
    return file.target.end
