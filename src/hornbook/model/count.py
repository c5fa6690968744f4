"""How big, how much work and how much memory, from the configuration alone: nothing is built, no torch is imported.

``parameter_shapes`` lists every parameter by name; the tests compare it with the models as built, so that no formula
here can forget a bias or a norm.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hornbook.model.config import (
    RMS,
    AttentionConfig,
    BlockConfig,
    BlockSparse,
    Dense,
    EncoderAndDecoder,
    EncoderOnly,
    Experts,
    Layer,
    Learned,
    MaskRule,
    ModelConfig,
    NormConfig,
    RelativeBias,
    SlidingWindow,
)

Shape = tuple[int, ...]
Named = Iterator[tuple[str, Shape]]


def linear(name: str, inputs: int, outputs: int, bias: bool) -> Named:
    """The weight [outputs, inputs] of a projection, and its bias."""
    yield f"{name}.weight", (outputs, inputs)
    if bias:
        yield f"{name}.bias", (outputs,)


def norm_parts(config: NormConfig) -> tuple[str, ...]:
    """What a norm learns."""
    if isinstance(config, Layer):
        return ("scale", "shift") if config.bias else ("scale",)
    return ("scale",) if isinstance(config, RMS) else ()


def norm(name: str, config: NormConfig, width: int) -> Named:
    """The scale of a norm, and a LayerNorm's shift."""
    for part in norm_parts(config):
        yield f"{name}.{part}", (width,)


def dense(name: str, config: Dense, width: int) -> Named:
    """Up, down and, where there is one, the gate."""
    hidden = config.hidden_width(width)
    yield from linear(f"{name}.up", width, hidden, config.bias)
    yield from linear(f"{name}.down", hidden, width, config.bias)
    if config.gated:
        yield from linear(f"{name}.gate", width, hidden, config.bias)


def mixture(name: str, config: Experts, width: int) -> Named:
    """The router, and every expert."""
    yield from linear(f"{name}.router", width, config.experts, False)
    for kind, number in (("experts", config.experts), ("shared", config.shared)):
        for expert in range(number):
            yield from dense(f"{name}.{kind}.{expert}", config.each, width)


FEED_FORWARD_SHAPES: dict[type, Callable[[str, Any, int], Named]] = {Dense: dense, Experts: mixture}


def attention(name: str, config: AttentionConfig, model: ModelConfig) -> Named:
    """Four projections, the norms of queries and keys, and the sinks."""
    sizes = model.sizes
    asking, answering = sizes.heads * sizes.head_width, sizes.kv_heads * sizes.head_width
    yield from linear(f"{name}.query", sizes.width, asking, config.bias)
    yield from linear(f"{name}.key", sizes.width, answering, config.bias)
    yield from linear(f"{name}.value", sizes.width, answering, config.bias)
    yield from linear(f"{name}.output", asking, sizes.width, config.has_output_bias)
    for part, heads in (("query_norm", asking), ("key_norm", answering)):
        yield from norm(f"{name}.{part}", config.query_key_norm, heads if config.across_heads else sizes.head_width)
    if config.sinks:
        yield f"{name}.sinks", (sizes.heads,)


PLACES = {"pre": ("before",), "post": ("summed",), "sandwich": ("before", "after"), "inside": ("after",)}


def block(name: str, config: BlockConfig, model: ModelConfig, cross: bool) -> Named:
    """Everything in one layer."""
    yield from attention(f"{name}.attention", config.attention, model)
    if cross:
        yield from attention(f"{name}.cross", config.attention, model)
    yield from FEED_FORWARD_SHAPES[type(config.feed_forward)](f"{name}.feed_forward", config.feed_forward, model.width)
    branches = ["around_attention", *(["around_cross"] if cross else [])]
    for branch in [*branches, *(["around_feed_forward"] if config.arrangement == "sequential" else [])]:
        for place in PLACES[config.placement]:
            yield from norm(f"{name}.{branch}.{place}", config.norm, model.width)


def stack(name: str, config: ModelConfig, cross: bool = False) -> Named:
    """All layers, what they know of order, and the norms around them."""
    yield from norm(f"{name}.first_norm", config.embedding_norm, config.width)
    for layer, description in enumerate(config.blocks[: config.distinct_blocks]):
        yield from block(f"{name}.blocks.{layer}", description, config, cross)
    for index, encoding in enumerate(dict.fromkeys(config.position_encodings)):
        if isinstance(encoding, Learned):
            yield f"{name}.position_encodings.{index}.table.weight", (config.context, config.width)
        if isinstance(encoding, RelativeBias):
            yield f"{name}.position_encodings.{index}.table.weight", (encoding.buckets, config.heads)
    if config.ends_bare:
        yield from norm(f"{name}.norm", config.blocks[-1].norm, config.width)


def parameters(config: ModelConfig) -> Named:
    """Every parameter of ``build_model(config)``: its name in the checkpoint, and its shape."""
    kind = config.architecture
    yield "embedding.tokens.weight", (config.vocabulary, config.width)
    if not config.tied:
        yield "embedding.head.weight", (config.vocabulary, config.width)
    if config.head_bias:
        yield "embedding.head_bias", (config.vocabulary,)
    if isinstance(kind, EncoderAndDecoder):
        yield from stack("encoder", config.encoder)
        yield from stack("decoder", config, cross=True)
        return
    yield from stack("stack", config)
    if isinstance(kind, EncoderOnly) and kind.segments:
        yield "segments.weight", (kind.segments, config.width)
    if isinstance(kind, EncoderOnly) and kind.transform:
        yield from linear("transform.linear", config.width, config.width, True)
        yield from norm("transform.norm", config.blocks[-1].norm, config.width)


def parameter_shapes(config: ModelConfig) -> dict[str, Shape]:
    """Name and shape of every parameter of ``build_model(config)``."""
    return dict(parameters(config))


@dataclass(frozen=True)
class Memory:
    """Bytes while training, by what they hold."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations


@dataclass(frozen=True)
class Count:
    """What a model of this configuration costs. Parameters are counted as built: a tied table, a shared layer once.

    An encoder-decoder is counted for one token of the source and one of the target together.
    """

    config: ModelConfig
    parameters: int
    embedding_parameters: int
    """Tables of tokens and positions, and the head with its bias."""
    active_parameters: int
    """Weights of all layers and the head that one token is multiplied with: of experts, those chosen; tied or not."""

    @property
    def non_embedding_parameters(self) -> int:
        """The layers and the norms."""
        return self.parameters - self.embedding_parameters

    def flops_per_token(self, context: int | None = None) -> int:
        """Floating-point operations of a forward pass per token, in windows of ``context`` tokens.

        2 per weight, and 4 · heads · head_width · T per layer for scores and values, every query against all T tokens
        of the window, or as many as its rule lets it see (Chowdhery et al. 2022, appendix B). Norms, biases and
        activations are left out.
        """
        time, sizes = context or self.config.context, self.config.sizes
        looked_at = sum(seen_per_token(rule, time) for rule in mask_rules(self.config))
        return 2 * self.active_parameters + round(4 * sizes.heads * sizes.head_width * looked_at)

    def training_flops_per_token(self, context: int | None = None) -> int:
        """Forward and backward: the backward pass multiplies twice what the forward pass multiplies once."""
        return 3 * self.flops_per_token(context)

    def cache_bytes_per_token(self, bytes_per_number: int = 4) -> int:
        """What a full-length key/value cache holds for each token of each text (nothing for an encoder).

        An encoder-decoder keeps keys and values of the source too: for a token of each, twice as much.
        """
        kind = self.config.architecture
        if isinstance(kind, EncoderOnly):
            return 0
        kept = 2 * self.config.depth * self.config.sizes.kv_heads * self.config.sizes.head_width * bytes_per_number
        return 2 * kept if isinstance(kind, EncoderAndDecoder) else kept

    def training_memory(
        self, batch: int, context: int | None = None, activation_bytes: int = 4, optimizer_numbers: int = 2
    ) -> Memory:
        """An estimate for one micro-batch of ``batch`` texts, with weights, gradients and optimizer in 32 bits.

        ``activation_bytes`` is 2 under bf16 or fp16 autocast; AdamW keeps 2 numbers per weight, Muon 1. Activations
        are what the backward pass reads again with the fused attention kernel: within about a third of what is
        measured, without the temporary buffers of either pass.
        """
        tokens = batch * (context or self.config.context)
        activations = tokens * activation_bytes_per_token(self.config, activation_bytes)
        return Memory(4 * self.parameters, 4 * self.parameters, 4 * optimizer_numbers * self.parameters, activations)


def mask_rules(config: ModelConfig) -> list[MaskRule | None]:
    """The rule of every attention of a model; looking at another text has none."""
    rules: list[MaskRule | None] = [block.attention.mask for block in config.blocks]
    if isinstance(config.architecture, EncoderAndDecoder):
        rules += [block.attention.mask for block in config.encoder.blocks] + [None] * config.depth
    return rules


def seen_per_token(rule: MaskRule | None, time: int) -> float:
    """Tokens that a query is held against, the mean over a window of ``time`` tokens; causality saves nothing here."""
    if isinstance(rule, SlidingWindow):
        return float(min(time, rule.size))
    if isinstance(rule, BlockSparse):
        blocks = range(math.ceil(time / rule.block))
        pairs = sum(sees_block(rule, asking, answering) for asking in blocks for answering in blocks)
        return min(float(time), pairs * rule.block / len(blocks))
    return float(time)


def sees_block(rule: BlockSparse, asking: int, answering: int) -> bool:
    """Whether any token of one block may look at any of another."""
    seen = abs(asking - answering) <= rule.near or answering < rule.first
    seen = seen or (rule.stride > 0 and answering % rule.stride == rule.stride - 1)
    return seen or asking < rule.first if rule.both_ways else seen and answering <= asking


def hidden_features(config: Dense | Experts, width: int) -> int:
    """Numbers that a feed-forward network leaves behind for one token."""
    if isinstance(config, Experts):
        return (config.chosen + config.shared) * hidden_features(config.each, width)
    return config.hidden_width(width) * (4 if config.gated else 2)


def activation_bytes_per_token(config: ModelConfig, activation_bytes: int) -> int:
    """Bytes that one token leaves behind in a forward pass for the backward pass."""
    sizes, stream = config.sizes, 4 * config.width
    projected = 2 * config.width + (2 * sizes.heads + 2 * sizes.kv_heads) * sizes.head_width
    # the last norm; the logits, and their log-softmax in 32 bits
    total = 2 * stream + config.vocabulary * (activation_bytes + 4)
    both = isinstance(config.architecture, EncoderAndDecoder)
    for description in [*config.blocks, *(config.encoder.blocks if both else ())]:
        total += 2 * stream + (projected + hidden_features(description.feed_forward, config.width)) * activation_bytes
    return total + (config.depth * (stream + projected * activation_bytes) if both else 0)


def idle_share(config: Dense | Experts) -> float:
    """The share of the experts that a token does not meet."""
    return 0.0 if isinstance(config, Dense) else 1 - config.chosen / config.experts


def matrix_parameters(config: ModelConfig) -> int:
    """Weights that one token is multiplied with in the layers: every layer counted, shared or not."""
    if isinstance(config.architecture, EncoderAndDecoder):
        return layer_matrices(config, cross=True) + layer_matrices(config.encoder)
    return layer_matrices(config)


def layer_matrices(config: ModelConfig, cross: bool = False) -> int:
    """The same for one stack."""
    total = 0.0
    for description in config.blocks:
        for name, shape in block("", description, config, cross):
            if len(shape) == 2:
                idle = idle_share(description.feed_forward) if ".experts." in name else 0.0
                total += math.prod(shape) * (1 - idle)
    return round(total)


def count(config: ModelConfig) -> Count:
    """Count ``build_model(config)`` without building it."""
    shapes = parameter_shapes(config)
    total = sum(map(math.prod, shapes.values()))
    tables = ("embedding.", "segments.")
    embedding = sum(
        math.prod(shape) for name, shape in shapes.items() if name.startswith(tables) or ".position_encodings." in name
    )
    return Count(config, total, embedding, matrix_parameters(config) + config.vocabulary * config.width)
