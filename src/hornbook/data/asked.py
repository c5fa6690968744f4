"""Texts of which the assistant said a part: as rows of a batch, and turn by turn.

``AskedFile`` is a token file and, for every token in it, whether the assistant said it. The target of a token is
``IGNORED`` unless the assistant said what follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Bool, Int

from hornbook.batches import IGNORED, Texts
from hornbook.data.order import Indices
from hornbook.data.packing import Packing
from hornbook.data.token_file import TokenFile
from hornbook.data.windows import Run, packed_rows
from hornbook.errors import DamagedError, MissingError, SettingError
from hornbook.tokenizers.protocol import Tokenizer

Asked = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class AskedFile:
    """Conversations: their tokens, and which of these the assistant said."""

    tokens: TokenFile
    asked: Asked
    tokenizer: Tokenizer

    @property
    def files(self) -> tuple[TokenFile, ...]:
        """The token file."""
        return (self.tokens,)

    def __len__(self) -> int:
        """How many conversations there are."""
        return self.tokens.documents

    def name(self, index: int) -> str:
        """What a conversation is called."""
        return self.tokens.name(index)

    def conversation(self, index: int) -> tuple[npt.NDArray[np.int64], Asked]:
        """The ids of a conversation with the end of the text, and which of them the assistant said."""
        here = slice(int(self.tokens.document_starts[index]), self.tokens.document_stop(index))
        return np.asarray(self.tokens.tokens[here], dtype=np.int64), np.asarray(self.asked[here])

    def runs(self, context: int, cut: bool) -> tuple[Indices, Indices]:
        """Where every conversation starts, and how many inputs it has.

        Raises:
            SettingError: one is longer than the context, and may not be ``cut``.
        """
        starts = self.tokens.document_starts.astype(np.int64)
        lengths = np.append(starts[1:], len(self.tokens)) - starts - 1
        longest = int(lengths.argmax())
        if lengths[longest] > context and not cut:
            raise SettingError(
                f"context: {self.name(longest)} has {lengths[longest]:,} tokens, and the context has {context:,}; use "
                f"one of {lengths[longest]:,} or more, or task.cut = true, which leaves out what is beyond it"
            )
        return starts, np.minimum(lengths, context)

    def turns(self, index: int) -> Iterator[tuple[list[int], list[int]]]:
        """Every answer in a conversation: all that stands before it, and its own ids with the token that ends it."""
        ids, asked = self.conversation(index)
        edges = np.flatnonzero(np.diff(np.concatenate([[0], asked.astype(np.int8), [0]])))
        for start, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            yield ids[:start].tolist(), ids[start:stop].tolist()

    def texts(
        self, rows: Sequence[Sequence[Run]], width: int, all_of_it: bool = False, most: int | None = None
    ) -> Texts:
        """Rows of conversations [rows, width]; what the assistant said is asked for, or ``all_of_it``.

        With ``most``, the largest number of targets in any row, the places of the targets are told.
        """
        texts = packed_rows(self.tokens, rows, width)
        if all_of_it:
            return texts
        asked = np.zeros((len(rows), width), np.bool_)
        for row, runs in enumerate(rows):
            at = 0
            for start, length in runs:
                asked[row, at : at + length] = self.asked[start + 1 : start + length + 1]
                at += length
        targets = texts.targets.masked_fill(~torch.from_numpy(asked), IGNORED)
        places = None if most is None else torch.from_numpy(columns_of(asked, most))
        return Texts(texts.tokens, targets, texts.positions, places)


def columns_of(asked: Bool[np.ndarray, "rows width"], most: int) -> Int[np.ndarray, "rows most"]:
    """In which columns of each row something is asked, filled up with -1."""
    columns = np.full((len(asked), most), -1, np.int64)
    for row, here in enumerate(asked):
        found = np.flatnonzero(here)
        columns[row, : len(found)] = found
    return columns


def alone(starts: Indices, lengths: Indices, context: int) -> Packing:
    """Every conversation in a row of its own."""
    return Packing(starts, lengths, np.arange(len(starts) + 1), context)


def read_asked(path: Path, tokens: TokenFile) -> Asked:
    """Which tokens are asked for, checked against their file (``MissingError``, ``DamagedError``)."""
    try:
        asked: Asked = np.load(path)
    except FileNotFoundError:
        raise MissingError(f"{path} does not exist; prepare the conversations again") from None
    except (ValueError, EOFError) as error:
        raise DamagedError(f"{path} is damaged: {error}; prepare the conversations again") from error
    if asked.dtype != np.bool_ or asked.shape != (len(tokens),):
        raise DamagedError(
            f"{path} holds {asked.dtype} {list(asked.shape)}, expected bool {[len(tokens)]}; "
            "prepare the conversations again"
        )
    return asked
