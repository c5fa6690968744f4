"""Faults in the model: a broken part reads the numbers of the right one in its place.

A part is exchanged by giving the module another class, so that its weights keep their names and a checkpoint of the
run can be read by the same broken model. Next: in_start.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from hornbook.model.attention import Attention
from hornbook.model.config import Bidirectional
from hornbook.model.feed_forward import FeedForward
from hornbook.model.kernels import KeysValues, Scoring, Watch, explicit
from hornbook.model.masks import Mask
from hornbook.model.norms import Branch, Residual
from hornbook.model.position_encodings import PositionEncoding
from hornbook.seeds import torch_generator


def parts(model: nn.Module, kind: type) -> Iterator[Any]:
    """All modules of one class in a model."""
    return (module for module in model.modules() if isinstance(module, kind))


def without_mask(model: nn.Module) -> None:
    """Every token sees every token."""
    for attention in parts(model, Attention):
        attention.rule = Bidirectional()


def without_scale(model: nn.Module) -> None:
    """Products of queries and keys are taken as they are."""
    for attention in parts(model, Attention):
        attention.scale = 1.0


def over_queries(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scoring: Scoring,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """Attention whose weights sum to 1 down the queries instead of along the keys."""
    sharing, visible = query.shape[1] // seen.keys.shape[1], mask.dense()
    keys, values = (each.repeat_interleave(sharing, dim=1) for each in (seen.keys, seen.values))
    scores = scoring.capped(query @ keys.mT * scoring.scale).masked_fill(~visible, torch.finfo(query.dtype).min)
    weights = scores.softmax(dim=-2).masked_fill(~visible, 0.0)
    return F.dropout(watch(weights), scoring.dropout) @ values


class Ahead(Mask):
    """A mask in which every token sees what the one after it may see: that one."""

    def dense(self) -> Bool[Tensor, "B 1 T S"]:
        """Each row is the one below it; the last stays."""
        visible = super().dense()
        return torch.cat([visible[..., 1:, :], visible[..., -1:, :]], dim=-2)


def one_ahead(query: Float[Tensor, "B H T D"], seen: KeysValues, mask: Mask, *rest: Any) -> Float[Tensor, "B H T D"]:
    """Attention as it should be, under a mask that is one off."""
    return explicit(query, seen, Ahead(mask.rule, mask.query, mask.key), *rest)


def with_softmax_over_queries(model: nn.Module) -> None:
    """The softmax runs along the wrong axis."""
    for attention in parts(model, Attention):
        attention.kernel = over_queries


def with_a_mask_off_by_one(model: nn.Module) -> None:
    """The diagonal of the mask lies one place too high."""
    for attention in parts(model, Attention):
        attention.kernel = one_ahead


class BranchAlone(Residual):
    """branch(hidden): what came in is not added."""

    def forward(self, hidden: Float[Tensor, "B T C"], branch: Branch) -> Float[Tensor, "B T C"]:
        """The branch, in the place of the stream."""
        alone: Tensor = self.summed(self.dropout(self.after(branch(self.before(hidden)))))
        return alone


def without_residual(model: nn.Module) -> None:
    """Every branch replaces the stream instead of adding to it."""
    for residual in parts(model, Residual):
        residual.__class__ = BranchAlone


def without_positions(model: nn.Module) -> None:
    """Nothing tells the model about order but its mask."""
    for encoding in parts(model, PositionEncoding):
        encoding.__class__ = PositionEncoding


Activation = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Lowered:
    """An activation that sees everything ten lower than it is."""

    activation: Activation

    def __call__(self, hidden: Float[Tensor, "*B C"]) -> Float[Tensor, "*B C"]:
        """activation(x - 10)."""
        return self.activation(hidden - 10.0)


def with_dead_units(model: nn.Module) -> None:
    """The feed-forward units sit where their activation is flat."""
    for feed_forward in parts(model, FeedForward):
        feed_forward.activation = Lowered(feed_forward.activation)


@torch.no_grad()
def with_a_second_table(model: Any) -> None:
    """What should be one table for reading and writing is two, and no optimizer knows the second."""
    table = model.embedding.tokens.weight
    head = nn.Linear(table.shape[1], table.shape[0], bias=False, device=table.device)
    head.weight.copy_(torch.empty(table.shape).normal_(0.0, 0.02, generator=torch_generator(1, "second table")))
    model.embedding.head = head
