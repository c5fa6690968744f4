"""One block over several processes: each has some of the heads and some of the hidden features (Shoeybi et al. 2019).

For y = W2 f(W1 x) with f feature by feature, the rows of W1 and the columns of W2 are dealt out alike (``A`` of n)::

    h_A = f(W1[A, :] x)        no message: every process has all of x
    y   = sum over A of W2[:, A] h_A        one all-reduce

Attention is of the same form, with a head for a feature: query, key and value are W1, output is W2. The backward pass
needs one more sum where x came in. Norms, embedding and loss are computed by all alike.

Weights stay what they are by name and whole shape (``DTensor``), so a checkpoint does not know of it.
"""

from __future__ import annotations

from typing import Any

import torch.distributed as dist
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.errors import SettingError
from hornbook.model.attention import Attention
from hornbook.model.feed_forward import FeedForward
from hornbook.model.position_encodings import AlibiEncoding, RelativeEncoding

COLUMNS, ROWS = ("query", "key", "value", "up", "gate"), ("output", "down")
"""Layers whose outputs are dealt out (the columns of x W'), and layers whose inputs are (its rows)."""


def deal_out(model: nn.Module, mesh: Any) -> None:
    """Deal the layers of every block out over the processes of a one-dimensional ``mesh``, in place.

    Raises:
        SettingError: something does not divide, or belongs to all heads at once; nothing was changed.
    """
    from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

    parts = [module for module in model.modules() if isinstance(module, Attention | FeedForward)]
    for part in parts:
        check_divides(part, mesh.size())
    check_no_bias_between_tokens(model)
    for part in parts:
        plan: dict[str, Any] = {name: ColwiseParallel() for name in COLUMNS if has_layer(part, name)}
        plan |= {name: RowwiseParallel() for name in ROWS if has_layer(part, name)}
        parallelize_module(part, mesh, plan)
        if isinstance(part, Attention):  # its norms see the heads of this process alone
            for parameter in (*part.query_norm.parameters(), *part.key_norm.parameters()):
                parameter.register_hook(summed)  # type: ignore[no-untyped-call]


def has_layer(part: nn.Module, name: str) -> bool:
    """Whether a part has a linear layer of this name."""
    return isinstance(getattr(part, name, None), nn.Linear)


def summed(gradient: Float[Tensor, "*_"]) -> Float[Tensor, "*_"]:
    """The gradient of something that every process used on its own heads."""
    whole = gradient.clone()
    dist.all_reduce(whole)
    return whole


def check_divides(part: Attention | FeedForward, processes: int) -> None:
    """Refuse what cannot be dealt out (``SettingError``)."""
    if isinstance(part, FeedForward):
        counts = {"feed_forward.hidden": part.up.out_features}
    else:
        if part.sinks is not None or part.across_heads:
            raise SettingError("distribution: tensor_parallel takes neither attention sinks nor norms across heads")
        counts = {
            "heads": part.query.out_features // part.head_width,
            "kv_heads": part.key.out_features // part.head_width,
        }
    for name, count in counts.items():
        if count % processes:
            raise SettingError(f"distribution: tensor_parallel deals {name} = {count} out over {processes} processes; "
                               f"{processes} has to divide it")  # fmt: skip


def check_no_bias_between_tokens(model: nn.Module) -> None:
    """Refuse a position encoding that adds something of each head to the scores (``SettingError``)."""
    if any(isinstance(module, AlibiEncoding | RelativeEncoding) for module in model.modules()):
        raise SettingError(
            "distribution: tensor_parallel takes no position encoding that adds to the scores; use rotary or learned"
        )
