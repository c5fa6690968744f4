"""Numbers in English: ``one hundred twenty-three thousand four hundred fifty-six``.

The American way, without "and". Every three digits are said alike, and the name of their rank follows them; a hyphen
joins tens and ones, and nothing else.
"""

from __future__ import annotations

import re

BELOW_TWENTY = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
)
TENS_IN_ORDER = "twenty thirty forty fifty sixty seventy eighty ninety"
SMALL = BELOW_TWENTY.split()
TENS = {ten * 10: word for ten, word in enumerate(TENS_IN_ORDER.split(), 2)}

VALUES = {
    **{word: value for value, word in enumerate(SMALL)},
    **{word: value for value, word in TENS.items()},
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
}
"""What every word stands for."""

PARTS = re.compile(r"[a-z]+")
"""Cuts the words of a number apart."""


def in_english(number: int) -> str:
    """A number from 0 to 999,999,999 in words."""
    if number == 0:
        return SMALL[0]
    groups = (number // 1_000_000, "million"), (number // 1000 % 1000, "thousand"), (number % 1000, "")
    return " ".join(f"{below_thousand(group)} {rank}".rstrip() for group, rank in groups if group)


def below_thousand(number: int) -> str:
    """A number from 1 to 999."""
    hundreds, rest = divmod(number, 100)
    words = [f"{SMALL[hundreds]} hundred"] if hundreds else []
    return " ".join([*words, below_hundred(rest)] if rest else words)


def below_hundred(number: int) -> str:
    """A number from 1 to 99."""
    if number < 20:
        return SMALL[number]
    ten, one = number // 10 * 10, number % 10
    return f"{TENS[ten]}-{SMALL[one]}" if one else TENS[ten]
