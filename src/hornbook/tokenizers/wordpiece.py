"""WordPiece, as BERT has it: words cut into the longest pieces there are, from the left (Wu et al. 2016).

Before that a text is cleaned and cut into words and punctuation marks (Devlin et al. 2019, in the authors' code).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from itertools import chain

LONGEST = 100
"""Characters of a word; a longer one is unknown as a whole."""

CHINESE = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF), (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip
"""The characters that are words of their own, by the blocks that BERT's code names."""


class WordPieceModel:
    """``tokens`` by id; a piece that goes on within a word begins with ``prefix``."""

    def __init__(self, tokens: Sequence[str], unknown: int | None, prefix: str = "##", longest: int = LONGEST) -> None:
        self.tokens, self.unknown, self.prefix, self.longest = list(tokens), unknown, prefix, longest
        self.ids = {token: number for number, token in enumerate(self.tokens)}

    def encode(self, piece: str) -> list[int]:
        """The longest pieces of a word from the left; unknown as a whole where something is left over."""
        found: list[int] = []
        start = 0
        while start < len(piece) <= self.longest:
            before = self.prefix if start else ""
            ends = (end for end in range(len(piece), start, -1) if before + piece[start:end] in self.ids)
            end = next(ends, None)
            if end is None:
                break
            found.append(self.ids[before + piece[start:end]])
            start = end
        if start == len(piece):
            return found
        return [] if self.unknown is None else [self.unknown]


def bert_normalizer(
    clean_text: bool, handle_chinese_chars: bool, strip_accents: bool | None, lowercase: bool
) -> Callable[[str], str]:
    """BERT's cleaning; accents go where letters are made small, unless said otherwise."""
    without_accents = lowercase if strip_accents is None else strip_accents

    def normalize(text: str) -> str:
        if clean_text:
            text = "".join(" " if is_blank(letter) else letter for letter in text if not is_control(letter))
        if handle_chinese_chars:
            text = "".join(f" {letter} " if is_chinese(letter) else letter for letter in text)
        if without_accents:
            text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
        return "".join(letter.lower() for letter in text) if lowercase else text

    return normalize


def is_blank(letter: str) -> bool:
    """Spaces of any kind, tabs and line ends."""
    return letter in "\t\n\r" or letter.isspace()


def is_control(letter: str) -> bool:
    """What is no character to be read: controls, the missing character, unassigned and private ones."""
    if letter in "\t\n\r":
        return False
    return letter in "\0\N{REPLACEMENT CHARACTER}" or unicodedata.category(letter).startswith("C")


def is_chinese(letter: str) -> bool:
    """Whether a character is a word of its own."""
    return any(first <= ord(letter) <= last for first, last in CHINESE)


def is_mark(letter: str) -> bool:
    """Punctuation, and all of ASCII that is neither letter, digit, blank nor control."""
    ascii_mark = "!" <= letter <= "/" or ":" <= letter <= "@" or "[" <= letter <= "`" or "{" <= letter <= "~"
    return ascii_mark or unicodedata.category(letter).startswith("P")


def bert_pieces(text: str) -> list[str]:
    """Words between blanks, and every punctuation mark by itself."""

    def cut(word: str) -> list[str]:
        apart = "".join(f"\0{letter}\0" if is_mark(letter) else letter for letter in word)
        return [piece for piece in apart.split("\0") if piece]

    return list(chain.from_iterable(map(cut, text.split())))


def wordpiece_decoder(prefix: str, cleanup: bool) -> Callable[[list[str]], list[str]]:
    """Pieces that go on put to those before, words apart; with ``cleanup`` marks follow their words without a space."""

    def decode(tokens: list[str]) -> list[str]:
        parts = []
        for place, token in enumerate(tokens):
            goes_on = place > 0 and token.startswith(prefix)
            part = token.removeprefix(prefix) if goes_on else f" {token}" if place else token
            parts.append(tidied(part) if cleanup else part)
        return parts

    return decode


def tidied(text: str) -> str:
    """English marks and contractions without the space before them."""
    for wide, close in (
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"),
        (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ):  # fmt: skip
        text = text.replace(wide, close)
    return text
