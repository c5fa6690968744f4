"""A file in tokens that say it exactly, byte for byte, and the bytes between them that no token says.

A tokenizer is made for text of one kind. A character it has never met, a byte that is no UTF-8, blanks that a word
tokenizer drops: none of it may be lost where the file is to be restored, so what the tokens do not give back exactly
stays as it is. Next: compression.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from hornbook.errors import TextError
from hornbook.tokenizers.protocol import Tokenizer


@dataclass
class Said:
    """A file as tokens; ``between[i]`` are bytes that stand before token i and that no token says."""

    tokens: list[int] = field(default_factory=list)
    between: dict[int, bytes] = field(default_factory=dict)

    def add(self, piece: list[int] | bytes) -> None:
        """Put tokens or bytes at the end."""
        if isinstance(piece, bytes):
            self.between[len(self.tokens)] = self.between.get(len(self.tokens), b"") + piece
        else:
            self.tokens += piece

    def joined(self, tokenizer: Tokenizer) -> bytes:
        """The file again."""
        places = range(len(self.tokens) + 1)
        said = [*(tokenizer.token_bytes(token) for token in self.tokens), b""]
        return b"".join(self.between.get(place, b"") + said[place] for place in places)


NOT_TEXT = re.compile("([\udc80-\udcff](?:.{0,7}[\udc80-\udcff])*)", re.DOTALL)
"""Bytes that are not UTF-8, with the few characters between them; Python reads each as half a character."""


def said_by(tokenizer: Tokenizer, data: bytes) -> Said:
    """``data`` in tokens as far as they say it exactly: their bytes, one after another, are those of the file."""
    said = Said()
    for number, piece in enumerate(NOT_TEXT.split(data.decode("utf-8", "surrogateescape"))):
        if number % 2:
            said.add(piece.encode("utf-8", "surrogateescape"))
        else:
            for part in exactly(tokenizer, piece):
                said.add(part)
    return said


def exactly(tokenizer: Tokenizer, text: str) -> Iterator[list[int] | bytes]:
    """The tokens of a text if they say it exactly; otherwise of its halves, down to a character that none can say."""
    waiting = [text] if text else []
    while waiting:
        piece = waiting.pop()
        for before in ("", "\n"):
            if (tokens := following(tokenizer, before, piece)) is not None:
                yield tokens
                break
        else:
            if len(piece) == 1:
                yield piece.encode()
            else:
                waiting += [piece[len(piece) // 2 :], piece[: len(piece) // 2]]


def following(tokenizer: Tokenizer, before: str, text: str) -> list[int] | None:
    """The tokens of a text that stands behind another, if they say it exactly.

    SentencePiece's tokenizers put a blank before whatever they are given; behind a line end they add nothing.
    """
    try:
        tokens = tokenizer.encode(before + text)[len(tokenizer.encode(before)) :]
    except TextError:
        return None
    return tokens if b"".join(map(tokenizer.token_bytes, tokens)) == text.encode() else None
