"""The machine that tells a story: one for drawing, for scoring and for listing them all.

A telling stands at a node of the graph. ``run_on`` writes whatever is settled, up to the next choice or the end;
``count`` says how many ways there are to go on, all equally likely; ``take`` goes one of them. A story is drawn by
taking a random way, scored by taking every way that fits its text, and all are listed by taking all ways.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from hornbook.corpus.story_world.grammar import Choose, Draw, End, Happen, Node, Say, Slot
from hornbook.corpus.story_world.words import Word

Event = tuple[str, tuple[Word, ...]]


class Telling:
    """A story as far as it is told: where it stands, its words by name, its text, and what has happened."""

    __slots__ = ("events", "log_probability", "node", "text", "used", "words")

    def __init__(self, node: Node, words: dict[str, Word]) -> None:
        self.node = node
        self.words = words
        self.used: tuple[Word, ...] = ()
        self.text = ""
        self.events: list[Event] = []
        self.log_probability = 0.0

    def copy(self) -> Telling:
        """Another telling of the same, which can go another way."""
        other = Telling(self.node, dict(self.words))
        other.used, other.text, other.log_probability = self.used, self.text, self.log_probability
        other.events = list(self.events)
        return other

    @property
    def over(self) -> bool:
        """Is there nothing left to tell?"""
        return isinstance(self.node, End)

    def run_on(self) -> None:
        """Tell what is settled: stop where there is a choice, or at the end."""
        node, words, said = self.node, self.words, []
        while True:
            kind = type(node)
            if kind is Say:
                said.append(node.text)  # type: ignore[union-attr]
            elif kind is Slot:
                said.append(written(node, words[node.name]))  # type: ignore[arg-type, union-attr]
            elif kind is Happen:
                self.happen(node.verb, node.names)  # type: ignore[union-attr]
            else:
                break
            node = node.next  # type: ignore[union-attr]
        self.node = node
        self.text += "".join(said)

    def happen(self, verb: str, names: tuple[str, ...]) -> None:
        """Keep account of an event; ``let`` gives a word another name."""
        if verb == "let":
            self.words[names[0]] = self.words[names[1]]
        else:
            self.events.append((verb, tuple([self.words[name] for name in names])))

    def count(self) -> int:
        """How many ways there are to go on from a choice."""
        node = self.node
        if type(node) is Choose:
            return len(node.options)
        assert isinstance(node, Draw)
        places = node.table.places
        taken = sum([word in places for word in self.used]) if node.name else 0
        return len(node.table.words) - taken

    def take(self, index: int, count: int) -> None:
        """Go the way ``index`` of ``count``."""
        node = self.node
        self.log_probability -= math.log(count)
        if type(node) is Choose:
            self.node = node.options[index]
            return
        assert isinstance(node, Draw)
        if count < len(node.table.words):  # step over the words that have a name already
            places = node.table.places
            for place in sorted([places[word] for word in self.used if word in places]):
                index += place <= index
        word = node.table.words[index]
        self.text += written(node, word)
        if node.name:
            self.words[node.name] = word
            self.used = (*self.used, word)
        self.node = node.next

    def ways(self) -> list[tuple[int, str]]:
        """The ways to go on from a choice, by number, and what each says at once."""
        node = self.node
        if type(node) is Choose:
            return [(index, "") for index in range(len(node.options))]
        assert isinstance(node, Draw)
        taken = self.used if node.name else ()
        return list(enumerate(written(node, word) for word in node.table.words if word not in taken))


def written(mark: Slot | Draw, word: Word) -> str:
    """The form of a word that a mark asks for."""
    text = word.forms[mark.form]
    return text[0].upper() + text[1:] if mark.capital else text


def draw(telling: Telling, random: Iterator[float]) -> Telling:
    """Tell the story to its end, at each choice the way that the next number from [0, 1) says."""
    telling.run_on()
    while not telling.over:
        count = telling.count()
        telling.take(int(next(random) * count), count)
        telling.run_on()
    return telling


def tellings(start: Telling, fits: Callable[[str], bool]) -> Iterator[Telling]:
    """Every telling whose text fits all the way to its end; given up as soon as what is told does not fit."""
    stack = [start]
    while stack:
        telling = stack.pop()
        telling.run_on()
        if not fits(telling.text):
            continue
        if telling.over:
            yield telling
            continue
        for index, said in reversed(telling.ways()):
            if fits(telling.text + said):
                other = telling.copy()
                other.take(index, telling.count())
                stack.append(other)
