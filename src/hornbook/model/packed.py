"""Matrices rearranged once, in the order in which the processor's library reads them.

A product of a few rows with a large matrix takes as long as the matrix takes to be read. The library (oneDNN) reads it
in small blocks; of a matrix that lies row by row it makes those blocks anew for every product, and that costs more than
the product. ``packed`` makes them once:

    hidden · weightᵀ, 8 rows, all matrices of GPT-2 124M:   bfloat16 12.0 -> 5.7 ms, float32 48 -> 11 ms (two cores)

What is multiplied, and in which format, stays what it was: ``Wide`` (weight_formats.py) is the readable way, and a test
holds the two together. Blocks are a copy, beside the model that they were made from; and they have no rows to look up,
so a table that is read from and written with is kept twice. Next: recompute.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.model.arithmetic import by_library, has_library, multiplies_bfloat16
from hornbook.model.models import Decoder
from hornbook.model.weight_formats import Rows, Wide


class Packed(nn.Module):
    """``Wide`` with its weights in the library's own order."""

    def __init__(self, wide: Wide) -> None:
        super().__init__()
        self.register_buffer("weight", in_blocks(wide.weight))
        self.bias = wide.bias
        self.weight: Tensor

    def forward(self, hidden: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """hidden · weightᵀ + bias."""
        product = by_library(hidden.to(self.weight.dtype), self.weight).to(hidden.dtype)
        return product if self.bias is None else product + self.bias.to(product.dtype)

    def dense(self) -> Float[Tensor, "O I"]:
        """The matrix as numbers, row by row."""
        return self.weight.to_dense().float()


def in_blocks(weight: Float[Tensor, "O I"]) -> Float[Tensor, "O I"]:
    """The same numbers in another order, which the library alone knows."""
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.detach())
    return packed


def can_pack(weight: Float[Tensor, "O I"]) -> bool:
    """Whether this processor's library multiplies in the weights' format, and takes them in blocks."""
    narrow = weight.dtype == torch.bfloat16 and multiplies_bfloat16(weight.device)
    return has_library(weight.device) and (narrow or weight.dtype == torch.float32)


def packed(model: Decoder) -> Decoder:
    """``model`` (from ``with_weights``), its matrices packed where they can be: for products of several rows. A single
    row is multiplied as fast as memory goes without."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, Wide) and not isinstance(parent, Rows) and can_pack(child.weight):
                setattr(parent, name, Packed(child))
    return model


@contextmanager
def unpacked(module: nn.Module) -> Iterator[None]:
    """Inside the block the matrices lie row by row, as a compiler that writes the arithmetic down wants to see them.
    What it makes works on blocks as well: in the machine code stands only where to find a matrix."""
    found = [each for each in module.modules() if isinstance(each, Packed)]
    blocks = [each.weight for each in found]
    try:
        for each in found:
            each.weight = each.weight.to_dense()
        yield
    finally:
        for each, weight in zip(found, blocks, strict=True):
            each.weight = weight
