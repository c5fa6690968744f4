"""Token files: the header changed as JSON, its CRC-32 put right; the rest changed, its SHA-256 and size put right."""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from hornbook.data.batches import Batches
from hornbook.data.config import RandomWindows
from hornbook.data.token_file import MAGIC, TOKENS_AT, TokenFile, writing
from tests.fuzz.mutating import as_json, changed, damaged, noise
from tests.fuzz.target import BROKEN, RIGHT, Input, laid_out

WORDS = ("HBTOKENS", '{"schema": 1', '"dtype": "<u2"', '"tokens": 3', "}", ",", "\0" * 8, "\0" * 4000, "[", "é")


class TokenFiles:
    """One token file at a time."""

    name = "token files"
    loaders = ("data/token_file.py", "data/token_header.py")

    def __init__(self, place: Path) -> None:
        self.folder = place
        made = [
            written(place, "plain", None, 300, [[1, 2, 3], [4], [5, 6, 7, 8, 9]]),
            written(place, "ended", 299, 300, [[number % 290] * 3 for number in range(20)]),
            written(place, "wide", 70_000, 70_001, [[66_000, 1], [65_999]]),
            written(place, "one", 0, 2, [[1]]),
        ]
        self.valid = [path.read_bytes() for path in made]

    def make(self, draw: random.Random) -> Input:
        """A token file."""
        lot, valid = draw.random(), draw.choice(self.valid)
        header, rest = parts(valid)
        if lot < RIGHT:
            if draw.random() < 0.5:
                rest = damaged(draw, rest)
            if draw.random() < 0.7 or rest == valid[TOKENS_AT:]:
                header = changed(draw, header)
            return Input({"train.tokens": put_right(header, rest)}, True)
        if lot < BROKEN:
            data = damaged(draw, valid)
        elif draw.random() < 0.5:
            data = put_right(json.loads("[" * 3 + "]" * 3), draw.randbytes(100))
        else:
            data = noise(draw, WORDS)
        return Input({"train.tokens": data}, False)

    def read(self, given: Input) -> None:
        """Open it, verify it, look at every document, and make a batch of it."""
        file = TokenFile.open(laid_out(self.folder, given.files) / "train.tokens")
        file.verify()
        names, at = file.names, [file.document_at(token) for token in range(0, len(file), 7)]
        assert len(names) == file.documents and all(0 <= place < max(1, file.documents) for place in at)
        for document in range(file.documents):
            assert file.document_starts[document] <= file.document_stop(document) <= len(file)
            assert file.document_bytes[document] <= file.document_byte_stop(document)
        assert file.vocab_size > int(file.tokens.max()) and (file.end is None or file.end < file.vocab_size)
        assert isinstance(file.vocabulary_hash, str) and (file.log_probability is None or file.log_probability < 1e300)
        if len(file) > 8:
            batches = Batches(file, RandomWindows(), 1, 2, 4)
            assert int(batches.batch(0)[0].tokens.max()) < file.vocab_size and batches.rows(0)
        file.release()


def written(place: Path, name: str, end: int | None, vocabulary: int, documents: list[list[int]]) -> Path:
    """A valid file."""
    with writing(place / name, vocabulary, "f" * 64, end) as writer:
        for number, document in enumerate(documents):
            writer.begin(f"döcument {number}", -1.5 * len(document) if number % 3 else None)
            writer.extend(np.array(document))
            writer.close(2 * len(document))
    return place / name


def parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header, and what follows it."""
    header: dict[str, Any] = json.loads(data[16 : 16 + int.from_bytes(data[8:12], "little")])
    return header, data[TOKENS_AT:]


def put_right(header: Any, rest: bytes) -> bytes:
    """A file of both, with the size and SHA-256 that belong to the rest and the CRC-32 that belongs to the header."""
    if isinstance(header, dict) and isinstance(header.get("size"), int) and header["size"] < 2**40:
        header = {**header, "size": TOKENS_AT + len(rest)}
    if isinstance(header, dict) and isinstance(header.get("sha256"), str):
        header = {**header, "sha256": hashlib.sha256(rest).hexdigest()}
    text = as_json(header)[: TOKENS_AT - 16]
    head = MAGIC + len(text).to_bytes(4, "little") + zlib.crc32(text).to_bytes(4, "little") + text
    return head.ljust(TOKENS_AT, b" ") + rest
