"""Which tokenizer, as plain values. Imports nothing heavy, so that recipes and ``--help`` are quick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hornbook.errors import SettingError

END_OF_TEXT = "<|endoftext|>"
"""Stands between texts, so that a model learns where one ends."""

BYTES = 256
"""Every byte is a token of its own in a byte-level vocabulary."""


@dataclass(frozen=True)
class Characters:
    """One token for each character of the texts, in code point order; no special tokens."""


@dataclass(frozen=True)
class Words:
    """Words and punctuation marks as tokens, ``<|endoftext|>`` and ``<|unk|>`` after them."""

    vocabulary: int = 0
    """How many tokens, the two special ones too: the most frequent words stay; 0 keeps every word."""

    def __post_init__(self) -> None:
        if self.vocabulary != 0 and self.vocabulary < 3:
            raise SettingError(
                f"vocabulary: {self.vocabulary} leaves no room for a word beside <|endoftext|> and <|unk|>; "
                "take 3 or more, or 0 for every word of the texts"
            )


@dataclass(frozen=True)
class BytePair:
    """Byte-level byte-pair encoding: 256 bytes, then merges, then ``<|endoftext|>`` (Sennrich et al. 2016)."""

    vocabulary: int = 4096
    """How many tokens in all: the bytes, the merges and the special ones."""
    pattern: Literal["gpt2", "gpt4", "digits"] = "gpt2"
    """The regular expression that cuts text into the pieces merges never cross (``patterns.py``)."""
    special: tuple[str, ...] = ()
    """More special tokens, as ``<|mask|>``."""

    def __post_init__(self) -> None:
        if self.pattern not in ("gpt2", "gpt4", "digits"):
            raise SettingError(f"pattern: {self.pattern!r} is none of gpt2, gpt4, digits")
        names = (END_OF_TEXT, *self.special)
        if len(set(names)) < len(names) or "" in names:
            raise SettingError(f"special: expected different names besides {END_OF_TEXT}, found {list(self.special)}")
        if self.vocabulary < BYTES + len(names):
            raise SettingError(
                f"vocabulary: {self.vocabulary} is too small: the 256 bytes and {' '.join(names)} alone need "
                f"{BYTES + len(names)}; try 4096"
            )


@dataclass(frozen=True)
class GPT2:
    """GPT-2's own vocabulary of 50,257 tokens (Radford et al. 2019), read from its published file."""


@dataclass(frozen=True)
class Saved:
    """A tokenizer that is there already, in a folder; without one it is the tokenizer that came with the model."""

    folder: str = ""
    """Where the tokenizer lies; empty: the one that came with the model."""


TokenizerConfig = Characters | Words | BytePair | GPT2 | Saved

KINDS: dict[type, str] = {
    Characters: "characters",
    Words: "words",
    BytePair: "bytepair",
    GPT2: "gpt2",
    Saved: "saved",
}
