"""Numbers in Italian: ``centoventitremilaquattrocentocinquantasei``.

Everything below a million is one word. Where its parts meet, vowels fall out and an accent appears:

- tens lose their last vowel before ``uno`` and ``otto``: ``ventuno``, ``ventotto``, but ``ventidue``;
- ``cento`` loses its o before ``otto`` and ``ottanta``: ``centotto``, ``centottanta``;
- ``tre`` at the end of a longer word has an accent: ``ventitré``, ``centotré``, but ``ventitremila``;
- ``mille`` becomes ``mila`` where there is more than one of them.
"""

from __future__ import annotations

import re

BELOW_TWENTY = (
    "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici "
    "quattordici quindici sedici diciassette diciotto diciannove"
)
TENS_IN_ORDER = "venti trenta quaranta cinquanta sessanta settanta ottanta novanta"
SMALL = BELOW_TWENTY.split()
TENS = {ten * 10: word for ten, word in enumerate(TENS_IN_ORDER.split(), 2)}

VALUES = {
    **{word: value for value, word in enumerate(SMALL)},
    **{word: value for value, word in TENS.items()},
    **{word[:-1]: value for value, word in TENS.items()},
    "un": 1,
    "tré": 3,
    "cento": 100,
    "cent": 100,
    "mille": 1000,
    "mila": 1000,
    "milione": 1_000_000,
    "milioni": 1_000_000,
}
"""What every part of a word stands for, whole or without its last vowel; ``e`` stands for nothing."""

LONGEST_FIRST = sorted(VALUES.keys() - {"cento"}, key=len, reverse=True)
PARTS = re.compile("|".join(["cento(?!tt)", *LONGEST_FIRST]))
"""Cuts a word into its parts, the longest that fits each time; the o of ``centotto`` belongs to its ``otto``."""


def in_italian(number: int) -> str:
    """A number from 0 to 999,999,999 in words."""
    if number == 0:
        return SMALL[0]
    millions, below = divmod(number, 1_000_000)
    words = []
    if millions:
        words += ["un milione" if millions == 1 else f"{accented(below_thousand(millions))} milioni"]
    if below:
        words += [accented(below_million(below))]
    return " e ".join(words)


def accented(word: str) -> str:
    """The word as it is written on its own: ``ventitré`` for ``ventitre``, but ``tre``."""
    return word[:-1] + "é" if word.endswith("tre") and word != "tre" else word


def below_million(number: int) -> str:
    """A number from 1 to 999,999, without an accent."""
    thousands, rest = divmod(number, 1000)
    word = "" if thousands == 0 else "mille" if thousands == 1 else below_thousand(thousands) + "mila"
    return word + below_thousand(rest) if rest else word


def below_thousand(number: int) -> str:
    """A number from 1 to 999, without an accent."""
    hundreds, rest = divmod(number, 100)
    word = "" if hundreds == 0 else "cento" if hundreds == 1 else SMALL[hundreds] + "cento"
    if rest // 10 == 8 or rest == 8:
        word = word.removesuffix("o")
    return word + below_hundred(rest) if rest else word


def below_hundred(number: int) -> str:
    """A number from 1 to 99, without an accent."""
    if number < 20:
        return SMALL[number]
    ten, one = TENS[number // 10 * 10], number % 10
    if one == 0:
        return ten
    return (ten[:-1] if one in (1, 8) else ten) + SMALL[one]
