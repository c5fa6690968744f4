"""A learner's part at work: for as long as a ``with`` block lasts, it stands where ours stands.

Everything else of the package stays: batches, loop, schedule, checkpoints, report. What is exchanged is one row of a
table, or one function, and it is put back whatever happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.batches import IGNORED, Positions
from hornbook.data.config import DPO
from hornbook.finetuning import preferences
from hornbook.finetuning.low_rank import LowRankLinear
from hornbook.generation import sampling
from hornbook.model.blocks import Block
from hornbook.model.kernels import KERNELS, KeysValues, Scoring, Watch
from hornbook.model.masks import Mask
from hornbook.model.position_encodings import LearnedEncoding, Order, RotaryEncoding
from hornbook.tokenizers import bytepair_training
from hornbook.training import objectives, optimizers
from hornbook.training.objectives import Loss

Written = Callable[..., Any]
"""What a learner has written."""


@contextmanager
def exchanged(owner: Any, name: str, other: Any) -> Iterator[None]:
    """An attribute of a class or module, exchanged and put back."""
    ours = getattr(owner, name)
    setattr(owner, name, other)
    try:
        yield
    finally:
        setattr(owner, name, ours)


@contextmanager
def row_exchanged(table: dict[Any, Any], rows: Iterable[Any], other: Any) -> Iterator[None]:
    """Rows of a table, exchanged and put back."""
    ours = {row: table[row] for row in rows}
    table.update(dict.fromkeys(ours, other))
    try:
        yield
    finally:
        table.update(ours)


# Parts of a model ---------------------------------------------------------------------------------------------------


def attention(part: Written) -> AbstractContextManager[None]:
    """In place of the kernel that a model takes by itself."""

    def kernel(
        query: Float[Tensor, "B H T D"],
        seen: KeysValues,
        mask: Mask,
        bias: Float[Tensor, "#B #H T S"] | None,
        scoring: Scoring,
        watch: Watch,
    ) -> Float[Tensor, "B H T D"]:
        sharing = query.shape[1] // seen.keys.shape[1]
        keys, values = (each.repeat_interleave(sharing, dim=1) for each in (seen.keys, seen.values))
        answer: Tensor = part(query, keys, values, mask.dense(), scoring.scale)
        return answer

    return row_exchanged(KERNELS, ["auto"], kernel)


@contextmanager
def rotary(part: Written) -> Iterator[None]:
    """In place of the rotation of queries and keys (a model with rotary positions)."""

    def rotate(self: Order, heads: Float[Tensor, "B H T D"]) -> Float[Tensor, "B H T D"]:
        if not isinstance(self.encoding, RotaryEncoding):
            return self.encoding.rotate(heads, self.turns)
        turned: Tensor = part(heads, self.positions.index, self.encoding.config.base)
        return turned

    with exchanged(Order, "rotate", rotate):
        yield


def positions(part: Written) -> AbstractContextManager[None]:
    """In place of the sum of token and place (a model with learned positions, texts that begin at place 0)."""

    def embed(self: LearnedEncoding, hidden: Float[Tensor, "B T C"], where: Positions) -> Float[Tensor, "B T C"]:
        embedded: Tensor = part(hidden, self.table.weight)
        return embedded

    return exchanged(LearnedEncoding, "embed", embed)


def block(part: Written) -> AbstractContextManager[None]:
    """In place of the order of norms, parts and sums in a block (placement "pre")."""

    def forward(
        self: Block, hidden: Float[Tensor, "B T C"], order: Order, cache: Any = None, memory: Any = None
    ) -> Float[Tensor, "B T C"]:
        def look(normed: Float[Tensor, "B T C"]) -> Float[Tensor, "B T C"]:
            return self.look(normed, order, cache)

        norms = (self.around_attention.before, self.around_feed_forward.before)
        thought: Tensor = part(hidden, look, self.feed_forward, *norms)
        return thought

    return exchanged(Block, "forward", forward)


def dropout(part: Written) -> AbstractContextManager[None]:
    """In place of PyTorch's, wherever a model drops numbers of the stream."""

    def forward(self: nn.Dropout, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        dropped: Tensor = part(x, self.p, self.training)
        return dropped

    return exchanged(nn.Dropout, "forward", forward)


def lora(part: Written) -> AbstractContextManager[None]:
    """In place of the frozen matrix and the product beside it (adapting "low_rank")."""

    def forward(self: LowRankLinear, features: Float[Tensor, "*B I"]) -> Float[Tensor, "*B O"]:
        assert isinstance(self.base, nn.Linear)
        answer: Tensor = part(features, self.base.weight, self.down, self.up, self.scale)
        bias: Tensor | None = self.base.bias  # what a layer without one really has
        return answer if bias is None else answer + bias

    return exchanged(LowRankLinear, "forward", forward)


# Training and writing -----------------------------------------------------------------------------------------------


def cross_entropy(part: Written) -> AbstractContextManager[None]:
    """In place of the loss of tokens."""

    def token_loss(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"], label_smoothing: float = 0.0) -> Loss:
        return Loss(part(logits.flatten(0, 1).float(), targets.flatten()), (targets != IGNORED).sum())

    return exchanged(objectives, "token_loss", token_loss)


class OwnAdamW(torch.optim.Optimizer):
    """An optimizer that asks the learner's function for every parameter and step."""

    def __init__(self, groups: Any, part: Written) -> None:
        super().__init__(groups, {"lr": 1e-3, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0.0})
        self.part = part

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["exp_avg"], state["exp_avg_sq"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
                state["step"] += 1
                settings = (group["lr"], tuple(group["betas"]), group["eps"], group["weight_decay"])
                averages = (state["exp_avg"], state["exp_avg_sq"])
                moved = self.part(parameter, parameter.grad, *averages, int(state["step"]), *settings)
                for kept, new in zip((parameter, *averages), moved, strict=True):
                    kept.copy_(new)


def adamw(part: Written) -> AbstractContextManager[None]:
    """In place of AdamW, fused or explicit."""
    return row_exchanged(optimizers.ADAMW, optimizers.ADAMW, lambda groups: OwnAdamW(groups, part))


def dpo(part: Written) -> AbstractContextManager[None]:
    """In place of DPO's loss (a recipe with ``hornbook finetune prefer``)."""

    def loss(config: DPO, chosen: Float[Tensor, " B"], rejected: Float[Tensor, " B"], **_: Any) -> Float[Tensor, " B"]:
        losses: Tensor = part(chosen, rejected, config.beta)
        return losses

    return row_exchanged(preferences.PREFERENCE_LOSSES, [DPO], loss)


def top_p(part: Written) -> AbstractContextManager[None]:
    """In place of the filter, for the samples that a training writes with ``top_p``."""
    return exchanged(sampling, "top_p", part)


def merges(part: Written) -> AbstractContextManager[None]:
    """In place of learning the merges, where a recipe has its tokenizer learned."""

    def learn(words: Any, count: int, minimum_count: int = 2) -> list[tuple[int, int]]:
        return list(part(dict(words), count))

    return exchanged(bytepair_training, "learn_merges_fast", learn)
