"""Pairs of texts, prepared: ``train.source.tokens`` and ``train.target.tokens``, the same for ``validation``.

Document i of a source file and document i of the target file are the i-th pair. What is made of the pairs (an encoder's
text and a decoder's, or one text after the other) is decided when batches are made: pair_batches.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hornbook.corpus.documents import Document
from hornbook.corpus.pair_sources import load_pairs
from hornbook.corpus.pairs import Pair
from hornbook.data.columns import PreparedRows, Rows, Texts, ids_of, named_or_paths, open_rows, prepare_rows
from hornbook.data.config import DataConfig
from hornbook.data.prepare import quiet
from hornbook.data.token_file import TokenFile
from hornbook.errors import SettingError
from hornbook.tokenizers.config import Characters, TokenizerConfig
from hornbook.tokenizers.protocol import END_OF_TEXT, Tokenizer

KIND = "pairs"
COLUMNS = ("source", "target")


@dataclass(frozen=True)
class PairFile:
    """The pairs of one part; ``tokenizer`` made the ids of both texts."""

    source: TokenFile
    target: TokenFile
    tokenizer: Tokenizer

    @property
    def files(self) -> tuple[TokenFile, ...]:
        """The token file of every column."""
        return self.source, self.target

    def __len__(self) -> int:
        """How many pairs there are."""
        return self.source.documents

    def pair(self, index: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The ids of the source and of the target, both without end-of-text."""
        return ids_of(self.source, index), ids_of(self.target, index)

    def name(self, index: int) -> str:
        """What a pair is called."""
        return self.source.name(index)


@dataclass(frozen=True)
class PreparedPairs(PreparedRows[PairFile]):
    """A folder that ``prepare_pairs`` has made."""

    @classmethod
    def open(cls, folder: Path) -> PreparedPairs:
        """Open the folder.

        Raises:
            MissingError: it is not there, or something in it is not.
            DamagedError: a file is damaged, or the ids were not made by the tokenizer beside them.
        """
        folder = folder.resolve()
        info, tokenizer, parts = open_rows(folder, KIND, COLUMNS)
        train, validation = (PairFile(source, target, tokenizer) for source, target in parts)
        return cls(folder, train, validation, tokenizer, info)


def prepare_pairs(
    config: DataConfig,
    tokenizer: TokenizerConfig | Tokenizer,
    out: Path,
    seed: int,
    report: Callable[[str], None] = quiet,
) -> PreparedPairs:
    """Read, divide and tokenize the pairs that ``config`` names into the folder ``out``.

    A corpus with a name brings its own validation part, and ``config.documents`` counts the pairs for training. Tables
    (``config.text``) are divided by whole pairs, ``validation_fraction`` of them aside, and a source that training has
    is dropped from validation. ``config.columns`` names the two columns of a table. A tokenizer that has to learn does
    so from both texts of the pairs for training.

    Raises:
        SettingError: no pairs are named, the tokenizer has no end-of-text, or ``out`` holds something else.
        MissingError: a file is not there.
        TextError: a line of a table is not as described, or there are too few to be divided.
    """
    require_end(tokenizer)
    names = config.columns or COLUMNS
    if len(names) != 2:
        raise SettingError(f"columns: expected the source's and the target's, found {', '.join(names)}")
    supplied = load_pairs(named_or_paths(config), config.documents, seed, *names)
    held_out = None if supplied.held_out is None else documents(supplied.held_out)
    rows = Rows(KIND, COLUMNS, documents(supplied.training), held_out)
    prepare_rows(rows, config, tokenizer, out.resolve(), seed, report)
    return PreparedPairs.open(out)


def documents(pairs: Iterator[Pair]) -> Iterator[Texts]:
    """The two texts of every pair."""
    return ((Document(pair.name, pair.source), Document(pair.name, pair.target)) for pair in pairs)


def require_end(tokenizer: TokenizerConfig | Tokenizer) -> None:
    """Refuse a tokenizer that cannot say where an answer ends (``SettingError``)."""
    if isinstance(tokenizer, Characters) or (isinstance(tokenizer, Tokenizer) and tokenizer.roles.end is None):
        raise SettingError(
            f"tokenizer: an answer ends with {END_OF_TEXT}, which this tokenizer does not have; "
            "choose words, bytepair or gpt2"
        )
