"""Which tokenizer, as plain values. Imports nothing heavy, so that recipes and ``--help`` are quick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hornbook.errors import SettingError

BYTES = 256
"""Every byte is a token of its own in a byte-level vocabulary."""


@dataclass(frozen=True)
class Characters:
    """One token for each character of the texts, in code point order; no special tokens."""


@dataclass(frozen=True)
class Words:
    """Words and punctuation marks as tokens, ``<|endoftext|>`` and ``<|unk|>`` after them.

    ``vocabulary`` counts the two special tokens too; 0 keeps every word of the texts, otherwise the most frequent stay.
    """

    vocabulary: int = 0

    def __post_init__(self) -> None:
        if self.vocabulary != 0 and self.vocabulary < 3:
            raise SettingError(
                f"vocabulary: {self.vocabulary} leaves no room for a word beside <|endoftext|> and <|unk|>; "
                "take 3 or more, or 0 for every word of the texts"
            )


@dataclass(frozen=True)
class BytePair:
    """Byte-level byte-pair encoding: 256 bytes, then merges, then ``<|endoftext|>``; ``vocabulary`` counts them all.

    ``pattern`` names the regular expression that cuts text into the pieces merges never cross (``patterns.py``).
    """

    vocabulary: int = 4096
    pattern: Literal["gpt2", "gpt4"] = "gpt2"

    def __post_init__(self) -> None:
        if self.vocabulary < BYTES + 1:
            raise SettingError(
                f"vocabulary: {self.vocabulary} is too small: the 256 bytes and <|endoftext|> alone need {BYTES + 1}; "
                "try 4096"
            )
        if self.pattern not in ("gpt2", "gpt4"):
            raise SettingError(f"pattern: {self.pattern!r} is none of gpt2, gpt4")


@dataclass(frozen=True)
class GPT2:
    """GPT-2's own vocabulary of 50,257 tokens (Radford et al. 2019), read from its published file."""


TokenizerConfig = Characters | Words | BytePair | GPT2

KINDS: dict[type, str] = {Characters: "characters", Words: "words", BytePair: "bytepair", GPT2: "gpt2"}
