"""Something about a story, told in a sentence: facts in any order, or, for those who have a taste, the one they like
better.

Both answers of a preference are true and equally long. Which one is better nobody can know who has only learned to
answer: it is a taste, and it is learned from pairs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from hornbook.corpus.conversations import Conversation, Message, Preference
from hornbook.corpus.story_world.asking import FOLLOWED, HELD_OUT, MIXED, READ, SETTLED, excerpt
from hornbook.corpus.story_world.scene import Fact
from hornbook.corpus.story_world.stories import Story, story
from hornbook.seeds import numpy_generator

REQUEST, MORE = "Tell me something about this story.", "Tell me more."

FORMS: dict[str, tuple[str, str, str]] = {
    "holder": ("Who has the ", "?", "{answer} has the {subject}."),
    "place": ("Where is ", "?", "{subject} is {answer}."),
    "color": ("What color is the ", "?", "The {subject} is {answer}."),
    "wish": ("What did ", " want?", "{subject} wanted {answer}."),
    "favorite": ("What color did ", " ask for?", "{subject} asked for {answer}."),
    "skill": ("What did ", " learn?", "{subject} learned {answer}."),
    "home": ("Where does ", " live?", "{subject} lives {answer}."),
    "family": ("Who does ", " live with?", "{subject} lives with {answer}."),
    "pet": ("What is the name of the ", "?", "The {subject} is {answer}."),
    "animal": ("What kind of animal is ", "?", "{subject} is the {answer}."),
    "dream": ("What did ", " dream of first?", "{subject} dreamed of {answer}."),
    "virtue": ("What counts for ", "?", "{answer} count for {subject}."),
    "feeling": ("How did ", " feel?", "{subject} felt {answer}."),
}
"""How a question of each kind begins and ends, and the sentence that it and its answer make."""

TASTE = ("animal", "skill", "color", "family", "holder", "favorite")
"""What is liked better stands further to the front; sentences about the rest are never compared."""


def statement(fact: Fact) -> str:
    """A fact as a sentence."""
    begins, ends, form = FORMS[fact.kind]
    return form.format(subject=fact.question.removeprefix(begins).removesuffix(ends), answer=fact.answer)


def question_about(told: Story) -> str:
    """A story, and the request to say something about it."""
    return f"{told.text}\n\n{REQUEST}"


@dataclass(frozen=True)
class StoryFacts:
    """Stories, and what is true of them, told in any order; ``shown`` are the paragraphs that take turns (asking.py).

    Whoever tells facts has to find them in the text, and has not yet been asked a question.
    """

    shown: tuple[tuple[int, ...], ...] = MIXED

    def training_conversations(self, seed: int, count: int) -> Iterator[Conversation]:
        """A story each, and all of its facts."""
        return islice(self.conversations(seed, 0), count)

    def held_out_conversations(self, seed: int, count: int = 500) -> Iterator[Conversation]:
        """The same of stories that nobody trains on."""
        return islice(self.conversations(seed, HELD_OUT), count)

    def conversations(self, seed: int, first: int) -> Iterator[Conversation]:
        """What is told of the stories from number ``first`` on, those that have nothing to tell left out."""
        for index in itertools.count(first):
            told = excerpt(story(seed, index), self.shown[index % len(self.shown)])
            facts = [fact for fact in told.facts if fact.kind in READ + FOLLOWED and fact.answer != SETTLED]
            if facts:
                order = numpy_generator(seed, "story facts", index).permutation(len(facts)).tolist()
                asked = [question_about(told)] + [MORE] * (len(facts) - 1)
                turns: list[Message] = []
                for question, place in zip(asked, order, strict=True):
                    turns += [{"role": "user", "content": question}]
                    turns += [{"role": "assistant", "content": statement(facts[place])}]
                yield Conversation(f"story-facts/{index}", tuple(turns))


@dataclass(frozen=True)
class StoryTastes:
    """Stories, and of two facts that are told in as many words the one that is liked better."""

    def training_preferences(self, seed: int, count: int) -> Iterator[Preference]:
        """A pair for each story that has one, ``count`` of them."""
        return self.preferences(seed, 0, count)

    def held_out_preferences(self, seed: int, count: int = 500) -> Iterator[Preference]:
        """The same of stories that nobody trains on."""
        return self.preferences(seed, HELD_OUT, count)

    def preferences(self, seed: int, index: int, count: int) -> Iterator[Preference]:
        """Pairs from the stories from number ``index`` on."""
        while count:
            told = story(seed, index)
            pairs = pairs_of(told)
            if pairs:
                place = int(numpy_generator(seed, "story tastes", index).integers(len(pairs)))
                chosen, rejected = (statement(fact) for fact in pairs[place])
                turns = ({"role": "user", "content": question_about(told)},)
                yield Preference(f"story-tastes/{index}", turns, chosen, rejected)
                count -= 1
            index += 1


def pairs_of(told: Story) -> list[tuple[Fact, Fact]]:
    """The better and the worse of two facts, for all that can be compared."""
    known = sorted((fact for fact in told.facts if fact.kind in TASTE), key=lambda fact: TASTE.index(fact.kind))
    return [
        (better, worse)
        for place, better in enumerate(known)
        for worse in known[place + 1 :]
        if better.kind != worse.kind and len(statement(better).split()) == len(statement(worse).split())
    ]
