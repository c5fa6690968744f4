"""Which token may look at which.

Causal, bidirectional, sliding window, blocks, padding, packed documents, a half-filled cache: everything that attention
calls a mask is one rule about two positions. A position of ``NOTHING`` means that no token stands there. The mask is no
parameter, no buffer and no part of a checkpoint: it is made where a kernel asks for it. Next: written_out.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hornbook.batches import NOTHING, Positions
from hornbook.model.config import Bidirectional, BlockSparse, Causal, MaskRule, SlidingWindow
from hornbook.model.written_out import written_out


def between_blocks(rule: BlockSparse, query: Int[Tensor, "*query"], key: Int[Tensor, "*key"]) -> Bool[Tensor, "*pair"]:
    """Near, first and every stride-th block; the first ones see all, where they may look ahead."""
    asking, answering = query // rule.block, key // rule.block
    seen = ((asking - answering).abs() <= rule.near) | (answering < rule.first)
    if rule.stride:
        seen = seen | (answering % rule.stride == rule.stride - 1)
    return seen | (asking < rule.first) if rule.both_ways else seen & (key <= query)


ALLOWS: dict[type, Callable[[Any, Tensor, Tensor], Tensor]] = {
    Bidirectional: lambda rule, query, key: (key == key) & (query == query),
    Causal: lambda rule, query, key: key <= query,
    SlidingWindow: lambda rule, query, key: (key <= query) & (key > query - rule.size),
    BlockSparse: between_blocks,
}
"""May the token at position ``query`` look at the one at ``key``?"""


def looks_ahead(rule: MaskRule) -> bool:
    """Whether a token may see a later one."""
    return isinstance(rule, Bidirectional) or (isinstance(rule, BlockSparse) and rule.both_ways)


SHORTEST = 64
"""Queries of a stretch, at least: shorter ones would be too many products too small for a processor."""


@dataclass(frozen=True)
class Mask:
    """``rule`` applied to these queries and keys; made dense only when a kernel asks."""

    rule: MaskRule
    query: Positions
    key: Positions

    @property
    def plain_causal(self) -> bool:
        """Whether a kernel's own causal rule says the same, so that nothing has to be built."""
        if self.key is not self.query or not self.query.plain or self.query.document is not None:
            return False
        if isinstance(self.rule, SlidingWindow):
            return self.query.index.shape[1] <= self.rule.size  # a window that reaches back to the first token
        return isinstance(self.rule, Causal)

    @property
    def all_seen(self) -> bool:
        """Whether every query sees every key."""
        plain = self.query.plain and self.key.plain and self.query.document is None and self.key.document is None
        return plain and isinstance(self.rule, Bidirectional)

    @property
    def stretches(self) -> list[tuple[slice, slice]]:
        """The queries in stretches, and for each the keys that some of its queries may see: one of all, if that is any.

        Where nobody looks ahead, half of a square of queries and keys is never seen: four stretches leave 3/8 of it
        out, and with a window what lies before it, too.
        """
        time, length = self.query.index.shape[1], self.key.index.shape[1]
        if self.key is not self.query or looks_ahead(self.rule):
            return [(slice(0, time), slice(0, length))]
        back = self.rule.size if isinstance(self.rule, SlidingWindow) and self.query.plain else time
        size = max(-(-time // 4), SHORTEST)
        stretches = [(start, min(start + size, time)) for start in range(0, time, size)]
        return [(slice(start, end), slice(max(0, start + 1 - back), end)) for start, end in stretches]

    def dense(self) -> Bool[Tensor, "B 1 T S"]:
        """True where the query of a row may look at the key of a column. ``B`` is 1 where all rows are alike."""
        return self.tile(slice(None), slice(None))

    def tile(self, rows: slice, columns: slice) -> Bool[Tensor, "B 1 R C"]:
        """The part of ``dense`` in these rows (queries) and columns (keys), made without the rest of it."""
        batch = 1 if self.query.plain and self.key.plain else None
        query, key = self.query.index[:batch, None, rows, None], self.key.index[:batch, None, None, columns]
        seen = ALLOWS[type(self.rule)](self.rule, query, key) & (key != NOTHING) & (query != NOTHING)
        if self.query.document is not None and self.key.document is not None:
            same = self.query.document[:, None, rows, None] == self.key.document[:, None, None, columns]
            seen = seen & same
        return seen

    def added(self, rows: slice, columns: slice, dtype: torch.dtype) -> Float[Tensor, "B 1 R C"]:
        """``tile`` as what is added to scores: 0 where a query may look, the lowest number elsewhere."""
        visible = self.tile(rows, columns)
        nothing = torch.zeros(visible.shape, dtype=dtype, device=visible.device)
        return written_out(nothing.masked_fill(~visible, torch.finfo(dtype).min))
