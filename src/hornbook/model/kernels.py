"""Attention itself, as functions of one signature: ``explicit`` reads like the paper, ``fused`` and ``direct`` run.

Every kernel is a row of ``KERNELS`` and is proven equal to ``explicit``, in value and gradient; ``auto`` takes the one
that is quickest for the case at hand. Next: attention.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from hornbook.batches import Positions
from hornbook.model.masks import Mask

Watch = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class KeysValues:
    """What attention may look at, whoever made it: keys and values of G heads, and where each of them stands."""

    keys: Float[Tensor, "B G S D"]
    values: Float[Tensor, "B G S D"]
    positions: Positions


def explicit(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scale: float,
    dropout: float,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """softmax(Q Kᵀ · scale + bias, over what may be seen) V (Vaswani et al. 2017, equation 1).

    With fewer key/value heads than query heads, neighbouring query heads share one (Ainslie et al. 2023). ``watch``
    is handed the weights [B, H, T, S], whose rows sum to 1. Dropout falls on the weights, after the softmax.
    """
    sharing = query.shape[1] // seen.keys.shape[1]
    keys = seen.keys.repeat_interleave(sharing, dim=1)  # [B,G,S,D] -> [B,H,S,D]
    values = seen.values.repeat_interleave(sharing, dim=1)
    visible = mask.dense()  # [B,1,T,S]
    scores = query @ keys.mT * scale
    if bias is not None:
        scores = scores + bias
    scores = scores.masked_fill(~visible, torch.finfo(scores.dtype).min)
    weights = scores.softmax(dim=-1).masked_fill(~visible, 0.0)  # a row that sees nothing answers nothing
    return F.dropout(watch(weights), dropout) @ values


def fused(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scale: float,
    dropout: float,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """The same by PyTorch's fused kernels; the weights never exist, so there is nothing to ``watch``.

    Plain causal batches build no mask at all.
    """
    sharing = query.shape[1] != seen.keys.shape[1]
    causal, visible = False, None
    if bias is None and mask.plain_causal:
        causal = True
    elif bias is not None:
        visible = bias.to(query.dtype).masked_fill(~mask.dense(), -torch.inf)
    elif not mask.all_seen:
        visible = mask.dense()
    return F.scaled_dot_product_attention(
        query, seen.keys, seen.values, visible, dropout, is_causal=causal, scale=scale, enable_gqa=sharing
    )


def direct(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scale: float,
    dropout: float,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """The same by plain matrix products in as few passes over the scores as will do.

    Query heads that share keys are stacked, so that nothing is repeated; the scores [B, H, T, S] stay in memory until
    the backward pass.
    """
    groups, visible = seen.keys.shape[1], mask.dense()
    stacked = (query * scale).reshape(query.shape[0], groups, -1, query.shape[3])  # [B,H,T,D] -> [B,G,H/G·T,D]
    scores = (stacked @ seen.keys.mT).view(*query.shape[:3], -1)  # [B,H,T,S]
    if bias is not None:
        scores = scores + bias
    weights = scores.masked_fill(~visible, torch.finfo(scores.dtype).min).softmax(dim=-1)
    if not mask.plain_causal:
        weights = weights.masked_fill(~visible, 0.0)
    weights = F.dropout(weights, dropout, training=dropout > 0)
    return (weights.view(*stacked.shape[:3], -1) @ seen.values).view(query.shape)


LONG = 512
"""Beyond so many keys, rereading the scores costs more than ``fused`` loses."""


def auto(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scale: float,
    dropout: float,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """The quickest of the others: ``fused``, but for training in 16 bits on a CPU, with windows that are not long.

    There the backward pass of PyTorch 2.13's fused kernel takes several times as long as the products themselves
    (64 tokens: 5.5 ms against 0.7 ms for both passes of one layer, compiled, on one core).
    """
    narrow = query.device.type == "cpu" and query.dtype in (torch.bfloat16, torch.float16)
    kernel = direct if narrow and torch.is_grad_enabled() and seen.keys.shape[2] <= LONG else fused
    return kernel(query, seen, mask, bias, scale, dropout, watch)


Kernel = Callable[[Tensor, KeysValues, Mask, Tensor | None, float, float, Watch], Tensor]

KERNELS: dict[str, Kernel] = {"auto": auto, "explicit": explicit, "direct": direct, "fused": fused}
