"""Things to do with a story besides answering: sum it up, tell it again with another name, go on with it.

What is asked for is known, as the story is: a summary is a sentence made of its facts, a story with another name is
the same text but for that name, and how it goes on is its last paragraph. So the first two can be checked to the
letter, and the third can only be scored.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from hornbook.corpus.conversations import Conversation
from hornbook.corpus.story_world.asking import HELD_OUT
from hornbook.corpus.story_world.stories import Story, story
from hornbook.corpus.story_world.vocabulary import BOYS, GIRLS
from hornbook.errors import SettingError, nearest
from hornbook.seeds import numpy_generator

DEEDS = {
    "skill": "learned {}",
    "favorite": "asked for {}",
    "wish": "wanted {}",
    "dream": "dreamed of {}",
    "virtue": "found that {} count",
    "feeling": "felt {}",
}
"""What a summary says of the hero, by the kind of the fact, in this order."""


def hero_of(told: Story) -> str:
    """Whom the story is about: the one of whom is said where they live."""
    [question] = [fact.question for fact in told.facts if fact.kind == "home"]
    return question.removeprefix("Where does ").removesuffix(" live?")


def summary(told: Story, draw: np.random.Generator) -> tuple[str, str] | None:
    """A request to sum the story up, and the sentence; ``None`` where the hero does nothing that a fact is about."""
    hero = hero_of(told)
    known = {fact.kind: fact.answer for fact in told.facts if re.search(rf"\b{hero}\b", fact.question)}
    deeds = [form.format(known[kind]) for kind, form in DEEDS.items() if kind in known]
    if not deeds:
        return None
    *first, last = deeds
    done = f"{', '.join(first)} and {last}" if first else last
    sentence = f"{hero}, who lives {known['home']} with {known['family']}, {done}."
    return f"{told.text}\n\nTell this story in one sentence.", sentence


def renaming(told: Story, draw: np.random.Generator) -> tuple[str, str] | None:
    """The first paragraph, to be told again with the hero called otherwise, and that text."""
    hero, text = hero_of(told), told.text.split("\n")[0]
    names = next(table for table in (GIRLS, BOYS) if hero in map(str, table))
    free = [str(name) for name in names if str(name) not in told.text]
    other = free[int(draw.integers(len(free)))]
    return f"{text}\n\nTell this again, and call {hero} {other}.", re.sub(rf"\b{hero}\b", other, text)


def ending(told: Story, draw: np.random.Generator) -> tuple[str, str] | None:
    """All but the last paragraph, to be gone on with, and the last."""
    begins, _, ends = told.text.rpartition("\n")
    return f"{begins}\n\nHow does this story end?", ends


TASKS: dict[str, Callable[[Story, np.random.Generator], tuple[str, str] | None]] = {
    "summary": summary,
    "renaming": renaming,
    "ending": ending,
}


@dataclass(frozen=True)
class StoryTasks:
    """What is to be done with stories: ``kinds`` of ``TASKS``, in turns."""

    kinds: tuple[str, ...] = tuple(TASKS)

    def __post_init__(self) -> None:
        """Refuse what cannot be asked for (``SettingError``)."""
        unknown = next((kind for kind in self.kinds if kind not in TASKS), None)
        if unknown is not None or not self.kinds:
            raise SettingError(f"kinds: {unknown!r} is none of {', '.join(TASKS)}{nearest(str(unknown), TASKS)}")

    def training_conversations(self, seed: int, count: int) -> Iterator[Conversation]:
        """``count`` requests, each about a story of its own."""
        return islice(self.conversations(seed, 0, ""), count)

    def held_out_conversations(self, seed: int, per_kind: int = 100) -> Iterator[Conversation]:
        """The same about stories that nobody trains on."""
        return islice(self.conversations(seed, HELD_OUT, "held-out/"), per_kind * len(self.kinds))

    def conversations(self, seed: int, first: int, part: str) -> Iterator[Conversation]:
        """Requests about the stories from number ``first`` on; one that a story has no answer to is left out."""
        for index in itertools.count(first):
            kind = self.kinds[index % len(self.kinds)]
            made = TASKS[kind](story(seed, index), numpy_generator(seed, "story tasks", index))
            if made is not None:
                asked, answer = made
                turns = ({"role": "user", "content": asked}, {"role": "assistant", "content": answer})
                yield Conversation(f"story-tasks/{kind}/{part}{index}", turns)
