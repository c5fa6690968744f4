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

READ = ("home", "family", "pet", "animal", "color", "skill", "dream", "virtue", "feeling")
"""Kinds of questions whose answers stand in one place, beside a word of the question."""

FOLLOWED = ("holder", "place", "wish", "favorite")
"""Kinds for which a story has several candidates: who has a thing in the end is known to those who follow it."""

PARAGRAPH = dict.fromkeys(("home", "family", "pet", "animal"), 0) | dict.fromkeys(("dream", "virtue", "feeling"), 2)
"""Which paragraph has the answer, by kind; what is not named here happens in the one between."""

WHOLE = (0, 1, 2)

EXCERPTS = ((0,), (1,), (1, 2), (2,))
"""Which paragraphs take turns where not all are told. A dream stands alone in the third, and among many things that it
might be in the second and the third: so it is looked up, and not guessed."""

MIXED = (*EXCERPTS, WHOLE, WHOLE)
"""Excerpts and whole stories in turns: looking a word up is learned sooner in a short text, and what was learned there
serves in a long one."""

TAKEN = {"favorite": 1.0, "skill": 1.0, "wish": 1.0, "place": 0.5, "dream": 0.5}
"""How often a story with such a fact is taken for training, for these are rare, or (dreams) hard to read; any other,
one time in ``ONE_IN``."""

ONE_IN = 4

SETTLED = "at home"
"""Where every hero is in the end: that is known without reading."""


@dataclass(frozen=True)
class StoryQuestions:
    """Questions on stories; ``told`` says whether the story stands before them.

    ``shown`` are the paragraphs that take turns in training; what is held out is asked about ``whole`` stories, or
    about the paragraph that has the answer. ``kinds`` is what is asked about.
    """

    told: bool = True
    shown: tuple[tuple[int, ...], ...] = MIXED
    whole: bool = True
    kinds: tuple[str, ...] = READ

    def training_conversations(self, seed: int, count: int) -> Iterator[Conversation]:
        """A story each, and all that can be asked about it, in any order.

        Some kinds of questions come up in one story of twenty. Stories that have nothing rare are passed over now and
        then, so that every kind is met often enough.
        """
        index = -1
        while count:
            index += 1
            draw = numpy_generator(seed, "story questions", index)
            each = story(seed, index)
            if draw.random() > max(TAKEN.get(fact.kind, 1 / ONE_IN) for fact in self.asked(each)):
                continue
            each = excerpt(each, self.shown[index % len(self.shown)])
            facts = self.asked(each)
            if not facts:
                continue
            count -= 1
            order = draw.permutation(len(facts))
            yield self.conversation(f"story-questions/{index}", each, [facts[place] for place in order.tolist()])

    def held_out_conversations(self, seed: int, per_kind: int = PER_KIND) -> Iterator[Conversation]:
        """One question each about a story of its own, of every kind as many."""
        wanted, index = dict.fromkeys(self.kinds, per_kind), HELD_OUT
        while wanted:
            each = story(seed, index)
            known = {fact.kind: fact for fact in reversed(self.asked(each))}
            kind = next((kind for kind in rarest_first(wanted) if kind in known), None)
            if kind is not None:
                fact = known[kind]
                each = each if self.whole else excerpt(each, (PARAGRAPH.get(kind, 1),))
                yield self.conversation(f"story-questions/{kind}/held-out/{index}", each, [fact])
                wanted[kind] -= 1
                wanted = {kind: left for kind, left in wanted.items() if left}
            index += 1

    def asked(self, told: Story) -> list[Fact]:
        """What can be asked about a story, leaving out what is true of every one."""
        return [fact for fact in told.facts if fact.kind in self.kinds and fact.answer != SETTLED]

    def conversation(self, name: str, told: Story, facts: list[Fact]) -> Conversation:
        """The story and the first question, its answer, the next question..."""
        messages: list[Message] = []
        for fact in facts:
            asked = f"{told.text}\n\n{fact.question}" if self.told and not messages else fact.question
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": fact.answer}]
        return Conversation(name, tuple(messages))


def excerpt(told: Story, numbers: tuple[int, ...]) -> Story:
    """Some paragraphs of a story, and what they answer: the first says how things are, the second what happens."""
    facts = tuple(fact for fact in told.facts if PARAGRAPH.get(fact.kind, 1) in numbers)
    text = told.text.split("\n")
    return dataclasses.replace(told, text="\n".join(text[number] for number in numbers), facts=facts)


def rarest_first(wanted: dict[str, int]) -> list[str]:
    """The kinds of which most are still missing first: those come up least."""
    return sorted(wanted, key=lambda kind: -wanted[kind])
