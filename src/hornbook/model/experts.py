"""A mixture of experts: many feed-forward networks, of which every token meets a few.

``every`` computes all of them for every token and reads like the formula; ``chosen`` computes what the router chose and
is proven equal. The loss that keeps experts equally busy enters as a gradient and changes no signature. Next: cache.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.model.config import Dense, Experts, FeedForwardConfig, Sizes
from hornbook.model.feed_forward import FeedForward
from hornbook.model.norms import at_least_float32


def every(
    hidden: Float[Tensor, "N C"],
    choice: Int[Tensor, "N K"],
    weight: Float[Tensor, "N K"],
    experts: Sequence[nn.Module],
) -> Float[Tensor, "N C"]:
    """sum over the experts of weight · expert(x), with weight 0 for those that were not chosen.

    Every shape is known beforehand, so a compiler makes one graph of it.
    """
    spread = torch.zeros(len(hidden), len(experts), dtype=weight.dtype, device=hidden.device)
    weights = spread.scatter(1, choice, weight)
    answers = torch.stack([expert(hidden) for expert in experts], dim=1)  # [N,E,C]
    return (weights[..., None] * answers).sum(dim=1).to(hidden.dtype)


def chosen(
    hidden: Float[Tensor, "N C"],
    choice: Int[Tensor, "N K"],
    weight: Float[Tensor, "N K"],
    experts: Sequence[nn.Module],
) -> Float[Tensor, "N C"]:
    """The same, each expert seeing only the tokens that chose it."""
    total = torch.zeros_like(hidden, dtype=weight.dtype)  # the weights have at least 32 bits: sums are made in them
    for number, expert in enumerate(experts):
        token, place = (choice == number).nonzero(as_tuple=True)
        total = total.index_add(0, token, weight[token, place, None] * expert(hidden[token]))
    return total.to(hidden.dtype)


DISPATCH: dict[str, Callable[[Tensor, Tensor, Tensor, Sequence[nn.Module]], Tensor]] = {
    "every": every,
    "chosen": chosen,
}


class Mixture(nn.Module):
    """A router scores the experts for each token; the ``chosen`` best answer, weighted by softmax of their scores.

    The router works in at least 32 bits whatever the rest does: a score that is rounded sends a token elsewhere (Fedus
    et al. 2022, section 2.4). Where a single expert is chosen its weight is always 1, and the router learns from the
    balance alone. ``load`` passes its probabilities [N, E] through unchanged: hang a forward hook on it to see them.
    """

    def __init__(self, config: Experts, sizes: Sizes) -> None:
        super().__init__()
        self.router = nn.Linear(sizes.width, config.experts, bias=False)
        self.experts = nn.ModuleList(FeedForward(config.each, sizes) for _ in range(config.experts))
        self.shared = nn.ModuleList(FeedForward(config.each, sizes) for _ in range(config.shared))
        self.load = nn.Identity()
        self.chosen, self.balance, self.dispatch = config.chosen, config.balance, DISPATCH[config.dispatch]

    def forward(self, hidden: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
        """Every token on its own, by the experts it was sent to and those that see all tokens."""
        tokens = hidden.flatten(0, -2)
        scores = self.scores(tokens)
        best, choice = scores.topk(self.chosen, dim=-1)
        probability = self.load(scores.softmax(dim=-1))
        answer = self.dispatch(tokens, choice, best.softmax(dim=-1), list(self.experts))
        for expert in self.shared:
            answer = answer + expert(tokens)
        if self.training and self.balance:
            answer = with_gradient_of(answer, self.balance * len(tokens) * imbalance(probability, choice))
        return answer.view(hidden.shape)

    def scores(self, tokens: Float[Tensor, "N C"]) -> Float[Tensor, "N E"]:
        """How well each expert suits each token."""
        with torch.autocast(tokens.device.type, enabled=False):
            return F.linear(at_least_float32(tokens), at_least_float32(self.router.weight))


def imbalance(probability: Float[Tensor, "N E"], choice: Int[Tensor, "N K"]) -> Float[Tensor, ""]:
    """E · sum over the experts of (share of the choices that fell on it) · (its mean probability); 1 when balanced.

    (Fedus et al. 2022, equation 4.) The share has no gradient, the probability has.
    """
    experts = probability.shape[1]
    share = F.one_hot(choice.flatten(), experts).to(probability.dtype).mean(dim=0)
    return experts * (share * probability.mean(dim=0)).sum()


class _WithGradient(torch.autograd.Function):
    """Passes a tensor through, and in the backward pass asks for the gradient of a loss beside it."""

    @staticmethod
    def forward(context: Any, answer: Tensor, loss: Tensor) -> Tensor:
        context.dtype = loss.dtype
        return answer.view_as(answer)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        return gradient, torch.ones((), device=gradient.device, dtype=context.dtype)


def with_gradient_of(answer: Float[Tensor, "N C"], loss: Float[Tensor, ""]) -> Float[Tensor, "N C"]:
    """``answer`` unchanged; ``loss`` is minimized beside whatever ``answer`` is used for.

    Objectives are sums over targets, so ``loss`` has to be one over tokens; where few tokens are asked (masked tokens)
    it weighs more than beside a mean over all. A scale that 16-bit floats put on the objective's loss does not reach
    it.
    """
    passed: Tensor = _WithGradient.apply(answer, loss)  # type: ignore[no-untyped-call]
    return passed


FEED_FORWARDS: dict[type, Callable[[Any, Sizes], nn.Module]] = {Dense: FeedForward, Experts: Mixture}


def build_feed_forward(config: FeedForwardConfig, sizes: Sizes) -> nn.Module:
    """The network, or mixture of networks, that ``config`` describes."""
    return FEED_FORWARDS[type(config)](config, sizes)
