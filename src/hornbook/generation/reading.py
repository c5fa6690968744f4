"""Many texts at once, each at its own place: what a model has read of every row, and what could follow it.

``generate`` continues one prompt; here rows begin with prompts of different lengths, or with the one token that starts
an answer to a source. All a search has to know of a model is in ``Reading``: the logits that follow every row, and
``go_on``, which takes the next token of every row and may reorder, repeat and drop rows on the way. Next: beam.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.batches import NOTHING, Positions
from hornbook.generation.generate import empty_cache, window_start
from hornbook.model.cache import Cache, LayerCache
from hornbook.model.kernels import KeysValues
from hornbook.model.models import Decoder, EncoderDecoder, Memory

Hidden = Callable[[Tensor, Positions, Cache, Memory], Tensor]
"""(new tokens [N, T], where they stand, what was read, what the source offers) -> the last stream [N, T, C]."""


class Reading:
    """N rows of text that are being written.

    ``text`` [N, T] ends with the newest tokens; left of a row that is shorter than others stands ``NOTHING``.
    ``logits`` [N, V] say what follows. Every token goes through the model once; a text that outgrows the context is
    looked at through the window of ``generate``.
    """

    def __init__(
        self,
        model: Decoder | EncoderDecoder,
        hidden: Hidden,
        rows: Sequence[Sequence[int]],
        longest: int,
        memory: Memory = (),
    ) -> None:
        """Read ``rows``, none of them empty; they may become ``longest`` tokens long.

        ``memory`` is what each layer may look at in the source of every row.
        """
        self.model, self.hidden, self.memory = model, hidden, memory
        self.context, self.longest = model.config.context, longest
        self.text, self.lengths = left_padded(rows, model.embedding.device)
        self.sources = torch.arange(len(rows), device=self.text.device)  # whose memory each row looks at
        self.begins = torch.zeros_like(self.lengths)  # where each row's window begins
        self.cache: list[LayerCache] = []  # what was read of each row's window
        self.logits = self.read()

    def __len__(self) -> int:
        return len(self.text)

    def repeat(self, times: int) -> None:
        """Every row ``times`` times, one copy after the other."""
        rows = torch.arange(len(self), device=self.text.device).repeat_interleave(times)
        self.logits = self.logits[rows]
        self.keep(rows)

    def go_on(self, tokens: Int[Tensor, " N"], rows: Int[Tensor, " N"] | None = None) -> None:
        """Row i becomes row ``rows[i]`` (without ``rows``: stays itself), followed by ``tokens[i]``."""
        if rows is not None:
            self.keep(rows)
        self.text = torch.cat([self.text, tokens[:, None]], dim=1)
        self.lengths = self.lengths + 1
        self.logits = self.read()

    def keep(self, rows: Int[Tensor, " N"]) -> None:
        """Put row ``rows[i]`` in place i, with all that was read of it. Its memory moves where its source does."""
        self.text, self.lengths, self.begins = self.text[rows], self.lengths[rows], self.begins[rows]
        for layer in self.cache:
            layer.reorder(rows)
        sources = self.sources[rows]
        if not torch.equal(sources, self.sources):  # beams of one source look at the same
            self.memory = [offered_to(rows, offered) for offered in self.memory]
        self.sources = sources

    def read(self) -> Float[Tensor, "N V"]:
        """Read what is new, or the whole window of every row where any window begins elsewhere than before."""
        begins = self.window_starts()
        if self.cache and torch.equal(begins, self.begins):
            new, places = self.text[:, -1:], (self.lengths - 1 - begins)[:, None]
            positions = Positions(places)
        else:
            inside = self.lengths - begins
            width = int(inside.max())
            new, positions = self.text[:, -width:], right_aligned(inside, width)
            size = min(self.longest, self.context)
            self.begins, self.cache = begins, empty_cache(self.model, len(self), size, self.text.device)
        hidden = self.hidden(new.clamp(min=0), positions, self.cache, self.memory)
        return self.model.write(hidden[:, -1:])[:, 0]

    def window_starts(self) -> Int[Tensor, " N"]:
        """Where the window of every row begins."""
        if self.text.shape[1] <= self.context:
            return self.begins
        starts = [window_start(length, self.context) for length in self.lengths.tolist()]
        return torch.tensor(starts, device=self.text.device)


def continuing(model: Decoder, prompts: Sequence[Sequence[int]], max_tokens: int) -> Reading:
    """A reading that begins with ``prompts``, of which each may grow by ``max_tokens``."""

    def hidden(tokens: Tensor, positions: Positions, cache: Cache, memory: Memory) -> Tensor:
        return model.hidden(tokens, positions, cache)

    return Reading(model, hidden, prompts, max(map(len, prompts)) + max_tokens)


def answering(model: EncoderDecoder, memory: Memory, start: int, max_tokens: int) -> Reading:
    """A reading of answers to the sources behind ``memory``: each begins with ``start`` and may grow by
    ``max_tokens``."""

    def hidden(tokens: Tensor, positions: Positions, cache: Cache, memory: Memory) -> Tensor:
        return model.hidden(tokens, memory, positions, cache)

    return Reading(model, hidden, [[start]] * len(memory[0].keys), 1 + max_tokens, memory)


def offered_to(rows: Int[Tensor, " N"], offered: KeysValues) -> KeysValues:
    """What a source offers, with row ``rows[i]`` in place i."""
    positions = Positions(offered.positions.index[rows], plain=offered.positions.plain)
    return KeysValues(offered.keys.index_select(0, rows), offered.values.index_select(0, rows), positions)


def left_padded(rows: Sequence[Sequence[int]], device: torch.device) -> tuple[Int[Tensor, "N T"], Int[Tensor, " N"]]:
    """Rows that all end in the last column, ``NOTHING`` before them, and their lengths."""
    width = max(map(len, rows))
    text = torch.tensor([[NOTHING] * (width - len(row)) + list(row) for row in rows], device=device)
    return text, torch.tensor([len(row) for row in rows], device=device)


def right_aligned(lengths: Int[Tensor, " N"], width: int) -> Positions:
    """Where the tokens of such rows stand: 0, 1, 2, ... up to the last column."""
    if bool((lengths == width).all()):
        return Positions.counting(len(lengths), width, lengths.device)
    index = torch.arange(width, device=lengths.device) - (width - lengths)[:, None]
    return Positions(torch.where(index >= 0, index, NOTHING))
