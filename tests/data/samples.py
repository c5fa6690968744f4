"""Small token files for the tests of this room."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from hornbook.data.token_file import TokenFile, writing

NUMBERS = itertools.count()
FOLDER = tempfile.TemporaryDirectory(prefix="hornbook-tests-")

lengths_of_documents = st.lists(st.integers(1, 23), min_size=1, max_size=19)


def a_file(
    documents: Sequence[Sequence[int]], end: int | None = None, vocab_size: int = 1009, ended: bool = True
) -> TokenFile:
    """A token file of these documents; every token counts as two bytes."""
    path = Path(FOLDER.name) / f"{next(NUMBERS)}" / "train.tokens"
    with writing(path, vocab_size, "f" * 64, end) as writer:
        for number, document in enumerate(documents):
            writer.begin(f"document {number}", -1.5 * number)
            writer.extend(document)
            writer.close(2 * len(document), ended or number < len(documents) - 1)
    return TokenFile.open(path)


def counting(lengths: Sequence[int], end: int | None = None) -> TokenFile:
    """Documents of these lengths whose tokens are 0, 1, 2, ... through all of them, so that a token tells its place."""
    ids = iter(range(sum(lengths)))
    return a_file([[next(ids) for _ in range(length)] for length in lengths], end, sum(lengths) + 1)


def noise(tokens: int, vocab_size: int = 1009) -> TokenFile:
    """One document of random tokens."""
    return a_file([np.random.default_rng(0).integers(0, vocab_size, tokens).tolist()], None, vocab_size)
