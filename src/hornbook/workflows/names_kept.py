"""Does a story keep the name that it began with? Held-out stories, their first sentence given, gone on with by a model.

In: a model, and a text with sentences like "Once upon a time there was a girl named Lily." Out: a ``NamesKept``. A
story keeps its name where the first name that comes after that sentence is the one the sentence gave; a name is any
word that the text introduces so. Beside the model stand the stories as they were written, and what the model wrote
after *another* name: so often the name would be there because it is a common one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hornbook.errors import TextError
from hornbook.generation.config import Sampling
from hornbook.workflows.continuations import written
from hornbook.workflows.load import Loaded

BEGINNING = re.compile(r"Once upon a time[^.\n]* named ([A-Z][a-z]+)\.")
INTRODUCED = re.compile(r" named ([A-Z][a-z]+)")

LENGTH = 100
"""Tokens that are written after the first sentence."""

TEMPERATURE = 0.8
"""Of the drawing: the stories are to be told, not to be average."""


@dataclass(frozen=True)
class NamesKept:
    """Of ``stories`` beginnings, how many are gone on with under their own name."""

    stories: int
    kept: int
    """By the model."""
    by_chance: int
    """By what the model wrote after another beginning, with another name."""
    written: int
    """By the stories themselves, in as many characters."""
    samples: dict[str, str]
    """Stories of the model's: the first that keeps its name, and the first that loses it, where there is one."""

    def __str__(self) -> str:
        """In two sentences, and the samples."""
        told = "; ".join(f"the first that {what}: “{' '.join(text.split())}”" for what, text in self.samples.items())
        return (
            f"{self.stories} held-out stories, their first sentence given: the first name that the model says after it "
            f"is the one it gave in {self.kept} (in {self.by_chance}, had the sentence given another; in "
            f"{self.written} as they were written). Drawn at temperature {TEMPERATURE:g}, {told}"
        )


def names_kept(loaded: Loaded, text: str, count: int, seed: int = 1) -> NamesKept:
    """Let the model go on with ``count`` stories of ``text``, spread evenly over it.

    Raises:
        TextError: no two of them begin with different names, or their first sentences fill the model's context.
    """
    names, begun = frozenset(INTRODUCED.findall(text)), beginnings(text, count)
    given = [each[1] for each in begun]
    told = continued(loaded, [each[0] for each in begun], seed)
    held = holding(given, told, names)
    firsts = {what: held.index(which) for what, which in (("keeps it", True), ("loses it", False)) if which in held}
    after = [text[each.end() : each.end() + len(words)] for each, words in zip(begun, told, strict=True)]
    return NamesKept(
        stories=len(begun),
        kept=sum(held),
        by_chance=sum(holding(given, elsewhere(given, told), names)),
        written=sum(holding(given, after, names)),
        samples={what: begun[place][0] + told[place] for what, place in firsts.items()},
    )


def beginnings(text: str, count: int) -> list[re.Match[str]]:
    """The first sentences of ``count`` stories that begin with a name, spread evenly over a text.

    Raises:
        TextError: there are not two of different names.
    """
    found = list(BEGINNING.finditer(text))
    places = np.linspace(0, len(found) - 1, min(count, len(found))).round().astype(int)
    chosen = [found[place] for place in places]
    if len({each[1] for each in chosen}) < 2:
        raise TextError(f"names: {len(chosen)} stories begin with a name, expected two of different names or more")
    return chosen


def continued(loaded: Loaded, prompts: Sequence[str], seed: int) -> list[str]:
    """What the model writes after each prompt; fewer than ``LENGTH`` tokens where the context has no room for them."""
    ids = [loaded.tokenizer.encode(prompt) for prompt in prompts]
    room = loaded.model.config.context - max(map(len, ids))
    if room < 1:
        raise TextError(f"names: the first sentences fill the context of {loaded.model.config.context} tokens")
    sampling = Sampling(max_tokens=min(LENGTH, room), temperature=TEMPERATURE, seed=seed)
    return [loaded.tokenizer.decode(tokens) for tokens in written(loaded, ids, sampling)]


def elsewhere(given: Sequence[str], told: Sequence[str]) -> list[str]:
    """For every name what was told after the next beginning that gave another one."""
    size = len(given)
    after = [next(k % size for k in range(i + 1, i + size) if given[k % size] != given[i]) for i in range(size)]
    return [told[place] for place in after]


def first_name(text: str, names: frozenset[str]) -> str | None:
    """The first word of a text that is a name."""
    return next((word for word in re.findall(r"[A-Za-z]+", text) if word in names), None)


def holding(given: Sequence[str], texts: Sequence[str], names: frozenset[str]) -> list[bool]:
    """Of each text whether its first name is the one that was given."""
    return [first_name(text, names) == name for name, text in zip(given, texts, strict=True)]
