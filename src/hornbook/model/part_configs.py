"""The choices a block is made of, as plain values. Imports no torch, so that ``--help`` stays quick.

A part with choices is a union of small dataclasses: a choice carries its own settings and nobody else's. Everything
here is handed on by config.py, which puts it together to blocks and models; import it from there. Next: config.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from hornbook.errors import SettingError, nearest

PlacementName = Literal["pre", "post", "sandwich", "inside"]
ActivationName = Literal["relu", "gelu", "gelu_tanh", "silu", "relu_squared"]
KernelName = Literal["auto", "explicit", "direct", "single", "fused", "flexible", "flash", "triton"]
DispatchName = Literal["every", "chosen"]

LARGEST = 1 << 31
DEEPEST = 4096
"""The most that a size, and the number of layers, can be."""


def check_name(field: str, value: str, names: Any) -> None:
    """Refuse a ``value`` that is none of a ``Literal``'s names, and say which comes nearest."""
    known = get_args(names)
    if value not in known:
        raise SettingError(f"{field}: {value!r} is none of {', '.join(known)}{nearest(value, known)}")


def check_positive(field: str, value: int) -> None:
    """Refuse a size below 1, or one that no tensor has."""
    if value < 1:
        raise SettingError(f"{field}: expected a whole number of at least 1, found {value}")
    if value > LARGEST:
        raise SettingError(f"{field}: expected a whole number of at most {LARGEST:,}, found {value:.6g}")


def check_depth(depth: int) -> None:
    """Refuse so many layers that their list alone would fill the memory."""
    if depth > DEEPEST:
        raise SettingError(f"depth: expected at most {DEEPEST:,} layers, found {depth}")


def check_above(field: str, value: float, bound: float) -> None:
    """Refuse a number that is not above ``bound``."""
    if not value > bound:
        raise SettingError(f"{field}: expected a number above {bound:g}, found {value}")


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
    """How many tokens a token sees, itself included."""

    def __post_init__(self) -> None:
        check_positive("size", self.size)


@dataclass(frozen=True)
class BlockSparse:
    """Blocks of ``block`` tokens see their ``near`` neighbours, the ``first`` ones and every ``stride``-th."""

    block: int = 16
    """Tokens in a block."""
    near: int = 1
    """Neighbouring blocks that are seen; alone it is local attention; 0: none."""
    first: int = 1
    """Blocks at the beginning that all see (Longformer and BigBird: Beltagy et al. 2020, Zaheer et al. 2020); 0: none.
    """
    stride: int = 0
    """Every so many blocks one is seen (Child et al. 2019); 0: none."""
    both_ways: bool = False
    """Later tokens are seen too."""

    def __post_init__(self) -> None:
        check_positive("block", self.block)
        for field in ("near", "first", "stride"):
            if getattr(self, field) < 0:
                raise SettingError(f"{field}: expected a number of blocks, 0 or more, found {getattr(self, field)}")


MaskRule = Bidirectional | Causal | SlidingWindow | BlockSparse

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
class Unscaled:
    """The angles as they are."""


@dataclass(frozen=True)
class Interpolated:
    """All angles divided by ``factor``: positions squeezed into the trained range (Chen et al. 2023)."""

    factor: float = 2.0
    """How many times the trained range."""

    def __post_init__(self) -> None:
        check_above("factor", self.factor, 0.0)


@dataclass(frozen=True)
class NTK:
    """A larger base, so that the slowest wave alone is stretched by ``factor`` (bloc97 2023, "NTK-aware")."""

    factor: float = 2.0
    """How many times the slowest wave is stretched."""

    def __post_init__(self) -> None:
        check_above("factor", self.factor, 0.0)


@dataclass(frozen=True)
class Yarn:
    """Slow waves squeezed, quick ones kept, a ramp between, scores a little sharper (Peng et al. 2023, section 3)."""

    factor: float = 2.0
    """How many times the trained range."""
    context: int = 2048
    """How many tokens the model was trained on."""
    fast: float = 32.0
    """A wave that turns more often than this within that context is quick, and kept."""
    slow: float = 1.0
    """A wave that turns less often is slow, and squeezed."""
    attention: float | None = None
    """What queries and keys are multiplied with; none: 0.1 · ln(factor) + 1."""

    def __post_init__(self) -> None:
        check_above("factor", self.factor, 0.0)
        check_positive("context", self.context)
        check_above("fast", self.fast, self.slow)


@dataclass(frozen=True)
class Llama3:
    """Waves longer than ``context / low`` divided by ``factor``, those below ``context / high`` kept (Llama 3.1)."""

    factor: float = 8.0
    """How many times the trained range."""
    context: int = 8192
    """How many tokens the model was trained on."""
    low: float = 1.0
    """Waves longer than context / low are divided by factor."""
    high: float = 4.0
    """Waves shorter than context / high are kept."""

    def __post_init__(self) -> None:
        check_above("factor", self.factor, 0.0)
        check_positive("context", self.context)
        check_above("high", self.high, self.low)


RotaryScaling = Unscaled | Interpolated | NTK | Yarn | Llama3


@dataclass(frozen=True)
class Rotary:
    """Pairs of query and key features turned by an angle that grows with the position (Su et al. 2021)."""

    base: float = 10_000.0
    """About how much slower the slowest pair turns than the quickest: pair i by position / base^(2i/D)."""
    scaling: RotaryScaling = Unscaled()
    """Stretches the angles, for texts longer than a model was trained on."""

    def __post_init__(self) -> None:
        if not self.base > 1:
            raise SettingError(f"base: expected a number above 1 (10000 is customary), found {self.base}")


@dataclass(frozen=True)
class Alibi:
    """Every score lowered by the distance, with a slope for each head: 2^(-8i/heads) (Press et al. 2022, section 3)."""


@dataclass(frozen=True)
class RelativeBias:
    """A learned number for each head and each bucket of distances, added to the scores (Raffel et al. 2020, 2.1)."""

    buckets: int = 32
    """How many: half of them are single distances, the others grow."""
    max_distance: int = 128
    """From here on all distances are one bucket."""
    both_ways: bool = False
    """Left is told from right, as an encoder needs; a decoder has nothing to its right."""

    def __post_init__(self) -> None:
        if self.buckets < 4 or self.buckets % 4:
            raise SettingError(f"buckets: expected a multiple of 4 (32 is customary), found {self.buckets}")
        exact = self.buckets // (4 if self.both_ways else 2)
        if self.max_distance <= exact:
            raise SettingError(
                f"max_distance: {self.max_distance} is within the {exact} distances that have a bucket of their own; "
                f"try {4 * self.buckets}"
            )


PositionEncodingConfig = NoPositionEncoding | Learned | Sinusoidal | Rotary | Alibi | RelativeBias

# Norms ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Layer:
    """Mean 0 and variance 1, then a learned scale and, with ``bias``, a shift (Ba et al. 2016)."""

    epsilon: float = 1e-5
    """Added to the variance, so that nothing is divided by 0."""
    bias: bool = True
    """A learned shift after the scale."""


@dataclass(frozen=True)
class RMS:
    """A mean square of 1, then a learned scale (Zhang & Sennrich 2019)."""

    epsilon: float = 1e-6
    """Added to the mean square, so that nothing is divided by 0."""


@dataclass(frozen=True)
class NoNorm:
    """Numbers as they are."""


NormConfig = Layer | RMS | NoNorm

# The part that thinks about one token at a time -----------------------------------------------------------------------


@dataclass(frozen=True)
class Dense:
    """A feed-forward network: up, activation, down; with a gate, the activation of one projection times another."""

    hidden: int | None = None
    """The inner width; none: 4 times the model's width, or with a gate two thirds of that (rounded up to a multiple of
    8), which costs the same number of parameters (Shazeer 2020)."""
    activation: ActivationName = "gelu"
    """The bent function between the two layers."""
    gated: bool = False
    """The activation of one projection is multiplied with another."""
    bias: bool = True
    """The projections add a bias."""

    def __post_init__(self) -> None:
        check_name("activation", self.activation, ActivationName)
        if self.hidden is not None:
            check_positive("hidden", self.hidden)

    def hidden_width(self, width: int) -> int:
        """The inner width in a model of this width."""
        if self.hidden is not None:
            return self.hidden
        return 8 * math.ceil(width / 3) if self.gated else 4 * width


@dataclass(frozen=True)
class Experts:
    """Several networks, of which a router chooses some for each token (Shazeer et al. 2017, Jiang et al. 2024)."""

    experts: int = 8
    """How many networks."""
    chosen: int = 2
    """How many of them a token is sent to, weighted by the softmax of their scores among themselves."""
    each: Dense = Dense(activation="silu", gated=True, bias=False)
    """What one of them is made of."""
    shared: int = 0
    """Experts beside them that work on every token (Dai et al. 2024)."""
    balance: float = 0.01
    """The weight of the loss that keeps the experts equally busy (Fedus et al. 2022, equation 4)."""
    dispatch: DispatchName = "chosen"
    """How it is computed, never what."""

    def __post_init__(self) -> None:
        check_positive("experts", self.experts)
        check_name("dispatch", self.dispatch, DispatchName)
        if not 1 <= self.chosen <= self.experts:
            raise SettingError(f"chosen: expected 1 to {self.experts} of the experts, found {self.chosen}")
        if self.shared < 0:
            raise SettingError(f"shared: expected a number of experts, 0 or more, found {self.shared}")
        if not self.balance >= 0:
            raise SettingError(f"balance: expected a weight of 0 or more, found {self.balance}")


FeedForwardConfig = Dense | Experts
