"""Pairs and labelled texts by their name, or by the tables they stand in.

A corpus with a name brings its own held-out part, drawn so that nothing of it can be known by heart. A table does not:
whoever prepares it divides it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Generic, Protocol, TypeVar, runtime_checkable

from hornbook.corpus.catalogue import CATALOGUE
from hornbook.corpus.conversations import Conversation, Preference
from hornbook.corpus.fetch import Fetching, fetch_file
from hornbook.corpus.numbers.spoken import SpokenNumbers
from hornbook.corpus.numbers.task import NumbersTask
from hornbook.corpus.pairs import LabelledText, Pair, read_labelled, read_pairs
from hornbook.corpus.reviews import Reviews
from hornbook.corpus.sources import DOCUMENTS, read_messages
from hornbook.corpus.story_world.asking import EXCERPTS, FOLLOWED, READ, StoryQuestions
from hornbook.corpus.story_world.retelling import StoryTasks
from hornbook.corpus.story_world.telling_facts import StoryFacts, StoryTastes
from hornbook.corpus.sums import Sums
from hornbook.errors import SettingError, nearest

Item = TypeVar("Item")


@runtime_checkable
class LabelledCorpus(Protocol):
    """Labelled texts that can be had under a name, as many as are asked for, and others that are never among them."""

    @property
    def questions(self) -> tuple[str, ...]:
        """What is asked about every text."""
        ...

    def training_texts(self, seed: int, count: int) -> Iterator[LabelledText]:
        """Labelled texts to learn from."""
        ...

    def held_out_texts(self, seed: int) -> Iterator[LabelledText]:
        """Labelled texts to measure with."""
        ...


@runtime_checkable
class PairCorpus(LabelledCorpus, Protocol):
    """The same for pairs; the labelled texts are an encoder's view of the same things."""

    def training_pairs(self, seed: int, count: int) -> Iterator[Pair]:
        """Pairs to learn from."""
        ...

    def held_out_pairs(self, seed: int) -> Iterator[Pair]:
        """Pairs to measure with."""
        ...


PAIR_CORPORA: dict[str, PairCorpus] = {
    "numbers": NumbersTask(),
    "numbers-en": NumbersTask(languages=("en",), directions=("words",)),
    "numbers-fr": NumbersTask(languages=("fr",), directions=("words",)),
    "numbers-it": NumbersTask(languages=("it",), directions=("words",)),
}

LABELLED: dict[str, LabelledCorpus] = {**PAIR_CORPORA, "reviews": Reviews()}


@dataclass(frozen=True)
class Supplied(Generic[Item]):
    """What to learn from, and what to measure with where that was set aside already."""

    training: Iterator[Item]
    held_out: Iterator[Item] | None = None


def load_pairs(
    name_or_paths: str | Sequence[str | Path],
    count: int | None = None,
    seed: int = 0,
    source_field: str = "source",
    target_field: str = "target",
) -> Supplied[Pair]:
    """The pairs of a corpus, by its name, or of tables, by their paths (in a list).

    Args:
        count: so many pairs to learn from; ``None``: all of a table, ``DOCUMENTS`` of a corpus.
        seed: which one of all the corpora of this name.
        source_field: what the first text is called in the tables, ``target_field`` the second.

    Raises:
        SettingError: no such name.
        MissingError, TextError: as ``read_pairs``.
    """
    if isinstance(name_or_paths, str):
        corpus = find(PAIR_CORPORA, name_or_paths, "pairs")
        return Supplied(corpus.training_pairs(seed, count or DOCUMENTS), corpus.held_out_pairs(seed))
    return Supplied(islice(read_pairs(name_or_paths, source_field, target_field), count))


def load_labelled(
    name_or_paths: str | Sequence[str | Path],
    count: int | None = None,
    seed: int = 0,
    text_field: str = "text",
    label_fields: Sequence[str] = ("label",),
) -> Supplied[LabelledText]:
    """The same for labelled texts; the fields are those of the tables. Messages of the catalogue have one label."""
    if isinstance(name_or_paths, str):
        if is_messages(name_or_paths):
            return Supplied(islice(messages(name_or_paths), count))
        labelled = find(LABELLED, name_or_paths, "labelled texts")
        return Supplied(labelled.training_texts(seed, count or DOCUMENTS), labelled.held_out_texts(seed))
    return Supplied(islice(read_labelled(name_or_paths, text_field, label_fields), count))


@runtime_checkable
class Talk(Protocol):
    """Conversations that can be had under a name, and others that are never among them."""

    def training_conversations(self, seed: int, count: int) -> Iterator[Conversation]:
        """Conversations to learn from."""
        ...

    def held_out_conversations(self, seed: int) -> Iterator[Conversation]:
        """Conversations to measure with."""
        ...


CONVERSATIONS: dict[str, Talk] = {
    "story-questions": StoryQuestions(),
    "story-questions-untold": StoryQuestions(told=False),
    "story-paragraphs": StoryQuestions(shown=EXCERPTS, whole=False),
    "story-riddles": StoryQuestions(kinds=READ + FOLLOWED),
    "story-facts": StoryFacts(),
    "paragraph-facts": StoryFacts(shown=EXCERPTS),
    "story-tasks": StoryTasks(),
    "sums": Sums(),
    "numbers-spoken": SpokenNumbers(),
}

PREFERENCES: dict[str, StoryTastes] = {"story-tastes": StoryTastes()}


def preferences_named(name: str, count: int | None = None, seed: int = 0) -> Supplied[Preference]:
    """The preferences of a corpus with a name (``SettingError`` where there is none)."""
    corpus = find(PREFERENCES, name, "preferences")
    return Supplied(corpus.training_preferences(seed, count or DOCUMENTS), corpus.held_out_preferences(seed))


def conversations_named(name: str, count: int | None = None, seed: int = 0) -> Supplied[Conversation]:
    """The conversations of a corpus with a name (``SettingError`` where there is none)."""
    corpus = find(CONVERSATIONS, name, "conversations")
    return Supplied(corpus.training_conversations(seed, count or DOCUMENTS), corpus.held_out_conversations(seed))


def is_messages(name: str) -> bool:
    """Whether a name of the catalogue stands for messages with labels."""
    return name in CATALOGUE and CATALOGUE[name].kind == "messages"


def messages(name: str) -> Iterator[LabelledText]:
    """The messages of a corpus of the catalogue, which is fetched if it is not there."""
    entry = CATALOGUE[name]
    read = chain.from_iterable(read_messages(fetch_file(entry, file, Fetching())) for file in entry.files)
    for number, message in enumerate(read, 1):
        yield LabelledText(f"{name}/{number}", message.text.strip(), (message.name,))


def questions_of(name: str) -> tuple[str, ...]:
    """What is asked about every text of a corpus with a name."""
    return ("label",) if is_messages(name) else find(LABELLED, name, "labelled texts").questions


def find(table: Mapping[str, Item], name: str, what: str) -> Item:
    """The row of a table (``SettingError`` for any other name)."""
    if name not in table:
        raise SettingError(
            f"corpus: {name!r} has no {what}{nearest(name, table)}; those that have are {', '.join(table)}"
        )
    return table[name]
