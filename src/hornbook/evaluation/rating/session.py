"""One rater's way through a study: what is next, what was answered, one step back. Knows neither terminal nor page.

Every rater has an order of their own, drawn from the study's seed and their name: first the texts one by one, so that
no text is seen beside another before it has been judged alone, then the pairs, each with its sides drawn. One item in
ten comes again later: who does not agree with themselves cannot agree with others.

What a rater is shown is a ``Shown``: it has no name of a model, no number of a text, nothing to guess from.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hornbook.errors import SettingError, nearest
from hornbook.evaluation.rating.ratings import CHOICES, answers_in, open_ratings, rating_file
from hornbook.evaluation.rating.study import SCALES, Study, checked_name, read_study
from hornbook.seeds import derive, numpy_generator
from hornbook.training.journal import Journal, read_journal

REPEATED = 0.1
"""The share of items that come again."""


@dataclass(frozen=True)
class Item:
    """A question: about one text, or about two (the left one first)."""

    texts: tuple[int, ...]
    repeat: bool = False


@dataclass(frozen=True)
class Shown:
    """All that a rater sees of an item: where they are, the prompt, and one text or two."""

    place: int
    items: int
    prompt: str
    texts: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data, with the scales or choices that may be answered."""
        asked = {"choices": CHOICES} if len(self.texts) == 2 else {"scales": SCALES}
        return {**asdict(self), **asked}


def order(study: Study, seed: int) -> tuple[Item, ...]:
    """Every question of a study in the order, and with the sides, that a rater's ``seed`` draws."""
    draw = numpy_generator(seed, "order")
    items: list[Item] = []
    if study.mode != "pairs":
        items += with_repeats([Item((text,)) for text in range(len(study.texts))], draw)
    if study.mode != "scales":
        items += with_repeats([Item(pair) for pair in study.pairs], draw)
    return tuple(items)


def with_repeats(items: Sequence[Item], draw: np.random.Generator) -> list[Item]:
    """The items shuffled, sides drawn, and a tenth of the first half mixed into the second for another time.

    Where there are at least five items at least one comes again, and never directly after itself.
    """
    mixed = [turned(items[place], draw) for place in draw.permutation(len(items))]
    if len(mixed) < 5:
        return mixed
    early, late = mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]
    again = draw.permutation(len(early))[: math.ceil(REPEATED * len(mixed))]
    for place in again:
        repeat = Item(turned(early[place], draw).texts, repeat=True)
        late.insert(int(draw.integers(1, len(late) + 1)), repeat)
    return early + late


def turned(item: Item, draw: np.random.Generator) -> Item:
    """The item with its sides drawn."""
    return Item(item.texts[::-1]) if draw.integers(2) else item


@dataclass
class Session:
    """A rater at work. ``next``, ``record``, ``skip`` and ``undo`` are all there is; every answer is kept at once."""

    study: Study
    rater: str
    items: tuple[Item, ...]
    journal: Journal
    answers: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, rater: str) -> Session:
        """Begin, or go on where the rater stopped.

        Raises:
            SettingError: the name cannot be one of a file. DamagedError: what was kept is of another study.
        """
        study, name = read_study(folder), checked_name("rater", rater)
        seed = derive(study.seed, "rater", name)
        journal = open_ratings(folder, name, {"rater": name, "human": True, "seed": seed})
        lines = read_journal(rating_file(folder, name))
        return cls(study, name, order(study, int(lines[0]["seed"])), journal, answers_in(lines[1:]))

    @property
    def place(self) -> int | None:
        """The first item without an answer; ``None`` when all have one."""
        return next((place for place in range(len(self.items)) if place not in self.answers), None)

    def next(self) -> Shown | None:
        """What to ask now; ``None`` when all is answered."""
        place = self.place
        if place is None:
            return None
        texts = self.items[place].texts
        written = tuple(self.study.texts[text].text for text in texts)
        return Shown(place, len(self.items), self.study.question(texts[0]).prompt, written)

    def record(self, answer: Mapping[str, Any], place: int | None = None, seconds: float | None = None) -> None:
        """Keep the answer to the present item: ``{"scores": {aspect: 1 to 5}}`` or ``{"choice": "left"}``.

        Either may have a ``comment``. ``place`` says which item the answer is meant for; of a page that was left open
        it may be another one.

        Raises:
            SettingError: it is no answer to this item, or not meant for it; nothing was kept.
        """
        item = self.items[self.expected(place)]
        self.keep(checked_choice(answer) if len(item.texts) == 2 else checked_scores(answer), seconds)

    def skip(self, place: int | None = None) -> None:
        """Leave the present item without an answer, for good."""
        self.expected(place)
        self.keep({"skipped": True}, None)

    def undo(self) -> Shown | None:
        """Take back the last answer that stands, and show its item again; ``None`` where there is none."""
        if not self.answers:
            return None
        place = list(self.answers)[-1]
        self.journal.write({"undo": place})
        del self.answers[place]
        return self.next()

    def expected(self, place: int | None) -> int:
        """The present place, if ``place`` is it."""
        present = self.place
        if present is None:
            raise SettingError("all items have been answered")
        if place not in (None, present):
            raise SettingError(f"place: this is an answer to item {place}, and item {present} is asked; load it anew")
        return present

    def keep(self, answer: Mapping[str, Any], seconds: float | None) -> None:
        """Write an answer down, then remember it."""
        place = self.expected(None)
        item, moment = self.items[place], time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        line = {"place": place, "texts": list(item.texts), "repeat": item.repeat, **answer, "at": moment}
        if seconds is not None:
            line["seconds"] = round(seconds, 2)
        self.journal.write(line)
        self.answers[place] = line


def checked_scores(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A step from 1 to 5 for every aspect, and perhaps a comment."""
    scores = answer.get("scores")
    if not isinstance(scores, Mapping) or set(scores) != set(SCALES):
        raise SettingError(f"scores: expected {', '.join(SCALES)}, found {scores!r}")
    for aspect, score in scores.items():
        if not isinstance(score, int) or isinstance(score, bool) or not 1 <= score <= 5:
            raise SettingError(f"{aspect}: expected a whole number from 1 to 5, found {score!r}")
    return {"scores": dict(scores), **comment(answer)}


def checked_choice(answer: Mapping[str, Any]) -> dict[str, Any]:
    """One of the choices, and perhaps a comment."""
    choice = answer.get("choice")
    if choice not in CHOICES:
        raise SettingError(f"choice: {choice!r} is none of {', '.join(CHOICES)}{nearest(str(choice), CHOICES)}")
    return {"choice": choice, **comment(answer)}


def comment(answer: Mapping[str, Any]) -> dict[str, str]:
    """What a rater wants to add."""
    said = str(answer.get("comment") or "").strip()
    return {"comment": said} if said else {}
