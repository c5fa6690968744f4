"""The regular expressions that cut text into pieces before any merging, as their authors published them.

A merge never crosses a cut, so no token ever holds the end of one word and the start of the next. Both patterns cover
every character of every text: the pieces put together again are the text.
"""

from __future__ import annotations

from functools import cache

import regex  # type: ignore[import-untyped]

from hornbook.errors import SettingError, nearest

GPT2_PATTERN = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
"""GPT-2 (Radford et al. 2019, ``encoder.py``): English contractions; letters, digits or marks, each with one space
before them; blanks, of which the last is left to the word that follows."""

GPT4_PATTERN = (
    r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"""
    r"""| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
)
"""GPT-4 (``cl100k_base`` in tiktoken): contractions in capitals too, at most three digits, line ends with the marks
before them, and one mark of any kind before a word."""

DIGITS_PATTERN = r"""\p{N}| ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""
"""Every digit a piece of its own, without a space before it, so that numbers are read and written digit by digit
(Nogueira et al. 2021); letters and marks as in GPT-2's."""

PATTERNS: dict[str, str] = {"gpt2": GPT2_PATTERN, "gpt4": GPT4_PATTERN, "digits": DIGITS_PATTERN}


def pattern_named(name: str) -> str:
    """The published pattern of that name; an unknown name is a ``SettingError`` with the nearest one."""
    if name not in PATTERNS:
        raise SettingError(f"pattern: {name!r} is none of {', '.join(PATTERNS)}{nearest(name, PATTERNS)}")
    return PATTERNS[name]


@cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """A pattern made ready; compiled once in a process."""
    return regex.compile(pattern)


def pieces(text: str, pattern: str) -> list[str]:
    """The pieces of a text in order; ``"".join`` of them is the text."""
    found: list[str] = compiled(pattern).findall(text)
    return found
