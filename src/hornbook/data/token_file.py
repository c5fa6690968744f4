"""A text as one file of token ids that is read from the disk where it is needed, never as a whole.

The file, byte by byte (all numbers little-endian)::

    0     8     the magic "HBTOKENS"
    8     4     uint32: how many bytes of JSON follow at 16
    12    4     uint32: CRC-32 of those bytes
    16    4080  the JSON header, filled up with spaces, so that the tokens begin at byte 4096
    4096  ...   the tokens: uint16 where the vocabulary has at most 65,536 entries, otherwise uint32
    ...         at the next multiple of 8, one after another, each filled up with zeros to a multiple of 8:
                document_starts    uint64[documents]     the token at which each document begins
                document_bytes     uint64[documents]     the byte at which it begins in the texts laid end to end
                log_probabilities  float64[documents]    nats, of the text and its end (NaN: unknown)
                name_starts        uint64[documents + 1] where each name begins and ends in the names
                names              UTF-8, without separators

The header says ``schema`` (1), ``dtype``, ``tokens``, ``documents``, ``bytes`` (UTF-8 bytes of all texts),
``vocab_size``, ``vocabulary_hash``, ``end`` (the id of end-of-text, or null), ``log_probability`` (nats of all texts,
or null), ``exact_bytes`` (the tokens' own bytes add up to the texts), ``size`` (of the whole file) and ``sha256`` (of
everything from byte 4096 on).

With an end-of-text token the tokens are ``end text end text end ... text end``: it stands before the first text, so
that every token of every text, and its end, follows something and can be asked for. Only a text that was cut in two
to divide training from validation has no end after its first half. Without such a token the texts follow one another
directly.
"""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import zlib
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from hornbook.data.token_header import MAGIC, SCHEMA, TOKENS_AT, after, read_header
from hornbook.errors import DamagedError, HornbookError, TextError
from hornbook.files import replacing

RESIDENT = 1 << 25
"""Files up to this many bytes may stay in memory once they have been read; of larger ones the pages are given back."""

Ids = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class TokenFile:
    """Token ids on the disk, with the table of the documents they came from; made by ``TokenFile.open``.

    ``tokens`` and the tables are memory-mapped: nothing is read before it is looked at. Document ``i`` has the tokens
    from ``document_starts[i]`` to the next document's start, its end-of-text among them.
    """

    path: Path
    tokens: Ids
    document_starts: Ids
    document_bytes: Ids
    log_probabilities: npt.NDArray[np.float64]
    name_starts: Ids
    name_bytes: npt.NDArray[np.uint8]
    header: dict[str, Any]

    @classmethod
    def open(cls, path: Path) -> TokenFile:
        """Map a token file.

        Raises:
            MissingError: there is no such file.
            DamagedError: it is something else, or shorter or longer than its header says.
        """
        header = read_header(path)
        count, documents = header["tokens"], header["documents"]
        tokens = np.memmap(path, mode="r", dtype=header["dtype"], offset=TOKENS_AT, shape=(count,))
        rest, at = np.memmap(path, mode="r", dtype=np.uint8), after(TOKENS_AT + tokens.nbytes)

        def table(dtype: str, length: int) -> npt.NDArray[Any]:
            nonlocal at
            start, stop = at, at + length * np.dtype(dtype).itemsize
            at = after(stop)
            return rest[start:stop].view(dtype)

        starts, offsets = table("<u8", documents), table("<u8", documents)
        log_probabilities, name_starts = table("<f8", documents), table("<u8", documents + 1)
        return cls(
            path, tokens, starts, offsets, log_probabilities, name_starts, table("u1", header["name_bytes"]), header
        )

    def __len__(self) -> int:
        """How many tokens there are."""
        return len(self.tokens)

    @property
    def documents(self) -> int:
        """How many documents there are."""
        return len(self.document_starts)

    @property
    def bytes(self) -> int:
        """UTF-8 bytes of all texts; an end-of-text token counts none."""
        return int(self.header["bytes"])

    @property
    def vocab_size(self) -> int:
        """How many different ids the tokenizer has."""
        return int(self.header["vocab_size"])

    @property
    def vocabulary_hash(self) -> str:
        """The fingerprint of the tokenizer that made these ids."""
        return str(self.header["vocabulary_hash"])

    @property
    def end(self) -> int | None:
        """The id of end-of-text, or None if the tokenizer has none."""
        return None if self.header["end"] is None else int(self.header["end"])

    @property
    def log_probability(self) -> float | None:
        """Nats of all texts with their ends under their source, or None where that is not known."""
        return None if self.header["log_probability"] is None else float(self.header["log_probability"])

    @property
    def names(self) -> list[str]:
        """The name of every document."""
        return [self.name(index) for index in range(self.documents)]

    def name(self, document: int) -> str:
        """The name of one document."""
        start, stop = int(self.name_starts[document]), int(self.name_starts[document + 1])
        return self.name_bytes[start:stop].tobytes().decode(errors="replace")

    def document_at(self, token: int) -> int:
        """Which document the token at this index belongs to; the end-of-text before the first counts to the first."""
        return max(0, int(np.searchsorted(self.document_starts, token, side="right")) - 1)

    def document_stop(self, document: int) -> int:
        """The token after the last one of a document, its end-of-text included."""
        return int(self.document_starts[document + 1]) if document + 1 < self.documents else len(self)

    def document_byte_stop(self, document: int) -> int:
        """The byte after the last one of a document."""
        return int(self.document_bytes[document + 1]) if document + 1 < self.documents else self.bytes

    def release(self) -> None:
        """Give the pages of a large file back to the system, so that reading all of it costs no memory."""
        mapping: Any = self.tokens.base
        if self.tokens.nbytes > RESIDENT and isinstance(mapping, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
            mapping.madvise(mmap.MADV_DONTNEED)

    def verify(self) -> None:
        """Read everything, compare it with the checksum in the header, and see that tokens and tables are possible.

        Raises:
            DamagedError: a byte was changed, or was never right.
        """
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            file.seek(TOKENS_AT)
            while piece := file.read(1 << 20):
                digest.update(piece)
        if digest.hexdigest() != self.header["sha256"]:
            raise DamagedError(
                f"{self.path} was altered: its content has SHA-256 {digest.hexdigest()[:12]}..., its header says "
                f"{self.header['sha256'][:12]}...; prepare the text again"
            )
        self.check_tables()
        for start in range(0, len(self), AT_ONCE):
            largest = int(self.tokens[start : start + AT_ONCE].max())
            if largest >= self.vocab_size:
                raise DamagedError(
                    f"{self.path} has the token {largest}, and its vocabulary {self.vocab_size:,} tokens; "
                    "prepare the text again"
                )
        self.release()

    def check_tables(self) -> None:
        """Refuse tables whose places do not go upwards, or lead out of what they are places in (``DamagedError``)."""
        tables = (
            ("documents", self.document_starts, len(self)),
            ("documents' bytes", self.document_bytes, self.bytes),
            ("names", self.name_starts, len(self.name_bytes)),
        )
        for what, places, end in tables:
            if len(places) and (int(places[-1]) > end or bool((places[1:] < places[:-1]).any())):
                raise DamagedError(f"{self.path}: the table of its {what} is no table; prepare the text again")


AT_ONCE = 1 << 20
"""Bytes that are written together."""


class TokenFileWriter:
    """Writes a token file document by document; holds the table of documents, never the tokens."""

    def __init__(self, file: BinaryIO, vocab_size: int, vocabulary_hash: str, end: int | None) -> None:
        """Begin at the start of ``file``; ``end`` is the id of end-of-text, if the tokenizer has one."""
        self.file, self.digest, self.at = file, hashlib.sha256(), TOKENS_AT
        self.vocab_size, self.vocabulary_hash, self.end = vocab_size, vocabulary_hash, end
        self.dtype = np.dtype("<u2" if vocab_size <= 1 << 16 else "<u4")
        self.tokens = self.bytes = 0
        self.exact_bytes = True
        self.pending = bytearray()
        self.end_bytes = b"" if end is None else np.asarray([end], self.dtype).tobytes()
        self.starts, self.offsets, self.name_starts = array("Q"), array("Q"), array("Q", [0])
        self.log_probabilities, self.name_bytes = array("d"), bytearray()
        file.write(bytes(TOKENS_AT))

    def begin(self, name: str, log_probability: float | None = None) -> None:
        """Begin a document; ``log_probability`` is that of its text and end, in nats, where the source is known."""
        if self.tokens == 0:
            self.mark_end()
        self.starts.append(self.tokens)
        self.offsets.append(self.bytes)
        self.log_probabilities.append(math.nan if log_probability is None else log_probability)
        self.name_bytes += name.encode("utf-8", "replace")
        self.name_starts.append(len(self.name_bytes))

    def close(self, size: int, ended: bool = True) -> None:
        """End the document, whose text has ``size`` bytes of UTF-8; ``ended`` is False where a text was cut off."""
        if ended:
            self.mark_end()
        self.bytes += size

    def mark_end(self) -> None:
        """Append end-of-text, where there is such a token."""
        if self.end is not None:
            self.tokens += 1
            self.write(self.end_bytes)

    def extend(self, ids: Sequence[int] | Ids) -> None:
        """Append the next tokens of the document.

        Raises:
            TextError: an id that the vocabulary does not have.
        """
        values = np.asarray(ids)
        lowest = 0 if values.dtype.kind == "u" or not len(values) else int(values.min())
        if len(values) and not 0 <= lowest <= int(values.max()) < self.vocab_size:
            raise TextError(
                f"token ids must lie in 0..{self.vocab_size - 1}, found {values.min()}..{values.max()}: "
                "the tokenizer does not fit its own vocabulary size"
            )
        self.tokens += len(values)
        self.write(values.astype(self.dtype).tobytes())

    def append(self, file: TokenFile, document: int) -> None:
        """Append a document of another file of the same vocabulary."""
        log_probability = float(file.log_probabilities[document])
        self.begin(file.name(document), None if math.isnan(log_probability) else log_probability)
        self.extend(file.tokens[int(file.document_starts[document]) : file.document_stop(document)])
        self.bytes += file.document_byte_stop(document) - int(file.document_bytes[document])

    def write(self, data: bytes) -> None:
        """Append bytes to the file and to the checksum: a megabyte at a time, for each of the two takes a while to
        begin with."""
        self.pending += data
        self.at += len(data)
        if len(self.pending) > AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what is pending."""
        self.file.write(self.pending)
        self.digest.update(self.pending)
        self.pending.clear()

    def finish(self) -> None:
        """Append the tables and write the header in the place kept free for it."""
        tables: list[bytes] = [
            np.asarray(self.starts, "<u8").tobytes(),
            np.asarray(self.offsets, "<u8").tobytes(),
            np.asarray(self.log_probabilities, "<f8").tobytes(),
            np.asarray(self.name_starts, "<u8").tobytes(),
            bytes(self.name_bytes),
        ]
        for table in tables:
            self.write(bytes(after(self.at) - self.at))
            self.write(table)
        self.write(bytes(after(self.at) - self.at))
        self.flush()
        total = math.fsum(self.log_probabilities)
        header = {
            "schema": SCHEMA,
            "dtype": self.dtype.str,
            "tokens": self.tokens,
            "documents": len(self.starts),
            "bytes": self.bytes,
            "vocab_size": self.vocab_size,
            "vocabulary_hash": self.vocabulary_hash,
            "end": self.end,
            "log_probability": total if self.starts and math.isfinite(total) else None,
            "exact_bytes": self.exact_bytes,
            "name_bytes": len(self.name_bytes),
            "size": self.at,
            "sha256": self.digest.hexdigest(),
        }
        text = json.dumps(header).encode()
        if len(text) > TOKENS_AT - 16:
            raise HornbookError(f"the header of a token file has {len(text)} bytes, there is room for {TOKENS_AT - 16}")
        head = MAGIC + len(text).to_bytes(4, "little") + zlib.crc32(text).to_bytes(4, "little") + text
        self.file.seek(0)
        self.file.write(head.ljust(TOKENS_AT, b" "))


@contextmanager
def writing(path: Path, vocab_size: int, vocabulary_hash: str, end: int | None) -> Iterator[TokenFileWriter]:
    """Yield a writer; when the block ends well the finished file stands at ``path``, otherwise nothing does.

    Raises:
        HornbookError: the disk is full or the folder cannot be written.
        TextError: not a single token was written.
    """
    with replacing(path) as partial, partial.open("wb", buffering=1 << 20) as file:
        writer = TokenFileWriter(file, vocab_size, vocabulary_hash, end)
        yield writer
        if writer.tokens == 0:
            raise TextError(f"{path.name}: there is not a single token to write; give a longer text")
        writer.finish()
