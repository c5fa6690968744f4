"""PyTorch's FlexAttention: the rule of a mask, written down once, becomes a kernel of its own (Dong et al. 2024).

A rule here is what it is in masks.py, a function of two places; PyTorch's compiler puts it into the middle of a
FlashAttention kernel and skips the blocks of 128 x 128 places in which nobody sees anybody. That helps on a GPU, in a
compiled model, where texts are long and masks have large holes (sliding windows, blocks, packed documents): there
``fused`` has to read a table of T x S truth values and computes every score.

Where it does not help: uncompiled, the scores are written out as in ``explicit``. And on a processor PyTorch has the
forward pass alone, so that a model may be evaluated and sampled from there, and not trained. Next: triton_flash.py.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.attention.flex_attention import AuxRequest, create_block_mask, flex_attention

from hornbook.batches import NOTHING
from hornbook.errors import SettingError
from hornbook.model.masks import ALLOWS, Mask
from hornbook.model.scoring import KeysValues, Scoring, Watch

ON_GPU_ALONE = ("cpu", "mps")
"""Where PyTorch 2.13 has no backward pass for it."""

MaskMod = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
ScoreMod = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


def allowed(mask: Mask) -> MaskMod:
    """May the query at place ``row`` look at the key at ``column``? ``Mask.tile`` for one pair of places."""
    rule, asking, answering = mask.rule, mask.query.index, mask.key.index
    documents = mask.query.document, mask.key.document

    def allows(text: Tensor, head: Tensor, row: Tensor, column: Tensor) -> Tensor:
        query, key = asking[text, row], answering[text, column]
        seen = ALLOWS[type(rule)](rule, query, key) & (key != NOTHING) & (query != NOTHING)
        if documents[0] is not None and documents[1] is not None:
            seen = seen & (documents[0][text, row] == documents[1][text, column])
        return seen

    return allows


def changed(bias: Float[Tensor, "#B #H T S"] | None, scoring: Scoring) -> ScoreMod:
    """cap(score) + bias for one score."""
    texts, heads = (1, 1) if bias is None else bias.shape[:2]

    def change(score: Tensor, text: Tensor, head: Tensor, row: Tensor, column: Tensor) -> Tensor:
        score = scoring.capped(score)
        if bias is not None:
            score = score + bias[text if texts > 1 else 0, head if heads > 1 else 0, row, column]
        return score

    return change


def flexible(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scoring: Scoring,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """``explicit`` by ``torch.nn.attention.flex_attention``, for everything but dropout; nothing to ``watch``.

    A sink is added behind the kernel: with L = ln Σ exp(s_j), a sink of logit z takes part of every weight away, and
    Σ exp(s_j) / (exp(z) + Σ exp(s_j)) = sigmoid(L - z) of it remains.

    Raises:
        SettingError: a gradient is asked for where PyTorch has none.
    """
    refuse_gradient(query, seen)
    batch, heads, time, _ = query.shape
    plain = mask.query.plain and mask.key.plain and (mask.query.document is None or mask.key.document is None)
    blocks = create_block_mask(
        allowed(mask), None if plain else batch, None, time, seen.keys.shape[2], device=query.device
    )
    answer, beside = flex_attention(
        query,
        seen.keys,
        seen.values,
        changed(bias, scoring) if bias is not None or scoring.softcap is not None else None,
        blocks,
        scoring.scale,
        enable_gqa=heads != seen.keys.shape[1],
        return_aux=AuxRequest(lse=scoring.sinks is not None),
    )
    if scoring.sinks is None or beside.lse is None:
        return answer
    remains = torch.sigmoid(beside.lse - scoring.sinks.to(beside.lse.dtype)[:, None])  # [B,H,T]
    return answer * remains[..., None].to(answer.dtype)


def refuse_gradient(query: Float[Tensor, "B H T D"], seen: KeysValues) -> None:
    """Say that training needs a GPU here, before PyTorch says it in words of its own."""
    asked = query.requires_grad or seen.keys.requires_grad or seen.values.requires_grad
    if asked and query.device.type in ON_GPU_ALONE:
        raise SettingError(
            f"kernel: 'flexible' has no gradient on {query.device.type}; to train here take 'auto', 'direct' or "
            "'flash', to evaluate turn gradients off (torch.no_grad)"
        )
