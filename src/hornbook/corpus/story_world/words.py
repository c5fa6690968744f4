"""Words with their forms, and how lists of them are written down.

A ``Word`` knows every form that a sentence may ask for: ``""`` as it is, ``a`` with its article, ``s`` its plural, ``past``,
``he``... Which of them it has depends on what kind of word it is. A ``Table`` is a list of words that can stand in the same
place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

PRONOUNS = {
    "girl": {"he": "she", "him": "her", "his": "her", "himself": "herself", "child": "girl"},
    "boy": {"he": "he", "him": "him", "his": "his", "himself": "himself", "child": "boy"},
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
    def members(self) -> frozenset[Word]:
        """The same words, for a quick look whether one is among them."""
        return frozenset(self.words)


def article(text: str) -> str:
    """A noun or adjective with "a" or "an" before it."""
    return f"{'an' if text[0] in 'aeiou' else 'a'} {text}"


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


def places(text: str) -> tuple[Word, ...]:
    """Where one can go: ``park: in``; ``at`` is where one is then, ``to`` where one goes."""
    found = []
    for each in split(text):
        noun, _, preposition = each.partition(": ")
        found.append(Word({"": f"the {noun}", "at": f"{preposition} the {noun}", "to": f"to the {noun}"}))
    return tuple(found)


def people(text: str, gender: str) -> tuple[Word, ...]:
    """Names of people of one gender; a second form behind a colon is what their own call them: ``Mom: mom``."""
    found = []
    for each in split(text):
        name, _, own = each.partition(": ")
        found.append(Word({"": name, "own": own or name, **PRONOUNS[gender]}))
    return tuple(found)


def split(text: str) -> list[str]:
    """What stands between commas, without spaces and line breaks."""
    return [" ".join(each.split()) for each in text.split(",") if each.strip()]


def tables(**lists: Iterable[Word]) -> dict[str, Table]:
    """Tables by their names."""
    return {name: Table(name, tuple(words)) for name, words in lists.items()}
