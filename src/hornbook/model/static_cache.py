"""A cache whose shape never changes, for code that was compiled ahead: position p of a text has slot p.

``cache.py`` grows with its text and may forget; here every slot is there from the beginning, and the mask rule alone
hides those that are not written yet, since their positions lie ahead; a token that is taken back is forgotten by
writing another in its place. All is done with tensors, so one compiled step serves every token of every text. What one
head of one text has to read lies in one piece. Next: paged.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.batches import Positions
from hornbook.model.config import ModelConfig
from hornbook.model.kernels import KeysValues


@dataclass(frozen=True)
class StaticLayer:
    """Keys and values of one layer for B texts of up to S tokens."""

    keys: Float[Tensor, "B G S D"]
    values: Float[Tensor, "B G S D"]

    length: int = 0  # whoever reads from here says where its tokens stand

    def extend(self, new: KeysValues) -> KeysValues:
        """Write ``new`` into its slots, and return what its queries may look at: all slots, or for the first tokens of
        a text, which have nothing behind them, themselves."""
        index = new.positions.index
        if new.positions.plain:  # the first tokens: one text may be read for all rows
            self.keys[:, :, : index.shape[1]] = new.keys.to(self.keys.dtype)
            self.values[:, :, : index.shape[1]] = new.values.to(self.values.dtype)
            return new
        row = torch.arange(index.shape[0], device=index.device)[:, None]
        self.keys[row, :, index] = new.keys.transpose(1, 2).to(self.keys.dtype)
        self.values[row, :, index] = new.values.transpose(1, 2).to(self.values.dtype)
        size = self.keys.shape[2]
        slots = torch.arange(size, device=index.device).expand(index.shape[0], size)
        keys, values = self.keys.to(new.keys.dtype), self.values.to(new.keys.dtype)
        return KeysValues(keys, values, Positions(slots, plain=True))


def make_static_cache(
    config: ModelConfig, rows: int, length: int, device: torch.device, dtype: torch.dtype
) -> list[StaticLayer]:
    """Room for ``length`` tokens of ``rows`` texts in every layer."""
    sizes = config.sizes
    shape = (rows, sizes.kv_heads, length, sizes.head_width)
    empty = [torch.zeros(2, *shape, device=device, dtype=dtype) for _ in range(config.depth)]
    return [StaticLayer(keys, values) for keys, values in empty]
