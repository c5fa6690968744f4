"""Numbers to be translated, as questions and answers: each answer can be checked, so it can be rewarded.

Which numbers are held out, and which languages and directions there are, is the task's own affair (task.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hornbook.corpus.conversations import Conversation
from hornbook.corpus.numbers.task import NumbersTask
from hornbook.corpus.pairs import Pair


@dataclass(frozen=True)
class SpokenNumbers:
    """The pairs of ``task``: ``en: 742`` is said to the assistant, which says the number in words."""

    task: NumbersTask = NumbersTask()

    def training_conversations(self, seed: int, count: int) -> Iterator[Conversation]:
        """``count`` numbers to practise."""
        return as_turns(self.task.training_pairs(seed, count))

    def held_out_conversations(self, seed: int, per_group: int = 100) -> Iterator[Conversation]:
        """Numbers that are never practised, in each language and direction as many."""
        return as_turns(self.task.held_out_pairs(seed, per_group))


def as_turns(pairs: Iterable[Pair]) -> Iterator[Conversation]:
    """Each pair as a question and its answer."""
    for pair in pairs:
        turns = ({"role": "user", "content": pair.source}, {"role": "assistant", "content": pair.target})
        yield Conversation(pair.name, turns)
