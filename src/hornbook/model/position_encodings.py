"""Five ways to tell a model about order, and none.

Order may enter in three places: added to the embedding, turned into queries and keys, or added to the scores. Every
scheme overrides the one it uses; the base class is the scheme that uses none. Nothing here is stored but what is
learned: waves and angles are computed from the positions, once in a forward pass, in 32 bits. How angles are stretched
for longer texts is in rotary_scaling.py. Next: norms.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.batches import Positions
from hornbook.errors import TextError
from hornbook.model.config import (
    Alibi,
    Learned,
    NoPositionEncoding,
    PositionEncodingConfig,
    RelativeBias,
    Rotary,
    Sinusoidal,
    Sizes,
)
from hornbook.model.rotary_scaling import scaled_speeds, speeds


def distinct_rows(positions: Positions) -> Int[Tensor, "B T"]:
    """The positions with one row for all where all rows are alike, and 0 where nothing stands."""
    return positions.index[:1] if positions.plain else positions.index.clamp(min=0)


def distances(query: Positions, key: Positions) -> Int[Tensor, "B T S"]:
    """How far each key stands behind each query (negative: before it), with one row for all where all are alike."""
    rows = 1 if query.plain and key.plain else None
    return query.index[:rows, :, None] - key.index[:rows, None, :]


def angles(index: Int[Tensor, "B T"], speed: Float[Tensor, " half"]) -> Float[Tensor, "B T half"]:
    """position · speed: one angle for every pair of features."""
    return index[..., None].float() * speed


class PositionEncoding(nn.Module):
    """Says nothing about order, in all three places."""

    def embed(self, hidden: Float[Tensor, "B T C"], positions: Positions) -> Float[Tensor, "B T C"]:
        """First place: something added to the embedded tokens."""
        return hidden

    def turns(self, positions: Positions) -> Float[Tensor, "pair _ 1 T half"] | None:
        """What ``rotate`` needs to know of these positions, computed once for all layers."""
        return None

    def rotate(
        self, heads: Float[Tensor, "B H T D"], turns: Float[Tensor, "pair _ 1 T half"] | None
    ) -> Float[Tensor, "B H T D"]:
        """Second place: queries and keys turned."""
        return heads

    def bias(self, query: Positions, key: Positions) -> Float[Tensor, "#B H T S"] | None:
        """Third place: something added to the scores."""
        return None

    @property
    def biased(self) -> bool:
        """Whether this scheme uses the third place, which not every kernel can."""
        return type(self).bias is not PositionEncoding.bias


class LearnedEncoding(PositionEncoding):
    """A table with one learned row for each position of the context (GPT-2)."""

    def __init__(self, context: int, width: int) -> None:
        super().__init__()
        self.table = nn.Embedding(context, width)

    def embed(self, hidden: Float[Tensor, "B T C"], positions: Positions) -> Float[Tensor, "B T C"]:
        """Add each position's row. Raises ``TextError`` beyond the context: there is no row to add."""
        context = self.table.num_embeddings
        if positions.plain:
            self.refuse_beyond(hidden.shape[1], context)
            return hidden + self.table.weight[: hidden.shape[1]]
        if not torch.compiler.is_compiling():
            self.refuse_beyond(int(positions.index.max()) + 1, context)
        return hidden + F.embedding(positions.index.clamp(min=0), self.table.weight)

    def refuse_beyond(self, length: int, context: int) -> None:
        """Say what is wrong with a text that is longer than the table."""
        if length > context:
            raise TextError(
                f"a text of {length} tokens is too long: the model has learned positions for a context of {context}; "
                f"cut the text to {context} tokens, or train with rotary positions or a longer context"
            )


class SinusoidalEncoding(PositionEncoding):
    """sin and cos of position / 10000^(2i/C), side by side (Vaswani et al. 2017, section 3.5)."""

    def embed(self, hidden: Float[Tensor, "B T C"], positions: Positions) -> Float[Tensor, "B T C"]:
        """Add the waves; an odd width leaves out the last cosine."""
        width = hidden.shape[-1]
        angle = angles(distinct_rows(positions), speeds(width, 10_000.0, hidden.device))
        waves = torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(-2)[..., :width]
        return hidden + waves.to(hidden.dtype)


class RotaryEncoding(PositionEncoding):
    """Features i and i + D/2 turn together by the angle position / base^(2i/D) (Su et al. 2021)."""

    def __init__(self, config: Rotary, head_width: int) -> None:
        super().__init__()
        self.config, self.head_width = config, head_width

    def turns(self, positions: Positions) -> Float[Tensor, "pair _ 1 T half"] | None:
        """Cosines and sines of all angles, times what the scaling sharpens the scores by."""
        speed, sharper = scaled_speeds(self.config, self.head_width, positions.index.device)
        angle = angles(distinct_rows(positions), speed)[:, None]
        return torch.stack([angle.cos(), angle.sin()]) * sharper

    def rotate(
        self, heads: Float[Tensor, "B H T D"], turns: Float[Tensor, "pair _ 1 T half"] | None
    ) -> Float[Tensor, "B H T D"]:
        """Each pair turned in its plane: lengths stay, and a product of two depends on their distance alone."""
        assert turns is not None
        cosine, sine = turns.to(heads.dtype).unbind()
        left, right = heads.chunk(2, dim=-1)
        return torch.cat([left * cosine - right * sine, right * cosine + left * sine], dim=-1)


class AlibiEncoding(PositionEncoding):
    """Scores lowered by slope · distance: far tokens count less, in each head at another rate (Press et al. 2022)."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.slopes = alibi_slopes(heads)

    def bias(self, query: Positions, key: Positions) -> Float[Tensor, "#B H T S"] | None:
        """-slope · |distance|."""
        slopes = torch.tensor(self.slopes, device=query.index.device).view(1, -1, 1, 1)
        return -slopes * distances(query, key)[:, None].abs()


def alibi_slopes(heads: int) -> list[float]:
    """2^(-8i/heads) for i = 1, 2, ...; between powers of two, every other slope of the next one (ibid., section 3)."""
    power = 2 ** math.floor(math.log2(heads))
    slopes = [2 ** (-8 * i / power) for i in range(1, power + 1)]
    return slopes + [2 ** (-4 * i / power) for i in range(1, 2 * (heads - power), 2)]


class RelativeEncoding(PositionEncoding):
    """A learned number for each head and bucket of distances (Raffel et al. 2020, section 2.1)."""

    def __init__(self, config: RelativeBias, heads: int) -> None:
        super().__init__()
        self.config, self.table = config, nn.Embedding(config.buckets, heads)

    def bias(self, query: Positions, key: Positions) -> Float[Tensor, "#B H T S"] | None:
        """The number of each distance's bucket."""
        bucket = distance_bucket(self.config, distances(query, key))
        return F.embedding(bucket, self.table.weight).permute(0, 3, 1, 2)  # [B,T,S,H] -> [B,H,T,S]


def distance_bucket(config: RelativeBias, distance: Int[Tensor, "B T S"]) -> Int[Tensor, "B T S"]:
    """Near distances one by one, far ones in buckets that grow geometrically, all beyond ``max_distance`` together.

    Both ways, keys after their query have the upper half of the buckets; else they all fall on bucket 0.
    """
    buckets = config.buckets // 2 if config.both_ways else config.buckets
    offset = (distance < 0) * buckets if config.both_ways else 0
    size = distance.abs() if config.both_ways else distance.clamp(min=0)
    exact = buckets // 2
    growth = torch.log(size.clamp(min=1).float() / exact) / math.log(config.max_distance / exact)
    far = (exact + (growth * (buckets - exact)).long()).clamp(max=buckets - 1)
    return torch.where(size < exact, size, far) + offset


POSITION_ENCODINGS: dict[type, Callable[[Any, Sizes], PositionEncoding]] = {
    NoPositionEncoding: lambda config, sizes: PositionEncoding(),
    Learned: lambda config, sizes: LearnedEncoding(sizes.context, sizes.width),
    Sinusoidal: lambda config, sizes: SinusoidalEncoding(),
    Rotary: lambda config, sizes: RotaryEncoding(config, sizes.head_width),
    Alibi: lambda config, sizes: AlibiEncoding(sizes.heads),
    RelativeBias: lambda config, sizes: RelativeEncoding(config, sizes.heads),
}


def build_position_encoding(config: PositionEncodingConfig, sizes: Sizes) -> PositionEncoding:
    """The encoding that ``config`` describes."""
    return POSITION_ENCODINGS[type(config)](config, sizes)


@dataclass(frozen=True)
class Order:
    """Where the tokens of one forward pass stand, in the terms of one encoding; layers that agree on it share it."""

    encoding: PositionEncoding
    positions: Positions
    turns: Float[Tensor, "pair _ 1 T half"] | None

    @classmethod
    def of(cls, encoding: PositionEncoding, positions: Positions) -> Order:
        """What ``encoding`` has to say about these positions."""
        return cls(encoding, positions, encoding.turns(positions))

    @property
    def unordered(self) -> Order:
        """The same tokens where order does not matter: looking at another text."""
        return Order.of(PositionEncoding(), self.positions)

    def rotate(self, heads: Float[Tensor, "B H T D"]) -> Float[Tensor, "B H T D"]:
        """Queries or keys of these tokens, turned."""
        return self.encoding.rotate(heads, self.turns)

    def bias(self, seen: Positions) -> Float[Tensor, "#B H T S"] | None:
        """What is added to the scores of these tokens against those that stand at ``seen``."""
        return self.encoding.bias(self.positions, seen)
