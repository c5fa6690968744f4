"""Texts with labels, prepared: ``train.text.tokens`` and ``train.labels.npy``, the same for ``validation``.

A label is the number of a class, int64 [texts, questions], ``IGNORED`` where nobody knows it; the names of the classes
stand in ``data.json``.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hornbook.batches import IGNORED
from hornbook.corpus.documents import Document
from hornbook.corpus.pair_sources import load_labelled, questions_of
from hornbook.corpus.pairs import LabelledText
from hornbook.data.columns import (
    PARTS,
    PreparedRows,
    Rows,
    Texts,
    ids_of,
    named_or_paths,
    open_rows,
    prepare_rows,
)
from hornbook.data.config import DataConfig
from hornbook.data.prepare import quiet
from hornbook.data.split import Division
from hornbook.data.spool import digest
from hornbook.data.token_file import TokenFile
from hornbook.errors import DamagedError, MissingError, SettingError, TextError
from hornbook.files import sha256_of
from hornbook.tokenizers.config import TokenizerConfig
from hornbook.tokenizers.protocol import Tokenizer

KIND = "labels"
COLUMNS = ("text",)

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Question:
    """What is asked about every text, and the names of the possible answers by their numbers."""

    name: str
    classes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class LabelledFile:
    """The texts of one part and their labels [texts, questions]; ``tokenizer`` made the ids."""

    text: TokenFile
    labels: Labels
    questions: tuple[Question, ...]
    tokenizer: Tokenizer

    @property
    def files(self) -> tuple[TokenFile, ...]:
        """The token file of every column."""
        return (self.text,)

    def __len__(self) -> int:
        """How many texts there are."""
        return self.text.documents

    def ids(self, index: int) -> npt.NDArray[np.int64]:
        """The ids of a text, without end-of-text."""
        return ids_of(self.text, index)

    def name(self, index: int) -> str:
        """What a text is called."""
        return self.text.name(index)


@dataclass(frozen=True)
class PreparedLabelled(PreparedRows[LabelledFile]):
    """A folder that ``prepare_labelled`` has made."""

    @classmethod
    def open(cls, folder: Path) -> PreparedLabelled:
        """Open the folder.

        Raises:
            MissingError: it is not there, or something in it is not.
            DamagedError: a file is damaged, or the ids were not made by the tokenizer beside them.
        """
        folder = folder.resolve()
        info, tokenizer, parts = open_rows(folder, KIND, COLUMNS)
        questions = tuple(Question(each["name"], tuple(each["classes"])) for each in info["questions"])
        train, validation = (
            LabelledFile(
                text, read_labels(folder / f"{part}.labels.npy", text.documents, questions), questions, tokenizer
            )
            for part, (text,) in zip(PARTS, parts, strict=True)
        )
        return cls(folder, train, validation, tokenizer, info)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is asked about every text."""
        return self.train.questions

    @property
    def about(self) -> dict[str, Any]:
        """What a run has to remember of its data: the names of the questions and of their classes."""
        return {"questions": self.info["questions"]}

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of every file."""
        labels: dict[str, str] = self.info["labels_sha256"]
        return super().hashes | labels

    def verify(self) -> None:
        """Read every file and compare it with its checksum (``DamagedError``)."""
        super().verify()
        for name, expected in self.info["labels_sha256"].items():
            if sha256_of(self.folder / f"{name}.npy") != expected:
                raise DamagedError(f"{self.folder / name}.npy was altered; prepare the labels again")


def read_labels(path: Path, texts: int, questions: Sequence[Question]) -> Labels:
    """The labels of a part, checked against its texts and classes (``MissingError``, ``DamagedError``)."""
    try:
        labels: Labels = np.load(path)
    except FileNotFoundError:
        raise MissingError(f"{path} does not exist; prepare the labels again") from None
    except (ValueError, EOFError) as error:
        raise DamagedError(f"{path} is damaged: {error}; prepare the labels again") from error
    if labels.dtype != np.int64 or labels.shape != (texts, len(questions)):
        raise DamagedError(
            f"{path} holds {labels.dtype} {list(labels.shape)}, expected int64 {[texts, len(questions)]}; "
            "prepare the labels again"
        )
    known = (labels >= 0) & (labels < [len(question.classes) for question in questions])
    if not (known | (labels == IGNORED)).all():
        raise DamagedError(f"{path} holds classes that data.json does not name; prepare the labels again")
    return labels


def prepare_labelled(
    config: DataConfig,
    tokenizer: TokenizerConfig | Tokenizer,
    out: Path,
    seed: int,
    report: Callable[[str], None] = quiet,
) -> PreparedLabelled:
    """Read, divide and tokenize the labelled texts that ``config`` names into the folder ``out``.

    They are divided like pairs (pairs.py). The classes of a question are all labels that occur, in the order of their
    names; an empty label is ``IGNORED``. The columns of a table are ``text`` and ``label`` unless ``config.columns``
    names others (the text first); its questions are called after their columns.

    Raises:
        SettingError: no texts are named, columns without a label, or ``out`` holds something else.
        MissingError: a file is not there.
        TextError: a line of a table is not as described, or a question has fewer than two classes.
    """
    named = named_or_paths(config)
    text_field, *label_fields = config.columns or (COLUMNS[0], "label")
    if not label_fields:
        raise SettingError(f"columns: expected the text's and at least one label's, found {text_field!r} alone")
    supplied = load_labelled(named, config.documents, seed, text_field, label_fields)
    collected = Collected(questions_of(named) if isinstance(named, str) else tuple(label_fields))
    held_out = None if supplied.held_out is None else collected.documents(supplied.held_out)
    training = supplied.training
    if config.duplicates == "drop":
        training = distinct(training, report)
    if config.balanced:
        training = evened(training, seed, report)
    rows = Rows(KIND, COLUMNS, collected.documents(training), held_out, collected.write)
    prepare_rows(rows, config, tokenizer, out.resolve(), seed, report)
    return PreparedLabelled.open(out)


def distinct(texts: Iterable[LabelledText], report: Callable[[str], None]) -> Iterator[LabelledText]:
    """Every text once, with the labels it had first."""
    seen: set[bytes] = set()
    passed = 0
    for text in texts:
        passed += 1
        key = digest(text.text.encode())
        if key not in seen:
            seen.add(key)
            yield text
    if passed > len(seen):
        report(f"dropped {passed - len(seen):,} of {passed:,} texts that had come before")


def evened(texts: Iterable[LabelledText], seed: int, report: Callable[[str], None]) -> Iterator[LabelledText]:
    """As many texts of each class of the first question as the rarest has: those that hash lowest with the seed."""
    every = list(texts)
    ranked = sorted(every, key=lambda text: digest(f"{seed}/{text.text}".encode()))
    counts = Counter(text.labels[0] for text in every if text.labels[0])
    rarest, taken, kept = min(counts.values(), default=0), Counter[str](), set[str]()
    for text in ranked:
        if text.labels[0] and taken[text.labels[0]] < rarest:
            taken[text.labels[0]] += 1
            kept.add(text.name)
    report(f"kept {rarest:,} texts of each class, {len(kept):,} of {len(every):,}")
    return (text for text in every if text.name in kept)


class Collected:
    """The labels of texts that pass by, row by row, as numbers in the order in which they were first seen."""

    def __init__(self, questions: Sequence[str]) -> None:
        """Nothing has passed yet."""
        self.questions = tuple(questions)
        self.seen: list[dict[str, int]] = [{} for _ in self.questions]
        self.numbers = array("q")

    def documents(self, texts: Iterator[LabelledText]) -> Iterator[Texts]:
        """The texts alone; their labels are kept here."""
        for text in texts:
            for label, seen in zip(text.labels, self.seen, strict=True):
                self.numbers.append(seen.setdefault(label, len(seen)) if label else IGNORED)
            yield (Document(text.name, text.text),)

    def write(self, folder: Path, division: Division) -> dict[str, Any]:
        """Save the labels of both parts, classes numbered in the order of their names."""
        labels = np.array(self.numbers, dtype=np.int64).reshape(-1, len(self.questions))
        described = []
        for column, (question, seen) in enumerate(zip(self.questions, self.seen, strict=True)):
            if len(seen) < 2:
                found = repr(next(iter(seen))) if seen else "none"
                raise TextError(f"{question}: expected at least two different labels, found {found}")
            classes = sorted(seen)
            renumbered = np.array([classes.index(label) for label in seen], dtype=np.int64)
            known = labels[:, column] != IGNORED
            labels[known, column] = renumbered[labels[known, column]]
            described.append({"name": question, "classes": classes})
        hashes = {}
        for name, part in zip(PARTS, (division.train, division.validation), strict=True):
            np.save(folder / f"{name}.labels.npy", labels[part.documents])
            hashes[f"{name}.labels"] = sha256_of(folder / f"{name}.labels.npy")
        return {"questions": described, "labels_sha256": hashes}
