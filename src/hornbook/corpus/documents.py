"""The one thing that leaves this room, a text with a name, and the two kinds of file that many are written to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

from hornbook.errors import SettingError, TextError
from hornbook.files import replacing

# How a plain text file says that one document ends and the next begins (TinyStories and GPT-2's data do it like this).
# It is spelt like the tokenizers' END_OF_TEXT, but here it is only a line in a file: it never enters a document's text.
SEPARATOR = "<|endoftext|>"


@dataclass(frozen=True)
class Document:
    """A text and where it came from.

    ``log_probability`` is in nats, of the whole text including its end, under the source that wrote it; ``None`` where
    that source is not known exactly (everything people wrote).
    """

    name: str
    text: str
    log_probability: float | None = None


Item = TypeVar("Item")


def in_batches(items: Iterable[Item], least: int, size: Callable[[Item], int]) -> Iterator[list[Item]]:
    """Lists of items whose sizes, mostly characters, come to ``least`` or a little more; the last may be smaller."""
    batch: list[Item] = []
    together = 0
    for item in items:
        batch.append(item)
        together += size(item)
        if together >= least:
            yield batch
            batch, together = [], 0
    if batch:
        yield batch


@dataclass(frozen=True)
class Written:
    """What went into a file: ``bytes`` are those of the texts alone, without separators, names and braces."""

    path: Path
    documents: int
    characters: int
    bytes: int


def write_documents(documents: Iterable[Document], path: Path) -> Written:
    """Write documents, one after another as they come, to a .txt (or .md) or .jsonl file that is whole or not there.

    A .txt file has the line ``<|endoftext|>`` *between* documents and keeps nothing but their texts; a .jsonl file has
    one object a line with ``text``, ``name`` and, where known, ``log_probability``. ``read_documents`` reads both back.

    Raises:
        SettingError: any other suffix.
        TextError: a document for a .txt file has that line in it.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise SettingError(
            f"{path}: cannot write {path.suffix or 'a file without a suffix'}; end the name in {' or '.join(WRITERS)}"
        )
    count = characters = size = 0
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        for document in documents:
            write(file, document, count == 0)
            count, characters, size = count + 1, characters + len(document.text), size + len(document.text.encode())
    return Written(path, count, characters, size)


def write_text_document(file: TextIO, document: Document, first: bool) -> None:
    """One document of a .txt file, after the line that ends the one before it.

    Raises:
        TextError: it has that line in it, and would come back as two.
    """
    if SEPARATOR in document.text:
        raise TextError(
            f"{document.name}: this document has the line that divides documents in it, {SEPARATOR!r}; "
            f"take it out or choose another kind of file"
        )
    file.write(document.text if first else f"\n{SEPARATOR}\n{document.text}")


def write_json_document(file: TextIO, document: Document, first: bool) -> None:
    """One line of a .jsonl file."""
    record: dict[str, str | float] = {"text": document.text, "name": document.name}
    if document.log_probability is not None:
        record["log_probability"] = document.log_probability
    file.write(json.dumps(record, ensure_ascii=False) + "\n")


WRITERS = {".txt": write_text_document, ".md": write_text_document, ".jsonl": write_json_document}
