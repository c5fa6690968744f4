"""Numbers in French: ``cent vingt-trois mille quatre cent cinquante-six``.

The traditional spelling. What is worth knowing of it:

- 70 is sixty-ten, 80 four-twenties, 90 four-twenties-ten: 97 is ``quatre-vingt-dix-sept``;
- below a hundred a hyphen joins the words, except where ``et`` does: ``vingt et un``, ``soixante et onze``, but
  ``quatre-vingt-un``;
- ``cent`` and ``quatre-vingt`` take an s where they are multiplied and nothing follows them: ``deux cents``,
  ``deux cent un``. ``million`` is a noun and does not count as something that follows (``deux cents millions``),
  ``mille`` is a numeral and does (``deux cent mille``), and never changes itself.
"""

from __future__ import annotations

import re

BELOW_TWENTY = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize "
    "quatorze quinze seize dix-sept dix-huit dix-neuf"
)
SMALL = BELOW_TWENTY.split()
TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante", 80: "quatre-vingt"}

VALUES = {
    **{word: value for value, word in enumerate(SMALL)},
    **{word: value for value, word in TENS.items()},
    "quatre-vingts": 80,
    "cent": 100,
    "cents": 100,
    "mille": 1000,
    "million": 1_000_000,
    "millions": 1_000_000,
}
"""What every word stands for; ``et`` stands for nothing."""

PARTS = re.compile(r"quatre-vingts?|dix-(?:sept|huit|neuf)|[a-zé]+")
"""Cuts the words of a number apart; those that belong together stay."""


def in_french(number: int) -> str:
    """A number from 0 to 999,999,999 in words."""
    if number == 0:
        return SMALL[0]
    millions, thousands, rest = number // 1_000_000, number // 1000 % 1000, number % 1000
    words = []
    if millions:
        words += [below_thousand(millions), "millions" if millions > 1 else "million"]
    if thousands > 1:
        words += [below_thousand(thousands, plural=False)]
    if thousands:
        words += ["mille"]
    if rest:
        words += [below_thousand(rest)]
    return " ".join(words)


def below_thousand(number: int, plural: bool = True) -> str:
    """A number from 1 to 999; without ``plural`` the s at its end is left out, as before ``mille``."""
    hundreds, rest = divmod(number, 100)
    words = [SMALL[hundreds]] if hundreds > 1 else []
    if hundreds:
        words += ["cents" if hundreds > 1 and not rest and plural else "cent"]
    if rest:
        words += [below_hundred(rest, plural)]
    return " ".join(words)


def below_hundred(number: int, plural: bool) -> str:
    """A number from 1 to 99."""
    if number < 20:
        return SMALL[number]
    ten = max(ten for ten in TENS if ten <= number)
    rest = number - ten
    if rest == 0:
        return "quatre-vingts" if ten == 80 and plural else TENS[ten]
    joined = " et " if rest in (1, 11) and ten != 80 else "-"
    return TENS[ten] + joined + SMALL[rest]
