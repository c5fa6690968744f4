"""What the header of a token file says, and whether it can be true: the layout itself stands in token_file.py.

A header that belongs to its file decides how the rest is mapped, so nothing in it is believed before it was looked at.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from hornbook.errors import DamagedError, MissingError
from hornbook.files import parsed_json

SCHEMA = 1
MAGIC = b"HBTOKENS"
TOKENS_AT = 4096


def after(byte: int) -> int:
    """The next multiple of 8."""
    return -(-byte // 8) * 8


def read_header(path: Path) -> dict[str, Any]:
    """The header of a token file, checked together with the file's size (``MissingError``, ``DamagedError``)."""
    try:
        with path.open("rb") as file:
            head, size = file.read(TOKENS_AT), path.stat().st_size
    except FileNotFoundError:
        raise MissingError(f"{path} does not exist; `hornbook prepare` makes token files") from None
    if head[:8] != MAGIC:
        raise DamagedError(
            f"{path} is not a token file: it does not begin with {MAGIC.decode()}; prepare the text again"
        )
    length, checksum = (int.from_bytes(head[at : at + 4], "little") for at in (8, 12))
    text = head[16 : 16 + length]
    if len(head) < TOKENS_AT or len(text) < length or zlib.crc32(text) != checksum:
        raise DamagedError(f"{path}: the header is damaged; prepare the text again")
    header = parsed_json(text.decode("utf-8", errors="replace"), f"{path}: the header")
    if not isinstance(header, dict) or header.get("schema") != SCHEMA:
        found = header.get("schema") if isinstance(header, dict) else header
        raise DamagedError(f"{path} has schema {str(found)[:40]}, this version reads {SCHEMA}; prepare the text again")
    check_fields(path, header)
    if size != header["size"]:
        raise DamagedError(
            f"{path} is {'truncated' if size < header['size'] else 'too long'}: it has {size:,} bytes, its header says "
            f"{header['size']:,}; prepare the text again"
        )
    if size != size_of(header):
        raise DamagedError(
            f"{path} has {size:,} bytes, and {header['tokens']:,} tokens in {header['documents']:,} documents take "
            f"{size_of(header):,}: its header does not belong to it; prepare the text again"
        )
    return header


def is_count(value: object) -> bool:
    """Whether it is a whole number that can say how many."""
    return type(value) is int and 0 <= value < 1 << 62


FIELDS: dict[str, Callable[[Any], bool]] = {
    "dtype": lambda value: value in ("<u2", "<u4"),
    "tokens": lambda value: is_count(value) and value > 0,
    "documents": is_count,
    "bytes": is_count,
    "vocab_size": lambda value: is_count(value) and 0 < value <= 1 << 32,
    "vocabulary_hash": lambda value: isinstance(value, str),
    "end": lambda value: value is None or is_count(value),
    "log_probability": lambda value: value is None or (isinstance(value, int | float) and math.isfinite(value)),
    "exact_bytes": lambda value: isinstance(value, bool),
    "name_bytes": is_count,
    "size": is_count,
    "sha256": lambda value: isinstance(value, str),
}
"""What a header has to say besides its schema, and what each of it can be."""


def check_fields(path: Path, header: dict[str, Any]) -> None:
    """Refuse a header that lacks a field or says something impossible (``DamagedError``)."""
    for name, possible in FIELDS.items():
        if name not in header or not possible(header[name]):
            raise DamagedError(
                f"{path}: the header cannot say {str(header.get(name, 'nothing'))[:40]!r} of {name!r}; "
                "prepare the text again"
            )
    if header["end"] is not None and header["end"] >= header["vocab_size"]:
        raise DamagedError(
            f"{path}: the header gives end-of-text the id {header['end']}, and its vocabulary has "
            f"{header['vocab_size']:,} tokens; prepare the text again"
        )


def size_of(header: dict[str, Any]) -> int:
    """The bytes of the file that a header describes: tokens, tables, names, each filled up to a multiple of 8."""
    tokens = int(header["tokens"]) * np.dtype(header["dtype"]).itemsize
    table = 8 * int(header["documents"])
    return after(after(TOKENS_AT + tokens) + 4 * table + 8 + int(header["name_bytes"]))
