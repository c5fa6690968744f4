"""Conversations about stories: a story, then questions that it answers, and their answers.

What is asked of the model is to find a word in a text that it has never seen. Some questions can be answered without
the story more often than by chance (there are only so many colors), so the same questions without the story are a
corpus too: what a model reaches there is not reading.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from hornbook.corpus.conversations import Conversation, Message
from hornbook.corpus.story_world.scene import Fact
from hornbook.corpus.story_world.stories import Story, story
from hornbook.seeds import numpy_generator

HELD_OUT = 10_000_000
"""From this number on, stories are for measuring; nobody trains on so many."""

PER_KIND = 100
"""Questions of each kind that are held out."""

KINDS = ("holder", "place", "color", "wish", "favorite", "skill", "home", "family", "pet", "animal")
"""What is asked about; every kind comes up in enough stories to be measured."""

BEGINNING = ("home", "family", "pet", "animal")
"""What the first paragraph of every story says."""

SETTLED = "at home"
"""Where every hero is in the end: that is known without reading."""


@dataclass(frozen=True)
class StoryQuestions:
    """Questions on stories; ``told`` says whether the story stands before them.

    Of every four stories for training, ``openings`` stop after the first paragraph, and so do those that are held out
    where all do.
    """

    told: bool = True
    openings: int = 0

    def training_conversations(self, seed: int, count: int) -> Iterator[Conversation]:
        """A story each, and all that can be asked about it, in any order."""
        for index in range(count):
            each = story(seed, index)
            each = opening(each) if index % 4 < self.openings else each
            facts = [fact for fact in each.facts if is_asked(fact)]
            order = numpy_generator(seed, "story questions", index).permutation(len(facts))
            yield self.conversation(f"story-questions/{index}", each, [facts[place] for place in order.tolist()])

    def held_out_conversations(self, seed: int, per_kind: int = PER_KIND) -> Iterator[Conversation]:
        """One question each about a story of its own, of every kind as many."""
        short = self.openings == 4
        wanted, index = dict.fromkeys(BEGINNING if short else KINDS, per_kind), HELD_OUT
        while wanted:
            each = opening(story(seed, index)) if short else story(seed, index)
            kind = next((kind for kind in rarest_first(wanted) if any_of(kind, each)), None)
            if kind is not None:
                name = f"story-questions/{kind}/held-out/{index}"
                yield self.conversation(name, each, any_of(kind, each)[:1])
                wanted[kind] -= 1
                wanted = {kind: left for kind, left in wanted.items() if left}
            index += 1

    def conversation(self, name: str, told: Story, facts: list[Fact]) -> Conversation:
        """The story and the first question, its answer, the next question..."""
        messages: list[Message] = []
        for fact in facts:
            asked = f"{told.text}\n\n{fact.question}" if self.told and not messages else fact.question
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": fact.answer}]
        return Conversation(name, tuple(messages))


def opening(told: Story) -> Story:
    """The first paragraph, and what it answers: to look a word up is learned sooner in a short text."""
    facts = tuple(fact for fact in told.facts if fact.kind in BEGINNING)
    return dataclasses.replace(told, text=told.text.partition("\n")[0], facts=facts)


def is_asked(fact: Fact) -> bool:
    """Whether there is something to find out."""
    return fact.kind in KINDS and not (fact.kind == "place" and fact.answer == SETTLED)


def any_of(kind: str, told: Story) -> list[Fact]:
    """The questions of a kind that a story answers."""
    return [fact for fact in told.facts if fact.kind == kind and is_asked(fact)]


def rarest_first(wanted: dict[str, int]) -> list[str]:
    """The kinds of which most are still missing first: those come up least."""
    return sorted(wanted, key=lambda kind: -wanted[kind])
