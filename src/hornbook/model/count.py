"""How big, how much work and how much memory, from the configuration alone: nothing is built, no torch is imported.

``parameter_shapes`` lists every parameter by name; the tests compare it with the models as built, so that no formula
here can forget a bias or a norm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hornbook.model.config import BlockConfig, Dense, Learned, ModelConfig, SlidingWindow

Shape = tuple[int, ...]
Named = Iterator[tuple[str, Shape]]


def linear(name: str, inputs: int, outputs: int, bias: bool) -> Named:
    """The weight [outputs, inputs] of a projection, and its bias."""
    yield f"{name}.weight", (outputs, inputs)
    if bias:
        yield f"{name}.bias", (outputs,)


def norm(name: str, kind: str, width: int) -> Named:
    """The scale of a norm, and a LayerNorm's shift."""
    for part in {"layer": ("scale", "shift"), "rms": ("scale",), "none": ()}[kind]:
        yield f"{name}.{part}", (width,)


def feed_forward(name: str, config: Dense, width: int) -> Named:
    """Up, down and, where there is one, the gate."""
    hidden = config.hidden_width(width)
    yield from linear(f"{name}.up", width, hidden, config.bias)
    yield from linear(f"{name}.down", hidden, width, config.bias)
    if config.gated:
        yield from linear(f"{name}.gate", width, hidden, config.bias)


def block(name: str, config: BlockConfig, model: ModelConfig) -> Named:
    """Everything in one layer."""
    sizes, attention = model.sizes, config.attention
    asking, answering = sizes.heads * sizes.head_width, sizes.kv_heads * sizes.head_width
    yield from linear(f"{name}.attention.query", sizes.width, asking, attention.bias)
    yield from linear(f"{name}.attention.key", sizes.width, answering, attention.bias)
    yield from linear(f"{name}.attention.value", sizes.width, answering, attention.bias)
    yield from linear(f"{name}.attention.output", asking, sizes.width, attention.has_output_bias)
    for part in ("query_norm", "key_norm"):
        yield from norm(f"{name}.attention.{part}", attention.query_key_norm, sizes.head_width)
    yield from feed_forward(f"{name}.feed_forward", config.feed_forward, sizes.width)
    places = {"pre": ("before",), "post": ("summed",), "sandwich": ("before", "after"), "inside": ("after",)}
    for branch in ("around_attention", "around_feed_forward"):
        for place in places[config.placement]:
            yield from norm(f"{name}.{branch}.{place}", config.norm, sizes.width)


def parameters(config: ModelConfig) -> Named:
    """Every parameter of ``Decoder(config)``: its name in the checkpoint, and its shape."""
    yield "embedding.tokens.weight", (config.vocabulary, config.width)
    if not config.tied:
        yield "embedding.head.weight", (config.vocabulary, config.width)
    if config.head_bias:
        yield "embedding.head_bias", (config.vocabulary,)
    yield from norm("stack.first_norm", config.embedding_norm, config.width)
    for layer, description in enumerate(config.blocks):
        yield from block(f"stack.blocks.{layer}", description, config)
    for index, encoding in enumerate(dict.fromkeys(config.position_encodings)):
        if isinstance(encoding, Learned):
            yield f"stack.position_encodings.{index}.table.weight", (config.context, config.width)
    if config.ends_bare:
        yield from norm("stack.norm", config.blocks[-1].norm, config.width)


def parameter_shapes(config: ModelConfig) -> dict[str, Shape]:
    """Name and shape of every parameter of ``Decoder(config)``."""
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
    """What a model of this configuration costs. Parameters are counted as built: a tied table once."""

    config: ModelConfig
    parameters: int
    embedding_parameters: int
    """Tables of tokens and positions, and the head with its bias."""
    matrix_parameters: int
    """Weights that every token is multiplied with: the projections of all layers, and the head (tied or not)."""

    @property
    def non_embedding_parameters(self) -> int:
        """The layers and the norms."""
        return self.parameters - self.embedding_parameters

    def flops_per_token(self, context: int | None = None) -> int:
        """Floating-point operations of a forward pass per token, in windows of ``context`` tokens.

        2 per weight, and 4 · heads · head_width · T per layer for scores and values, every query against all T tokens
        of the window, or as many as a sliding window sees (Chowdhery et al. 2022, appendix B). Norms, biases and
        activations are left out.
        """
        time, sizes = context or self.config.context, self.config.sizes
        rules = [block.attention.mask for block in self.config.blocks]
        seen = sum(min(time, rule.size) if isinstance(rule, SlidingWindow) else time for rule in rules)
        return 2 * self.matrix_parameters + 4 * sizes.heads * sizes.head_width * seen

    def training_flops_per_token(self, context: int | None = None) -> int:
        """Forward and backward: the backward pass multiplies twice what the forward pass multiplies once."""
        return 3 * self.flops_per_token(context)

    def cache_bytes_per_token(self, bytes_per_number: int = 4) -> int:
        """What a full-length key/value cache holds for each token of each text."""
        return 2 * self.config.depth * self.config.sizes.kv_heads * self.config.sizes.head_width * bytes_per_number

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


def activation_bytes_per_token(config: ModelConfig, activation_bytes: int) -> int:
    """Bytes that one token leaves behind in a forward pass for the backward pass."""
    sizes, stream = config.sizes, 4 * config.width
    total = 2 * stream + config.vocabulary * (
        activation_bytes + 4
    )  # last norm; logits, and their log-softmax in 32 bits
    for description in config.blocks:
        hidden = description.feed_forward.hidden_width(config.width)
        features = 2 * config.width + (2 * sizes.heads + 2 * sizes.kv_heads) * sizes.head_width
        features += hidden * (4 if description.feed_forward.gated else 2)
        total += 2 * stream + features * activation_bytes
    return total


def count(config: ModelConfig) -> Count:
    """Count ``Decoder(config)`` without building it."""
    shapes = parameter_shapes(config)
    total = sum(map(math.prod, shapes.values()))
    embedding = sum(
        math.prod(shape)
        for name, shape in shapes.items()
        if name.startswith(("embedding.", "stack.position_encodings."))
    )
    layers = sum(math.prod(s) for name, s in shapes.items() if name.startswith("stack.blocks.") and len(s) == 2)
    return Count(config, total, embedding, layers + config.vocabulary * config.width)
