"""LoRA: a matrix stays as it is, and a product of two narrow ones beside it learns (Hu et al. 2022, section 4.1).

    h = W x  +  scale · B A x        A [R, I] drawn at random, B [O, R] zero: at first nothing changes

With R = 8 on a matrix of 768 x 768 that is 2 % of its numbers. DoRA (Liu et al. 2024, section 4) learns the length m of
each row of the sum apart from its direction:

    h = m · (W + scale · B A) x / ‖W + scale · B A‖        the norms count as constants of the gradient (section 4.3)

``merge`` adds the product to the matrix: the same function, at no cost. Next: adapters.py.
"""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.finetuning.config import LowRank
from hornbook.model.weight_formats import WEIGHT_FORMATS, Kept


class LowRankLinear(nn.Module):
    """A linear layer whose own matrix is frozen; ``down`` is A, ``up`` is B, ``length`` is m where that is learned."""

    factors: ClassVar = ("down", "up")  # what an optimizer for matrices may move as such

    def __init__(self, linear: nn.Linear, config: LowRank, draw: torch.Generator) -> None:
        super().__init__()
        self.scale, self.dropout, self.biased = config.scale, nn.Dropout(config.dropout), hasattr(linear.bias, "data")
        self.base: nn.Module = linear
        if config.base != "float32":
            self.base = WEIGHT_FORMATS[config.base](linear.weight, linear.bias)
        weight = linear.weight
        bound = linear.in_features**-0.5  # Kaiming's, as in the authors' code
        drawn = torch.rand(config.rank, linear.in_features, generator=draw) * 2 - 1
        self.down = nn.Parameter((drawn * bound).to(weight))
        self.up = nn.Parameter(torch.zeros(linear.out_features, config.rank).to(weight))
        self.length = nn.Parameter(weight.detach().norm(dim=1)) if config.magnitude else None

    def forward(self, features: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        """The frozen layer and the product beside it; with a learned length, both divided by theirs."""
        change = F.linear(F.linear(self.dropout(features), self.down), self.up) * self.scale
        plain: Tensor = self.base(features)
        if self.length is None:
            return plain + change
        assert isinstance(self.base, nn.Linear)
        norms = (self.base.weight + self.change()).detach().norm(dim=1)
        bias: Tensor | float = 0.0 if not self.biased else self.base.bias
        turned: Tensor = (plain - bias + change) * (self.length / norms) + bias
        return turned

    @property
    def weight(self) -> Float[Tensor, "O I"]:
        """m · (W + scale · B A) / ‖W + scale · B A‖, or W + scale · B A: for merging, and for a loss that multiplies
        with the head itself. The norms count as constants.
        """
        weight = widened(self.base).weight + self.change()
        return weight if self.length is None else weight * (self.length / weight.detach().norm(dim=1))[:, None]

    def change(self) -> Float[Tensor, "O I"]:
        """scale · B A."""
        return self.scale * (self.up @ self.down)

    @torch.no_grad()
    def merged(self) -> nn.Linear:
        """One plain layer that computes the same."""
        weight, bias = self.weight, widened(self.base).bias
        plain = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None).to(weight)
        plain.weight.copy_(weight)
        if bias is not None:
            plain.bias.copy_(bias)
        return plain


def widened(kept: nn.Module) -> nn.Linear:
    """A frozen layer as a plain one: itself, or what was kept in few bits."""
    if isinstance(kept, nn.Linear):
        return kept
    assert isinstance(kept, Kept)
    weight = kept.dense()
    plain = nn.Linear(weight.shape[1], weight.shape[0], bias=kept.bias is not None, device=weight.device)
    with torch.no_grad():
        plain.weight.copy_(weight)
        if kept.bias is not None:
            plain.bias.copy_(kept.bias)
    return plain


def merge(model: nn.Module) -> nn.Module:
    """The same ``model`` with every ``LowRankLinear`` in it replaced by one plain layer."""
    for path, module in list(model.named_modules()):
        if isinstance(module, LowRankLinear):
            parent, _, name = path.rpartition(".")
            setattr(model.get_submodule(parent), name, module.merged())
    return model
