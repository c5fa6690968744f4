"""Attention: every token asks, and every token it may see answers.

One class serves training and decoding, looking at oneself and at another text: it is told what may be looked at
(``KeysValues``) and does not care who made it. Fewer key/value heads than query heads give grouped- and multi-query
attention. Next: position_encodings.py.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.model.config import AttentionConfig, BlockSparse, Causal, Sizes
from hornbook.model.kernels import KERNELS, KeysValues, Scoring, check_kernel
from hornbook.model.masks import Mask
from hornbook.model.norms import build_norm
from hornbook.model.position_encodings import Order


class Attention(nn.Module):
    """Project to heads, attend, put the heads side by side, project back.

    ``weights`` passes the attention map [B, H, T, S] through unchanged: hang a forward hook on it to see the map (the
    explicit kernel makes one, the others never do).

    Raises:
        SettingError: the kernel cannot do what the configuration asks; the message names those that can.
    """

    def __init__(self, config: AttentionConfig, sizes: Sizes, biased: bool = False) -> None:
        """``biased``: the position encoding at work here adds to the scores."""
        super().__init__()
        check_kernel(config.kernel, wanted(config, sizes, biased))
        asking, answering = sizes.heads * sizes.head_width, sizes.kv_heads * sizes.head_width
        self.query = nn.Linear(sizes.width, asking, bias=config.bias)
        self.key = nn.Linear(sizes.width, answering, bias=config.bias)
        self.value = nn.Linear(sizes.width, answering, bias=config.bias)
        self.output = nn.Linear(asking, sizes.width, bias=config.has_output_bias)
        self.query_norm = build_norm(config.query_key_norm, asking if config.across_heads else sizes.head_width)
        self.key_norm = build_norm(config.query_key_norm, answering if config.across_heads else sizes.head_width)
        self.sinks = nn.Parameter(torch.zeros(sizes.heads)) if config.sinks else None
        self.weights = nn.Identity()
        self.rule, self.kernel, self.across_heads = config.mask or Causal(), KERNELS[config.kernel], config.across_heads
        self.head_width, self.scale = sizes.head_width, config.scale or sizes.head_width**-0.5
        self.softcap, self.dropout = config.softcap, sizes.dropout

    def split(self, features: Float[Tensor, "B T HD"]) -> Float[Tensor, "B H T D"]:
        """[B, T, H·D] cut into heads, [B, H, T, D]."""
        batch, time, _ = features.shape
        return features.view(batch, time, -1, self.head_width).transpose(1, 2)

    def normed(self, features: Float[Tensor, "B T HD"], norm: nn.Module) -> Float[Tensor, "B H T D"]:
        """Queries or keys cut into heads, each head normalised for itself, or all of them together before the cut."""
        heads: Tensor = self.split(norm(features)) if self.across_heads else norm(self.split(features))
        return heads

    def keys_and_values(self, source: Float[Tensor, "B S C"], order: Order) -> KeysValues:
        """What these tokens offer to whoever may see them."""
        keys = order.rotate(self.normed(self.key(source), self.key_norm))
        return KeysValues(keys, self.split(self.value(source)), order.positions)

    def forward(self, hidden: Float[Tensor, "B T C"], order: Order, seen: KeysValues) -> Float[Tensor, "B T C"]:
        """For every token, the mean of the values it may see, weighted by how well their keys answer its query."""
        query = order.rotate(self.normed(self.query(hidden), self.query_norm))
        mask, bias = Mask(self.rule, order.positions, seen.positions), order.bias(seen.positions)
        scoring = Scoring(self.scale, self.softcap, self.sinks, self.dropout if self.training else 0.0)
        heads = self.kernel(query, seen, mask, bias, scoring, self.weights)
        answer: Tensor = self.output(heads.transpose(1, 2).flatten(2))  # [B,H,T,D] -> [B,T,H·D] -> [B,T,C]
        return answer


def wanted(config: AttentionConfig, sizes: Sizes, biased: bool) -> frozenset[str]:
    """What beside plain attention a kernel has to be able to do here."""
    asked = {
        "bias": biased,
        "softcap": config.softcap is not None,
        "sinks": config.sinks,
        "dropout": sizes.dropout > 0,
        "block-sparse": isinstance(config.mask, BlockSparse),
    }
    return frozenset(name for name, needed in asked.items() if needed)
