"""Whether a text is prose: the rules by which Gopher's training text was chosen (Rae et al. 2021, appendix A.1.1).

Each rule is a number that can be read off a text, and the bounds between which it lies in almost all good ones. No rule
knows what a text says, so each is wrong at times; together they take out menus, tables, lists of keywords, and pages
that say one thing over and over.

A rule measures many texts at once: their words lie end to end in one table (words.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool, Float, Int, Integer, UInt

from hornbook.corpus.refining.words import RECORD, hashed, met_again, runs_at, table_of

SYMBOLS = ("#", "...", "…")
BULLETS = ("•", "●", "▪", "‣", "*", "-")
ELLIPSES = ("...", "…")
COMMON = {
    "en": frozenset({"the", "be", "to", "of", "and", "that", "have", "with"}),
    "fr": frozenset({"le", "la", "les", "de", "des", "et", "à", "que", "un", "une"}),
    "it": frozenset({"il", "la", "di", "e", "che", "un", "una", "per", "non", "le"}),
}
"""Words of which a text of some length has at least two; those of English are Gopher's."""
COMMON_HASHES = {language: frozenset(map(hashed, words)) for language, words in COMMON.items()}

SHORTEST = 2
"""Words of the shortest run that a rule asks for."""

Numbers = Float[np.ndarray, " documents"]


@dataclass(frozen=True)
class Pages:
    """Texts, the language of each, and their parts as the rules count them; each is found once, when it is needed."""

    texts: Sequence[str]
    languages: Sequence[str]

    @cached_property
    def tables(self) -> list[npt.NDArray[Any]]:
        """What is known of the words of each text, of what stands between spaces."""
        return list(map(table_of, self.texts))

    @cached_property
    def counts(self) -> Int[np.ndarray, " documents"]:
        """How many words each text has."""
        return np.array(list(map(len, self.tables)), dtype=np.int64)

    @cached_property
    def table(self) -> npt.NDArray[Any]:
        """The words of all texts."""
        return np.concatenate([np.zeros(0, dtype=RECORD), *self.tables])

    @cached_property
    def document(self) -> Int[np.ndarray, " words"]:
        """Of which text each word is."""
        return np.repeat(np.arange(len(self.texts)), self.counts)

    @cached_property
    def hashes(self) -> UInt[np.ndarray, " words"]:
        """64 bits for each word, in small letters and without the marks around it."""
        return np.ascontiguousarray(self.table["hash"])

    @cached_property
    def characters(self) -> Int[np.ndarray, " words"]:
        """How many characters each word has, without the marks around it."""
        return self.table["plain_length"].astype(np.int64)

    @cached_property
    def upto(self) -> Int[np.ndarray, " places"]:
        """How many characters the first words have together: of none, of one, ... of all."""
        return np.concatenate([[0], np.cumsum(self.characters)])

    @cached_property
    def lines(self) -> list[list[str]]:
        """The lines of each text that are not empty."""
        return [[line for line in map(str.strip, text.split("\n")) if line] for text in self.texts]

    @cached_property
    def paragraphs(self) -> list[list[str]]:
        """What stands between empty lines in each text."""
        return [
            [" ".join(lines) for there, lines in groupby(map(str.strip, text.split("\n")), bool) if there]
            for text in self.texts
        ]

    @cached_property
    def repeats(self) -> dict[int, Repeats]:
        """For each length that was asked for, the runs of so many words that a text has twice or more."""
        return {}

    def each(self, values: Integer[np.ndarray, " words"] | Bool[np.ndarray, " words"]) -> Numbers:
        """The sum over the words of each text."""
        return np.bincount(self.document, weights=values, minlength=len(self.texts)).astype(np.float64, copy=False)


class Repeats(NamedTuple):
    """Runs of words that a text has twice or more: where each begins, and how often the text has it."""

    places: Int[np.ndarray, " repeats"]
    times: Int[np.ndarray, " repeats"]


def repeats_of(pages: Pages, n: int) -> Repeats:
    """The runs of ``n`` words that a text has twice or more: both runs of ``n - 1`` words in one are such, too."""
    if n not in pages.repeats:
        if n == SHORTEST:
            places = np.flatnonzero(pages.document[1:] == pages.document[:-1])
        else:
            shorter = np.sort(repeats_of(pages, n - 1).places)
            follow = shorter[1:] == shorter[:-1] + 1
            places = shorter[:-1][follow & (pages.document[shorter[:-1]] == pages.document[shorter[1:] + n - 2])]
        found = runs_at(pages.hashes, places, n)
        # One text after another, so that what two texts say is not taken for what one says twice.
        order = np.lexsort((found, pages.document[places]))
        places, found = places[order], found[order]
        again = met_again(found) & (pages.document[places[1:]] == pages.document[places[:-1]])
        group = np.cumsum(np.concatenate([[True], ~again])) if len(found) else places
        times = np.bincount(group)[group] if len(found) else places
        pages.repeats[n] = Repeats(places[times > 1], times[times > 1])
    return pages.repeats[n]


def share(parts: npt.NDArray[Any], of: npt.NDArray[Any]) -> Numbers:
    """``parts / of``; nothing of nothing is 0."""
    found: Numbers = np.divide(parts, of, out=np.zeros(len(parts)), where=of != 0)
    return found


def shares(pairs: Sequence[tuple[int, int]]) -> Numbers:
    """The same of pairs."""
    return np.array([part / of if of else 0.0 for part, of in pairs])


def again(parts: Sequence[Sequence[str]]) -> Numbers:
    """The share of parts that stood there before."""
    return shares([(len(each) - len(set(each)), len(each)) for each in parts])


def characters_again(parts: Sequence[Sequence[str]]) -> Numbers:
    """The same in characters."""
    sizes = [(sum(map(len, each)), sum(map(len, set(each)))) for each in parts]
    return shares([(size - different, size) for size, different in sizes])


def top_run(pages: Pages, n: int) -> Numbers:
    """The share of all characters of words that lie in the run of ``n`` words that is met most often; once is never."""
    places, times = repeats_of(pages, n)
    document = pages.document[places]
    most, longest = np.zeros((2, len(pages.texts)), dtype=np.int64)
    np.maximum.at(most, document, times)
    frequent = times == most[document]
    lengths = pages.upto[places + n] - pages.upto[places]
    np.maximum.at(longest, document[frequent], lengths[frequent])
    return share(most * longest, pages.each(pages.characters))


def repeated_runs(pages: Pages, n: int) -> Numbers:
    """The share of all characters of words that lie in runs of ``n`` words that are met twice or more."""
    inside = np.zeros(len(pages.table), dtype=bool)
    for step in range(n):
        inside[repeats_of(pages, n).places + step] = True
    return share(pages.each(pages.characters * inside), pages.each(pages.characters))


def words(pages: Pages) -> Numbers:
    """How many words there are."""
    return pages.counts.astype(np.float64)


def mean(pages: Pages, column: str) -> Numbers:
    """The mean of what is known of each word; of no words it is 0."""
    return share(pages.each(pages.table[column]), pages.counts)


def symbols(pages: Pages) -> Numbers:
    """Hashes and ellipses for each word."""
    return share(np.array([sum(map(text.count, SYMBOLS)) for text in pages.texts]), pages.counts)


def beginning(pages: Pages, marks: tuple[str, ...]) -> Numbers:
    """The share of lines that begin with one of ``marks``."""
    return shares([(sum(line.startswith(marks) for line in lines), len(lines)) for lines in pages.lines])


def ending(pages: Pages, marks: tuple[str, ...]) -> Numbers:
    """The share of lines that end with one of ``marks``."""
    return shares([(sum(line.endswith(marks) for line in lines), len(lines)) for lines in pages.lines])


def common_words(pages: Pages) -> Numbers:
    """How many different common words of its language a text has; of other languages nothing is asked."""
    found = np.full(len(pages.texts), 2.0)
    for place, (language, table) in enumerate(zip(pages.languages, pages.tables, strict=True)):
        if known := COMMON_HASHES.get(language):
            found[place] = len(known.intersection(table["hash"].tolist()))
    return found


@dataclass(frozen=True)
class Rule:
    """What is measured, and between which bounds (themselves allowed) a text is kept."""

    name: str
    measure: Callable[[Pages], Numbers]
    least: float = 0.0
    most: float = float("inf")

    def broken(self, pages: Pages) -> Bool[np.ndarray, " documents"]:
        """Which texts do not keep it."""
        measured = self.measure(pages)
        return (measured < self.least) | (measured > self.most)


RULES = (
    Rule("number of words", words, 50.0, 100_000.0),
    Rule("mean length of words", partial(mean, column="length"), 3.0, 10.0),
    Rule("symbols for each word", symbols, 0.0, 0.1),
    Rule("lines that begin with a bullet", partial(beginning, marks=BULLETS), 0.0, 0.9),
    Rule("lines that end with an ellipsis", partial(ending, marks=ELLIPSES), 0.0, 0.3),
    Rule("words with a letter", partial(mean, column="letter"), 0.8, 1.0),
    Rule("common words", common_words, 2.0),
    Rule("lines that are repeated", lambda pages: again(pages.lines), 0.0, 0.3),
    Rule("paragraphs that are repeated", lambda pages: again(pages.paragraphs), 0.0, 0.3),
    Rule("characters in repeated lines", lambda pages: characters_again(pages.lines), 0.0, 0.2),
    Rule("characters in repeated paragraphs", lambda pages: characters_again(pages.paragraphs), 0.0, 0.2),
    *(
        Rule(f"characters in the most frequent {n} words", partial(top_run, n=n), 0.0, most)
        for n, most in ((2, 0.20), (3, 0.18), (4, 0.16))
    ),
    *(
        Rule(f"characters in repeated runs of {n} words", partial(repeated_runs, n=n), 0.0, most)
        for n, most in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
    ),
)


def broken_rules(pages: Pages) -> list[Rule | None]:
    """For each text the first rule that it does not keep, ``None`` where it keeps all."""
    first: list[Rule | None] = [None] * len(pages.texts)
    for rule in reversed(RULES):
        for place in np.flatnonzero(rule.broken(pages)).tolist():
            first[place] = rule
    return first


def broken_rule(text: str, language: str = "en") -> Rule | None:
    """The first rule that one text does not keep, ``None`` where it keeps all."""
    return broken_rules(Pages([text], [language]))[0]
