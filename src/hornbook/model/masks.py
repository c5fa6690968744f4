"""Which token may look at which.

Causal, bidirectional, sliding window, padding, packed documents, a half-filled cache: everything that attention calls
a mask is one rule about two positions. A position of ``NOTHING`` means that no token stands there. The mask is no
parameter, no buffer and no part of a checkpoint: it is made where a kernel asks for it. Next: kernels.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jaxtyping import Bool
from torch import Tensor

from hornbook.batches import NOTHING, Positions
from hornbook.model.config import Bidirectional, Causal, MaskRule, SlidingWindow

ALLOWS: dict[type, Callable[[Any, Tensor, Tensor], Tensor]] = {
    Bidirectional: lambda rule, query, key: (key == key) & (query == query),
    Causal: lambda rule, query, key: key <= query,
    SlidingWindow: lambda rule, query, key: (key <= query) & (key > query - rule.size),
}
"""May the token at position ``query`` look at the one at ``key``?"""


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

    def dense(self) -> Bool[Tensor, "B 1 T S"]:
        """True where the query of a row may look at the key of a column. ``B`` is 1 where all rows are alike."""
        rows = 1 if self.query.plain and self.key.plain else None
        query, key = self.query.index[:rows, None, :, None], self.key.index[:rows, None, None, :]
        seen = ALLOWS[type(self.rule)](self.rule, query, key) & (key != NOTHING) & (query != NOTHING)
        if self.query.document is not None and self.key.document is not None:
            seen = seen & (self.query.document[:, None, :, None] == self.key.document[:, None, None, :])
        return seen
