"""What a decoder remembers while it writes: keys, values and where they stand.

The memory is allocated once. A slot is ``position % size``: with ``size`` the length of the text nothing is ever
overwritten; with ``size`` the window, a sliding-window layer forgets exactly what its rule can no longer see. Empty
slots stand at ``NOTHING``, so the ordinary mask rule hides them. Next: blocks.py.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Int
from torch import Tensor

from hornbook.batches import NOTHING, Positions
from hornbook.model.config import ModelConfig, SlidingWindow
from hornbook.model.kernels import KeysValues


@runtime_checkable
class Remembering(Protocol):
    """What a block needs of a cache: somewhere to put new keys and values, and to learn what may be looked at."""

    @property
    def length(self) -> int:
        """How many tokens are remembered."""
        ...

    def extend(self, new: KeysValues) -> KeysValues:
        """Remember ``new``, and return everything that its queries may look at."""
        ...


class LayerCache:
    """The keys [B, G, size, D], values and positions [B, size] of one layer; ``length`` tokens have gone in so far."""

    def __init__(
        self,
        batch: int,
        kv_heads: int,
        size: int,
        head_width: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        shape = (batch, kv_heads, size + 1, head_width)  # one slot more, for what stands nowhere (padding)
        self.keys = torch.zeros(shape, device=device, dtype=dtype)
        self.values = torch.zeros(shape, device=device, dtype=dtype)
        self.index = torch.full((batch, size + 1), NOTHING, device=device)
        self.size, self.length = size, 0
        self.spare: tuple[Tensor, ...] | None = None  # what ``reorder`` writes into

    def extend(self, new: KeysValues) -> KeysValues:
        """Remember ``new``, and return everything that its queries may look at."""
        first, several = self.length == 0, new.keys.shape[2] > 1
        if first:
            self.write(new)
            return new
        if several:  # early queries may still need what late keys are about to overwrite
            everything = joined(self.kept(), new)
            self.write(new)
            return everything
        self.write(new)
        return self.kept()

    def kept(self) -> KeysValues:
        """What the slots hold now: a view, so it changes with the next token."""
        positions = Positions(self.index[:, : self.size])
        return KeysValues(self.keys[:, :, : self.size], self.values[:, :, : self.size], positions)

    def write(self, new: KeysValues) -> None:
        """Put every new token into its slot; of two for one slot the later stays."""
        index = new.positions.index
        newest = index > index.amax(1, keepdim=True) - self.size
        slot = torch.where((index != NOTHING) & newest, index % self.size, self.size)
        place = slot[:, None, :, None].expand_as(new.keys)
        self.keys.scatter_(2, place, new.keys.to(self.keys.dtype))
        self.values.scatter_(2, place, new.values.to(self.values.dtype))
        self.index.scatter_(1, slot, index)
        self.index[:, self.size] = NOTHING
        self.length += new.keys.shape[2]

    def repeated(self, times: int) -> LayerCache:
        """A copy with every row ``times`` times: one prompt read once, continued in several ways."""
        return self.reordered(torch.arange(len(self.keys), device=self.keys.device).repeat_interleave(times))

    def reordered(self, rows: Int[Tensor, " N"]) -> LayerCache:
        """A copy with row ``rows[i]`` in place i: beams that go on, each from the one it grew out of."""
        other = copy.copy(self)
        other.keys, other.values, other.index = (
            each.index_select(0, rows) for each in (self.keys, self.values, self.index)
        )
        other.spare = None
        return other

    def reorder(self, rows: Int[Tensor, " N"]) -> None:
        """The same in place. As long as the number of rows stays, two pieces of memory change roles at every step."""
        now = (self.keys, self.values, self.index)
        if self.spare is None or len(self.spare[0]) != len(rows):
            self.spare = tuple(each.new_empty(len(rows), *each.shape[1:]) for each in now)
        for each, spare in zip(now, self.spare, strict=True):
            torch.index_select(each, 0, rows, out=spare)
        (self.keys, self.values, self.index), self.spare = self.spare, now


def joined(left: KeysValues, right: KeysValues) -> KeysValues:
    """Both, one after the other, in memory of their own."""
    positions = Positions(torch.cat([left.positions.index, right.positions.index], dim=1))
    keys, values = (left.keys, right.keys.to(left.keys.dtype)), (left.values, right.values.to(left.values.dtype))
    return KeysValues(torch.cat(keys, dim=2), torch.cat(values, dim=2), positions)


Cache = Sequence[Remembering]
"""What remembers, for each layer: a ``LayerCache``, or one of another kind (static_cache.py)."""


def make_cache(
    config: ModelConfig,
    batch: int,
    length: int | None = None,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
) -> list[LayerCache]:
    """An empty cache for texts of ``length`` tokens (``None``: the context), in each layer as long as it can see."""
    sizes, longest = config.sizes, length or config.context

    def size(rule: object) -> int:
        return min(rule.size, longest) if isinstance(rule, SlidingWindow) else longest

    return [
        LayerCache(batch, sizes.kv_heads, size(block.attention.mask), sizes.head_width, device, dtype)
        for block in config.blocks
    ]


def reordered(cache: Sequence[LayerCache], rows: Int[Tensor, " N"]) -> list[LayerCache]:
    """A copy of every layer with row ``rows[i]`` in place i."""
    return [layer.reordered(rows) for layer in cache]


def repeated(cache: Sequence[LayerCache], times: int) -> list[LayerCache]:
    """A copy of every layer with each row ``times`` times."""
    return [layer.repeated(times) for layer in cache]
