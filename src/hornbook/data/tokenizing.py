"""Texts become ids on all cores, a few megabytes at a time.

A long text is cut where every tokenizer cuts anyway: before a single space or line break between a letter or digit and
another. There GPT-2's and GPT-4's patterns always begin a new piece, and neither looks back across it, so the ids are
those of the whole text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from jaxtyping import Integer

from hornbook.cores import available_cores
from hornbook.corpus.documents import in_batches
from hornbook.data.prefetch import made_ahead
from hornbook.data.split import Part
from hornbook.data.spool import Spool
from hornbook.data.token_file import TokenFileWriter
from hornbook.tokenizers.protocol import Tokenizer

PIECE = 1 << 18
"""Characters after which the next safe place for a cut is looked for."""

BATCH = 1 << 21
"""Characters that are tokenized at once, by all cores together."""

SAFE = re.compile(r"(?<=[^\W_])[ \n](?=[^\W_])")


def cut_safely(text: str, size: int = PIECE) -> Iterator[str]:
    """Pieces of about ``size`` characters or more whose ids, one after another, are the ids of ``text``."""
    start = 0
    while start < len(text):
        place = SAFE.search(text, start + max(1, size))
        stop = place.start() if place else len(text)
        yield text[start:stop]
        start = stop


@dataclass(frozen=True)
class Piece:
    """A piece of a document; the last one knows the bytes of the whole and whether the text really ends there."""

    name: str
    log_probability: float | None
    text: str
    first: bool
    last: bool
    bytes: int
    ended: bool


def pieces(spool: Spool, part: Part) -> Iterator[Piece]:
    """All documents of a part, piece by piece."""
    for index, text, ended in part.texts(spool):
        cut = part.cut(index)
        size = len(text.encode()) if cut else spool.size(index)
        log_probability = None if cut else spool.log_probability(index)
        yield from pieces_of(text, spool.name(index), log_probability, size, ended)


def pieces_of(text: str, name: str, log_probability: float | None, size: int, ended: bool = True) -> Iterator[Piece]:
    """One document, piece by piece; ``size`` is its bytes."""
    parts = list(cut_safely(text))
    for place, piece in enumerate(parts):
        yield Piece(name, log_probability, piece, place == 0, place == len(parts) - 1, size, ended)


def write_part(
    writer: TokenFileWriter,
    spool: Spool,
    part: Part,
    tokenizer: Tokenizer,
    workers: int | None = None,
    report: Callable[[int], None] = lambda characters: None,
) -> None:
    """Tokenize a part of the documents into ``writer``; ``report`` is told the characters done so far."""
    write_pieces(writer, pieces(spool, part), tokenizer, workers or available_cores(), report)


def write_pieces(
    writer: TokenFileWriter,
    source: Iterable[Piece],
    tokenizer: Tokenizer,
    threads: int,
    report: Callable[[int], None] = lambda characters: None,
) -> None:
    """Tokenize documents into ``writer``; ``report`` is told the characters done so far.

    Sets ``writer.exact_bytes``: whether in every document the bytes of the tokens add up to the bytes of the text.
    """
    lengths, done, counted = byte_lengths(tokenizer), 0, 0
    for batch, ids in encoded(source, tokenizer, threads):
        for piece, values, size in zip(batch, ids, sizes_of(ids, lengths), strict=True):
            if piece.first:
                writer.begin(piece.name, piece.log_probability)
                counted = 0
            writer.extend(values)
            counted += size
            if piece.last:
                writer.exact_bytes &= counted == piece.bytes
                writer.close(piece.bytes, piece.ended)
            done += len(piece.text)
        report(done)


Ids = Integer[np.ndarray, " _"]


def sizes_of(ids: Sequence[Ids], lengths: npt.NDArray[np.int64]) -> list[int]:
    """For each array of ids, how many bytes its tokens stand for together."""
    ends = np.cumsum([0, *map(len, ids)])
    upto = np.concatenate([[0], np.cumsum(lengths[np.concatenate(ids)])])
    sizes: list[int] = np.diff(upto[ends]).tolist()
    return sizes


@runtime_checkable
class EncodesArrays(Protocol):
    """A tokenizer that can leave out Python's numbers."""

    def encode_arrays(self, texts: Sequence[str], threads: int = 1) -> list[Any]:
        """The ids of many texts as arrays."""
        ...


def encoded(source: Iterable[Piece], tokenizer: Tokenizer, threads: int) -> Iterator[tuple[list[Piece], list[Ids]]]:
    """All pieces with their ids; one batch is read while another is encoded and a third written."""
    batches = in_batches(source, BATCH, lambda piece: len(piece.text))
    with closing(made_ahead(lambda step: next(batches, None), waiting=1)) as read:

        def make(step: int) -> tuple[list[Piece], list[Ids]] | None:
            batch = next(read)
            return None if batch is None else (batch, arrays(tokenizer, [piece.text for piece in batch], threads))

        with closing(made_ahead(make, waiting=1)) as ready:
            while (item := next(ready)) is not None:
                yield item


def arrays(tokenizer: Tokenizer, texts: Sequence[str], threads: int) -> list[Ids]:
    """The ids of texts, by the shortest way that the tokenizer has."""
    if isinstance(tokenizer, EncodesArrays):
        return tokenizer.encode_arrays(texts, threads)
    return [np.asarray(ids, dtype=np.int64) for ids in tokenizer.encode_batch(texts, threads=threads)]


def byte_lengths(tokenizer: Tokenizer) -> npt.NDArray[np.int64]:
    """How many bytes of text every token stands for (a special token: none), by id."""
    return np.array([len(tokenizer.token_bytes(token)) for token in range(tokenizer.vocab_size)], dtype=np.int64)
