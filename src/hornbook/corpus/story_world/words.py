"""Words with their forms, and how lists of them are written down.

A ``Word`` knows every form that a sentence may ask for: ``""`` as it is, ``a`` with its article, ``s`` its plural,
``past``, ``he``... Which of them it has depends on what kind of word it is. A ``Table`` is a list of words that can
stand in the same place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product

PRONOUNS = {
    "girl": {"he": "she", "him": "her", "his": "her", "child": "girl"},
    "boy": {"he": "he", "him": "him", "his": "his", "child": "boy"},
}


@dataclass(frozen=True, eq=False)
class Word:
    """One word, which is itself and no other, with its forms by name."""

    forms: Mapping[str, str]

    def __str__(self) -> str:
        return self.forms[""]

    def __repr__(self) -> str:
        return f"Word({self})"


@dataclass(frozen=True, eq=False)
class Table:
    """Words that can stand in the same place, each equally likely."""

    name: str
    words: tuple[Word, ...]

    @cached_property
    def places(self) -> dict[Word, int]:
        """Where in the table each word stands."""
        return {word: place for place, word in enumerate(self.words)}


def article(text: str) -> str:
    """A noun or adjective with "a" or "an" before it."""
    return f"{'an' if text.startswith((*'aeio', 'um', 'honest')) else 'a'} {text}"


def plural(text: str) -> str:
    """The plural of a noun that has a regular one."""
    if text.endswith(("s", "x", "ch", "sh")):
        return text + "es"
    if text.endswith("y") and text[-2] not in "aeiou":
        return text[:-1] + "ies"
    return text + "s"


def phrases(text: str) -> tuple[Word, ...]:
    """Words or phrases that have one form, separated by commas."""
    return tuple(Word({"": each}) for each in split(text))


def nouns(text: str) -> tuple[Word, ...]:
    """Things that can be counted, separated by commas; an irregular plural stands behind a colon: ``mouse: mice``."""
    found = []
    for each in split(text):
        noun, _, irregular = each.partition(": ")
        found.append(Word({"": noun, "a": article(noun), "s": irregular or plural(noun)}))
    return tuple(found)


def adjectives(text: str) -> tuple[Word, ...]:
    """Words for what something is like, separated by commas."""
    return tuple(Word({"": each, "a": article(each)}) for each in split(text))


def toys(text: str) -> tuple[Word, ...]:
    """Things and what one does with them: ``kite: fly flew``."""
    found = []
    for each in split(text):
        noun, _, verb = each.partition(": ")
        do, did = verb.split("/")
        found.append(Word({"": noun, "a": article(noun), "do": do, "did": did}))
    return tuple(found)


def skills(text: str) -> tuple[Word, ...]:
    """What one can learn: ``swim/swam/swimming``."""
    forms = (each.split("/") for each in split(text))
    return tuple(Word({"": do, "did": did, "ing": doing}) for do, did, doing in forms)


def places(kinds: str, text: str) -> tuple[Word, ...]:
    """Where one can go, each of these ``kinds``: ``park: in``; ``at`` is where one is then, ``to`` where one goes."""
    found = []
    for kind, each in product(split(kinds), split(text)):
        noun, _, preposition = each.partition(": ")
        name = f"the {kind} {noun}"
        found.append(Word({"": name, "at": f"{preposition} {name}", "to": f"to {name}"}))
    return tuple(found)


def combine(*lists: str) -> tuple[Word, ...]:
    """Phrases made of one word from each list; "a" becomes "an" where it has to."""
    found = []
    for parts in product(*map(split, lists)):
        text = " ".join(parts)
        found.append(Word({"": article(text[2:]) if parts[0] == "a" else text}))
    return tuple(found)


def people(text: str, gender: str) -> tuple[Word, ...]:
    """Names of people of one gender, ``girl`` or ``boy``."""
    return tuple(Word({"": name, **PRONOUNS[gender]}) for name in split(text))


def split(text: str) -> list[str]:
    """What stands between commas, without spaces and line breaks."""
    return [" ".join(each.split()) for each in text.split(",") if each.strip()]


def tables(**lists: Iterable[Word]) -> dict[str, Table]:
    """Tables by their names."""
    return {name: Table(name, tuple(words)) for name, words in lists.items()}
