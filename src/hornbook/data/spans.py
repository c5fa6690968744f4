"""Span corruption: spans are cut out of a text and asked for in their order (Raffel et al. 2020, section 3.1.4).

    text     the cat sat on the mat and slept
    source   the <|span-0|> on the mat <|span-1|>
    target   <|span-0|> cat sat <|span-1|> and slept <|endoftext|>

How many tokens go, and in how many spans, follows from the length alone, as in T5's own code: only where the spans lie
is drawn. So all batches of one length have one shape.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from hornbook.batches import IGNORED, NOTHING, Pairs, Positions, Texts
from hornbook.data.batches import Batches
from hornbook.data.config import CutSpans
from hornbook.data.masking import required, whole_windows
from hornbook.data.pair_batches import in_parts
from hornbook.data.remade import RemadeBatches
from hornbook.data.token_file import TokenFile
from hornbook.errors import SettingError
from hornbook.seeds import numpy_generator
from hornbook.tokenizers.protocol import END_OF_TEXT, Tokenizer

Ids = npt.NDArray[np.int64]

SHORTEST = 2
"""Of fewer tokens none can be cut out and none be left."""


def sentinel(number: int) -> str:
    """The special token that stands for span ``number`` in the source, and before it in the target."""
    return f"<|span-{number}|>"


def cut_counts(time: int, share: float, length: float) -> tuple[int, int]:
    """How many of ``time`` tokens are cut out, and in how many spans.

    round(share · time) tokens, at least one and never all, in round(tokens / length) spans, at least one and no more
    than leave a token before each of them.
    """
    gone = min(max(round(share * time), 1), time - 1)
    return gone, min(max(round(gone / length), 1), gone, time - gone)


def sentinels_needed(context: int, share: float, length: float) -> int:
    """How many special tokens a text of at most ``context`` tokens can need."""
    return cut_counts(context, share, length)[1]


@dataclass(frozen=True, eq=False)
class Cutting:
    """What there is to know about cutting texts of at most ``context`` tokens.

    ``end`` starts every answer and ends it: to begin is to have ended what came before.
    """

    share: float
    length: float
    context: int
    sentinels: Ids
    end: int

    @classmethod
    def of(cls, task: CutSpans, tokenizer: Tokenizer, context: int) -> Cutting:
        """The cutting that a task asks for.

        Raises:
            SettingError: the tokenizer has too few ``<|span-...|>``; the message is the line that gives it enough. Or
                the context is too short to cut anything out of it.
        """
        if context < SHORTEST:
            raise SettingError(f"context: nothing can be cut out of {context} token; try 256")
        names = [sentinel(number) for number in range(sentinels_needed(context, task.share, task.length))]
        *sentinels, end = required(tokenizer, [*names, END_OF_TEXT])
        return cls(task.share, task.length, context, np.array(sentinels, dtype=np.int64), end)

    @property
    def source_width(self) -> int:
        """Tokens of a source: what is left, and a sentinel for each span."""
        gone, spans = cut_counts(self.context, self.share, self.length)
        return self.context - gone + spans

    @property
    def target_width(self) -> int:
        """Tokens of a target: what is gone, a sentinel before each span, and the end."""
        gone, spans = cut_counts(self.context, self.share, self.length)
        return gone + spans + 1


def segments(total: int, parts: int, generator: np.random.Generator) -> Ids:
    """``parts`` lengths of 1 or more that add up to ``total``, every such list equally likely."""
    cuts = np.sort(generator.choice(total - 1, parts - 1, replace=False)) + 1
    return np.diff(cuts, prepend=0, append=total)


def cut(ids: Ids, cutting: Cutting, generator: np.random.Generator) -> tuple[Ids, Ids]:
    """Source and target of one text of 2 tokens or more.

    The text begins with a token that is kept and ends with one that is not; no two spans touch.
    """
    gone, spans = cut_counts(len(ids), cutting.share, cutting.length)
    lengths = np.stack([segments(len(ids) - gone, spans, generator), segments(gone, spans, generator)], axis=1)
    pieces = np.split(ids, np.cumsum(lengths.flatten())[:-1])  # kept, gone, kept, gone, ...
    marks = cutting.sentinels[:spans, None]
    source = [part for kept, mark in zip(pieces[::2], marks, strict=True) for part in (kept, mark)]
    target = [part for mark, span in zip(marks, pieces[1::2], strict=True) for part in (mark, span)]
    return np.concatenate(source), np.concatenate([*target, [cutting.end]])


def cut_rows(texts: Texts, cutting: Cutting, generators: Sequence[np.random.Generator]) -> Pairs:
    """Every row of ``texts`` as source [B, source_width] and target [B, target_width], each with its own generator.

    Rows that padding ends are shorter, and so are their pairs; of a row of fewer than 2 tokens nothing is asked.
    Documents side by side in one row are one text here.
    """
    rows, tokens = len(texts.tokens), texts.tokens.numpy()
    filled = texts.positions is None or texts.positions.plain
    there = np.ones(tokens.shape, bool) if texts.positions is None else texts.positions.index.numpy() != NOTHING
    widths = cutting.source_width, cutting.target_width
    source, shown = (np.zeros((rows, width), np.int64) for width in widths)
    asked = np.full(shown.shape, IGNORED, np.int64)
    lengths = np.zeros((2, rows), np.int64)
    for row, generator in enumerate(generators):
        ids = tokens[row, there[row]]
        if len(ids) < SHORTEST:
            continue
        left, target = cut(ids, cutting, generator)
        lengths[:, row] = len(left), len(target)
        source[row, : len(left)], asked[row, : len(target)] = left, target
        shown[row, : len(target)] = np.concatenate([[cutting.end], target[:-1]])
    sources, targets = (
        Positions.lengths(each, width) for each, width in zip(torch.from_numpy(lengths), widths, strict=True)
    )
    return Pairs(
        torch.from_numpy(source),
        Positions.counting(*source.shape) if filled else sources,
        Texts(torch.from_numpy(shown), torch.from_numpy(asked), None if filled else targets),
    )


class CutSpansBatches(RemadeBatches[Pairs]):
    """The texts of ``batches`` with spans cut out: where is a function of (seed, step), as the texts are."""

    def __init__(self, batches: Batches, cutting: Cutting) -> None:
        super().__init__(batches)
        self.cutting = cutting

    def remade(self, texts: Texts, step: int) -> list[Pairs]:
        """The micro-batches of a step: sources [B, source_width] and targets [B, target_width]."""
        generators = [numpy_generator(self.seed, "spans", step)] * len(texts.tokens)
        return in_parts(cut_rows(texts, self.cutting, generators), self.micro_batches)


def cut_windows(file: TokenFile, cutting: Cutting, batch: int, seed: int = 0, fixed: bool = False) -> Iterator[Pairs]:
    """The whole file for evaluation, cut at the same places every time.

    The spans of a window are a function of ``seed`` and of where in the file it begins: ``batch`` changes nothing.
    """
    for starts, texts in whole_windows(file, cutting.context, batch, fixed):
        yield cut_rows(texts, cutting, [numpy_generator(seed, "spans at", start) for start in starts])
