"""What every tokenizer does, whatever it is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from hornbook.tokenizers.config import END_OF_TEXT as END_OF_TEXT

UNKNOWN = "<|unk|>"
"""Stands for a word that a word tokenizer has never seen."""


MASK = "<|mask|>"
"""Stands where a token was hidden."""


@dataclass(frozen=True)
class Roles:
    """Which special tokens mean what, by their ids; ``None`` where there is none."""

    begin: int | None = None
    end: int | None = None
    padding: int | None = None
    mask: int | None = None
    unknown: int | None = None


@runtime_checkable
class Tokenizer(Protocol):
    """Text to ids and back. Ids are the integers from 0 to ``vocab_size - 1``."""

    @property
    def kind(self) -> str:
        """How the settings spell it: characters, words, bytepair or gpt2; or saved, for one that came with a model."""
        ...

    @property
    def vocab_size(self) -> int:
        """How many ids there are, special tokens included."""
        ...

    @property
    def special(self) -> Mapping[str, int]:
        """The special tokens by their text, as in ``{"<|endoftext|>": 4095}``; empty where there are none."""
        ...

    @property
    def roles(self) -> Roles:
        """Which of the special tokens begins a text, ends it, hides a token..."""
        ...

    def around(self, ids: Sequence[int]) -> list[int]:
        """A text's ids with the special tokens that a model was taught to expect around them (ours: none)."""
        ...

    def encode(self, text: str, allow_special: bool = False) -> list[int]:
        """The ids of a text; ``"<|endoftext|>"`` written in it is ordinary characters unless ``allow_special``."""
        ...

    def encode_batch(self, texts: Sequence[str], threads: int = 1) -> list[list[int]]:
        """The ids of many texts, special tokens never among them, in the order of the texts."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; bytes that are no whole UTF-8 character become U+FFFD."""
        ...

    def token_bytes(self, token: int) -> bytes:
        """The UTF-8 bytes of text that a token stands for, exactly; ``b""`` for a special token."""
        ...

    def save(self, folder: Path) -> None:
        """Write ``tokenizer.json`` and a listing for people (``vocabulary.txt``) into a folder."""
        ...
