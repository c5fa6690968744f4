"""Any corpus that is made here, written to a file of the kind that suits it.

Running texts go to .txt or .jsonl, pairs and labelled texts to tables, conversations and preferences to .jsonl: each
in the form in which ``--text`` reads it again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from hornbook.corpus.documents import Written, write_documents
from hornbook.corpus.pair_sources import CONVERSATIONS, LABELLED, PAIR_CORPORA, PREFERENCES
from hornbook.corpus.pairs import write_labelled, write_pairs
from hornbook.corpus.sources import DOCUMENTS, make_documents
from hornbook.errors import SettingError
from hornbook.files import replacing


def make_corpus(name: str, out: Path, documents: int | None = None, size: int | None = None, seed: int = 0) -> Written:
    """Write what is learned from in the corpus ``name``: so many rows, or running texts of so many bytes.

    Raises:
        SettingError: no such name, a count below 1, bytes for what is counted, or a file of another kind.
        TextError: a text that such a file cannot hold.
    """
    write = next((write for table, write in KINDS if name in table), None)
    if write is None:
        return write_documents(make_documents(name, documents, size, seed), out)
    if size is not None:
        raise SettingError(f"bytes: the rows of {name} are counted; say how many with documents")
    if documents is not None and documents < 1:
        raise SettingError(f"documents: expected at least 1, found {documents}")
    return write(name, seed, documents or DOCUMENTS, out)


def make_pairs(name: str, seed: int, count: int, out: Path) -> Written:
    """Pairs, to a table."""
    return write_pairs(PAIR_CORPORA[name].training_pairs(seed, count), out)


def make_labelled(name: str, seed: int, count: int, out: Path) -> Written:
    """Labelled texts, to a table."""
    corpus = LABELLED[name]
    return write_labelled(corpus.training_texts(seed, count), corpus.questions, out)


def make_conversations(name: str, seed: int, count: int, out: Path) -> Written:
    """Conversations, as ``messages``."""
    made = CONVERSATIONS[name].training_conversations(seed, count)
    return write_objects(({"name": each.name, "messages": each.messages} for each in made), out)


def make_preferences(name: str, seed: int, count: int, out: Path) -> Written:
    """Preferences: an instruction with a chosen and a rejected answer."""
    made = PREFERENCES[name].training_preferences(seed, count)
    return write_objects(
        (
            {
                "name": each.name,
                "instruction": each.messages[0]["content"],
                "chosen": each.chosen,
                "rejected": each.rejected,
            }
            for each in made
        ),
        out,
    )


KINDS: tuple[tuple[Collection[str], Callable[[str, int, int, Path], Written]], ...] = (
    (PAIR_CORPORA, make_pairs),
    (LABELLED, make_labelled),
    (CONVERSATIONS, make_conversations),
    (PREFERENCES, make_preferences),
)
"""Who writes the corpora of a table."""


def write_objects(objects: Iterable[dict[str, object]], path: Path) -> Written:
    """Objects, one a line, to a .jsonl file that is whole or not there (``SettingError`` for any other name)."""
    if path.suffix.lower() != ".jsonl":
        raise SettingError(f"{path}: conversations are written to files that end in .jsonl")
    count = characters = size = 0
    with replacing(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as file:
        for each in objects:
            line = json.dumps(each, ensure_ascii=False)
            file.write(line + "\n")
            count, characters, size = count + 1, characters + len(line), size + len(line.encode())
    return Written(path, count, characters, size)
