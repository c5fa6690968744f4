"""Many texts in one memory, cut into pages: a text owns the pages it needs, wherever they lie, and may share them.

A table says for every text in which slot each of its positions lies. Texts come and go without anything being moved,
and what begins alike is kept once (Kwon et al. 2023, section 4.1). Who owns which page is kept in generation/pages.py.
Next: weight_formats.py.
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
    """Keys and values of one layer in N slots; position s of row b lies in slot ``slots[b, s]``."""

    keys: Float[Tensor, "N G D"]
    values: Float[Tensor, "N G D"]
    slots: Int[Tensor, "B S"]
    length: int = 0  # whoever reads from here says where its tokens stand

    def extend(self, new: KeysValues) -> KeysValues:
        """Write ``new`` into the slots of its positions, and return all that its rows may look at.

        Slots that are not written yet lie behind every query, so the mask hides them; a row in which nothing stands
        keeps its positions at 0 and its slots where nobody looks.
        """
        place = self.slots.gather(1, new.positions.index)
        self.keys[place] = new.keys.transpose(1, 2).to(self.keys.dtype)
        self.values[place] = new.values.transpose(1, 2).to(self.values.dtype)
        keys, values = (each[self.slots].permute(0, 2, 1, 3).to(new.keys.dtype) for each in (self.keys, self.values))
        size = self.slots.shape[1]
        index = torch.arange(size, device=self.slots.device).expand(self.slots.shape[0], size)
        return KeysValues(keys, values, Positions(index, plain=True))


def make_pool(
    config: ModelConfig, slots: int, device: torch.device, dtype: torch.dtype
) -> tuple[list[Float[Tensor, "N G D"]], list[Float[Tensor, "N G D"]]]:
    """Keys and values of every layer, for so many tokens of all texts together."""
    sizes = config.sizes
    shape = (slots, sizes.kv_heads, sizes.head_width)
    keys = [torch.zeros(shape, device=device, dtype=dtype) for _ in range(config.depth)]
    return keys, [torch.zeros_like(each) for each in keys]
