"""Blocks one on top of another: look around, then think, and again. Next: models.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from jaxtyping import Float
from torch import Tensor, nn

from hornbook.batches import Positions
from hornbook.model.attention import Attention
from hornbook.model.cache import Cache, Remembering
from hornbook.model.config import Bidirectional, BlockConfig, ModelConfig, Sizes
from hornbook.model.experts import build_feed_forward
from hornbook.model.kernels import KeysValues
from hornbook.model.norms import Residual, build_norm
from hornbook.model.position_encodings import Order, PositionEncoding, build_position_encoding


class Block(nn.Module):
    """One layer: attention mixes the tokens, the feed-forward network works on each alone; both add to the stream.

    With ``cross`` a second attention between the two looks at another text, both ways and without regard to order.
    """

    def __init__(
        self,
        config: BlockConfig,
        sizes: Sizes,
        cross: bool = False,
        biased: bool = False,
    ) -> None:
        super().__init__()
        around = (sizes.width, config.norm, config.placement, sizes.dropout)
        self.attention = Attention(config.attention, sizes, biased)
        self.around_attention = Residual(*around)
        if cross:
            self.cross = Attention(replace(config.attention, mask=Bidirectional()), sizes)
            self.around_cross = Residual(*around)
        self.feed_forward, self.around_feed_forward = build_feed_forward(config.feed_forward, sizes), Residual(*around)

    def forward(
        self,
        hidden: Float[Tensor, "B T C"],
        order: Order,
        cache: Remembering | None = None,
        memory: KeysValues | None = None,
    ) -> Float[Tensor, "B T C"]:
        """The stream after this layer; ``memory`` is what the second attention looks at."""
        hidden = self.around_attention(hidden, lambda normed: self.look(normed, order, cache))
        if memory is not None:
            hidden = self.around_cross(hidden, lambda normed: self.cross(normed, order.unordered, memory))
        thought: Tensor = self.around_feed_forward(hidden, self.feed_forward)
        return thought

    def look(self, normed: Float[Tensor, "B T C"], order: Order, cache: Remembering | None) -> Float[Tensor, "B T C"]:
        """What these tokens see in their own text: in all of it, or in themselves and what the cache remembers."""
        new = self.attention.keys_and_values(normed, order)
        answer: Tensor = self.attention(normed, order, new if cache is None else cache.extend(new))
        return answer


class ParallelBlock(Block):
    """Attention and feed-forward network read the same stream and are added at once (GPT-J, PaLM).

    One norm serves both, so ``around_feed_forward`` has nothing to do.
    """

    def __init__(
        self,
        config: BlockConfig,
        sizes: Sizes,
        cross: bool = False,
        biased: bool = False,
    ) -> None:
        super().__init__(config, sizes, cross, biased)
        del self.around_feed_forward

    def forward(
        self,
        hidden: Float[Tensor, "B T C"],
        order: Order,
        cache: Remembering | None = None,
        memory: KeysValues | None = None,
    ) -> Float[Tensor, "B T C"]:
        """The stream after this layer."""
        if memory is not None:
            hidden = self.around_cross(hidden, lambda normed: self.cross(normed, order.unordered, memory))
        both: Tensor = self.around_attention(
            hidden, lambda normed: self.look(normed, order, cache) + self.feed_forward(normed)
        )
        return both


BLOCKS: dict[str, Callable[[BlockConfig, Sizes, bool, bool], Block]] = {
    "sequential": Block,
    "parallel": ParallelBlock,
}


class Stack(nn.Module):
    """All blocks, what tells them about order, and a last norm where the blocks leave their sum bare.

    With shared layers there are fewer blocks than layers: layer i is block i modulo their number.
    """

    def __init__(self, config: ModelConfig, cross: bool = False) -> None:
        super().__init__()
        self.first_norm = build_norm(config.embedding_norm, config.width)
        self.dropout, self.depth = nn.Dropout(config.dropout), config.depth
        distinct = list(dict.fromkeys(config.position_encodings))  # equal descriptions share one module
        encodings = [build_position_encoding(encoding, config.sizes) for encoding in distinct]
        self.encoding_of = [distinct.index(encoding) for encoding in config.position_encodings]
        self.blocks = nn.ModuleList(
            BLOCKS[block.arrangement](block, config.sizes, cross, encodings[self.encoding_of[layer]].biased)
            for layer, block in enumerate(config.blocks[: config.distinct_blocks])
        )
        self.position_encodings = nn.ModuleList(encodings)
        self.norm = build_norm(config.blocks[-1].norm, config.width) if config.ends_bare else nn.Identity()

    def block(self, layer: int) -> Block:
        """The block at work in a layer."""
        block = self.blocks[layer % len(self.blocks)]
        assert isinstance(block, Block)
        return block

    def forward(
        self,
        hidden: Float[Tensor, "B T C"],
        positions: Positions,
        cache: Cache | None = None,
        memory: Sequence[KeysValues] | None = None,
    ) -> Float[Tensor, "B T C"]:
        """Embedded tokens in, the last layer's normalised stream out."""
        orders = []
        for encoding in self.position_encodings:
            assert isinstance(encoding, PositionEncoding)
            hidden = encoding.embed(hidden, positions)
            orders.append(Order.of(encoding, positions))
        hidden = self.dropout(self.first_norm(hidden))
        for layer, encoding_of in enumerate(self.encoding_of):
            remembered = None if cache is None else cache[layer]
            hidden = self.block(layer)(
                hidden, orders[encoding_of], remembered, None if memory is None else memory[layer]
            )
        last: Tensor = self.norm(hidden)
        return last

    def remember(self, source: Float[Tensor, "B S C"], positions: Positions) -> list[KeysValues]:
        """What the second attention of every layer will look at: computed once, however long the answer becomes."""
        order = Order.of(PositionEncoding(), positions)
        offered = [block.cross.keys_and_values(source, order) for block in map(self.block, range(len(self.blocks)))]
        return [offered[layer % len(offered)] for layer in range(self.depth)]
