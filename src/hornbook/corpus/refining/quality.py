"""Whether a text is prose: the rules by which Gopher's training text was chosen (Rae et al. 2021, appendix A.1.1).

Each rule is a number that can be read off a text, and the bounds between which it lies in almost all good ones. No rule
knows what a text says, so each is wrong at times; together they take out menus, tables, lists of keywords, and pages
that say one thing over and over.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby

SYMBOLS = re.compile(r"#|\.\.\.|…")
BULLETS = ("•", "●", "▪", "‣", "*", "-")
ELLIPSES = ("...", "…")
COMMON = {
    "en": frozenset({"the", "be", "to", "of", "and", "that", "have", "with"}),
    "fr": frozenset({"le", "la", "les", "de", "des", "et", "à", "que", "un", "une"}),
    "it": frozenset({"il", "la", "di", "e", "che", "un", "una", "per", "non", "le"}),
}
"""Words of which a text of some length has at least two; those of English are Gopher's."""


@dataclass(frozen=True)
class Page:
    """A text, and its parts as the rules count them; each is found once, when a rule asks for it."""

    text: str
    language: str = "en"

    @cached_property
    def words(self) -> list[str]:
        """What stands between spaces."""
        return self.text.split()

    @cached_property
    def plain(self) -> list[str]:
        """The words in small letters, without the marks around them."""
        return [word.strip(".,;:!?\"'()[]«»“”’").lower() for word in self.words]

    @cached_property
    def lines(self) -> list[str]:
        """The lines that are not empty."""
        return [line for line in map(str.strip, self.text.split("\n")) if line]

    @cached_property
    def paragraphs(self) -> list[str]:
        """What stands between empty lines."""
        return [" ".join(lines) for there, lines in groupby(map(str.strip, self.text.split("\n")), bool) if there]

    @cached_property
    def repeats(self) -> bool:
        """Whether any five words are met twice in a row: where they are not, no longer run is."""
        found = runs(self, 5)
        return len(set(found)) < len(found)


def share(count: int, of: int) -> float:
    """``count / of``; nothing of nothing is 0."""
    return count / of if of else 0.0


def again(parts: Sequence[str]) -> float:
    """The share of parts that stood there before."""
    return share(len(parts) - len(set(parts)), len(parts))


def characters_again(parts: Sequence[str]) -> float:
    """The same in characters."""
    return share(sum(map(len, parts)) - sum(map(len, set(parts))), sum(map(len, parts)))


def runs(page: Page, n: int) -> list[tuple[str, ...]]:
    """All runs of ``n`` words."""
    return list(zip(*(page.plain[start:] for start in range(n)), strict=False))


def top_run(page: Page, n: int) -> float:
    """The share of all characters of words that lie in the run of ``n`` words that is met most often; once is never."""
    times = Counter(runs(page, n))
    most = max(times.values(), default=1)
    if most == 1:
        return 0.0
    longest = max(sum(map(len, run)) for run, count in times.items() if count == most)
    return share(most * longest, sum(map(len, page.plain)))


def repeated_runs(page: Page, n: int) -> float:
    """The share of all characters of words that lie in runs of ``n`` words that are met twice or more."""
    if not page.repeats:
        return 0.0
    found = runs(page, n)
    times = Counter(found)
    inside = {place + step for place, run in enumerate(found) if times[run] > 1 for step in range(n)}
    return share(sum(len(page.plain[place]) for place in inside), sum(map(len, page.plain)))


def beginning(page: Page, marks: tuple[str, ...]) -> float:
    """The share of lines that begin with one of ``marks``."""
    return share(sum(line.startswith(marks) for line in page.lines), len(page.lines))


def ending(page: Page, marks: tuple[str, ...]) -> float:
    """The share of lines that end with one of ``marks``."""
    return share(sum(line.endswith(marks) for line in page.lines), len(page.lines))


def common_words(page: Page) -> float:
    """How many different common words of its language a text has; of other languages nothing is asked."""
    known = COMMON.get(page.language)
    return float(len(known & set(page.plain))) if known else 2.0


def has_letter(word: str) -> bool:
    """Whether one of its characters is a letter."""
    return word.isalpha() or any(map(str.isalpha, word))


@dataclass(frozen=True)
class Rule:
    """What is measured, and between which bounds (themselves allowed) a text is kept."""

    name: str
    measure: Callable[[Page], float]
    least: float = 0.0
    most: float = float("inf")


RULES = (
    Rule("number of words", lambda page: float(len(page.words)), 50.0, 100_000.0),
    Rule("mean length of words", lambda page: share(sum(map(len, page.words)), len(page.words)), 3.0, 10.0),
    Rule("symbols for each word", lambda page: share(len(SYMBOLS.findall(page.text)), len(page.words)), 0.0, 0.1),
    Rule("lines that begin with a bullet", lambda page: beginning(page, BULLETS), 0.0, 0.9),
    Rule("lines that end with an ellipsis", lambda page: ending(page, ELLIPSES), 0.0, 0.3),
    Rule("words with a letter", lambda page: share(sum(map(has_letter, page.words)), len(page.words)), 0.8, 1.0),
    Rule("common words", common_words, 2.0),
    Rule("lines that are repeated", lambda page: again(page.lines), 0.0, 0.3),
    Rule("paragraphs that are repeated", lambda page: again(page.paragraphs), 0.0, 0.3),
    Rule("characters in repeated lines", lambda page: characters_again(page.lines), 0.0, 0.2),
    Rule("characters in repeated paragraphs", lambda page: characters_again(page.paragraphs), 0.0, 0.2),
    *(
        Rule(f"characters in the most frequent {n} words", partial(top_run, n=n), 0.0, most)
        for n, most in ((2, 0.20), (3, 0.18), (4, 0.16))
    ),
    *(
        Rule(f"characters in repeated runs of {n} words", partial(repeated_runs, n=n), 0.0, most)
        for n, most in ((5, 0.15), (6, 0.14), (7, 0.13), (8, 0.12), (9, 0.11), (10, 0.10))
    ),
)
"""In the order in which they are asked: the cheap ones first."""


def broken_rule(text: str, language: str = "en") -> Rule | None:
    """The first rule that ``text`` does not keep, ``None`` where it keeps all."""
    page = Page(text, language)
    return next((rule for rule in RULES if not rule.least <= rule.measure(page) <= rule.most), None)
