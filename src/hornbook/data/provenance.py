"""Where the tokens of a batch came from: documents, and byte offsets into the text that was prepared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hornbook.data.token_file import TokenFile
from hornbook.data.windows import Run


@dataclass(frozen=True)
class Span:
    """The tokens of one document that stand in a row, and the bytes of their text.

    ``start`` and ``stop`` are tokens of the file, ``byte_start`` and ``byte_stop`` bytes of the part's texts laid end
    to end; ``document_byte`` is where the document begins among them.
    """

    document: int
    name: str
    start: int
    stop: int
    byte_start: int
    byte_stop: int
    document_byte: int


@dataclass(frozen=True)
class Row:
    """One row of a batch: the tokens from ``start`` to ``stop``, the last target included, document by document.

    A packed row takes its documents from anywhere in the file; its ``start`` and ``stop`` are the outermost ones.
    """

    start: int
    stop: int
    documents: list[Span]
    byte_start: int
    byte_stop: int


def locate(file: TokenFile, runs: Sequence[Run], lengths: npt.NDArray[np.int64] | None) -> Row:
    """The row that these runs make up.

    ``lengths`` says how many bytes of text each id stands for; without it the byte offsets are those of whole
    documents.
    """
    spans = [span for start, length in runs for span in spans_of(file, start, start + length + 1, lengths)]
    return Row(
        min(span.start for span in spans),
        max(span.stop for span in spans),
        spans,
        min(span.byte_start for span in spans),
        max(span.byte_stop for span in spans),
    )


def spans_of(file: TokenFile, start: int, stop: int, lengths: npt.NDArray[np.int64] | None) -> list[Span]:
    """The documents between two tokens.

    An end-of-text belongs to the document it ends; only one that comes first, where it is what the next document is
    predicted from, belongs to that.
    """
    spans, ahead = [], int(file.end is not None)
    while start < stop:
        document = file.document_at(start + ahead)
        here = min(stop, file.document_stop(document))
        first, last = bytes_of(file, document, start, here, lengths)
        begins = int(file.document_bytes[document])
        spans.append(Span(document, file.name(document), start, here, first, last, begins))
        start = here
    file.release()
    return spans


def bytes_of(
    file: TokenFile, document: int, start: int, stop: int, lengths: npt.NDArray[np.int64] | None
) -> tuple[int, int]:
    """The first byte, and the one after the last, of some tokens of a document.

    Where the tokens' bytes do not add up to the text (a word tokenizer drops blanks), what is missing is spread evenly
    over the document.
    """
    begins, ends = int(file.document_bytes[document]), file.document_byte_stop(document)
    if lengths is None:
        return begins, ends
    before = count_bytes(file, int(file.document_starts[document]), start, lengths)
    inside = count_bytes(file, start, stop, lengths)
    if file.header["exact_bytes"]:
        return begins + before, begins + before + inside
    behind = count_bytes(file, stop, file.document_stop(document), lengths)
    scale = (ends - begins) / max(1, before + inside + behind)
    return begins + round(scale * before), begins + round(scale * (before + inside))


def count_bytes(file: TokenFile, start: int, stop: int, lengths: npt.NDArray[np.int64]) -> int:
    """How many bytes of text the tokens between two places stand for, a megabyte of them at a time."""
    step = 1 << 20
    return sum(int(lengths[file.tokens[at : min(at + step, stop)]].sum()) for at in range(start, stop, step))
