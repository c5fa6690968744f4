"""Products in float32 where PyTorch's own choice is half as fast as another: all three of a linear layer by that.

    forward     hidden · weightᵀ + bias
    backward    of hidden: gradient · weight        of weight: gradientᵀ · hidden

The sums are the same and in float32; only their order differs, as it does between any two libraries. What is found
slow, and how, says model/arithmetic.py; everywhere else nothing of this is entered. Next: float8.py.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.model.arithmetic import WORTH_ANOTHER, in_any_code, product
from hornbook.training.linear_products import LinearProducts

NARROW = 512
"""Up to so many inputs a weight's gradient is quicker the other way round, if there are more outputs."""


def of_weight(gradient: Float[Tensor, "N O"], hidden: Float[Tensor, "N I"]) -> Float[Tensor, "O I"]:
    """gradientᵀ · hidden, the narrower of the two first, for that is the one which has to be transposed.

    16,384 rows, 128 to 512 wide, two cores: 10 ms instead of 19. Where both are wide, turning the answer takes as long.
    """
    if hidden.shape[1] < gradient.shape[1] and hidden.shape[1] <= NARROW:
        return product(hidden.T, gradient.T).T.contiguous()
    return product(gradient.T, hidden.T)


class Float32Product(torch.autograd.Function):
    """hidden [N, I], weight [O, I], bias [O] -> hidden · weightᵀ + bias [N, O]."""

    @staticmethod
    def forward(
        ctx: Any, hidden: Float[Tensor, "N I"], weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None
    ) -> Float[Tensor, "N O"]:
        """The bias is added where the sum is at hand."""
        ctx.save_for_backward(hidden, weight)
        ctx.biased = bias is not None
        return in_any_code(hidden, weight, bias)

    @staticmethod
    def backward(
        ctx: Any, *gradients: Float[Tensor, "N O"]
    ) -> tuple[Float[Tensor, "N I"] | None, Float[Tensor, "O I"] | None, Float[Tensor, " O"] | None]:
        """Of what learns."""
        (hidden, weight), (gradient,) = ctx.saved_tensors, gradients
        wanted_hidden, wanted_weight, wanted_bias = ctx.needs_input_grad
        return (
            product(gradient, weight.T) if wanted_hidden else None,
            of_weight(gradient, hidden) if wanted_weight else None,
            gradient.sum(0) if ctx.biased and wanted_bias else None,
        )


class Float32Products(LinearProducts):
    """While this is entered, linear layers multiply by oneDNN."""

    def fits(self, hidden: Float[Tensor, "*B I"], weight: Float[Tensor, "O I"]) -> bool:
        """Whether a product is one in float32 on a processor, and large enough to repay the call."""
        plain = hidden.dtype == weight.dtype == torch.float32 and hidden.device.type == "cpu"
        return plain and not torch.is_autocast_enabled("cpu") and hidden.numel() * weight.shape[0] >= WORTH_ANOTHER

    def multiply(
        self, rows: Float[Tensor, "N I"], weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None
    ) -> Float[Tensor, "N O"]:
        """All three products of the layer by the library."""
        answer: Tensor = Float32Product.apply(rows, weight, bias)  # type: ignore[no-untyped-call]
        return answer
