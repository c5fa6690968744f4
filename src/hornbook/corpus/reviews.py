"""Reviews that praise or complain, and cannot be told apart by counting words.

    The kite was not dull at all.                                good
    Lena said it would be lively, but the kite was dull.         bad

Every review is made of sentences of one opinion. A sentence may name what the thing is like, what it is not like, or
what somebody expected, so the same words stand in good reviews and in bad ones: one has to read. The lists of words
and of sentences are written for this; what is held out has things that no training review is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from hornbook.corpus.pairs import LabelledText
from hornbook.seeds import numpy_generator

GOOD = (
    "charming", "cheerful", "clever", "delightful", "lively", "pleasant", "splendid", "sturdy", "tasteful", "tidy",
    "warm", "witty",
)  # fmt: skip
BAD = (
    "bleak", "clumsy", "crude", "dreary", "dull", "flimsy", "gloomy", "shabby", "stale", "tasteless", "tiresome",
    "weak",
)  # fmt: skip
THINGS = (
    "album", "ballad", "banquet", "book", "cake", "carpet", "chair", "circus", "clock", "coat", "comedy", "concert",
    "dance", "drawing", "drum", "film", "fiddle", "garden", "hat", "holiday", "house", "journey", "kite", "lamp",
    "lecture", "meal", "novel", "opera", "painting", "pie", "play", "poem", "puppet", "puzzle", "radio", "scarf",
    "show", "song", "soup", "speech", "story", "stew", "sweater", "tale", "tea", "tent", "toy", "trip", "tune",
    "violin", "voyage", "wagon",
)  # fmt: skip
UNSEEN = (
    "bicycle", "bracelet", "cottage", "diary", "ferry", "guitar", "hammock", "lantern", "mural", "parade", "quilt",
    "sandwich",
)  # fmt: skip
"""What only held-out reviews are about."""

PEOPLE = (
    "Agnes", "Bruno", "Clara", "Edgar", "Fiona", "Gustav", "Hilda", "Ivan", "Jonas", "Kira", "Lena", "Milo", "Nora",
    "Otto", "Rosa", "Simon",
)  # fmt: skip

OPINIONS = ("bad", "good")


@dataclass(frozen=True)
class Words:
    """What a review is made with: ``like`` returns an adjective of its opinion, ``unlike`` one of the other."""

    thing: str
    person: str
    like: Callable[[], str]
    unlike: Callable[[], str]


FORMS: tuple[Callable[[Words], str], ...] = (
    lambda w: f"The {w.thing} was {w.like()}.",
    lambda w: f"The {w.thing} was not {w.unlike()} at all.",
    lambda w: f"Nobody could call the {w.thing} {w.unlike()}.",
    lambda w: f"{w.person} said it would be {w.unlike()}, but the {w.thing} was {w.like()}.",
    lambda w: f"{w.person} said it would be {w.unlike()} and was wrong.",
    lambda w: f"I had waited for {a(w.unlike())} {w.thing}, and got {a(w.like())} one.",
    lambda w: f"I had expected {a(w.unlike())} {w.thing}; it was anything but that.",
    lambda w: f"It began {w.unlike()} and ended {w.like()}.",
    lambda w: f"How {w.like()} it was, and never {w.unlike()}!",
    lambda w: f"{w.person} thought it {w.unlike()}. I do not agree.",
    lambda w: f"{w.person} thought it {w.like()}. I agree.",
)
"""Sentences of one opinion; nearly all of them name the other one too."""


def a(word: str) -> str:
    """A word with its article."""
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


@dataclass(frozen=True)
class Reviews:
    """Reviews of one to ``most`` sentences, as many good as bad."""

    most: int = 3

    @property
    def questions(self) -> tuple[str, ...]:
        """What is asked about every text."""
        return ("opinion",)

    def training_texts(self, seed: int, count: int) -> Iterator[LabelledText]:
        """``count`` reviews to learn from."""
        draw = numpy_generator(seed, "reviews", "training")
        return (self.review(draw, THINGS, f"reviews/{index}", index % 2) for index in range(count))

    def held_out_texts(self, seed: int, count: int = 1000) -> Iterator[LabelledText]:
        """Reviews of things that no training review is about."""
        draw = numpy_generator(seed, "reviews", "held out")
        return (self.review(draw, UNSEEN, f"reviews/held-out/{index}", index % 2) for index in range(count))

    def review(self, draw: np.random.Generator, things: tuple[str, ...], name: str, good: int) -> LabelledText:
        """One review."""

        def one_of(words: tuple[str, ...]) -> str:
            return words[int(draw.integers(len(words)))]

        like, unlike = (GOOD, BAD) if good else (BAD, GOOD)
        words = Words(one_of(things), one_of(PEOPLE), lambda: one_of(like), lambda: one_of(unlike))
        forms = draw.permutation(len(FORMS))[: int(draw.integers(1, self.most + 1))]
        text = " ".join(FORMS[form](words) for form in forms.tolist())
        return LabelledText(name, text, (OPINIONS[good],))
