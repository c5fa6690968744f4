"""Solutions of lesson 14."""

from __future__ import annotations

from torch import Tensor


def split_attention(joined: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """From GPT-2's c_attn weight [C, 3C] the query, key and value weights as PyTorch wants them, [C, C] each."""
    query, key, value = joined.T.chunk(3)
    return query, key, value


def rename(name: str) -> str:
    """GPT-2's name of a norm in a block as ours."""
    _, _, layer, norm, part = name.split(".")
    ending = {"weight": "scale", "bias": "shift"}[part]
    place = {"ln_1": "around_attention.before", "ln_2": "around_feed_forward.before"}[norm]
    return f"stack.blocks.{layer}.{place}.{ending}"
