"""Attention itself, as functions of one signature. Every row of ``KERNELS`` is proven equal to ``explicit``.

To read: ``explicit`` is the formula, ``flash`` (flash.py) how it is computed without a table of all scores. To run:
``fused`` is PyTorch's own kernel, ``direct`` plain products for short windows in 16 bits, ``single`` sums of products
for one query at a time, and ``auto`` takes the quickest for the case at hand. For GPUs: ``flexible`` (flexible.py) has
PyTorch write a kernel for each rule of a mask, ``triton`` (triton_flash.py) is one written by hand. Next: flash.py.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from hornbook.errors import SettingError
from hornbook.model.flash import flash
from hornbook.model.flexible import flexible
from hornbook.model.masks import Mask
from hornbook.model.scoring import KeysValues, Scoring, Watch
from hornbook.model.triton_flash import triton_flash

__all__ = [
    "ABILITIES",
    "EVERYTHING",
    "KERNELS",
    "LONG",
    "Kernel",
    "KeysValues",
    "Scoring",
    "Watch",
    "auto",
    "check_kernel",
    "direct",
    "explicit",
    "fused",
    "single",
]


def explicit(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scoring: Scoring,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """softmax(cap(Q Kᵀ · scale) + bias, over what may be seen) V (Vaswani et al. 2017, equation 1).

    With fewer key/value heads than query heads, neighbouring query heads share one (Ainslie et al. 2023). ``watch``
    is handed the weights [B, H, T, S], whose rows sum to 1. Dropout falls on the weights, after the softmax.
    """
    sharing = query.shape[1] // seen.keys.shape[1]
    keys = seen.keys.repeat_interleave(sharing, dim=1)  # [B,G,S,D] -> [B,H,S,D]
    values = seen.values.repeat_interleave(sharing, dim=1)
    visible = mask.dense()  # [B,1,T,S]
    scores = scoring.capped(query @ keys.mT * scoring.scale)
    if bias is not None:
        scores = scores + bias
    scores = scores.masked_fill(~visible, torch.finfo(scores.dtype).min)
    weights = scoring.weights(scores).masked_fill(~visible, 0.0)  # a row that sees nothing answers nothing
    return F.dropout(watch(weights), scoring.dropout) @ values


def fused(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scoring: Scoring,
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
        query, seen.keys, seen.values, visible, scoring.dropout, causal, scale=scoring.scale, enable_gqa=sharing
    )


def direct(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scoring: Scoring,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """The same by plain matrix products in as few passes over the scores as will do.

    Query heads that share keys are stacked, so that nothing is repeated; the scores [B, H, T, S] stay in memory until
    the backward pass.
    """
    groups, visible = seen.keys.shape[1], mask.dense()
    stacked = (query * scoring.scale).reshape(query.shape[0], groups, -1, query.shape[3])  # [B,H,T,D] -> [B,G,H/G·T,D]
    scores = scoring.capped((stacked @ seen.keys.mT).view(*query.shape[:3], -1))  # [B,H,T,S]
    if bias is not None:
        scores = scores + bias
    weights = scoring.weights(scores.masked_fill(~visible, torch.finfo(scores.dtype).min))
    if not mask.plain_causal:
        weights = weights.masked_fill(~visible, 0.0)
    weights = F.dropout(weights, scoring.dropout, training=scoring.dropout > 0)
    return (weights.view(*stacked.shape[:3], -1) @ seen.values).view(query.shape)


def single(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scoring: Scoring,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """The same for few queries, as sums of products: compiled, one reading of the keys and one of the values."""
    groups, visible, wide = seen.keys.shape[1], mask.dense(), torch.promote_types(query.dtype, torch.float32)
    sharing = (query.shape[0], groups, query.shape[1] // groups, query.shape[2])
    split = (query.to(wide) * scoring.scale).view(*sharing, 1, query.shape[3])  # [B,G,H/G,T,1,D]
    scores = scoring.capped((split * seen.keys[:, :, None, None].to(wide)).sum(-1).flatten(1, 2))  # [B,H,T,S]
    if bias is not None:
        scores = scores + bias
    weights = scoring.weights(scores.masked_fill(~visible, torch.finfo(scores.dtype).min)).masked_fill(~visible, 0.0)
    answer = weights.view(*sharing, -1, 1) * seen.values[:, :, None, None].to(wide)  # [B,G,H/G,T,S,D]
    return answer.sum(-2).view(query.shape).to(query.dtype)


def page_by_page(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scoring: Scoring,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """``single`` for keys and values that lie in pages [B, G, P, size, D]: compiled, they are read where they lie.

    Page by page, and in each all groups: that is how they follow each other in memory (group by group took a quarter
    longer).
    """
    keys, values = (each.transpose(1, 2) for each in seen.pages)  # [B,P,G,size,D]
    pages, groups, size = keys.shape[1:4]
    visible, wide = mask.dense(), torch.promote_types(query.dtype, torch.float32)
    sharing = (groups, query.shape[1] // groups, query.shape[2])
    split = (query.to(wide) * scoring.scale).view(query.shape[0], 1, *sharing, 1, query.shape[3])  # [B,1,G,H/G,T,1,D]
    products = (split * keys[:, :, :, None, None].to(wide)).sum(-1)  # [B,P,G,H/G,T,size]
    scores = scoring.capped(products.movedim(1, 4).flatten(4).flatten(1, 2))  # [B,H,T,S]
    if bias is not None:
        scores = scores + bias
    weights = scoring.weights(scores.masked_fill(~visible, torch.finfo(scores.dtype).min))
    shares = weights.view(query.shape[0], *sharing, pages, size, 1).movedim(4, 1)  # [B,P,G,H/G,T,size,1]
    answer = (shares * values[:, :, :, None, None].to(wide)).sum(-2).sum(1)  # [B,G,H/G,T,D]
    blind = ~visible.any(-1, keepdim=True)  # a row that sees nothing answers nothing
    return answer.view(query.shape).masked_fill(blind, 0.0).to(query.dtype)


LONG, LONG_IN_32_BITS = 512, 128
"""Beyond so many keys, rereading the scores costs more than ``fused`` loses in its backward pass on a CPU."""


def auto(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scoring: Scoring,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """The quickest of the others: ``fused``, but for training on a CPU with windows that are not long, and for one
    query in compiled code.

    In the first case the backward pass of PyTorch 2.13's fused kernel takes several times as long as the products
    themselves (64 tokens: 5.5 ms against 0.7 ms for both passes of one layer, compiled, on one core). A softcap or
    sinks leave ``direct``, or for many queries on a CPU ``flash`` (2048 tokens in 32 bits: 1.4 s against 0.4 s,
    uncompiled).
    """
    processor, narrow = query.device.type == "cpu", query.dtype in (torch.bfloat16, torch.float16)
    if query.shape[2] == 1 and processor and torch.compiler.is_compiling() and scoring.dropout == 0:
        return (single if seen.in_pages is None else page_by_page)(query, seen, mask, bias, scoring, watch)
    short = processor and torch.is_grad_enabled() and seen.keys.shape[2] <= (LONG if narrow else LONG_IN_32_BITS)
    kernel = direct if short else fused
    if scoring.softcap is not None or scoring.sinks is not None:  # which PyTorch's kernel knows nothing of
        many = processor and query.shape[2] > 2 * LONG and scoring.dropout == 0
        kernel = flash if many and not torch.compiler.is_compiling() else direct
    return kernel(query, seen, mask, bias, scoring, watch)


Kernel = Callable[[Tensor, KeysValues, Mask, Tensor | None, Scoring, Watch], Tensor]

KERNELS: dict[str, Kernel] = {
    "auto": auto,
    "explicit": explicit,
    "direct": direct,
    "single": single,
    "fused": fused,
    "flexible": flexible,
    "flash": flash,
    "triton": triton_flash,
}

EVERYTHING = frozenset({"bias", "softcap", "sinks", "dropout", "block-sparse"})
"""Every ability there is."""

ABILITIES: dict[str, frozenset[str]] = {
    "auto": EVERYTHING,
    "explicit": EVERYTHING,
    "direct": EVERYTHING,
    "single": EVERYTHING - {"dropout"},
    "fused": frozenset({"bias", "dropout", "block-sparse"}),
    "flexible": EVERYTHING - {"dropout"},
    "flash": EVERYTHING - {"dropout"},
    "triton": frozenset({"softcap", "sinks"}),
}
"""What beside plain attention each kernel can do; all of them can do every other mask and every layout of heads.

Where a kernel runs is known when it is called: ``flexible`` has a gradient on GPUs alone, ``triton`` needs one.
"""


def check_kernel(kernel: str, wanted: frozenset[str]) -> None:
    """Refuse a kernel that cannot do all that is ``wanted``, and say which can (``SettingError``)."""
    missing = sorted(wanted - ABILITIES[kernel])
    if missing:
        able = ", ".join(name for name, abilities in ABILITIES.items() if wanted <= abilities)
        raise SettingError(f"kernel: {kernel!r} cannot do {' and '.join(missing)}; those that can: {able}")
