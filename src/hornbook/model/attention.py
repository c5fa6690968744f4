"""Attention: every token asks, and every token it may see answers.

One class serves training and decoding: it is told what may be looked at (``KeysValues``) and does not care who made
it. Fewer key/value heads than query heads give grouped- and multi-query attention. Next: position_encodings.py.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from hornbook.model.config import AttentionConfig, Sizes
from hornbook.model.kernels import KERNELS, KeysValues
from hornbook.model.masks import Mask
from hornbook.model.norms import NORMS
from hornbook.model.position_encodings import Order


class Attention(nn.Module):
    """Project to heads, attend, put the heads side by side, project back.

    ``weights`` passes the attention map [B, H, T, S] through unchanged: hang a forward hook on it to see the map (the
    explicit kernel makes one, the fused kernel never does).
    """

    def __init__(self, config: AttentionConfig, sizes: Sizes) -> None:
        super().__init__()
        asking, answering = sizes.heads * sizes.head_width, sizes.kv_heads * sizes.head_width
        self.query = nn.Linear(sizes.width, asking, bias=config.bias)
        self.key = nn.Linear(sizes.width, answering, bias=config.bias)
        self.value = nn.Linear(sizes.width, answering, bias=config.bias)
        self.output = nn.Linear(asking, sizes.width, bias=config.has_output_bias)
        self.query_norm = NORMS[config.query_key_norm](sizes.head_width)
        self.key_norm = NORMS[config.query_key_norm](sizes.head_width)
        self.weights = nn.Identity()
        self.rule, self.kernel = config.mask, KERNELS[config.kernel]
        self.head_width, self.scale = sizes.head_width, config.scale or sizes.head_width**-0.5
        self.dropout = sizes.dropout

    def split(self, features: Float[Tensor, "B T HD"]) -> Float[Tensor, "B H T D"]:
        """[B, T, H·D] cut into heads, [B, H, T, D]."""
        batch, time, _ = features.shape
        return features.view(batch, time, -1, self.head_width).transpose(1, 2)

    def keys_and_values(self, source: Float[Tensor, "B S C"], order: Order) -> KeysValues:
        """What these tokens offer to whoever may see them."""
        keys = order.rotate(self.key_norm(self.split(self.key(source))))
        return KeysValues(keys, self.split(self.value(source)), order.positions)

    def forward(self, hidden: Float[Tensor, "B T C"], order: Order, seen: KeysValues) -> Float[Tensor, "B T C"]:
        """For every token, the mean of the values it may see, weighted by how well their keys answer its query."""
        query = order.rotate(self.query_norm(self.split(self.query(hidden))))
        mask, bias = Mask(self.rule, order.positions, seen.positions), order.bias(seen.positions)
        dropout = self.dropout if self.training else 0.0
        heads = self.kernel(query, seen, mask, bias, self.scale, dropout, self.weights)
        answer: Tensor = self.output(heads.transpose(1, 2).flatten(2))  # [B,H,T,D] -> [B,T,H·D] -> [B,T,C]
        return answer
