"""How much text there is, of what kind, and how often the same: counted in one pass, without any tokenizer."""

from __future__ import annotations

import hashlib
import math
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hornbook.corpus.clean import Change
from hornbook.corpus.documents import Document
from hornbook.errors import TextError

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


@dataclass(frozen=True)
class Statistics:
    """What a corpus holds.

    ``words`` are runs of what is not white space, as they stand (``The`` and ``the`` are two); ``lengths`` are the
    quantiles of the documents' lengths in characters; ``duplicates`` counts documents whose exact text came before;
    ``bits_per_byte`` is the entropy of the source that wrote it, as realised here, where that source is known.
    """

    documents: int
    characters: int
    bytes: int
    lines: int
    words: int
    distinct_characters: int
    distinct_words: int
    duplicates: int
    lengths: dict[str, int]
    commonest_words: dict[str, int]
    characters_beyond_ascii: dict[str, int]
    bits_per_byte: float | None


def measure(documents: Iterable[Document]) -> Statistics:
    """Count everything in one pass; memory grows with the number of distinct words and of documents (20 bytes each).

    Raises:
        TextError: there is no document.
    """
    words: Counter[str] = Counter()
    characters: Counter[str] = Counter()
    lengths = array("L")
    seen: set[bytes] = set()
    duplicates = size = lines = 0
    nats: float | None = 0.0
    for document in documents:
        text = document.text
        data = text.encode()
        digest = hashlib.blake2b(data, digest_size=16).digest()
        duplicates += digest in seen
        seen.add(digest)
        size += len(data)
        # A last line without a line end is a line too.
        lines += text.count("\n") + (not text.endswith("\n"))
        lengths.append(len(text))
        words.update(text.split())
        characters.update(text)
        nats = None if nats is None or document.log_probability is None else nats - document.log_probability
    if not lengths:
        raise TextError("there is no document to count anything in")
    beyond = {character: count for character, count in characters.most_common() if character > "\x7f"}
    return Statistics(
        documents=len(lengths),
        characters=sum(lengths),
        bytes=size,
        lines=lines,
        words=words.total(),
        distinct_characters=len(characters),
        distinct_words=len(words),
        duplicates=duplicates,
        lengths=quantiles(lengths),
        commonest_words=dict(words.most_common(10)),
        characters_beyond_ascii=dict(list(beyond.items())[:10]),
        bits_per_byte=None if nats is None else nats / math.log(2) / size,
    )


def quantiles(values: Iterable[int]) -> dict[str, int]:
    """The nearest-rank quantiles: each is one of the values, and 0 and 1 are the smallest and the largest."""
    ranked = sorted(values)
    return {f"{quantile:g}": ranked[round(quantile * (len(ranked) - 1))] for quantile in QUANTILES}


@dataclass
class Tally:
    """What cleaning changed in many documents: ``totals`` over all of them and, where asked to ``keep`` it, ``each``.

    ``notice`` is what ``read_documents`` calls, ``counted`` what its documents are passed through.
    """

    keep: bool = False
    documents: int = 0
    changed: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    each: list[tuple[str, Change]] = field(default_factory=list)

    def notice(self, name: str, changes: tuple[Change, ...]) -> None:
        """Count the changes of one document."""
        self.changed += 1
        for change in changes:
            self.totals[change.what] += change.count
        if self.keep:
            self.each.extend((name, change) for change in changes)

    def counted(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The same documents, counted as they pass."""
        for document in documents:
            self.documents += 1
            yield document
