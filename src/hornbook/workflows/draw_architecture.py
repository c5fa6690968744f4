"""The diagram of a model from its configuration alone: what stands where, of which sizes, with how many parameters.

Every number comes from ``model/count.py``, which counts parameters by name as they stand in a checkpoint; so the boxes
of a diagram add up to the model, and a test says so.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable
from typing import Any

from matplotlib.figure import Figure

from hornbook.figures.architecture import Box, Branch, Column, Layers, architecture
from hornbook.model.config import (
    RMS,
    Alibi,
    AttentionConfig,
    Bidirectional,
    BlockConfig,
    BlockSparse,
    Causal,
    Dense,
    EncoderAndDecoder,
    EncoderOnly,
    Experts,
    Layer,
    Learned,
    ModelConfig,
    NoNorm,
    NoPositionEncoding,
    NormConfig,
    RelativeBias,
    Rotary,
    Sinusoidal,
    SlidingWindow,
)
from hornbook.model.count import PLACES, count, parameter_shapes
from hornbook.model.presets import PRESETS

NORMS = {Layer: "layer norm", RMS: "RMS norm"}
ORDER = {Learned: "learned positions", Sinusoidal: "sinusoidal positions", Rotary: "rotary", Alibi: "ALiBi",
         RelativeBias: "relative bias", NoPositionEncoding: ""}  # fmt: skip
ACTIVATION = {"relu": "ReLU", "gelu": "GELU", "gelu_tanh": "GELU", "silu": "SiLU", "relu_squared": "ReLU²"}
WHO: dict[type, Callable[[Any], str]] = {
    Causal: lambda rule: "causal",
    Bidirectional: lambda rule: "both ways",
    SlidingWindow: lambda rule: f"the last {rule.size}",
    BlockSparse: lambda rule: "block-sparse",
}


def diagram(config: ModelConfig, title: str = "") -> Figure:
    """The model that ``config`` describes."""
    remark = f"{count(config).parameters:,} parameters; how many each box has is its last number"
    return architecture(columns_of(config), title=title or NAME[type(config.architecture)], remark=remark)


NAME = {EncoderOnly: "Encoder", EncoderAndDecoder: "Encoder-decoder"} | {type(ModelConfig().architecture): "Decoder"}


def columns_of(config: ModelConfig) -> tuple[Column, ...]:
    """One stack, or an encoder and a decoder side by side; both of these read one table of tokens."""
    shapes = {name: math.prod(shape) for name, shape in parameter_shapes(config).items()}
    if not isinstance(config.architecture, EncoderAndDecoder):
        return (column(config, "stack", shapes),)
    encoder = column(config.encoder, "encoder", shapes, "encoder")
    return dataclasses.replace(encoder, after=encoder.after[:-1], leaves=""), column(
        config, "decoder", shapes, "decoder", cross=True
    )


def column(config: ModelConfig, stack: str, shapes: dict[str, int], name: str = "", cross: bool = False) -> Column:
    """One stack with its tables."""
    inside = {key.removeprefix(f"{stack}."): size for key, size in shapes.items() if key.startswith(f"{stack}.")}
    table = Box(
        "token embedding", joined(f"{config.vocabulary:,} × {config.width:,}", times_root(config),
                                  amount(shapes["embedding.tokens.weight"] if name != "decoder" else 0)), "table"
    )  # fmt: skip
    segments = shapes.get("segments.weight", 0)
    before = [table, *([Box("+ segment embedding", amount(segments), "table")] if segments else [])]
    before += positions(config, inside)
    before += norm_box(config.embedding_norm, inside, "first_norm")
    after = norm_box(config.blocks[-1].norm, inside, "norm") if config.ends_bare else []
    if any(key.startswith("transform.") for key in shapes):
        parts = sum(size for key, size in shapes.items() if key.startswith("transform."))
        after.append(Box("linear, activation, norm", amount(parts), "thinking"))
    head = shapes.get("embedding.head.weight", 0) + shapes.get("embedding.head_bias", 0)
    sizes = joined("the same table" if config.tied else "", f"{config.width:,} → {config.vocabulary:,}",
                   amount(head))  # fmt: skip
    return Column(
        name=name,
        enters={"encoder": "S tokens of the source", "decoder": "T tokens written so far"}.get(name, "T tokens"),
        before=tuple(before),
        layers=tuple(layers(config, inside, cross)),
        after=(*after, Box("logits", sizes, "table")),
        leaves=f"T × {config.vocabulary:,}",
        stream=f"{'S' if name == 'encoder' else 'T'} × {config.width:,}",
    )


def layers(config: ModelConfig, inside: dict[str, int], cross: bool) -> Iterable[Layers]:
    """Every distinct block once, from below, with the layers that it is."""
    found: dict[tuple[BlockConfig, Any], list[int]] = {}
    for layer, block in enumerate(config.blocks):
        found.setdefault((block, config.position_encodings[layer]), []).append(layer)
    for (block, encoding), places in found.items():
        first = places[0] % config.distinct_blocks
        prefix = f"blocks.{first}."
        own = {key.removeprefix(prefix): size for key, size in inside.items() if key.startswith(prefix)}
        order = ORDER[type(encoding)] if isinstance(encoding, Rotary | Alibi | RelativeBias) else ""
        times = f"× {len(places)}" + ("\nshared" if config.shared and len(places) > 1 else "")
        if len(found) > 1:
            times += f"\n({', '.join(str(place + 1) for place in places[:3])}{'...' if len(places) > 3 else ''})"
        yield Layers(tuple(branches(config, block, own, order, cross)), times)


def branches(config: ModelConfig, block: BlockConfig, own: dict[str, int], order: str, cross: bool) -> Iterable[Branch]:
    """What a copy of the stream passes, once for every sum of the block."""
    look = attention_box("attention", config, block.attention, own, order)
    other = attention_box("cross", config, block.attention, own, "") if cross else None
    think = feed_forward_box(block.feed_forward, config.width, own)
    if block.arrangement == "parallel":
        if other:
            yield around(block, own, "around_cross", other)
        yield around(block, own, "around_attention", dataclasses.replace(look, name=f"{look.name}, beside it:"), think)
        return
    yield around(block, own, "around_attention", look)
    if other:
        yield around(block, own, "around_cross", other)
    yield around(block, own, "around_feed_forward", think)


def around(block: BlockConfig, own: dict[str, int], name: str, *boxes: Box) -> Branch:
    """Boxes with the norms that stand before, after, or on the sum."""

    def norm(place: str) -> tuple[Box, ...]:
        return tuple(norm_box(block.norm, own, f"{name}.{place}") if place in PLACES[block.placement] else ())

    return Branch((*norm("before"), *boxes, *norm("after")), norm("summed"))


def norm_box(config: NormConfig, shapes: dict[str, int], name: str) -> list[Box]:
    """A norm, or nothing."""
    if isinstance(config, NoNorm):
        return []
    return [Box(joined(NORMS[type(config)], amount(part(shapes, name))), kind="norm")]


def attention_box(name: str, config: ModelConfig, attention: AttentionConfig, own: dict[str, int], order: str) -> Box:
    """An attention: its heads, who sees whom, and its parameters."""
    sizes, across = config.sizes, name == "cross"
    heads = f"{sizes.heads} heads of {sizes.head_width}"
    if sizes.kv_heads != sizes.heads:
        heads += f", {sizes.kv_heads} of keys"
    title = "cross-attention" if across else f"attention, {WHO[type(attention.mask)](attention.mask)}"
    return Box(title, joined(heads, order, amount(part(own, name))), "attention", sees_source=across)


def feed_forward_box(config: Dense | Experts, width: int, own: dict[str, int]) -> Box:
    """A feed-forward network, or experts."""
    size = amount(part(own, "feed_forward"))
    each = config.each if isinstance(config, Experts) else config
    shape = f"{width:,} → {each.hidden_width(width):,} → {width:,}"
    kind = joined(ACTIVATION[each.activation], "gated" if each.gated else "", separator=", ")
    if isinstance(config, Experts):
        return Box(f"{config.chosen} of {config.experts} experts, {kind}", joined(shape, size), "thinking")
    return Box(f"feed-forward, {kind}", joined(shape, size), "thinking")


def positions(config: ModelConfig, inside: dict[str, int]) -> list[Box]:
    """Encodings that are added to the embedding."""
    added = [each for each in dict.fromkeys(config.position_encodings) if isinstance(each, Learned | Sinusoidal)]
    learned = {Learned: f"{config.context:,} × {config.width}", Sinusoidal: "computed"}
    return [
        Box(f"+ {ORDER[type(each)]}",
            joined(learned[type(each)], amount(part(inside, "position_encodings") if isinstance(each, Learned) else 0)),
            "table")
        for each in added
    ]  # fmt: skip


def part(shapes: dict[str, int], name: str) -> int:
    """Parameters whose name begins so."""
    return sum(size for key, size in shapes.items() if key.startswith(f"{name}."))


def times_root(config: ModelConfig) -> str:
    """Whether embeddings are scaled."""
    return "times √width" if config.embedding_scale else ""


def amount(parameters: int) -> str:
    """2,362,368 parameters are written out; none are not."""
    return f"{parameters:,}" if parameters else ""


def joined(*texts: str, separator: str = "  ·  ") -> str:
    """What there is to say, side by side."""
    return separator.join(filter(None, texts))


def decoder() -> Figure:
    """GPT-2's smallest."""
    return diagram(PRESETS["gpt2"], "Decoder: GPT-2")


def encoder() -> Figure:
    """BERT's smaller one (Devlin et al. 2019)."""
    block = BlockConfig(placement="post")
    config = ModelConfig(
        architecture=EncoderOnly(segments=2, transform="gelu"), vocabulary=30_522, context=512, width=768, heads=12,
        depth=12, pattern=(block,), embedding_norm=Layer(), head_bias=True,
    )  # fmt: skip
    return diagram(config, "Encoder: BERT")


def encoder_decoder() -> Figure:
    """The Transformer of 2017, its base model (Vaswani et al. 2017, table 3)."""
    block = BlockConfig(placement="post", feed_forward=Dense(activation="relu"))
    config = ModelConfig(
        architecture=EncoderAndDecoder(), vocabulary=37_000, context=512, width=512, heads=8, depth=6,
        pattern=(block,), position_encoding=Sinusoidal(), embedding_scale=True,
    )  # fmt: skip
    return diagram(config, "Encoder-decoder: the Transformer of 2017")
