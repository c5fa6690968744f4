"""Attention itself, as functions of one signature. Every row of ``KERNELS`` is proven equal to ``explicit``.

To read: ``explicit`` is the formula, ``flash`` (flash.py) how it is computed without a table of all scores. To run:
``fused`` is PyTorch's own kernel, ``direct`` plain products of what is seen, ``single`` sums of products for one query
at a time, and ``auto`` takes the quickest for the case at hand. For GPUs: ``flexible`` (flexible.py) has
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
    "Kernel",
    "KeysValues",
    "Scoring",
    "Watch",
    "auto",
    "check_kernel",
    "direct",
    "explicit",
    "fused",
    "longest_direct",
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

    A stretch of queries at a time, with the keys that one of them may see: much of what the mask hides is not computed.
    Query heads that share keys are stacked, so that nothing is repeated; the scores [B, H, T, S] stay in memory until
    the backward pass.
    """
    answers = []
    for rows, columns in mask.stretches:
        asking, keys, values = query[:, :, rows], seen.keys[:, :, columns], seen.values[:, :, columns]
        stacked = (asking * scoring.scale).reshape(len(keys), keys.shape[1], -1, query.shape[3])  # [B,G,H/G·T,D]
        scores = scoring.capped((stacked @ keys.mT).view(*asking.shape[:3], -1))  # [B,H,T,S]
        if bias is not None:
            scores = scores + bias[:, :, rows, columns]
        weights = scoring.weights(scores + mask.added(rows, columns, scores.dtype))
        if not mask.plain_causal:  # a row that sees nothing answers nothing
            weights = weights.masked_fill(~mask.tile(rows, columns), 0.0)
        weights = F.dropout(weights, scoring.dropout, training=scoring.dropout > 0)
        answers.append((weights.view(*stacked.shape[:3], -1) @ values).view(asking.shape))
    return torch.cat(answers, dim=2) if len(answers) > 1 else answers[0]


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


MANY = 1024
"""Queries from which on ``flash``, tile by tile, is quicker on a CPU than ``direct``."""


def longest_direct(narrow: bool, ahead: bool) -> int:
    """The most keys with which ``direct`` trains faster on a CPU than ``fused``, in 16 bits (``narrow``) or in 32.

    Where somebody may look ``ahead`` there are no stretches to leave out. Beyond it the scores, kept for the backward
    pass, would also take more memory than all else.
    """
    return (1024 if narrow else 512) // (2 if ahead else 1)


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

    In the first case the backward pass of PyTorch 2.13's fused kernel takes longer than the products themselves (two
    texts of 512 tokens, 12 heads of 64: 39 ms against 12 for both passes of one layer, compiled, bfloat16, two cores).
    A softcap or sinks leave ``direct``, or for many queries on a CPU ``flash`` (2048 tokens in 32 bits: 1.4 s against
    0.4 s, uncompiled).
    """
    processor, narrow = query.device.type == "cpu", query.dtype in (torch.bfloat16, torch.float16)
    if query.shape[2] == 1 and processor and torch.compiler.is_compiling() and scoring.dropout == 0:
        return (single if seen.in_pages is None else page_by_page)(query, seen, mask, bias, scoring, watch)
    learning = processor and torch.is_grad_enabled()
    short = learning and seen.keys.shape[2] <= longest_direct(narrow, ahead=len(mask.stretches) == 1)
    kernel = direct if short else fused
    if scoring.softcap is not None or scoring.sinks is not None:  # which PyTorch's kernel knows nothing of
        many = processor and query.shape[2] > MANY and scoring.dropout == 0
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
