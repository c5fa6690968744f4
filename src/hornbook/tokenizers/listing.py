"""Writing a tokenizer's folder: the file for programs, the mark that it is ours, and the listing for people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hornbook.files import write_json, write_text
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.tokenizer_json import FILE

OURS = "hornbook.json"
LISTING = "vocabulary.txt"
SCHEMA = 1


def save_tokenizer(
    tokenizer: Tokenizer, document: dict[str, Any], folder: Path, origins: dict[int, tuple[int, int]] | None = None
) -> None:
    """Write ``tokenizer.json`` (the vocabulary), ``hornbook.json`` (its kind) and ``vocabulary.txt`` (to be read).

    ``origins`` gives the two tokens that a token was merged from, where tokens are merged. ``tokenizer.json`` comes
    last: a folder that has it is whole.
    """
    write_text(folder / LISTING, listing(tokenizer, origins or {}))
    write_json(folder / OURS, {"schema": SCHEMA, "kind": tokenizer.kind})
    write_json(folder / FILE, document)


def listing(tokenizer: Tokenizer, origins: dict[int, tuple[int, int]]) -> str:
    """One line for each token: its id, its text as a Python literal, and the two tokens it was merged from."""
    names = {number: name for name, number in tokenizer.special.items()}
    lines = []
    for token in range(tokenizer.vocab_size):
        origin = f"\t= {origins[token][0]} + {origins[token][1]}" if token in origins else ""
        lines.append(f"{token}\t{names.get(token) or shown(tokenizer.token_bytes(token))}{origin}")
    return "\n".join(lines) + "\n"


def shown(token: bytes) -> str:
    """A token's bytes as a literal: ``' the'``, or ``b'\\xe2\\x80'`` where they are no whole character."""
    try:
        return repr(token.decode())
    except UnicodeDecodeError:
        return repr(token)
