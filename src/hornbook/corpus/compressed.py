"""Files that are compressed, as most large texts are: read as if they were not, a piece at a time."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from hornbook.errors import MissingError, TextError

PIECE = 1 << 20
"""Bytes that are decompressed at a time."""


def open_gzip(file: io.BufferedReader, path: Path) -> io.BufferedReader:
    """What ``gzip`` has compressed."""
    return io.BufferedReader(cast("io.RawIOBase", gzip.open(file)), PIECE)


def open_zstd(file: io.BufferedReader, path: Path) -> io.BufferedReader:
    """What ``zstd`` has compressed; pyarrow reads it (``MissingError`` where it is not installed)."""
    try:
        import pyarrow as arrow
    except ImportError:
        raise MissingError(f"{path}: reading .zst files needs pyarrow: pip install 'hornbook[parquet]'") from None
    return io.BufferedReader(arrow.CompressedInputStream(file, "zstd"), PIECE)


COMPRESSED: dict[str, Callable[[io.BufferedReader, Path], io.BufferedReader]] = {".gz": open_gzip, ".zst": open_zstd}
"""By the end of a file's name."""


def is_compressed(path: Path) -> bool:
    """Whether its name says so."""
    return path.suffix.lower() in COMPRESSED


def suffix_of(path: Path) -> str:
    """What a file is, by its name: ``.jsonl`` for ``a.jsonl`` and ``a.jsonl.zst``."""
    return (path.with_suffix("") if is_compressed(path) else path).suffix.lower()


@contextmanager
def decompressing(path: Path) -> Iterator[None]:
    """A block that reads ``path``: what a damaged compressed file raises becomes a ``TextError``."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        if not is_compressed(path):
            raise
        raise TextError(f"{path}: cannot be decompressed: {error}; fetch or compress it again") from error
