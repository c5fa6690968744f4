"""Who multiplies in linear layers: while one of these is entered, another than PyTorch's own choice.

No part of a model knows of it: every function of PyTorch passes by on its way, and one of them is made otherwise.
float32.py and float8.py are the two there are.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.overrides import TorchFunctionMode


class LinearProducts(TorchFunctionMode):
    """hidden · weightᵀ + bias by ``multiply``, wherever it ``fits``."""

    @abstractmethod
    def fits(self, hidden: Float[Tensor, "*B I"], weight: Float[Tensor, "O I"]) -> bool:
        """Whether this product is one for ``multiply``."""

    @abstractmethod
    def multiply(
        self, rows: Float[Tensor, "N I"], weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None
    ) -> Float[Tensor, "N O"]:
        """rows · weightᵀ + bias, with a gradient."""

    def __torch_function__(
        self, function: Any, types: Any, arguments: tuple[Any, ...] = (), keywords: dict[str, Any] | None = None
    ) -> Any:
        """Every function of PyTorch comes by here; one of them is another."""
        if function is not F.linear or keywords or not self.fits(*arguments[:2]):
            return function(*arguments, **(keywords or {}))
        hidden, weight, bias = (*arguments, None)[:3]
        flat = self.multiply(hidden.reshape(-1, hidden.shape[-1]), weight, bias)
        return flat.view(*hidden.shape[:-1], -1)
