"""One file of raw text: what is kept of it by itself, and what is remembered of that to compare it with other files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hornbook.corpus.documents import Document, in_batches
from hornbook.corpus.reading import read_documents
from hornbook.corpus.refining.languages import language_of
from hornbook.corpus.refining.near_duplicates import BANDS, ROWS, signature
from hornbook.corpus.refining.private import masked
from hornbook.corpus.refining.quality import Pages, broken_rules
from hornbook.corpus.refining.repeated_lines import line_hashes, long_lines, without
from hornbook.errors import SettingError, nearest
from hornbook.files import replacing, replacing_folder, write_json

STEPS = ("quality", "private", "lines", "near")
"""What can be left out: the rules for prose, masking, repeated lines, near duplicates."""


def steps_without(skip: tuple[str, ...]) -> tuple[str, ...]:
    """``STEPS`` but these (``SettingError`` for what is no step)."""
    for step in skip:
        known_step(step)
    return tuple(step for step in STEPS if step not in skip)


def known_step(name: str) -> str:
    """``name`` if it is a step; otherwise a ``SettingError`` with the nearest."""
    if name not in STEPS:
        raise SettingError(f"steps: {name!r} is none of {', '.join(STEPS)}{nearest(name, STEPS)}")
    return name


BATCH = 1 << 18
"""Characters of documents that are looked at together: NumPy is quicker for many words than for a few."""


@dataclass(frozen=True)
class Refining:
    """What is done: the ``languages`` that are kept (none: all), the ``steps``, and what a text is called in tables."""

    languages: tuple[str, ...] = ()
    steps: tuple[str, ...] = STEPS
    field: str = "text"


@dataclass
class Counts:
    """Documents and bytes of text by what became of them, and how often something in a kept one was changed."""

    documents: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, text: str) -> None:
        """``what`` became of ``text``."""
        self.documents[what] += 1
        self.bytes[what] += len(text.encode())

    def add(self, other: Counts) -> None:
        """Those of another file, too."""
        for own, others in zip(vars(self).values(), vars(other).values(), strict=True):
            own.update(others)

    def as_json(self) -> dict[str, dict[str, int]]:
        """Three tables."""
        return {name: dict(counter) for name, counter in vars(self).items()}

    @classmethod
    def of(cls, saved: dict[str, Any]) -> Counts:
        """From three tables."""
        return cls(*(Counter(saved[name]) for name in ("documents", "bytes", "changes")))


def sift(source: Path, folder: Path, settings: Refining) -> None:
    """Keep what is good in ``source``; ``folder`` appears whole when all of the file has been read.

    It holds ``texts.jsonl``; ``lines``, 64 bits for each long line; ``signatures``, 120 times 32 bits for each document
    (``remembered`` maps both); ``counts.json``.

    Raises:
        TextError, MissingError: the file cannot be read as text.
        HornbookError: the folder cannot be written.
    """
    counts = Counts()
    with replacing_folder(folder) as partial:
        with (
            (partial / "texts.jsonl").open("w", encoding="utf-8", newline="\n") as texts,
            (partial / "lines").open("wb") as lines,
            (partial / "signatures").open("wb") as signatures,
        ):
            for documents in in_batches(
                read_documents([source], settings.field), BATCH, lambda document: len(document.text)
            ):
                for kept in sifted(documents, settings, counts):
                    texts.write(json.dumps({"text": kept.text, "name": kept.name}, ensure_ascii=False) + "\n")
                    if "lines" in settings.steps:
                        lines.write(line_hashes(kept.text).tobytes())
                    if "near" in settings.steps:
                        signatures.write(signature(kept.words["hash"]).astype("<u4").tobytes())
        write_json(partial / "counts.json", counts.as_json())


COLUMNS = {"lines": ("<u8", 1), "signatures": ("<u4", BANDS * ROWS)}
"""What is remembered of a file: the kind of its numbers, and how many stand in a row."""


def remembered(folder: Path, what: str) -> npt.NDArray[Any]:
    """``lines`` (a row of numbers) or ``signatures`` (a table) of a sifted file, mapped and not read."""
    dtype, columns = COLUMNS[what]
    path = folder / what
    found = np.memmap(path, dtype, "r") if path.stat().st_size else np.zeros(0, dtype)
    return found if columns == 1 else found.reshape(-1, columns)


class Kept(NamedTuple):
    """A document that is kept, with everything private masked; ``words`` is what is known of its words (words.py)."""

    name: str
    text: str
    words: npt.NDArray[Any]


def sifted(documents: Sequence[Document], settings: Refining, counts: Counts) -> Iterator[Kept]:
    """Those of the documents that are wanted; ``counts`` is told what became of all."""
    candidates: list[tuple[Document, str, dict[str, int]]] = []
    languages: list[str] = []
    for document in documents:
        counts.count("read", document.text)
        language = language_of(document.text)
        if settings.languages and language not in settings.languages:
            counts.count(f"language: {language}", document.text)
            continue
        candidates.append((document, *(masked(document.text) if "private" in settings.steps else (document.text, {}))))
        languages.append(language)
    pages = Pages([text for _, text, _ in candidates], languages)
    rules = broken_rules(pages) if "quality" in settings.steps else [None] * len(candidates)
    for (document, text, found), words, rule in zip(candidates, pages.tables, rules, strict=True):
        if rule is not None:
            counts.count(f"quality: {rule.name}", document.text)
            continue
        counts.changes.update({f"{kind} masked": times for kind, times in found.items()})
        yield Kept(document.name, text, words)


def finish(folder: Path, out: Path, near: list[bool], dropped: list[bool], settings: Refining) -> Counts:
    """Write to ``out`` what is left of a sifted file without near duplicates and repeated lines; whole or not at all.

    ``near`` has a value for each document, ``dropped`` one for each long line, in the order in which they were found.
    """
    counts, lines, doubles = Counts(), iter(dropped), iter(near)
    with (
        replacing(out) as partial,
        partial.open("w", encoding="utf-8", newline="\n") as file,
        (folder / "texts.jsonl").open(encoding="utf-8", newline="\n") as records,
    ):
        for batch in in_batches(records, BATCH, len):
            file.writelines(finished(batch, doubles, lines, settings, counts))
    return counts


def finished(
    records: list[str], doubles: Iterator[bool], lines: Iterator[bool], settings: Refining, counts: Counts
) -> Iterator[str]:
    """Those of the records that are kept, some without lines that stood before; ``counts`` is told of all."""
    documents = list(map(json.loads, records))
    shortened: dict[int, str] = {}
    left_out: set[int] = set()
    for place, text in enumerate(document["text"] for document in documents):
        again = [next(lines) for _ in long_lines(text)] if "lines" in settings.steps else []
        if next(doubles, False):
            counts.count("near duplicate", text)
            left_out.add(place)
        elif any(again):
            counts.changes["repeated line removed"] += sum(again)
            shortened[place] = without(text, again)
    for place, little in zip(shortened, little_left(list(shortened.values()), settings), strict=True):
        if little:
            counts.count("little left without repeated lines", shortened[place])
            left_out.add(place)
    for place, (record, document) in enumerate(zip(records, documents, strict=True)):
        if place in left_out:
            continue
        text = shortened.get(place, document["text"])
        counts.count("kept", text)
        if place in shortened:
            record = json.dumps({**document, "text": text}, ensure_ascii=False) + "\n"
        yield record


def little_left(texts: list[str], settings: Refining) -> list[bool]:
    """Which texts from which lines were taken are none any more, or no prose where prose is asked for."""
    if "quality" not in settings.steps:
        return [not text.strip() for text in texts]
    rules = broken_rules(Pages(texts, list(map(language_of, texts))))
    return [rule is not None or not text.strip() for text, rule in zip(texts, rules, strict=True)]
