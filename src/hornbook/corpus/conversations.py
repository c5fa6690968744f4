"""Conversations: turns of a system, a user and an assistant; from files and from worlds that are generated.

A file is a .json file (a list of objects) or a .jsonl file (an object on each line). An object has either ``messages``,
each with a ``role`` and a ``content``, or an ``instruction``, an ``output`` and perhaps an ``input`` (Alpaca's).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.corpus.reading import describe_missing, shortened
from hornbook.errors import MissingError, SettingError, TextError, nearest
from hornbook.files import read_text

Message = dict[str, Any]
"""``role`` and ``content``; an Alpaca instruction keeps its ``instruction`` and its ``input`` apart as well."""

ROLES = ("system", "user", "assistant")
FIELDS = ("instruction", "output")


@dataclass(frozen=True)
class Conversation:
    """Turns, the last of them the assistant's."""

    name: str
    messages: tuple[Message, ...]


@dataclass(frozen=True)
class Preference:
    """Turns, the last of them the user's, and two answers: the better and the worse."""

    name: str
    messages: tuple[Message, ...]
    chosen: str
    rejected: str


def read_conversations(paths: Sequence[str | Path], columns: Sequence[str] = ()) -> Iterator[Conversation]:
    """Every conversation of every file; ``columns`` names the fields of a question and its answer.

    Raises:
        MissingError: a file is not there.
        SettingError: a file of another kind.
        TextError: an object is not as described, or one of its texts is empty; always with file and number.
    """
    question, answer = two(columns, FIELDS)
    for where, record in records(paths):
        if "messages" in record:
            yield Conversation(where, checked(record["messages"], where))
        else:
            said = {"role": "assistant", "content": text_of(record, answer, where)}
            yield Conversation(where, (asked(record, question, where), said))


def read_preferences(paths: Sequence[str | Path], columns: Sequence[str] = ()) -> Iterator[Preference]:
    """Every instruction with a ``chosen`` and a ``rejected`` answer; the same errors as ``read_conversations``."""
    question, chosen, rejected = columns or ("instruction", "chosen", "rejected")
    for where, record in records(paths):
        turns = (asked(record, question, where),)
        yield Preference(where, turns, text_of(record, chosen, where), text_of(record, rejected, where))


def two(columns: Sequence[str], usual: tuple[str, str]) -> tuple[str, str]:
    """The names of a question's and an answer's field."""
    if len(columns) not in (0, 2):
        raise SettingError(f"columns: expected a question's and an answer's, found {', '.join(columns)}")
    return (columns[0], columns[1]) if columns else usual


def records(paths: Sequence[str | Path]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every object of every file, and where it stands."""
    if not paths:
        raise SettingError("no file was named; give at least one that ends in .json or .jsonl")
    for given in paths:
        path = Path(given).expanduser()
        if not path.is_file():
            raise MissingError(describe_missing(path))
        if path.suffix not in READERS:
            raise SettingError(f"{path}: expected a file that ends in {' or '.join(READERS)}")
        count = 0
        for where, record in READERS[path.suffix](path):
            if not isinstance(record, dict):
                raise TextError(f"{where}: expected an object, found {shortened(repr(record))}")
            count += 1
            yield where, record
        if not count:
            raise TextError(f"{path}: there is no object in it; choose another file")


def read_list(path: Path) -> Iterator[tuple[str, Any]]:
    """A .json file: one list of objects."""
    try:
        found = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise TextError(f"{path}:{error.lineno}: this is not JSON: {error.msg}") from None
    if not isinstance(found, list):
        raise TextError(f"{path}: expected a list of objects, found {type(found).__name__}")
    return ((f"{path}:{number}", record) for number, record in enumerate(found, 1))


def read_lines(path: Path) -> Iterator[tuple[str, Any]]:
    """A .jsonl file: one object on each line."""
    for number, line in enumerate(read_text(path).splitlines(), 1):
        if line.strip():
            try:
                yield f"{path}:{number}", json.loads(line)
            except json.JSONDecodeError as error:
                raise TextError(f"{path}:{number}: this line is not JSON: {error.msg}") from None


READERS = {".json": read_list, ".jsonl": read_lines}


def asked(record: Mapping[str, Any], field: str, where: str) -> Message:
    """The user's turn; an ``input`` stands below the instruction."""
    instruction, given = text_of(record, field, where), str(record.get("input") or "").strip()
    whole = f"{instruction}\n\n{given}" if given else instruction
    return {"role": "user", "content": whole, "instruction": instruction, "input": given}


def text_of(record: Mapping[str, Any], field: str, where: str) -> str:
    """A field that has to be there and to say something."""
    if field not in record:
        raise TextError(
            f"{where}: there is no field {field!r}{nearest(field, record)}; there are {', '.join(map(str, record))}"
        )
    if not isinstance(record[field], str) or not record[field].strip():
        raise TextError(f"{where}: {field} is {shortened(repr(record[field]))}, expected a text that is not empty")
    return str(record[field]).strip()


def checked(messages: Any, where: str) -> tuple[Message, ...]:
    """Turns as they should be."""
    if not isinstance(messages, list) or not messages:
        raise TextError(f"{where}: messages: expected a list of turns, found {shortened(repr(messages))}")
    for number, message in enumerate(messages, 1):
        if not isinstance(message, dict) or not isinstance(message.get("content"), str):
            raise TextError(f"{where}: turn {number}: expected a role and a content, found {shortened(repr(message))}")
        if message.get("role") not in ROLES:
            raise TextError(f"{where}: turn {number}: the role {message.get('role')!r} is none of {', '.join(ROLES)}")
    if messages[-1]["role"] != "assistant":
        raise TextError(f"{where}: the last turn is the {messages[-1]['role']}'s; there is nothing to learn after it")
    return tuple(messages)
