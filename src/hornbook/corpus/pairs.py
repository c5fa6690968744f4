"""Texts that belong together: pairs to learn one from the other, texts with labels; from tables and to them.

A table is a .tsv, a .csv or a .jsonl file. In the first two the first row may name the columns; without names there
have to be just as many columns as are asked for, in that order. Blanks around a text, and what cleaning takes out of
it (clean.py), are gone once it is read.
"""

from __future__ import annotations

import csv
import glob
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from hornbook.corpus.clean import clean_text, refuse_binary
from hornbook.corpus.documents import Written
from hornbook.corpus.reading import describe_missing, field_of, opened, shortened
from hornbook.errors import MissingError, SettingError, TextError, nearest
from hornbook.files import replacing


@dataclass(frozen=True)
class Pair:
    """A text to read and the text to write for it."""

    name: str
    source: str
    target: str


@dataclass(frozen=True)
class LabelledText:
    """A text and its label for each of several questions; an empty label says that nobody knows."""

    name: str
    text: str
    labels: tuple[str, ...]


def read_pairs(
    paths: Sequence[str | Path], source_field: str = "source", target_field: str = "target"
) -> Iterator[Pair]:
    """Every pair of every table; a pair is called after its file and line.

    Raises:
        MissingError: a file is not there.
        SettingError: a file of a kind that is no table.
        TextError: a line is not as described, or one of its texts is empty; always with file and line.
    """
    for where, (source, target) in read_rows(paths, (source_field, target_field)):
        yield Pair(where, filled(source, source_field, where), filled(target, target_field, where))


def read_labelled(
    paths: Sequence[str | Path], text_field: str = "text", label_fields: Sequence[str] = ("label",)
) -> Iterator[LabelledText]:
    """Every text of every table, with its labels; the same errors as ``read_pairs``."""
    if not label_fields:
        raise SettingError("label_fields: expected the name of at least one column")
    for where, (text, *labels) in read_rows(paths, (text_field, *label_fields)):
        yield LabelledText(where, filled(text, text_field, where), tuple(label.strip() for label in labels))


def filled(text: str, field: str, where: str) -> str:
    """A text, clean and without blanks around it (``TextError`` where nothing is left)."""
    cleaned = clean_text(text).text.strip()
    if not cleaned:
        raise TextError(f"{where}: the {field} is empty; fill it in or take this line out")
    return cleaned


Row = tuple[str, list[str]]
"""File and line, and the texts of the fields that were asked for."""


def read_rows(paths: Sequence[str | Path], fields: Sequence[str]) -> Iterator[Row]:
    """Every row of every table."""
    for path in find_tables(paths):
        count = 0
        with opened(path) as file:
            for row in READERS[path.suffix.lower()](path, decoded(file, path), fields):
                count += 1
                yield row
        if count == 0:
            raise TextError(f"{path}: there is no row in this table ({path.stat().st_size:,} bytes); choose another")


def find_tables(paths: Sequence[str | Path]) -> list[Path]:
    """The files that paths and patterns name, each once (``MissingError``, ``SettingError`` where they are none)."""
    found: dict[Path, None] = {}
    for given in paths:
        path = Path(given).expanduser()
        matches = [path] if path.exists() else [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]
        if not matches:
            raise MissingError(describe_missing(path))
        for match in matches:
            if match.suffix.lower() not in READERS or not match.is_file():
                raise SettingError(f"{match}: expected a table, a file that ends in {', '.join(READERS)}")
            found[match] = None
    if not found:
        raise SettingError(f"no table was named; give at least one file that ends in {', '.join(READERS)}")
    return list(found)


def decoded(lines: Iterable[bytes], path: Path) -> Iterator[str]:
    """The lines of a file as text; a byte order mark before the first is no part of it."""
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            refuse_binary(line, f"{path}:{number}")
            raise TextError(f"{path}:{number}: this line is not UTF-8: {error}; save the file as UTF-8") from error


def read_tabs(path: Path, lines: Iterator[str], fields: Sequence[str]) -> Iterator[Row]:
    """A .tsv file: a tab between two columns, whatever quotation marks there are."""
    numbered = ((number, line.rstrip("\r\n").split("\t")) for number, line in enumerate(lines, 1) if line.strip())
    return chosen(path, numbered, fields)


def read_commas(path: Path, lines: Iterator[str], fields: Sequence[str]) -> Iterator[Row]:
    """A .csv file: commas, and quotation marks around what has commas or line ends in it (RFC 4180)."""
    reader = csv.reader(lines, strict=True)
    try:
        yield from chosen(path, ((reader.line_num, row) for row in reader if row), fields)
    except csv.Error as error:
        raise TextError(
            f"{path}:{reader.line_num}: this is not a row of a .csv file: {error}; a quotation mark inside of "
            "quotation marks is written twice"
        ) from error


def chosen(path: Path, rows: Iterable[tuple[int, list[str]]], fields: Sequence[str]) -> Iterator[Row]:
    """The columns that were asked for, found by their names in the first row or else by their order."""
    places, width = list(range(len(fields))), len(fields)
    for count, (number, row) in enumerate(rows):
        if count == 0 and set(fields) & set(row):
            places, width = [place_of(field, row, f"{path}:{number}") for field in fields], len(row)
            continue
        if len(row) != width:
            raise TextError(
                f"{path}:{number}: expected {width} columns ({', '.join(fields)}{' and others' * (width > len(fields))}"
                f"), found {len(row)}: {shortened(repr(row))}"
            )
        yield f"{path}:{number}", [row[place] for place in places]


def place_of(field: str, names: list[str], where: str) -> int:
    """In which column a field stands."""
    if field not in names:
        raise TextError(
            f"{where}: there is no column {field!r}{nearest(field, names)}; the columns are {', '.join(names)}"
        )
    return names.index(field)


def read_objects(path: Path, lines: Iterator[str], fields: Sequence[str]) -> Iterator[Row]:
    """A .jsonl file: a JSON object on each line. Numbers and truth values may be labels, null is an empty one."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise TextError(
                f"{where}: this line is not JSON ({error.msg} at column {error.colno}); expected one object a line "
                f'such as {{"{fields[0]}": "..."}}, found {shortened(line.strip())}'
            ) from error
        yield where, [value_of(record, where, field) for field in fields]


def value_of(record: Any, where: str, field: str) -> str:
    """What a field says, in letters."""
    if isinstance(record, dict) and field in record:
        value = record[field]
        if value is None:
            return ""
        if isinstance(value, bool | int):
            return json.dumps(value)
    return field_of(record, where, field)


READERS: dict[str, Callable[[Path, Iterator[str], Sequence[str]], Iterator[Row]]] = {
    ".tsv": read_tabs,
    ".csv": read_commas,
    ".jsonl": read_objects,
}


# Writing --------------------------------------------------------------------------------------------------------------


def write_pairs(pairs: Iterable[Pair], path: Path) -> Written:
    """Write pairs, one after another as they come, to a table that is whole or not there; ``read_pairs`` reads it.

    Raises:
        SettingError: the name of the file does not end like a table's.
        TextError: a text for a .tsv file has a tab or a line end in it.
    """
    return write_rows(((pair.name, {"source": pair.source, "target": pair.target}) for pair in pairs), path)


def write_labelled(texts: Iterable[LabelledText], questions: Sequence[str], path: Path) -> Written:
    """The same for labelled texts: the text, and a column for each question; ``read_labelled`` reads it."""
    return write_rows(
        ((text.name, {"text": text.text, **dict(zip(questions, text.labels, strict=True))}) for text in texts), path
    )


def write_rows(rows: Iterable[tuple[str, dict[str, str]]], path: Path) -> Written:
    """Named rows, each with its texts by column."""
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise SettingError(f"{path}: tables are what this is written to; end the name in {', '.join(WRITERS)}")
    count = characters = size = 0
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="") as file:
        for name, row in rows:
            write(file, name, row, count == 0)
            whole = "".join(row.values())
            count, characters, size = count + 1, characters + len(whole), size + len(whole.encode())
    return Written(path, count, characters, size)


def write_tabs(file: TextIO, name: str, row: dict[str, str], first: bool) -> None:
    """One line of a .tsv file, the names of the columns before the first."""
    if any(mark in text for text in row.values() for mark in "\t\n\r"):
        raise TextError(f"{name}: this row has a tab or a line end in it; choose a .csv or .jsonl file")
    file.write(f"{chr(9).join(row)}\n" * first + f"{chr(9).join(row.values())}\n")


def write_commas(file: TextIO, name: str, row: dict[str, str], first: bool) -> None:
    """One row of a .csv file, the names of the columns before the first."""
    csv.writer(file, lineterminator="\n").writerows([row.keys()] * first + [row.values()])


def write_object(file: TextIO, name: str, row: dict[str, str], first: bool) -> None:
    """One line of a .jsonl file."""
    file.write(json.dumps({**row, "name": name}, ensure_ascii=False) + "\n")


WRITERS = {".tsv": write_tabs, ".csv": write_commas, ".jsonl": write_object}
