"""Files of one's own, as documents: .txt, .md, .jsonl and .parquet files, folders of them, patterns (``books/*.txt``).

A text file is one document, unless lines of ``<|endoftext|>`` divide it into several; a line of a .jsonl file and a row
of a .parquet file are one document each. Text and .jsonl may be compressed (.txt.gz, .jsonl.zst). Everything is
cleaned. Only one document is held at a time, except that text files of up to 64 MiB are read whole.
"""

from __future__ import annotations

import glob
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.corpus.clean import Change, Cleaned, clean, clean_text, refuse_binary
from hornbook.corpus.compressed import COMPRESSED, decompressing, is_compressed, suffix_of
from hornbook.corpus.documents import SEPARATOR, Document
from hornbook.errors import MissingError, SettingError, TextError, nearest

WHOLE = 64 << 20  # text files up to this size are cleaned as one; larger ones document by document
PIECE = 1 << 20  # how many bytes of a large file are read at a time
ROWS = 256  # how many rows of a parquet file are held at a time

Noticed = Callable[[str, tuple[Change, ...]], None]


@dataclass(frozen=True)
class Reading:
    """How to read: ``field`` names the text in JSON objects and parquet tables, ``separator`` divides documents.

    ``encoding`` is that of the text files, where the guess would be wrong.

    ``noticed`` is called with a document's name and everything that was changed in it, for each that was not clean.
    """

    field: str = "text"
    separator: str | None = SEPARATOR
    noticed: Noticed | None = None
    encoding: str | None = None


def read_documents(
    sources: Sequence[str | Path],
    field: str = "text",
    separator: str | None = SEPARATOR,
    noticed: Noticed | None = None,
    encoding: str | None = None,
) -> Iterator[Document]:
    """Every document of every source, one after another, cleaned; a folder's files in the order of their names.

    Args:
        sources: files, folders (with everything below them that can be read) and patterns with ``*``, ``?``, ``[...]``.
        field: what the text is called in .jsonl and .parquet files.
        separator: what divides a text into documents; it never enters one. ``None``: nothing does.
        noticed: called with the name and the changes of each document that cleaning changed.
        encoding: of text files, instead of the one they seem to be in.

    Raises:
        MissingError: a source is not there, or a .parquet file is met without pyarrow.
        SettingError: a file of a kind that cannot be read.
        TextError: a file is empty or binary, or a line or table is not as described; always with file and line.
    """
    reading = Reading(field, separator, noticed, encoding)
    paths = find_files(sources)
    for path in paths:
        reader = READERS.get(suffix_of(path), read_text_file)
        count = 0
        with decompressing(path):
            for document in reader(path, reading):
                count += 1
                yield document
        if count == 0:
            raise TextError(f"{path}: there is no text in this file ({path.stat().st_size:,} bytes); choose another")


def find_files(sources: Sequence[str | Path]) -> list[Path]:
    """The files that ``sources`` name, each once: folders are searched, hidden files in them left out.

    Raises:
        MissingError: a source, or anything readable in a folder, is not there.
        SettingError: a file of a kind that cannot be read.
    """
    found: dict[Path, None] = {}
    for source in sources:
        path = Path(source).expanduser()
        if path.is_dir():
            below = [file for file in sorted(path.rglob("*")) if suffix_of(file) in READERS and is_visible(file, path)]
            if not below:
                raise MissingError(f"{path}: there is no {', '.join(READERS)} file in this folder")
        elif path.exists():
            below = [readable(path)]
        else:
            below = [
                readable(Path(match)) for match in sorted(glob.glob(str(path), recursive=True)) if Path(match).is_file()
            ]
            if not below:
                raise MissingError(describe_missing(path))
        found.update(dict.fromkeys(below))
    if not found:
        raise SettingError("no text was named; give at least one file, folder or pattern")
    return list(found)


def is_visible(file: Path, folder: Path) -> bool:
    """A file under ``folder`` with no part of its name hidden (such as .git)."""
    return file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)


def readable(path: Path) -> Path:
    """``path`` if it is of a kind that can be read; a file without a suffix passes for plain text."""
    if path.suffix and suffix_of(path) not in READERS:
        try:
            with path.open("rb") as file:
                refuse_binary(b"" if is_compressed(path) else file.read(PIECE), str(path))
        except OSError as error:
            raise MissingError(f"{path}: cannot be read: {error.strerror or error}") from error
        raise SettingError(
            f"{path}: files that end in {path.suffix!r} are not read; there are {', '.join(READERS)}, "
            f"and the same compressed ({', '.join(COMPRESSED)}). "
            f"If it is plain text, give it the ending .txt"
        )
    return path


def describe_missing(path: Path) -> str:
    """What to say about a path that is not there, or a pattern that nothing matches."""
    if glob.has_magic(str(path)):
        return f"{path}: no file matches this pattern"
    try:
        neighbours = [file.name for file in path.parent.iterdir()]
    except OSError:
        return f"{path} does not exist, and neither does its folder"
    return f"{path} does not exist{nearest(path.name, neighbours)}"


def read_text_file(path: Path, reading: Reading) -> Iterator[Document]:
    """The documents of a plain text file."""
    with opened(path) as file:
        if (path.stat().st_size <= WHOLE and not is_compressed(path)) or not reading.separator:
            yield from split(str(path), clean(file.read(), str(path), reading.encoding), reading)
            return
        count = 0
        for piece in pieces(file, reading.separator.encode(), str(path)):
            for document in split(f"{path}#{count}", clean(piece, str(path), reading.encoding), reading):
                count += 1
                yield document


def pieces(file: io.BufferedReader, separator: bytes, name: str) -> Iterator[bytes]:
    """The bytes of a large file between separators, without the line ends around these, one piece at a time."""
    rest = file.read(PIECE)
    refuse_binary(rest, name)
    first = True
    while True:
        *whole, rest = rest.split(separator)
        for piece in whole:
            yield (piece if first else piece.removeprefix(b"\n")).removesuffix(b"\n")
            first = False
        more = file.read(PIECE)
        if not more:
            yield rest if first else rest.removeprefix(b"\n")
            return
        rest += more


def read_json_lines(path: Path, reading: Reading) -> Iterator[Document]:
    """The documents of a .jsonl file: one JSON object a line, with the text in the field ``reading.field``."""
    with opened(path) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            where = f"{path}:{number}"
            try:
                record = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            except UnicodeDecodeError as error:
                refuse_binary(line, where)
                raise TextError(f"{where}: this line is not UTF-8: {error}; save the file as UTF-8") from error
            except json.JSONDecodeError as error:
                raise TextError(
                    f"{where}: this line is not JSON ({error.msg} at column {error.colno}); expected one object a line "
                    f'such as {{"{reading.field}": "..."}}, found {shortened(line)}'
                ) from error
            text = field_of(record, where, reading.field)
            known = record.get("log_probability")
            name = record.get("name")
            yield from split(
                name if isinstance(name, str) else where,
                clean_text(text),
                reading,
                float(known) if isinstance(known, int | float) and not isinstance(known, bool) else None,
            )


def field_of(record: Any, where: str, field: str) -> str:
    """The text in a JSON value, or a ``TextError`` that says what is there instead."""
    if not isinstance(record, dict):
        raise TextError(
            f"{where}: expected an object with a field {field!r}, "
            f"found {type(record).__name__} {shortened(repr(record))}"
        )
    if field not in record:
        raise TextError(
            f"{where}: there is no field {field!r}{nearest(field, record)}; there are {', '.join(record) or 'none'}. "
            f"Say which one holds the text, as in field = {next(iter(record), 'content')!r}"
        )
    text = record[field]
    if not isinstance(text, str):
        raise TextError(
            f"{where}: the field {field!r} holds {type(text).__name__} {shortened(repr(text))}, expected a string"
        )
    return text


def read_parquet(path: Path, reading: Reading) -> Iterator[Document]:
    """The documents of a .parquet file: the rows of the column ``reading.field``, a few hundred at a time."""
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise MissingError(f"{path}: reading parquet files needs pyarrow: pip install 'hornbook[parquet]'") from None
    with opened(path) as file:
        try:
            table = parquet.ParquetFile(file)
        except arrow.ArrowInvalid as error:
            raise TextError(f"{path}: this is not a whole parquet file: {error}") from error
        columns = {column.name: column.type for column in table.schema_arrow}
        if reading.field not in columns:
            raise TextError(
                f"{path}: there is no column {reading.field!r}{nearest(reading.field, columns)}; "
                f"the columns are {', '.join(columns) or 'none'}"
            )
        if not (arrow.types.is_string(columns[reading.field]) or arrow.types.is_large_string(columns[reading.field])):
            raise TextError(f"{path}: the column {reading.field!r} holds {columns[reading.field]}, expected strings")
        row = 0
        for batch in table.iter_batches(batch_size=ROWS, columns=[reading.field]):
            for text in batch.column(0).to_pylist():
                yield from split(f"{path}#{row}", clean_text(text or ""), reading)
                row += 1


def split(name: str, cleaned: Cleaned, reading: Reading, log_probability: float | None = None) -> Iterator[Document]:
    """One text as its documents: divided at the separator, without the line ends around it, empty ones left out.

    A log-probability is that of one exact text: it is kept only where nothing was changed or divided.
    """
    if cleaned.changes and reading.noticed:
        reading.noticed(name, cleaned.changes)
    if not reading.separator or reading.separator not in cleaned.text:
        if cleaned.text.strip():
            yield Document(name, cleaned.text, None if cleaned.changes else log_probability)
        return
    parts = cleaned.text.split(reading.separator)
    for index, part in enumerate(parts):
        text = part.removeprefix("\n") if index > 0 else part
        text = text.removesuffix("\n") if index < len(parts) - 1 else text
        if text.strip():
            yield Document(f"{name}#{index}", text)


def opened(path: Path) -> io.BufferedReader:
    """The file, open for reading bytes, decompressed where its name says that it is compressed.

    Raises:
        MissingError: it is not there any more, or may not be read.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise MissingError(f"{path} does not exist") from None
    except OSError as error:
        raise MissingError(f"{path}: cannot be read: {error.strerror or error}") from error
    return COMPRESSED[path.suffix.lower()](file, path) if is_compressed(path) else file


def shortened(value: str | bytes, length: int = 60) -> str:
    """The beginning of a value, for a message."""
    text = value.decode("utf-8", "replace").strip() if isinstance(value, bytes) else value
    return text if len(text) <= length else text[:length] + "..."


READERS: dict[str, Callable[[Path, Reading], Iterator[Document]]] = {
    ".txt": read_text_file,
    ".md": read_text_file,
    ".jsonl": read_json_lines,
    ".parquet": read_parquet,
}
