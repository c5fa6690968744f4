"""Numbers to words and back, in any of the languages of ``LANGUAGES``.

Writing is different in every language and has a file for each. Reading is the same in all of them: cut the words
apart, look up what each stands for, and add up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hornbook.corpus.numbers import english, french, italian
from hornbook.errors import SettingError, TextError, nearest

LARGEST = 999_999_999


@dataclass(frozen=True)
class Language:
    """How numbers are written in a language, and what its words (found by ``parts``) stand for."""

    spell: Callable[[int], str]
    parts: re.Pattern[str]
    values: Mapping[str, int]


LANGUAGES = {
    "en": Language(english.in_english, english.PARTS, english.VALUES),
    "fr": Language(french.in_french, french.PARTS, french.VALUES),
    "it": Language(italian.in_italian, italian.PARTS, italian.VALUES),
}


def spell(number: int, language: str) -> str:
    """A number in words: ``spell(21, "fr")`` is "vingt et un".

    Raises:
        SettingError: a number below 0 or above 999,999,999, or another language.
    """
    if not 0 <= number <= LARGEST:
        raise SettingError(f"number: expected 0 to {LARGEST:,}, found {number:,}")
    return find_language(language).spell(number)


def read(words: str, language: str) -> int:
    """The number that the words say, where they say it exactly as ``spell`` does.

    Raises:
        TextError: they are no number of this language, or spelt otherwise.
        SettingError: another language.
    """
    found = find_language(language)
    number = added_up(found.values.get(part, 0) for part in found.parts.findall(words))
    written = found.spell(number) if number <= LARGEST else None
    if written != words:
        nearly = f"; {number:,} is written {written!r}" if number and written else ""
        raise TextError(f"expected a number from 0 to {LARGEST:,} in words ({language}), found {words[:200]!r}{nearly}")
    return number


def added_up(values: Iterable[int]) -> int:
    """What a row of words comes to.

    A thousand and a million multiply what was said since the last of them, a hundred what was said right before it;
    everything else is added: 2, 100, 30, 4, 1000, 6 is 234,006.
    """
    total = group = 0
    for value in values:
        if value >= 1000:
            total, group = total + max(group, 1) * value, 0
        elif value == 100:
            group = max(group, 1) * value
        else:
            group += value
    return total + group


def find_language(language: str) -> Language:
    """The row of ``LANGUAGES`` (``SettingError`` for any other name)."""
    if language not in LANGUAGES:
        raise SettingError(
            f"language: {language!r} is not known{nearest(language, LANGUAGES)}; there are {', '.join(LANGUAGES)}"
        )
    return LANGUAGES[language]
