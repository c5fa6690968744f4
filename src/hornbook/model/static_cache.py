"""A cache whose shape never changes, for code that was compiled ahead: position p of a text has slot p.

``cache.py`` grows with its text and may forget; here every slot is there from the beginning, and the mask rule alone
hides those that are not written yet, since their positions lie ahead; a token that is taken back is forgotten by
writing another in its place. All is done with tensors, so one compiled step serves every token of every text. Slots
stand first in memory: the beginning of a longer cache is a cache. Next: paged.py.
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

    keys: Float[Tensor, "S B G D"]
    values: Float[Tensor, "S B G D"]

    length: int = 0  # whoever reads from here says where its tokens stand

    def extend(self, new: KeysValues) -> KeysValues:
        """Write ``new`` into its slots, and return what its queries may look at: all slots, or for the first tokens of
        a text, which have nothing behind them, themselves."""
        index = new.positions.index
        if new.positions.plain:  # the first tokens: one text may be read for all rows
            self.keys[: index.shape[1]] = slots_first(new.keys).to(self.keys.dtype)
            self.values[: index.shape[1]] = slots_first(new.values).to(self.values.dtype)
            return new
        row = torch.arange(index.shape[0], device=index.device)[:, None]
        self.keys[index, row] = new.keys.transpose(1, 2).to(self.keys.dtype)
        self.values[index, row] = new.values.transpose(1, 2).to(self.values.dtype)
        size = self.keys.shape[0]  # not len(), which would make it a constant of compiled code
        slots = torch.arange(size, device=index.device).expand(index.shape[0], size)
        keys, values = (rows_first(each).to(new.keys.dtype) for each in (self.keys, self.values))
        return KeysValues(keys, values, Positions(slots, plain=True))


def slots_first(heads: Float[Tensor, "B G S D"]) -> Float[Tensor, "S B G D"]:
    """From the order that attention has to that of memory."""
    return heads.permute(2, 0, 1, 3)


def rows_first(slots: Float[Tensor, "S B G D"]) -> Float[Tensor, "B G S D"]:
    """From the order of memory to that of attention: a view."""
    return slots.permute(1, 2, 0, 3)


def make_static_cache(
    config: ModelConfig, rows: int, length: int, device: torch.device, dtype: torch.dtype
) -> list[StaticLayer]:
    """Room for ``length`` tokens of ``rows`` texts in every layer."""
    sizes = config.sizes
    shape = (length, rows, sizes.kv_heads, sizes.head_width)
    empty = [torch.zeros(2, *shape, device=device, dtype=dtype) for _ in range(config.depth)]
    return [StaticLayer(keys, values) for keys, values in empty]
