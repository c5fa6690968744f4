"""Masked language modelling: some tokens are hidden, and asked for (Devlin et al. 2019, section 3.1).

Of the chosen tokens 80 % become ``<|mask|>``, 10 % another token and 10 % stay as they are: a model that could trust
what it sees, wherever there is no mask, would have nothing to say about it. In training every step hides others; for
evaluation the masks belong to the place in the file, so that two evaluations ask the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import torch

from hornbook.batches import IGNORED, NOTHING, Positions, Texts
from hornbook.data.batches import Batches, in_parts
from hornbook.data.config import MaskedTokens
from hornbook.data.remade import RemadeBatches
from hornbook.data.token_file import TokenFile
from hornbook.errors import SettingError
from hornbook.seeds import numpy_generator
from hornbook.tokenizers.protocol import END_OF_TEXT, Tokenizer

MASK = "<|mask|>"
"""Stands where a token was hidden."""

HIDDEN, CHANGED = 0.8, 0.9
"""Below the first a chosen token becomes ``<|mask|>``, from there to the second another one, beyond it stays."""

Ids = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# Where words begin ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class WordStarts:
    """What each token of a vocabulary says about the ends of words; all three are [vocabulary].

    A token goes on with the word before it when it is ``inside`` a word wherever it stands, or when it can be
    ``joined`` and the token before it leaves its word ``open``. Every other token starts a word.
    """

    inside: Flags
    joined: Flags
    open: Flags

    def of(self, tokens: Ids) -> Flags:
        """Which of these tokens [..., T] start a word; the first of a row always does."""
        starts = np.ones(tokens.shape, dtype=bool)
        before, here = tokens[..., :-1], tokens[..., 1:]
        starts[..., 1:] = ~(self.inside[here] | (self.joined[here] & self.open[before]))
        return starts


def by_letters(spellings: Sequence[bytes]) -> WordStarts:
    """Letters and digits side by side are one word; a blank or a mark before them starts another.

    A token that begins in the middle of a character belongs to the one before. What is only the beginning of a
    character is taken for a letter.
    """
    texts = [spelling.decode("utf-8", errors="replace") for spelling in spellings]
    inside = np.array([0x80 <= spelling[0] < 0xC0 if spelling else False for spelling in spellings], dtype=bool)
    joined, left_open = (
        np.array([end(text).isalnum() or end(text) == "\ufffd" for text in texts], dtype=bool)
        for end in (itemgetter(slice(0, 1)), itemgetter(slice(-1, None)))
    )
    return WordStarts(inside, joined, left_open)


def by_hashes(spellings: Sequence[bytes]) -> WordStarts:
    """WordPiece writes ``##`` before whatever goes on with a word."""
    inside = np.array([spelling.startswith(b"##") and len(spelling) > 2 for spelling in spellings], dtype=bool)
    return WordStarts(inside, np.zeros_like(inside), np.zeros_like(inside))


def by_tokens(spellings: Sequence[bytes]) -> WordStarts:
    """Every token is a word."""
    never = np.zeros(len(spellings), dtype=bool)
    return WordStarts(never, never, never)


WORD_STARTS: dict[str, Callable[[Sequence[bytes]], WordStarts]] = {"words": by_tokens, "wordpiece": by_hashes}
"""By the kind of tokenizer, where its tokens alone do not show which letters stand side by side in the text."""


def word_starts(tokenizer: Tokenizer) -> WordStarts:
    """Where words begin, from the tokenizer's own spelling of its tokens: a table to be made once."""
    spellings = [tokenizer.token_bytes(token) for token in range(tokenizer.vocab_size)]
    return WORD_STARTS.get(tokenizer.kind, by_letters)(spellings)


# Choosing and hiding --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Masking:
    """What there is to know about hiding tokens: ``share`` of them, ids in ``special`` never (nor is one put in).

    With ``words`` the tokens of a word are chosen together.
    """

    share: float
    mask: int
    special: Ids
    ordinary: Ids
    words: WordStarts | None = None

    @classmethod
    def of(cls, task: MaskedTokens, tokenizer: Tokenizer) -> Masking:
        """The masking that a task asks for.

        Raises:
            SettingError: the tokenizer has no ``<|mask|>``; the message is the line that gives it one.
        """
        (mask,) = required(tokenizer, [MASK])
        special = np.array(sorted(tokenizer.special.values()), dtype=np.int64)
        ordinary = np.setdiff1d(np.arange(tokenizer.vocab_size), special)
        return cls(task.share, mask, special, ordinary, word_starts(tokenizer) if task.whole_words else None)


def required(tokenizer: Tokenizer, names: Sequence[str]) -> list[int]:
    """The ids of these special tokens (``SettingError`` where one is missing, with the line that adds them)."""
    missing = [name for name in names if name not in tokenizer.special]
    if missing:
        wanted = dict.fromkeys([*tokenizer.special, *names])
        listed = ", ".join(f'"{name}"' for name in wanted if name != END_OF_TEXT)
        others = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise SettingError(
            f"tokenizer.special: this task needs {missing[0]}{others}, which the tokenizer does not have; put these "
            f'lines into [tokenizer]:\nkind = "bytepair"\nspecial = [{listed}]'
        )
    return [tokenizer.special[name] for name in names]


def masked(texts: Texts, masking: Masking, generator: np.random.Generator) -> Texts:
    """The same texts with tokens hidden; asked are these and no others.

    As many as ``share`` of a row's ordinary tokens, rounded, and at least one: only a row without an ordinary token
    asks for nothing. Padding stays padding. ``targets`` of ``texts`` are not looked at.
    """
    tokens = texts.tokens.numpy()
    free = ~np.isin(tokens, masking.special)
    if texts.positions is not None:
        free &= texts.positions.index.numpy() != NOTHING
    chosen = choose(free, words_of(texts, masking), masking.share, generator)
    fate = generator.random(tokens.shape)
    other = masking.ordinary[generator.integers(len(masking.ordinary), size=tokens.shape)]
    shown = np.where(fate < HIDDEN, masking.mask, np.where(fate < CHANGED, other, tokens))
    return Texts(
        torch.from_numpy(np.where(chosen, shown, tokens)),
        torch.from_numpy(np.where(chosen, tokens, IGNORED)),
        texts.positions,
    )


def words_of(texts: Texts, masking: Masking) -> Ids:
    """The number of each token's word in its row, [B, T]; without whole words every token is one of its own."""
    tokens = texts.tokens.numpy()
    if masking.words is None:
        return np.broadcast_to(np.arange(tokens.shape[1]), tokens.shape)
    starts = masking.words.of(tokens)
    if texts.positions is not None:
        starts |= texts.positions.index.numpy() == 0  # another document
    return np.cumsum(starts, axis=1) - starts[:, :1]


def choose(free: Flags, words: Ids, share: float, generator: np.random.Generator) -> Flags:
    """Words in random order until ``share`` of the ``free`` tokens of each row is reached; all shapes [B, T].

    The word that crosses the line is taken when more of it lies before the line than behind, so that long words are
    neither preferred nor avoided; the first word is taken whatever its length.
    """
    rows, time = free.shape
    places = words + np.arange(rows)[:, None] * time
    sizes = np.bincount(places[free], minlength=rows * time).reshape(rows, time)  # of each word
    order = np.argsort(np.where(sizes > 0, generator.random(sizes.shape), 2.0), axis=1)
    ordered = np.take_along_axis(sizes, order, axis=1)
    before = np.cumsum(ordered, axis=1) - ordered
    wanted = np.maximum(1, np.rint(share * free.sum(axis=1, keepdims=True)))
    taken = np.zeros_like(free)
    np.put_along_axis(taken, order, (before == 0) | (before + ordered / 2 <= wanted), axis=1)
    return free & np.take_along_axis(taken, words, axis=1)


# Batches --------------------------------------------------------------------------------------------------------------


class MaskedBatches(RemadeBatches[Texts]):
    """The texts of ``batches`` with tokens hidden: which ones is a function of (seed, step), as the texts are."""

    def __init__(self, batches: Batches, masking: Masking) -> None:
        super().__init__(batches)
        self.masking = masking

    def remade(self, texts: Texts, step: int) -> list[Texts]:
        """The micro-batches of a step; tokens and targets [batch / micro_batches, context]."""
        return in_parts(masked(texts, self.masking, numpy_generator(self.seed, "mask", step)), self.micro_batches)


def whole_windows(file: TokenFile, context: int, batch: int, fixed: bool = False) -> Iterator[tuple[list[int], Texts]]:
    """The whole file in windows laid end to end, every token once: where the rows begin, and the rows.

    Nothing is asked yet. Behind the last token stand tokens 0 at position -1. Batches have ``batch`` rows, the last as
    many as are left, or with ``fixed`` as many as the others, the missing ones empty.
    """
    for start in range(0, len(file), batch * context):
        count = min(batch * context, len(file) - start)
        rows = batch if fixed else -(-count // context)
        tokens = np.zeros(rows * context, np.int64)
        tokens[:count] = file.tokens[start : start + count]
        file.release()
        windows = torch.from_numpy(tokens).view(rows, context)
        full = count == rows * context
        lengths = torch.from_numpy(np.clip(count - context * np.arange(rows), 0, context))
        positions = Positions.counting(rows, context) if full else Positions.lengths(lengths, context)
        yield (
            [start + row * context for row in range(rows)],
            Texts(windows, torch.full_like(windows, IGNORED), positions),
        )


def masked_windows(
    file: TokenFile, masking: Masking, context: int, batch: int, seed: int = 0, fixed: bool = False
) -> Iterator[Texts]:
    """The whole file for evaluation, with the same tokens hidden every time.

    The masks of a window are a function of ``seed`` and of where in the file it begins: ``batch`` changes nothing.
    """
    for starts, texts in whole_windows(file, context, batch, fixed):
        assert texts.positions is not None
        rows = [
            masked(one_row(texts, row), masking, numpy_generator(seed, "mask at", start))
            for row, start in enumerate(starts)
        ]
        tokens, targets = torch.cat([row.tokens for row in rows]), torch.cat([row.targets for row in rows])
        yield Texts(tokens, targets, texts.positions)


def one_row(texts: Texts, row: int) -> Texts:
    """One row of a batch, as a batch."""
    here = slice(row, row + 1)
    index = None if texts.positions is None else Positions(texts.positions.index[here])
    return Texts(texts.tokens[here], texts.targets[here], index)
