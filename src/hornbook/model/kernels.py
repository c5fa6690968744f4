"""Attention itself, as functions of one signature: ``explicit`` reads like the paper, ``fused`` runs.

Every kernel is a row of ``KERNELS`` and is proven equal to ``explicit``, in value and gradient. Next: attention.py.
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


Kernel = Callable[[Tensor, KeysValues, Mask, Tensor | None, float, float, Watch], Tensor]

KERNELS: dict[str, Kernel] = {"explicit": explicit, "fused": fused}
