"""SentencePiece's normalizer, as it lies in its files: a trie of what is replaced, and what it is replaced by.

The bytes are the size of the trie (uint32), the trie (a double array as in Yata's Darts: units of 32 bits), and the
replacements, each ended by a zero byte.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

import regex  # type: ignore[import-untyped]

from hornbook.errors import DamagedError

SHORT = 6
"""Graphemes of fewer bytes are looked up whole before their characters are."""


def precompiled_normalizer(charsmap: bytes) -> Callable[[str], str]:
    """The function that a charsmap describes (``DamagedError`` where it is none)."""
    size = struct.unpack_from("<I", charsmap)[0] if len(charsmap) >= 4 else -1
    if size < 0 or size % 4 or 4 + size > len(charsmap):
        raise DamagedError("the tokenizer's charsmap is not one of SentencePiece's: its trie is cut off")
    if not size:  # nothing is replaced
        return lambda text: text
    units, replacements = struct.unpack_from(f"<{size // 4}I", charsmap, 4), charsmap[4 + size :]

    def replaced(text: str) -> str | None:
        """What stands for a text, if its beginning is in the trie: the first that is found there."""
        try:
            place = longest_value(units, text.encode())
            if place is None:
                return None
            return replacements[place : replacements.index(b"\0", place)].decode()
        except (IndexError, ValueError):
            raise DamagedError(
                f"the tokenizer's charsmap leads out of itself at {text!r}; fetch tokenizer.json again"
            ) from None

    def normalize(text: str) -> str:
        parts = []
        for grapheme in regex.findall(r"\X", text):
            whole = replaced(grapheme) if len(grapheme.encode()) < SHORT else None
            if whole is not None:
                parts.append(whole)
                continue
            for character in grapheme:
                alone = replaced(character)
                parts.append(character if alone is None else alone)
        return "".join(parts)

    return normalize


def longest_value(units: tuple[int, ...], key: bytes) -> int | None:
    """The value of the first beginning of ``key`` that the double array holds, walking from its root."""
    node = offset(units[0])
    for byte in key:
        if byte == 0:
            return None
        node ^= byte
        unit = units[node]
        if unit & 0x800000FF != byte:
            return None
        node ^= offset(unit)
        if unit >> 8 & 1:
            return units[node] & 0x7FFFFFFF
    return None


def offset(unit: int) -> int:
    """Where a node's children lie."""
    return unit >> 10 << ((unit & 0x200) >> 6)
