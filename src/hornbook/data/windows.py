"""Windows of a token file become ``Texts``: tokens, and for each the one that follows it.

A row is a list of runs, and a run is (start, length): it reads ``length`` tokens and asks for ``length`` targets,
each one further on, so it touches ``length`` + 1 tokens of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from jaxtyping import Int
from torch import Tensor

from hornbook.batches import IGNORED, NOTHING, Positions, Texts
from hornbook.data.order import Indices
from hornbook.data.token_file import TokenFile
from hornbook.errors import SettingError, TextError

Run = tuple[int, int]
"""Where a run of tokens starts in the file, and how many inputs it has."""


def require_context(file: TokenFile, context: int) -> None:
    """Refuse a file that does not hold a single window of ``context`` tokens and the one after it (``TextError``)."""
    if len(file) <= context:
        part = {"train": "training"}.get(file.path.stem, file.path.stem)
        raise TextError(
            f"the {part} part has {len(file):,} tokens; a context of {context:,} needs at least {context + 1:,}: "
            "use a longer text or a smaller context"
        )


def plain_windows(file: TokenFile, starts: Indices, context: int) -> Texts:
    """Windows of one run each: tokens and targets [len(starts), context]."""
    places = starts[:, None] + np.arange(context + 1)
    windows = torch.from_numpy(np.asarray(file.tokens)[places].astype(np.int64))
    file.release()
    return Texts(windows[:, :-1].contiguous(), windows[:, 1:].contiguous())


def packed_rows(file: TokenFile, rows: Sequence[Sequence[Run]], context: int) -> Texts:
    """Rows of several runs, none of which sees or asks for a token of another.

    ``positions.index`` begins at 0 in every run, ``positions.document`` numbers the runs of a row, and behind the last
    run stand tokens 0 at position -1 with ignored targets. Tokens and targets [len(rows), context].
    """
    shape = (len(rows), context)
    tokens, targets = np.zeros(shape, np.int64), np.full(shape, IGNORED, np.int64)
    index, document = np.full(shape, NOTHING, np.int64), np.full(shape, NOTHING, np.int64)
    for row, runs in enumerate(rows):
        at = 0
        for number, (start, length) in enumerate(runs):
            ids, here = file.tokens[start : start + length + 1], slice(at, at + length)
            tokens[row, here], targets[row, here] = ids[:-1], ids[1:]
            index[row, here], document[row, here] = np.arange(length), number
            at += length
    file.release()
    positions = Positions(torch.from_numpy(index), torch.from_numpy(document))
    return Texts(torch.from_numpy(tokens), torch.from_numpy(targets), positions)


def consecutive_windows(file: TokenFile, context: int, batch: int, fixed: bool = False) -> Iterator[Texts]:
    """The whole file in windows laid end to end, so that every token but the first is a target exactly once.

    Batches have ``batch`` rows of ``context`` tokens; the last has as many rows as are left. A last row that is not
    full ends in tokens 0 with ignored targets, which a causal model never looks at. With ``fixed`` the last batch too
    has ``batch`` rows, the missing ones empty in the same way: one shape for compiled models.

    Raises:
        TextError: a single token leaves nothing to ask for.
    """
    pairs = len(file) - 1
    if pairs < 1:
        raise TextError(f"{file.path} has a single token: there is nothing to predict; use a longer text")
    for start in range(0, pairs, batch * context):
        count = min(batch * context, pairs - start)
        rows = batch if fixed else -(-count // context)
        tokens, targets = np.zeros(rows * context, np.int64), np.full(rows * context, IGNORED, np.int64)
        ids = file.tokens[start : start + count + 1]
        tokens[:count], targets[:count] = ids[:-1], ids[1:]
        file.release()
        yield Texts(torch.from_numpy(tokens).view(rows, context), torch.from_numpy(targets).view(rows, context))


def sliding_windows(
    tokens: Sequence[int] | npt.NDArray[np.integer], context: int, stride: int
) -> tuple[Int[Tensor, "N T"], Int[Tensor, "N T"]]:
    """All windows of ``context`` tokens at this stride and their targets one token further on, as the books print them.

    ``x[i, 1:] == y[i, :-1]``: the target of a token is the next token of its window. Windows that the text does not
    fill are left out.
    """
    if context < 1 or stride < 1:
        raise SettingError(f"stride: found context {context} and stride {stride}; both have to be 1 or more")
    ids = torch.as_tensor(np.asarray(tokens, dtype=np.int64))
    if len(ids) <= context:
        raise TextError(f"the text has {len(ids)} tokens; a context of {context} needs at least {context + 1}")
    windows = ids.unfold(0, context + 1, stride)
    return windows[:, :-1].contiguous(), windows[:, 1:].contiguous()


def padded_pairs(rows: Sequence[Sequence[int]], end: int, context: int, ignore_padding: bool = True) -> Texts:
    """Every text in a row of its own, filled up with ``end`` on the right; tokens and targets [len(rows), context].

    The target of a text's last token is ``end``, so the model learns to stop; with ``ignore_padding`` nothing is
    asked of the ``end`` tokens that only fill the row. A text of more than ``context`` tokens is cut off: see
    ``truncated``.
    """
    if not all(rows):
        raise TextError("a text has no token at all: leave empty texts out")
    tokens, targets = torch.full((len(rows), context), end), torch.full((len(rows), context), end)
    for row, ids in enumerate(rows):
        length = min(len(ids), context)
        tokens[row, :length] = torch.tensor(ids[:length])
        follow = torch.tensor([*ids[1:], end][:context])
        targets[row, : len(follow)] = follow
        if ignore_padding:
            targets[row, length:] = IGNORED
    return Texts(tokens, targets)


def truncated(rows: Sequence[Sequence[int]], context: int) -> float:
    """The share of all tokens that ``padded_pairs`` cuts off; packing cuts off none."""
    total = sum(map(len, rows))
    return sum(max(0, len(ids) - context) for ids in rows) / total if total else 0.0
