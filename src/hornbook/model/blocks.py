"""Blocks one on top of another: look around, then think, and again. Next: models.py."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor, nn

from hornbook.batches import Positions
from hornbook.model.attention import Attention
from hornbook.model.cache import Cache, LayerCache
from hornbook.model.config import BlockConfig, ModelConfig, Sizes
from hornbook.model.feed_forward import build_feed_forward
from hornbook.model.norms import NORMS, Residual
from hornbook.model.position_encodings import Order, PositionEncoding, build_position_encoding


class Block(nn.Module):
    """One layer: attention mixes the tokens, the feed-forward network works on each alone; both add to the stream."""

    def __init__(self, config: BlockConfig, sizes: Sizes) -> None:
        super().__init__()
        around = (sizes.width, config.norm, config.placement, sizes.dropout)
        self.attention, self.around_attention = Attention(config.attention, sizes), Residual(*around)
        self.feed_forward, self.around_feed_forward = build_feed_forward(config.feed_forward, sizes), Residual(*around)

    def forward(
        self, hidden: Float[Tensor, "B T C"], order: Order, cache: LayerCache | None = None
    ) -> Float[Tensor, "B T C"]:
        """The stream after this layer."""

        def look(normed: Tensor) -> Tensor:
            new = self.attention.keys_and_values(normed, order)
            answer: Tensor = self.attention(normed, order, new if cache is None else cache.extend(new))
            return answer

        hidden = self.around_attention(hidden, look)
        thought: Tensor = self.around_feed_forward(hidden, self.feed_forward)
        return thought


class Stack(nn.Module):
    """All blocks, what tells them about order, and a last norm where the blocks leave their sum bare."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.first_norm = NORMS[config.embedding_norm](config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(block, config.sizes) for block in config.blocks)
        distinct = list(dict.fromkeys(config.position_encodings))  # equal descriptions share one module
        self.position_encodings = nn.ModuleList(build_position_encoding(e, config.sizes) for e in distinct)
        self.encoding_of = [distinct.index(encoding) for encoding in config.position_encodings]
        self.norm = NORMS[config.blocks[-1].norm](config.width) if config.ends_bare else nn.Identity()

    def forward(
        self, hidden: Float[Tensor, "B T C"], positions: Positions, cache: Cache | None = None
    ) -> Float[Tensor, "B T C"]:
        """Embedded tokens in, the last layer's normalised stream out."""
        orders = []
        for encoding in self.position_encodings:
            assert isinstance(encoding, PositionEncoding)
            hidden = encoding.embed(hidden, positions)
            orders.append(Order.of(encoding, positions))
        hidden = self.dropout(self.first_norm(hidden))
        for layer, block in enumerate(self.blocks):
            hidden = block(hidden, orders[self.encoding_of[layer]], None if cache is None else cache[layer])
        last: Tensor = self.norm(hidden)
        return last
