"""Bytes written as visible characters, as in GPT-2's vocabulary files and every ``tokenizer.json`` after them.

A JSON key cannot hold arbitrary bytes. Each byte gets a character: itself where that is visible in Latin-1, otherwise
the next one from U+0100 on. So a space is ``Ġ`` and a line end ``Ċ`` (Radford et al. 2019, ``bytes_to_unicode``).
"""

from __future__ import annotations

VISIBLE = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
HIDDEN = [value for value in range(256) if value not in VISIBLE]

CHARACTER = {value: chr(value) for value in VISIBLE} | {value: chr(256 + n) for n, value in enumerate(HIDDEN)}
"""The character of each byte."""

BYTE = {character: value for value, character in CHARACTER.items()}
"""The byte of each such character."""


def write_visibly(token: bytes) -> str:
    """The token's bytes, a character for each: ``b" a"`` is ``"Ġa"``."""
    return "".join(CHARACTER[value] for value in token)


def read_visible(written: str) -> bytes:
    """The bytes that were written visibly; ``KeyError`` for a character that stands for none."""
    return bytes(BYTE[character] for character in written)
