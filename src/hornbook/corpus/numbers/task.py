"""Write a number in words, or words as a number: a task that can be had in any amount and whose every answer is known.

A source is ``en: 123456`` or ``digits: one hundred twenty-three thousand four hundred fifty-six``; the target is the
other of the two. Whether a model has understood how numbers are written or knows them by heart is seen on numbers that
it never met, in no language and in no direction: whether a number is held out depends on the number alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from hornbook.corpus.numbers.spelling import find_language, spell
from hornbook.corpus.pairs import LabelledText, Pair
from hornbook.errors import SettingError, nearest
from hornbook.seeds import numpy_generator

SHORTEST_HELD_OUT = 4
"""Digits from which on numbers are held out: of the thousand below, a learner of the words needs every one."""

ONE_IN = 50
"""One number in so many is held out."""

ATTEMPTS = 200_000
"""Numbers that are looked at for held-out ones before we say that there are too few."""


def to_words(number: int, language: str) -> tuple[str, str]:
    """Source and target of writing a number in words."""
    return f"{language}: {number}", spell(number, language)


def to_digits(number: int, language: str) -> tuple[str, str]:
    """Source and target of the way back."""
    return f"digits: {spell(number, language)}", str(number)


DIRECTIONS: dict[str, Callable[[int, str], tuple[str, str]]] = {"words": to_words, "digits": to_digits}


def is_held_out(number: int) -> bool:
    """Whether a number is never trained on: about 2 % of those with four digits or more, by a hash of the number."""
    if number < 10 ** (SHORTEST_HELD_OUT - 1):
        return False
    return int.from_bytes(hashlib.sha256(str(number).encode()).digest()[:8], "big") % ONE_IN == 0


@dataclass(frozen=True)
class Drawn:
    """A number, the language it is written in, and what is asked."""

    number: int
    language: str
    direction: str

    def pair(self, place: str) -> Pair:
        """The two texts; ``place`` tells the pair from others of its kind."""
        source, target = DIRECTIONS[self.direction](self.number, self.language)
        return Pair(f"numbers/{self.language}/{self.direction}/{place}", source, target)

    def labelled(self, place: str) -> LabelledText:
        """The words, how many digits they stand for, and whether 3 divides them."""
        labels = str(len(str(self.number))), "no" if self.number % 3 else "yes"
        return LabelledText(f"numbers/{self.language}/{place}", spell(self.number, self.language), labels)


@dataclass(frozen=True)
class NumbersTask:
    """Which numbers are written, in which languages, in which directions (``words`` and ``digits``)."""

    languages: tuple[str, ...] = ("en", "fr", "it")
    directions: tuple[str, ...] = ("words", "digits")
    max_digits: int = 9

    def __post_init__(self) -> None:
        """Refuse what cannot be asked (``SettingError``)."""
        if not self.languages or not self.directions:
            raise SettingError("languages, directions: expected at least one of each")
        for language in self.languages:
            find_language(language)
        for direction in self.directions:
            if direction not in DIRECTIONS:
                raise SettingError(
                    f"directions: {direction!r} is not known{nearest(direction, DIRECTIONS)}; "
                    f"there are {', '.join(DIRECTIONS)}"
                )
        if not SHORTEST_HELD_OUT <= self.max_digits <= 9:
            raise SettingError(f"max_digits: expected {SHORTEST_HELD_OUT} to 9, found {self.max_digits}")

    @property
    def questions(self) -> tuple[str, ...]:
        """What the labels of a text answer."""
        return "digits", "divisible by 3"

    def training_pairs(self, seed: int, count: int) -> Iterator[Pair]:
        """``count`` pairs whose numbers are not held out; the first of them are the same for any ``count``."""
        return (drawn.pair(str(index)) for index, drawn in enumerate(islice(self.training(seed), count)))

    def held_out_pairs(self, seed: int, per_group: int = 1000) -> Iterator[Pair]:
        """``per_group`` pairs for each language and direction, in each as many of 4 digits as of 5, 6, ...

        Raises:
            SettingError: there are not so many held-out numbers.
        """
        return (drawn.pair(f"held-out/{index}") for index, drawn in enumerate(self.held_out(seed, per_group)))

    def training_texts(self, seed: int, count: int) -> Iterator[LabelledText]:
        """The numbers of ``training_pairs`` as words with labels."""
        return (drawn.labelled(str(index)) for index, drawn in enumerate(islice(self.training(seed), count)))

    def held_out_texts(self, seed: int, per_group: int = 1000) -> Iterator[LabelledText]:
        """The numbers of ``held_out_pairs`` as words with labels."""
        return (drawn.labelled(f"held-out/{index}") for index, drawn in enumerate(self.held_out(seed, per_group)))

    def training(self, seed: int) -> Iterator[Drawn]:
        """Language, direction and number of digits with equal chances, then any number of so many digits; no end."""
        generator = numpy_generator(seed, "numbers", "training")
        while True:
            language = self.languages[int(generator.integers(len(self.languages)))]
            direction = self.directions[int(generator.integers(len(self.directions)))]
            digits = int(generator.integers(1, self.max_digits + 1))
            number = any_of(generator, digits)
            while is_held_out(number):
                number = any_of(generator, digits)
            yield Drawn(number, language, direction)

    def held_out(self, seed: int, per_group: int) -> Iterator[Drawn]:
        """Different held-out numbers for each language and direction, group after group."""
        lengths = range(SHORTEST_HELD_OUT, self.max_digits + 1)
        for language in self.languages:
            for direction in self.directions:
                for place, digits in enumerate(lengths):
                    count = len(range(place, per_group, len(lengths)))
                    generator = numpy_generator(seed, "numbers", "held out", language, direction, digits)
                    for number in different_held_out(generator, digits, count):
                        yield Drawn(number, language, direction)


def any_of(generator: np.random.Generator, digits: int) -> int:
    """Any number of so many digits; 0 has one."""
    return int(generator.integers(10 ** (digits - 1) if digits > 1 else 0, 10**digits))


def different_held_out(generator: np.random.Generator, digits: int, count: int) -> list[int]:
    """``count`` different held-out numbers of so many digits (``SettingError`` where there are too few)."""
    found: dict[int, None] = {}
    for _ in range(ATTEMPTS):
        if len(found) == count:
            return list(found)
        number = any_of(generator, digits)
        if is_held_out(number):
            found[number] = None
    raise SettingError(
        f"per_group: found only {len(found):,} held-out numbers of {digits} digits, expected {count:,}; ask for fewer"
    )
