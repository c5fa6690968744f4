"""The documents of a corpus laid down on the disk once, so that they can be gone through several times.

Sources may be generated, compressed or slow; splitting, training a tokenizer and tokenizing each need a pass. The spool
keeps the texts as UTF-8 in one file and remembers 50 bytes or so of each document.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

from hornbook.corpus.documents import Document
from hornbook.tokenizers.special import well_formed


class Spool:
    """Documents on the disk: appended in order, read in any order; the end of the ``with`` block removes the file."""

    def __init__(self, path: Path) -> None:
        """Begin an empty spool at ``path``."""
        self.path, self.file = path, path.open("w+b", buffering=1 << 20)
        self.digests, self.name_bytes = bytearray(), bytearray()
        self.starts, self.name_starts, self.characters = array("Q", [0]), array("Q", [0]), array("Q")
        self.log_probabilities = array("d")

    def __enter__(self) -> Spool:
        """The spool itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file and remove it."""
        self.file.close()
        self.path.unlink(missing_ok=True)

    def __len__(self) -> int:
        """How many documents were added."""
        return len(self.characters)

    def add(self, document: Document) -> None:
        """Append a document; a text without a single character is left out."""
        text = well_formed(document.text)  # half a surrogate pair has no UTF-8
        data = text.encode()
        if not data:
            return
        self.file.write(data)
        self.digests += digest(data)
        self.starts.append(self.starts[-1] + len(data))
        self.characters.append(len(text))
        self.name_bytes += document.name.encode("utf-8", "replace")
        self.name_starts.append(len(self.name_bytes))
        self.log_probabilities.append(math.nan if document.log_probability is None else document.log_probability)

    def text(self, index: int) -> str:
        """The text of one document."""
        self.file.seek(self.starts[index])
        return self.file.read(self.size(index)).decode()

    def texts(self, indices: Iterable[int]) -> Iterator[str]:
        """The texts of these documents, one at a time."""
        return (self.text(index) for index in indices)

    def size(self, index: int) -> int:
        """UTF-8 bytes of one document."""
        return self.starts[index + 1] - self.starts[index]

    def name(self, index: int) -> str:
        """The name of one document."""
        return self.name_bytes[self.name_starts[index] : self.name_starts[index + 1]].decode()

    def digest(self, index: int) -> bytes:
        """16 bytes that stand for the text of one document."""
        return bytes(self.digests[index * 16 : index * 16 + 16])

    def log_probability(self, index: int) -> float | None:
        """Nats of one document under its source, where known."""
        value = self.log_probabilities[index]
        return None if math.isnan(value) else value

    def sha256(self) -> str:
        """One hash for all texts in their order, and for where one ends and the next begins."""
        return hashlib.sha256(self.digests).hexdigest()


def digest(data: bytes) -> bytes:
    """16 bytes that stand for a text: two texts with the same digest are the same."""
    return hashlib.blake2b(data, digest_size=16).digest()
