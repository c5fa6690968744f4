"""Addresses and numbers by which somebody could be found, replaced by others that belong to nobody.

What takes their place is set aside for examples by those who give such names out (RFC 2606 for mail, RFC 5737 for
networks, 555-01xx for telephones), so that a text reads on, and nothing is masked twice. Patterns find what looks like
an address; they know no names of people, and miss what is spelt out in words.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass


def luhn(digits: str) -> bool:
    """Whether the last digit checks the others, as on payment cards (ISO/IEC 7812-1, annex B)."""
    values = [int(digit) for digit in digits if digit.isdigit()]
    doubled = [value if place % 2 == 0 else sum(divmod(2 * value, 10)) for place, value in enumerate(reversed(values))]
    return sum(doubled) % 10 == 0


def is_public(address: str) -> bool:
    """Whether this is the address of some machine in the world, and not one that many networks have."""
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def telephone(number: str) -> bool:
    """Whether so many digits can be dialled (7 to 15, ITU-T E.164)."""
    return 7 <= sum(map(str.isdigit, number)) <= 15 and not number.startswith("555-01")


@dataclass(frozen=True)
class Private:
    """One kind: its name, how it looks, what makes sure of it, and what stands there afterwards."""

    name: str
    pattern: re.Pattern[str]
    sure: Callable[[str], bool]
    instead: str


KINDS = (
    Private(
        "mail address",
        re.compile(r"\b[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,24}\b"),
        lambda found: not found.lower().endswith(("@example.com", "@example.org", "@example.net")),
        "somebody@example.com",
    ),
    Private("card number", re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-])"), luhn, "0000 0000 0000 0000"),
    Private("network address", re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)"), is_public, "192.0.2.1"),
    Private(
        "telephone number",
        re.compile(
            r"(?<![\w.-])(?:\+\d{1,3}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}"
            r"|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}[.-]\d{3}[.-]\d{4})(?![\w-])"
        ),
        telephone,
        "555-0100",
    ),
)
"""In the order in which they are looked for: a card number would pass for a telephone's."""

POSSIBLE = re.compile(r"\d[\d .()-]{6}")
POSSIBLE_ASCII = re.compile(r"[0-9][0-9 .()-]{6}")
"""Most texts have no such digits and no @, and need no closer look; where every character is ASCII, they are sooner
found."""


def possible(text: str) -> bool:
    """Whether there can be anything private in a text."""
    return "@" in text or (POSSIBLE_ASCII if text.isascii() else POSSIBLE).search(text) is not None


def masked(text: str) -> tuple[str, dict[str, int]]:
    """``text`` with everything private replaced, and how often which kind was."""
    counts: dict[str, int] = {}
    if not possible(text):
        return text, counts
    for kind in KINDS:

        def replaced(found: re.Match[str], kind: Private = kind) -> str:
            if found[0] == kind.instead or not kind.sure(found[0]):
                return found[0]
            counts[kind.name] = counts.get(kind.name, 0) + 1
            return kind.instead

        text = kind.pattern.sub(replaced, text)
    return text, counts
