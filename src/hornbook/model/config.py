"""Everything that can be said about a model, as plain values. Imports no torch, so that ``--help`` stays quick.

A part with choices is a union of small dataclasses: a choice carries its own settings and nobody else's. Sizes live in
``ModelConfig`` and nowhere else; a block says what it is made of, never how big the model is. ``KINDS``, at the end,
is how recipes spell the choices. Next: masks.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from hornbook.errors import SettingError, nearest

NormName = Literal["layer", "rms", "none"]
PlacementName = Literal["pre", "post", "sandwich", "inside"]
ActivationName = Literal["relu", "gelu", "gelu_tanh", "silu", "relu_squared"]
KernelName = Literal["auto", "explicit", "direct", "fused"]


def check_name(field: str, value: str, names: Any) -> None:
    """Refuse a ``value`` that is none of a ``Literal``'s names, and say which comes nearest."""
    known = get_args(names)
    if value not in known:
        raise SettingError(f"{field}: {value!r} is none of {', '.join(known)}{nearest(value, known)}")


def check_positive(field: str, value: int) -> None:
    """Refuse a size below 1."""
    if value < 1:
        raise SettingError(f"{field}: expected a whole number of at least 1, found {value}")


# Which tokens a token may look at -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bidirectional:
    """Both ways, as in BERT."""


@dataclass(frozen=True)
class Causal:
    """Itself and what came before, as in GPT."""


@dataclass(frozen=True)
class SlidingWindow:
    """Causal, and no further back than ``size`` tokens, itself included (Beltagy et al. 2020)."""

    size: int = 256

    def __post_init__(self) -> None:
        check_positive("size", self.size)


MaskRule = Bidirectional | Causal | SlidingWindow

# How a model learns the order of its tokens ---------------------------------------------------------------------------


@dataclass(frozen=True)
class NoPositionEncoding:
    """Nothing is said about order; a causal model still finds out (Haviv et al. 2022)."""


@dataclass(frozen=True)
class Learned:
    """One learned vector for each position of the context, added to the embedding (GPT-2)."""


@dataclass(frozen=True)
class Sinusoidal:
    """Fixed waves of geometrically growing length, added to the embedding (Vaswani et al. 2017, section 3.5)."""


@dataclass(frozen=True)
class Rotary:
    """Pairs of query and key features turned by an angle that grows with the position (Su et al. 2021)."""

    base: float = 10_000.0

    def __post_init__(self) -> None:
        if not self.base > 1:
            raise SettingError(f"base: expected a number above 1 (10000 is customary), found {self.base}")


PositionEncodingConfig = NoPositionEncoding | Learned | Sinusoidal | Rotary

# What a block is made of ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Dense:
    """A feed-forward network: up, activation, down; with a gate, the activation of one projection times another.

    ``hidden`` is its inner width; ``None`` makes it 4 times the model's width, or with a gate two thirds of that
    (rounded up to a multiple of 8), which costs the same number of parameters (Shazeer 2020).
    """

    hidden: int | None = None
    activation: ActivationName = "gelu"
    gated: bool = False
    bias: bool = True

    def __post_init__(self) -> None:
        check_name("activation", self.activation, ActivationName)
        if self.hidden is not None:
            check_positive("hidden", self.hidden)

    def hidden_width(self, width: int) -> int:
        """The inner width in a model of this width."""
        if self.hidden is not None:
            return self.hidden
        return 8 * math.ceil(width / 3) if self.gated else 4 * width


FeedForwardConfig = Dense


@dataclass(frozen=True, kw_only=True)
class AttentionConfig:
    """Who sees whom, and how the scores come about. ``kernel`` changes how it is computed, never what."""

    mask: MaskRule = Causal()
    position_encoding: PositionEncodingConfig | None = None  # None: as the model says
    query_key_norm: NormName = "none"
    bias: bool = True  # of the query, key and value projections
    output_bias: bool | None = None  # None: as ``bias``
    scale: float | None = None  # None: head_width ** -0.5
    kernel: KernelName = "auto"

    def __post_init__(self) -> None:
        check_name("query_key_norm", self.query_key_norm, NormName)
        check_name("kernel", self.kernel, KernelName)
        if self.scale is not None and not self.scale > 0:
            raise SettingError(f"scale: expected a number above 0, found {self.scale}")

    @property
    def has_output_bias(self) -> bool:
        """Whether the projection behind the heads adds a bias."""
        return self.bias if self.output_bias is None else self.output_bias


@dataclass(frozen=True, kw_only=True)
class BlockConfig:
    """Attention, a feed-forward network, and where the norms stand around them."""

    attention: AttentionConfig = AttentionConfig()
    feed_forward: FeedForwardConfig = Dense()
    norm: NormName = "layer"
    placement: PlacementName = "pre"

    def __post_init__(self) -> None:
        check_name("norm", self.norm, NormName)
        check_name("placement", self.placement, PlacementName)


# The model ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sizes:
    """What every part of one model agrees on."""

    width: int
    heads: int
    kv_heads: int
    head_width: int
    context: int
    dropout: float


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """A whole model. ``pattern`` is repeated down the depth: (local, local, global) makes every third layer global."""

    vocabulary: int = 0  # 0: as many as the tokenizer has
    context: int = 256
    width: int = 256
    heads: int = 8
    kv_heads: int | None = None  # None: as many as heads; 1: multi-query (Shazeer 2019); between: grouped
    head_width: int | None = None  # None: width / heads
    depth: int = 4
    pattern: tuple[BlockConfig, ...] = (BlockConfig(),)
    position_encoding: PositionEncodingConfig = Learned()
    tied: bool = True  # one table for reading and writing tokens (Press & Wolf 2017)
    head_bias: bool = False
    embedding_scale: bool = False  # token embeddings times sqrt(width) (Vaswani et al. 2017, section 3.4)
    embedding_norm: NormName = "none"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.vocabulary < 0:
            raise SettingError(f"vocabulary: expected 0 (as the tokenizer says) or more, found {self.vocabulary}")
        for field in ("context", "width", "heads", "depth"):
            check_positive(field, getattr(self, field))
        if self.head_width is not None:
            check_positive("head_width", self.head_width)
        elif self.width % self.heads:
            divisor = nearest_divisor(self.width, self.heads)
            raise SettingError(
                f"heads: {self.heads} does not divide width {self.width}; try heads = {divisor}, or say head_width"
            )
        if self.kv_heads is not None:
            check_positive("kv_heads", self.kv_heads)
            if self.heads % self.kv_heads:
                raise SettingError(
                    f"kv_heads: {self.kv_heads} does not divide heads {self.heads}; "
                    f"try kv_heads = {nearest_divisor(self.heads, self.kv_heads)}"
                )
        if not self.pattern:
            raise SettingError("pattern: expected at least one block, found none")
        if not 0 <= self.dropout < 1:
            raise SettingError(f"dropout: expected a number from 0 to below 1, found {self.dropout}")
        check_name("embedding_norm", self.embedding_norm, NormName)
        if self.sizes.head_width % 2 and any(isinstance(encoding, Rotary) for encoding in self.position_encodings):
            raise SettingError(
                f"head_width: rotary positions turn pairs of features, and {self.sizes.head_width} is odd; "
                f"try head_width = {self.sizes.head_width + 1}"
            )

    @property
    def sizes(self) -> Sizes:
        """The sizes, with every ``None`` filled in."""
        head_width = self.head_width or self.width // self.heads
        return Sizes(self.width, self.heads, self.kv_heads or self.heads, head_width, self.context, self.dropout)

    @property
    def blocks(self) -> tuple[BlockConfig, ...]:
        """One block for each layer: the pattern, repeated down the depth."""
        return tuple(self.pattern[layer % len(self.pattern)] for layer in range(self.depth))

    @property
    def position_encodings(self) -> tuple[PositionEncodingConfig, ...]:
        """One for each layer, the model's own where the layer says nothing."""
        return tuple(block.attention.position_encoding or self.position_encoding for block in self.blocks)

    @property
    def ends_bare(self) -> bool:
        """Whether the last block leaves a bare sum behind, so that the stack has to end in a norm of its own."""
        return self.blocks[-1].placement != "post"


def nearest_divisor(whole: int, wish: int) -> int:
    """The divisor of ``whole`` that is nearest to ``wish``."""
    return min((n for n in range(1, whole + 1) if whole % n == 0), key=lambda n: abs(n - wish))


KINDS: dict[type, str] = {
    Bidirectional: "bidirectional",
    Causal: "causal",
    SlidingWindow: "sliding_window",
    NoPositionEncoding: "none",
    Learned: "learned",
    Sinusoidal: "sinusoidal",
    Rotary: "rotary",
    Dense: "dense",
}
"""How recipes spell the choices."""
