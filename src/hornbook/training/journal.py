"""A file of JSON lines that is written as a run goes: ``metrics.jsonl`` and ``samples.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from hornbook.errors import DamagedError
from hornbook.files import explained, read_text


class Journal:
    """A file of JSON lines that only grows, except that a resumed run takes back what came after its checkpoint."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            # Without a buffer: what a full disk did not take would be tried again, and fail again, when it is closed.
            self.file = path.open("ab", buffering=0)

    def write(self, entry: Mapping[str, Any]) -> None:
        """Add a line and hand it to the system, so that it is there even if this process is killed."""
        rest = (json.dumps(entry, ensure_ascii=False, allow_nan=False) + "\n").encode()
        with explained(self.path):
            while rest:
                rest = rest[self.file.write(rest) :]

    @property
    def position(self) -> int:
        """How many bytes have been written; what a checkpoint remembers."""
        return self.file.tell()

    def rewind(self, position: int) -> None:
        """Take back everything behind ``position``, and a last line that is not whole."""
        with explained(self.path):
            self.file.truncate(min(position, self.path.stat().st_size))
            whole = self.path.read_bytes().rfind(b"\n") + 1
            self.file.truncate(whole)
            self.file.seek(whole)

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_journal(path: Path) -> list[dict[str, Any]]:
    """The lines of a journal; a last line without its end, as a killed process leaves, is passed over.

    Raises:
        DamagedError: another line is no JSON object.
    """
    lines = read_text(path).split("\n")
    entries = []
    for number, line in enumerate(lines[:-1], 1):
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise DamagedError(f"{path}, line {number}, is not whole JSON: {error}") from None
        if not isinstance(entry, dict):
            raise DamagedError(f"{path}, line {number}: expected a JSON object, found {line[:40]!r}")
        entries.append(entry)
    return entries
