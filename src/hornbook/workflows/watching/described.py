"""A model's configuration in words, a row for each thing that tells it from others. Next: cards.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hornbook.model.config import (
    BlockConfig,
    EncoderAndDecoder,
    Experts,
    ModelConfig,
    NoPositionEncoding,
)
from hornbook.workflows.draw_architecture import ACTIVATION, NAME, NORMS, ORDER, WHO

PLACEMENT = {
    "pre": "before attention and feed-forward network",
    "post": "after each sum",
    "sandwich": "before and after attention and feed-forward network",
    "inside": "after attention and feed-forward network",
}


def architecture_in_words(config: ModelConfig) -> list[tuple[str, str]]:
    """What the model is built of, in the order in which a token meets it. Layers that differ are all named."""
    return [(name, words) for name, words in rows(config) if words]


def rows(config: ModelConfig) -> Iterator[tuple[str, str]]:
    """All rows, with an empty text where there is nothing to say."""
    yield "kind", NAME[type(config.architecture)].lower()
    yield "layers", layers(config)
    yield "width", f"{config.width:,}"
    yield "context", f"{config.context:,} tokens"
    yield "positions", positions(config)
    yield "attention", each_once(attention(config, block) for block in config.blocks)
    yield "feed-forward", each_once(feed_forward(config, block) for block in config.blocks)
    yield "norms", each_once(norms(block) for block in config.blocks)
    yield "head", "the table of the embedding" if config.tied else "a table of its own"
    yield "dropout", f"{config.dropout:g}" if config.dropout else "none"


def each_once(texts: Iterable[str]) -> str:
    """What layers have in turn; once where it is the same in all of them."""
    return "; ".join(dict.fromkeys(texts))


def layers(config: ModelConfig) -> str:
    """How many, and how many of them are one and the same."""
    shared = f", {config.distinct_blocks} of them with weights of its own" if config.shared else ""
    if isinstance(config.architecture, EncoderAndDecoder):
        return f"{config.encoder.depth} in the encoder, {config.depth} in the decoder{shared}"
    return f"{config.depth}{shared}"


def positions(config: ModelConfig) -> str:
    """How it learns the order of its tokens."""
    return each_once(
        "it is told nothing of order" if isinstance(each, NoPositionEncoding) else ORDER[type(each)]
        for each in config.position_encodings
    )


def attention(config: ModelConfig, block: BlockConfig) -> str:
    """Heads, who sees whom, and what is done to queries and keys."""
    sizes, rule = config.sizes, block.attention.mask
    grouped = f", {sizes.kv_heads} of keys and values" if sizes.kv_heads != sizes.heads else ""
    normed = (
        f", {NORMS[type(norm)]} of queries and keys" if type(norm := block.attention.query_key_norm) in NORMS else ""
    )
    return f"{sizes.heads} heads of {sizes.head_width}{grouped}, {WHO[type(rule)](rule)}{normed}"


def feed_forward(config: ModelConfig, block: BlockConfig) -> str:
    """Its widths, its activation, and how many experts there are."""
    network = block.feed_forward
    each = network.each if isinstance(network, Experts) else network
    experts = f"{network.chosen} of {network.experts} experts, " if isinstance(network, Experts) else ""
    gated = ", gated" if each.gated else ""
    hidden = each.hidden_width(config.width)
    return f"{experts}{config.width:,} → {hidden:,} → {config.width:,}, {ACTIVATION[each.activation]}{gated}"


def norms(block: BlockConfig) -> str:
    """Which, and where they stand."""
    kind = NORMS.get(type(block.norm))
    return "none" if kind is None else f"{kind}, {PLACEMENT[block.placement]}"
