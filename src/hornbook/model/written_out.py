"""A tensor that compiled code writes into memory, where it is then read, instead of computing it anew in every pass.

PyTorch's compiler takes small formulas into each loop that uses them. For a mask that is the slower way: the rule
about two positions, in 64-bit integers, costs more than the exponential beside it (on one core of a processor with
AVX-512 a softmax over 256 masked scores took half again as long). Of an operator that it knows nothing about it has to
write input and output down. Next: scoring.py.
"""

from __future__ import annotations

import torch
from jaxtyping import Shaped
from torch import Tensor

OURS = torch.library.Library("hornbook", "FRAGMENT")  # type: ignore[no-untyped-call]
OURS.define("written_out(Tensor values) -> Tensor")  # type: ignore[no-untyped-call]
OURS.impl("written_out", torch.clone, "CompositeExplicitAutograd")  # type: ignore[no-untyped-call]


@torch.library.register_fake("hornbook::written_out")  # type: ignore[untyped-decorator]
def shape_of_it(values: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
    """What a compiler has to know of it."""
    return torch.empty_like(values)


def written_out(values: Shaped[Tensor, "*shape"]) -> Shaped[Tensor, "*shape"]:
    """The same values, which nothing learns through; a copy in compiled code alone."""
    answer: Tensor = torch.ops.hornbook.written_out(values) if torch.compiler.is_compiling() else values
    return answer
