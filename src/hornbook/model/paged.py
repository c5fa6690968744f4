"""Many texts in one memory, cut into pages: a text owns the pages it needs, wherever they lie, and may share them.

A table says for every text in which page each stretch of its positions lies. Texts come and go without anything being
moved, and what begins alike is kept once (Kwon et al. 2023, section 4.1). Who owns which page is kept in
generation/pages.py. Next: weight_formats.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.batches import Positions
from hornbook.model.config import ModelConfig
from hornbook.model.kernels import KeysValues


@dataclass(frozen=True)
class PagedLayer:
    """Keys and values of one layer in N pages; position p of row b lies in page ``table[b, p // size]``."""

    keys: Float[Tensor, "N G size D"]
    values: Float[Tensor, "N G size D"]
    table: Int[Tensor, "B P"]
    length: int = 0  # whoever reads from here says where its tokens stand

    def extend(self, new: KeysValues) -> KeysValues:
        """Write ``new`` into its pages, and return all that its rows may look at.

        Places that are not written yet lie behind every query, so the mask hides them; a row in which nothing stands
        keeps its positions at 0 and its pages where nobody looks.
        """
        index, size = new.positions.index, self.keys.shape[2]
        page, offset = self.table.gather(1, index // size), index % size
        self.keys[page, :, offset] = new.keys.transpose(1, 2).to(self.keys.dtype)
        self.values[page, :, offset] = new.values.transpose(1, 2).to(self.values.dtype)
        keys, values = (self.owned(each).to(new.keys.dtype) for each in (self.keys, self.values))
        length = self.table.shape[1] * size
        places = torch.arange(length, device=index.device).expand(index.shape[0], length)
        return KeysValues(keys.flatten(2, 3), values.flatten(2, 3), Positions(places, plain=True), (keys, values))

    def owned(self, pool: Float[Tensor, "N G size D"]) -> Float[Tensor, "B G P size D"]:
        """The pages of every row, in the order of its text."""
        return pool[self.table].transpose(1, 2)


def make_pool(
    config: ModelConfig, pages: int, size: int, device: torch.device, dtype: torch.dtype
) -> tuple[list[Float[Tensor, "N G size D"]], list[Float[Tensor, "N G size D"]]]:
    """Keys and values of every layer, for so many pages of ``size`` tokens of all texts together."""
    sizes = config.sizes
    shape = (pages, sizes.kv_heads, size, sizes.head_width)
    keys = [torch.zeros(shape, device=device, dtype=dtype) for _ in range(config.depth)]
    return keys, [torch.zeros_like(each) for each in keys]
