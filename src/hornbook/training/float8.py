"""Products in 8 bits: for GPUs that multiply such numbers at twice the rate of bfloat16 (Ada, Hopper and later).

    hidden · weightᵀ  ≈  h w · round(hidden / h) · round(weight / w)ᵀ    h, w: its largest number over the format's

Two formats share the work (Micikevicius et al. 2022, sections 3 and 4). Of what flows forward, 3 bits of fraction are
kept and numbers up to 448 (e4m3); of gradients, which differ more in size, 2 bits and numbers up to 57,344 (e5m2). Each
matrix has a scale of its own, found anew in every step. Only the products of linear layers are made so: attention,
norms, the loss and its table, weights and optimizer are what they are in bfloat16. Next: loop.py.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor

from hornbook.training.linear_products import LinearProducts

FORWARD, BACKWARD = torch.float8_e4m3fn, torch.float8_e5m2

MULTIPLE = 16
"""The hardware takes matrices whose sides are multiples of this; others are multiplied in bfloat16."""

SMALLEST = 1e-12
"""A matrix of nothing but zeros has a scale, too."""


def rounded(matrix: Float[Tensor, "M N"], kind: torch.dtype) -> tuple[Shaped[Tensor, "M N"], Float[Tensor, ""]]:
    """The matrix in 8 bits, and the scale it has to be multiplied with: its largest number becomes the format's."""
    exact = matrix.float()
    scale = exact.abs().amax().clamp(min=SMALLEST) / torch.finfo(kind).max
    return (exact / scale).to(kind), scale


def product(
    left: tuple[Shaped[Tensor, "M K"], Float[Tensor, ""]], right: tuple[Shaped[Tensor, "N K"], Float[Tensor, ""]]
) -> Float[Tensor, "M N"]:
    """left · rightᵀ, both rounded and with their scales; summed in float32, told in bfloat16.

    The hardware reads both along the axis that is summed over, so both lie in memory with that axis last.
    """
    one = F.ScalingType.TensorWise
    answer: Tensor = F.scaled_mm(left[0].contiguous(), right[0].contiguous().T, left[1], one, right[1], one)
    return answer


class Float8Product(torch.autograd.Function):
    """hidden [N, I], weight [O, I] -> hidden · weightᵀ [N, O], with both products of the backward pass in 8 bits."""

    @staticmethod
    def forward(ctx: Any, hidden: Float[Tensor, "N I"], weight: Float[Tensor, "O I"]) -> Float[Tensor, "N O"]:
        """What is kept for the backward pass are the rounded matrices: half of what bfloat16 would keep."""
        (narrow, h), (table, w) = rounded(hidden, FORWARD), rounded(weight, FORWARD)
        ctx.save_for_backward(narrow, h, table, w)
        ctx.dtypes = hidden.dtype, weight.dtype
        return product((narrow, h), (table, w))

    @staticmethod
    def backward(ctx: Any, *gradients: Float[Tensor, "N O"]) -> tuple[Float[Tensor, "N I"], Float[Tensor, "O I"]]:
        """gradient · weight [N, I], and gradientᵀ · hidden [O, I]."""
        narrow, h, table, w = ctx.saved_tensors
        gradient, g = rounded(gradients[0], BACKWARD)
        of_hidden = product((gradient, g), (table.T, w))
        of_weight = product((gradient.T, g), (narrow.T, h))
        return of_hidden.to(ctx.dtypes[0]), of_weight.to(ctx.dtypes[1])


class Float8Products(LinearProducts):
    """While this is entered, beside autocast, linear layers multiply in 8 bits wherever they can."""

    def fits(self, hidden: Float[Tensor, "*B I"], weight: Float[Tensor, "O I"]) -> bool:
        """Whether the hardware takes a product: of whole tiles, and where autocast is at work (a router's is not)."""
        sides = (hidden.numel() // hidden.shape[-1], *weight.shape)
        return torch.is_autocast_enabled(hidden.device.type) and all(side % MULTIPLE == 0 for side in sides)

    def multiply(
        self, rows: Float[Tensor, "N I"], weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None
    ) -> Float[Tensor, "N O"]:
        """The product in 8 bits, the sum with the bias in 16."""
        answer: Tensor = Float8Product.apply(rows, weight)  # type: ignore[no-untyped-call]
        return answer if bias is None else answer + bias.to(answer.dtype)
