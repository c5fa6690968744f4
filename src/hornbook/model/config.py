"""Everything that can be said about a model, as plain values. Imports no torch, so that ``--help`` stays quick.

Blocks and models, put together from the choices in part_configs.py. Sizes live in ``ModelConfig`` and nowhere else; a
block says what it is made of, never how big the model is. ``KINDS``, at the end, is how recipes spell the choices.
Next: masks.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from hornbook.errors import SettingError
from hornbook.model.part_configs import (
    NTK,
    RMS,
    ActivationName,
    Alibi,
    Bidirectional,
    BlockSparse,
    Causal,
    Dense,
    Experts,
    FeedForwardConfig,
    Interpolated,
    KernelName,
    Layer,
    Learned,
    Llama3,
    MaskRule,
    NoNorm,
    NoPositionEncoding,
    NormConfig,
    PlacementName,
    PositionEncodingConfig,
    RelativeBias,
    Rotary,
    RotaryScaling,
    Sinusoidal,
    SlidingWindow,
    Unscaled,
    Yarn,
    check_above,
    check_depth,
    check_name,
    check_positive,
)

__all__ = [
    "KINDS",
    "NTK",
    "RMS",
    "ActivationName",
    "Alibi",
    "Architecture",
    "ArrangementName",
    "AttentionConfig",
    "Bidirectional",
    "BlockConfig",
    "BlockSparse",
    "Causal",
    "DecoderOnly",
    "Dense",
    "EncoderAndDecoder",
    "EncoderOnly",
    "Experts",
    "FeedForwardConfig",
    "Interpolated",
    "KernelName",
    "Layer",
    "Learned",
    "Llama3",
    "MaskRule",
    "ModelConfig",
    "NoNorm",
    "NoPositionEncoding",
    "NormConfig",
    "PlacementName",
    "PositionEncodingConfig",
    "RelativeBias",
    "Rotary",
    "RotaryScaling",
    "Sinusoidal",
    "Sizes",
    "SlidingWindow",
    "Unscaled",
    "Yarn",
    "check_name",
    "check_positive",
    "nearest_divisor",
]

ArrangementName = Literal["sequential", "parallel"]


@dataclass(frozen=True, kw_only=True)
class AttentionConfig:
    """Who sees whom, and how the scores come about."""

    mask: MaskRule | None = None
    """Who sees whom; none: as the architecture reads, causal in a decoder, both ways in an encoder."""
    position_encoding: PositionEncodingConfig | None = None
    """How this layer learns the order of its tokens; none: as the model says."""
    query_key_norm: NormConfig = NoNorm()
    """A norm of queries and keys (Henry et al. 2020, Dehghani et al. 2023)."""
    across_heads: bool = False
    """That norm takes all heads together (OLMo 2), not each for itself (Qwen3)."""
    bias: bool = True
    """The query, key and value projections add a bias."""
    output_bias: bool | None = None
    """The projection behind the heads adds one too; none: as ``bias``."""
    scale: float | None = None
    """What scores are multiplied with; none: head_width ** -0.5."""
    softcap: float | None = None
    """Scores become softcap · tanh(score / softcap) (Gemma 2); none: they stay."""
    sinks: bool = False
    """A learned score for each head that takes part in the softmax and answers nothing (gpt-oss)."""
    kernel: KernelName = "auto"
    """How attention is computed, never what; ``auto`` takes the quickest for the case at hand."""

    def __post_init__(self) -> None:
        check_name("kernel", self.kernel, KernelName)
        for field in ("scale", "softcap"):
            if getattr(self, field) is not None:
                check_above(field, getattr(self, field), 0.0)

    @property
    def has_output_bias(self) -> bool:
        """Whether the projection behind the heads adds a bias."""
        return self.bias if self.output_bias is None else self.output_bias


@dataclass(frozen=True, kw_only=True)
class BlockConfig:
    """Attention, a feed-forward network, and where the norms stand around them."""

    attention: AttentionConfig = AttentionConfig()
    """Who sees whom, and how the scores come about."""
    feed_forward: FeedForwardConfig = Dense()
    """The part that thinks about one token at a time."""
    norm: NormConfig = Layer()
    """What brings numbers back to one size before they are worked on."""
    placement: PlacementName = "pre"
    """Where the norms stand around attention and the feed-forward network."""
    arrangement: ArrangementName = "sequential"
    """One after the other, or ``parallel``: both read the same stream and are added at once (Wang & Komatsuzaki 2021,
    GPT-J)."""

    def __post_init__(self) -> None:
        check_name("placement", self.placement, PlacementName)
        check_name("arrangement", self.arrangement, ArrangementName)
        if self.arrangement == "parallel" and self.placement == "post":
            raise SettingError('placement: a parallel block has no sum between its parts to norm; try "pre"')

    def reading(self, rule: MaskRule) -> BlockConfig:
        """The same block with ``rule`` where it leaves open who sees whom."""
        if self.attention.mask is not None:
            return self
        return replace(self, attention=replace(self.attention, mask=rule))


# The three architectures ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DecoderOnly:
    """GPT, Llama: reads and writes one text from left to right."""


@dataclass(frozen=True, kw_only=True)
class EncoderOnly:
    """BERT: reads a whole text at once; made to guess hidden tokens."""

    segments: int = 0
    """Kinds of text that have a vector each, added to the embedding (Devlin et al. 2019, section 3)."""
    transform: ActivationName | None = None
    """A layer with this activation, and a norm, that the stream passes before the table writes; none: it writes
    directly."""

    def __post_init__(self) -> None:
        if self.segments < 0:
            raise SettingError(f"segments: expected a number of kinds, 0 or more, found {self.segments}")
        if self.transform is not None:
            check_name("transform", self.transform, ActivationName)


@dataclass(frozen=True, kw_only=True)
class EncoderAndDecoder:
    """T5, the 2017 Transformer: reads one text, writes another while looking at the first.

    The model's own depth, pattern and positions are those of the decoder; here stands where the encoder differs.
    """

    depth: int | None = None
    """Layers of the encoder; none: as deep as the decoder."""
    pattern: tuple[BlockConfig, ...] = ()
    """Blocks of the encoder; empty: the decoder's, reading both ways."""
    position_encoding: PositionEncodingConfig | None = None
    """How the encoder learns the order of its tokens; none: as the decoder."""

    def __post_init__(self) -> None:
        if self.depth is not None:
            check_positive("depth", self.depth)
            check_depth(self.depth)


Architecture = DecoderOnly | EncoderOnly | EncoderAndDecoder

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
    """A whole model: its sizes, and the blocks that are repeated down its depth."""

    architecture: Architecture = DecoderOnly()
    """What reads and what writes: a decoder, an encoder, or both."""
    vocabulary: int = 0
    """How many tokens there are; 0: as many as the tokenizer has."""
    context: int = 256
    """How many tokens the model looks at."""
    width: int = 256
    """Numbers in the vector of a token on its way through the blocks."""
    heads: int = 8
    """Attentions side by side in every layer, each of head_width."""
    kv_heads: int | None = None
    """Heads of keys and values; none: as many as heads; 1: multi-query (Shazeer 2019); between: grouped (Ainslie et al.
    2023)."""
    head_width: int | None = None
    """Numbers in a query, a key or a value of one head; none: width / heads."""
    depth: int = 4
    """How many layers."""
    pattern: tuple[BlockConfig, ...] = (BlockConfig(),)
    """The blocks that are repeated down the depth: (local, local, global) makes every third layer global."""
    shared: bool = False
    """Layers at the same place of the pattern are one and the same (Lan et al. 2020, ALBERT)."""
    position_encoding: PositionEncodingConfig = Learned()
    """How the model learns the order of its tokens."""
    tied: bool = True
    """One table for reading and for writing tokens (Press & Wolf 2017)."""
    head_bias: bool = False
    """A learned number is added to the logit of every token."""
    head_scale: float = 1.0
    """The stream is multiplied with this before it is written (T5: width ** -0.5 where tied)."""
    head_softcap: float | None = None
    """Logits become softcap · tanh(logit / softcap) (Gemma 2); none: they stay."""
    embedding_scale: bool = False
    """Token embeddings are multiplied with sqrt(width) (Vaswani et al. 2017, section 3.4)."""
    embedding_norm: NormConfig = NoNorm()
    """A norm of the embeddings, before the first block."""
    dropout: float = 0.0
    """The share of numbers set to 0 while training, of attention's weights too."""

    def __post_init__(self) -> None:
        if self.vocabulary < 0:
            raise SettingError(f"vocabulary: expected 0 (as the tokenizer says) or more, found {self.vocabulary}")
        for field in ("context", "width", "heads", "depth"):
            check_positive(field, getattr(self, field))
        check_depth(self.depth)
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
        for field in ("head_scale", "head_softcap"):
            if getattr(self, field) is not None:
                check_above(field, getattr(self, field), 0.0)
        one_way = [e for e in self.position_encodings if isinstance(e, RelativeBias) and not e.both_ways]
        if one_way and isinstance(self.architecture, EncoderOnly):
            raise SettingError("position_encoding.both_ways: an encoder has to tell left from right; set it to true")
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
        """One block for each layer: the pattern, repeated down the depth, every mask filled in."""
        rule = Bidirectional() if isinstance(self.architecture, EncoderOnly) else Causal()
        return tuple(self.pattern[layer % len(self.pattern)].reading(rule) for layer in range(self.depth))

    @property
    def distinct_blocks(self) -> int:
        """How many layers have parameters of their own: all, or with ``shared`` those of one pattern."""
        return min(self.depth, len(self.pattern)) if self.shared else self.depth

    @property
    def position_encodings(self) -> tuple[PositionEncodingConfig, ...]:
        """One for each layer, the model's own where the layer says nothing."""
        return tuple(block.attention.position_encoding or self.position_encoding for block in self.blocks)

    @property
    def writes_by_product(self) -> bool:
        """Whether logits are the stream times a table and nothing else."""
        return not self.head_bias and self.head_scale == 1.0 and self.head_softcap is None

    @property
    def ends_bare(self) -> bool:
        """Whether the last block leaves a bare sum behind, so that the stack has to end in a norm of its own."""
        return self.blocks[-1].placement != "post"

    @property
    def encoder(self) -> ModelConfig:
        """The encoder's half of an encoder-decoder, as a model of its own."""
        differs = self.architecture
        if not isinstance(differs, EncoderAndDecoder):
            raise SettingError('architecture: only an "encoder_decoder" has an encoder beside its decoder')
        both_ways = tuple(replace(b, attention=replace(b.attention, mask=Bidirectional())) for b in self.pattern)
        encoding = self.position_encoding
        if isinstance(encoding, RelativeBias):
            encoding = replace(encoding, both_ways=True)
        return replace(
            self,
            architecture=EncoderOnly(),
            depth=differs.depth or self.depth,
            pattern=differs.pattern or both_ways,
            position_encoding=differs.position_encoding or encoding,
        )


def nearest_divisor(whole: int, wish: int) -> int:
    """The divisor of ``whole`` that is nearest to ``wish``, of two the smaller."""
    small = [n for n in range(1, math.isqrt(whole) + 1) if whole % n == 0]
    return min([*small, *(whole // n for n in reversed(small))], key=lambda n: abs(n - wish))


KINDS: dict[type, str] = {
    Bidirectional: "bidirectional",
    Causal: "causal",
    SlidingWindow: "sliding_window",
    BlockSparse: "block_sparse",
    NoPositionEncoding: "none",
    Learned: "learned",
    Sinusoidal: "sinusoidal",
    Rotary: "rotary",
    Alibi: "alibi",
    RelativeBias: "relative",
    Unscaled: "none",
    Interpolated: "linear",
    NTK: "ntk",
    Yarn: "yarn",
    Llama3: "llama3",
    Layer: "layer",
    RMS: "rms",
    NoNorm: "none",
    Dense: "dense",
    Experts: "experts",
    DecoderOnly: "decoder",
    EncoderOnly: "encoder",
    EncoderAndDecoder: "encoder_decoder",
}
"""How recipes spell the choices."""
