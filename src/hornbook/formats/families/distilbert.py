"""DistilBERT (Sanh et al. 2019): BERT with half its layers, no segments, other names for its tensors. Next: t5.py."""

from __future__ import annotations

from typing import Any

from hornbook.formats.families.bert import encoder_only, layer_norm, one_share, writes
from hornbook.formats.families.settings import (
    THEIR_ACTIVATIONS,
    activation,
    check_divides,
    dense,
    whole,
)
from hornbook.formats.family import Family, Settings, Tie, linear
from hornbook.model.config import BlockConfig, Dense, EncoderOnly, Layer, Learned, ModelConfig

ARCHITECTURES = {
    "DistilBertForMaskedLM": True,
    "DistilBertModel": False,
    "DistilBertForTokenClassification": False,
}
"""Their classes, and whether each of them writes tokens."""

EPSILON = 1e-12
"""What every norm adds to the variance: written into their program, so no file says it."""

DROPOUTS = ("dropout", "attention_dropout")


def read(settings: Settings) -> ModelConfig:
    """DistilBERT in our parts. Positions that began as waves (``sinusoidal_pos_embds``) lie in the files as a table."""
    width, heads = whole(settings, "dim", 768), whole(settings, "n_heads", 12)
    check_divides("n_heads", heads, "dim", width)
    active, head = activation(settings, "activation", "gelu"), writes(settings, ARCHITECTURES, "DistilBertModel")
    network = Dense(hidden=whole(settings, "hidden_dim", 3072), activation=active)
    return ModelConfig(
        architecture=EncoderOnly(transform=active if head else None),
        vocabulary=whole(settings, "vocab_size", 30522),
        context=whole(settings, "max_position_embeddings", 512),
        width=width,
        heads=heads,
        depth=whole(settings, "n_layers", 6),
        pattern=(BlockConfig(feed_forward=network, norm=Layer(EPSILON), placement="post"),),
        position_encoding=Learned(),
        tied=not head or settings.get("tie_word_embeddings") is not False,
        head_bias=head,
        embedding_norm=Layer(EPSILON),
        dropout=one_share(settings, DROPOUTS),
    )


def write(config: ModelConfig) -> dict[str, Any]:
    """Our parts as DistilBERT's."""
    kind, network = encoder_only(config), dense(config.blocks[0])
    return {
        "architectures": ["DistilBertForMaskedLM" if kind.transform else "DistilBertModel"],
        "vocab_size": config.vocabulary,
        "max_position_embeddings": config.context,
        "dim": config.width,
        "n_layers": config.depth,
        "n_heads": config.heads,
        "hidden_dim": network.hidden_width(config.width),
        "activation": THEIR_ACTIVATIONS[network.activation],
        **dict.fromkeys(DROPOUTS, config.dropout),
        "tie_word_embeddings": config.tied,
    }


def ties(config: ModelConfig) -> list[Tie]:
    """All tensors of DistilBERT."""
    table = "distilbert.embeddings"
    return [
        Tie(("embedding.tokens.weight",), f"{table}.word_embeddings.weight"),
        Tie(("stack.position_encodings.0.table.weight",), f"{table}.position_embeddings.weight"),
        *layer_norm("stack.first_norm", f"{table}.LayerNorm"),
        *[tie for layer in range(config.depth) for tie in block_ties(layer)],
        *(head_ties(config) if config.head_bias else []),
    ]


def block_ties(layer: int) -> list[Tie]:
    """The tensors of one layer."""
    ours, theirs = f"stack.blocks.{layer}", f"distilbert.transformer.layer.{layer}"
    return [
        *linear(f"{ours}.attention.query", f"{theirs}.attention.q_lin", bias=True),
        *linear(f"{ours}.attention.key", f"{theirs}.attention.k_lin", bias=True),
        *linear(f"{ours}.attention.value", f"{theirs}.attention.v_lin", bias=True),
        *linear(f"{ours}.attention.output", f"{theirs}.attention.out_lin", bias=True),
        *layer_norm(f"{ours}.around_attention.summed", f"{theirs}.sa_layer_norm"),
        *linear(f"{ours}.feed_forward.up", f"{theirs}.ffn.lin1", bias=True),
        *linear(f"{ours}.feed_forward.down", f"{theirs}.ffn.lin2", bias=True),
        *layer_norm(f"{ours}.around_feed_forward.summed", f"{theirs}.output_layer_norm"),
    ]


def head_ties(config: ModelConfig) -> list[Tie]:
    """The tensors behind the last layer, where tokens are guessed."""
    return [
        *linear("transform.linear", "vocab_transform", bias=True),
        *layer_norm("transform.norm", "vocab_layer_norm"),
        Tie(("embedding.head_bias",), "vocab_projector.bias"),
        *([] if config.tied else linear("embedding.head", "vocab_projector", bias=False)),
    ]


DISTILBERT = Family(
    model_type="distilbert",
    architectures=tuple(ARCHITECTURES),
    read=read,
    write=write,
    ties=ties,
    prefix="distilbert.",
    harmless=("*.position_ids", "classifier.*"),
    copies={"vocab_projector.weight": "distilbert.embeddings.word_embeddings.weight"},
)
