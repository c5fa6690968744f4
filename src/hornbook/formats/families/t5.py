"""T5 (Raffel et al. 2020): reads and writes, RMSNorm before each part, buckets of distances, no biases, no scale.

The first version has one table for everything and makes the last stream smaller before it writes; version 1.1, and
Flan-T5 after it, has a table of its own for writing and a gate in every network. Next: table.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hornbook.errors import SettingError
from hornbook.formats.families.settings import ACTIVATIONS, dense, epsilon, named, number, refuse_unless, whole
from hornbook.formats.family import Family, Settings, Tie, linear
from hornbook.model.config import (
    RMS,
    AttentionConfig,
    BlockConfig,
    Dense,
    EncoderAndDecoder,
    ModelConfig,
    RelativeBias,
)

NETWORKS = {
    **{name: Dense(activation=ours, bias=False) for name, ours in ACTIVATIONS.items()},
    **{f"gated-{name}": Dense(activation=ours, gated=True, bias=False) for name, ours in ACTIVATIONS.items()},
    "gated-gelu": Dense(activation="gelu_tanh", gated=True, bias=False),  # their program takes the approximation here
}
"""What ``feed_forward_proj`` stands for, but for the inner width."""


def read(settings: Settings) -> ModelConfig:
    """T5 in our parts."""
    refuse_unless(settings, "is_encoder_decoder", True)
    refuse_unless(settings, "is_decoder", False)
    width, heads = whole(settings, "d_model", 512), whole(settings, "num_heads", 8)
    head_width, layers = whole(settings, "d_kv", 64), whole(settings, "num_layers", 6)
    depth = whole(settings, "num_decoder_layers", layers)
    tied = is_tied(settings)
    return ModelConfig(
        architecture=EncoderAndDecoder(
            depth=None if layers == depth else layers, position_encoding=buckets(settings, both_ways=True)
        ),
        vocabulary=whole(settings, "vocab_size", 32128),
        context=whole(settings, "n_positions", 512),
        width=width,
        heads=heads,
        head_width=None if head_width * heads == width else head_width,
        depth=depth,
        pattern=(block(settings),),
        position_encoding=buckets(settings, both_ways=False),
        tied=tied,
        head_scale=width**-0.5 if tied else 1.0,
        dropout=number(settings, "dropout_rate", 0.1),
    )


def is_tied(settings: Settings) -> bool:
    """Whether one table reads and writes. Newer programs say so only by whether they scale what is written."""
    return settings.get("tie_word_embeddings") is not False and settings.get("scale_decoder_outputs") is not False


def block(settings: Settings) -> BlockConfig:
    """One layer of either half."""
    network = named_network(settings)
    return BlockConfig(
        attention=AttentionConfig(bias=False, scale=1.0),
        feed_forward=Dense(whole(settings, "d_ff", 2048), network.activation, network.gated, bias=False),
        norm=RMS(number(settings, "layer_norm_epsilon", 1e-6)),
        placement="pre",
    )


def buckets(settings: Settings, both_ways: bool) -> RelativeBias:
    """How distances are told apart."""
    count = whole(settings, "relative_attention_num_buckets", 32)
    return RelativeBias(count, whole(settings, "relative_attention_max_distance", 128), both_ways)


def named_network(settings: Settings) -> Dense:
    """The network that ``feed_forward_proj`` names, its inner width still open. Newer files say it a second time."""
    network = named(settings, "feed_forward_proj", NETWORKS, "relu")
    refuse_unless(settings, "is_gated_act", network.gated)
    refuse_unless(settings, "dense_act_fn", *[name for name, ours in ACTIVATIONS.items() if ours == network.activation])
    return network


def write(config: ModelConfig) -> dict[str, Any]:
    """Our parts as T5's."""
    sizes, near = config.sizes, config.position_encoding
    if not isinstance(config.architecture, EncoderAndDecoder) or not isinstance(near, RelativeBias):
        raise SettingError("architecture: T5 reads and writes, with buckets of distances (position_encoding: relative)")
    return {
        "vocab_size": config.vocabulary,
        "n_positions": config.context,
        "d_model": sizes.width,
        "d_kv": sizes.head_width,
        "d_ff": dense(config.blocks[0]).hidden_width(sizes.width),
        "num_layers": config.encoder.depth,
        "num_decoder_layers": config.depth,
        "num_heads": sizes.heads,
        "relative_attention_num_buckets": near.buckets,
        "relative_attention_max_distance": near.max_distance,
        "dropout_rate": config.dropout,
        "layer_norm_epsilon": epsilon(config),
        "feed_forward_proj": network_name(dense(config.blocks[0])),
        "tie_word_embeddings": config.tied,
        "is_encoder_decoder": True,
        "decoder_start_token_id": 0,
    }


def network_name(network: Dense) -> str:
    """How T5 calls this network; the exact GELU behind a gate has no name there."""
    if network.gated and network.activation == "gelu":
        raise SettingError('activation: T5 knows the gate of GELU in its approximation only; take "gelu_tanh"')
    same = (name for name, known in NETWORKS.items() if replace(network, hidden=None, bias=False) == known)
    return "gated-gelu" if network.gated and network.activation == "gelu_tanh" else next(same)


# Tensors --------------------------------------------------------------------------------------------------------------


def ties(config: ModelConfig) -> list[Tie]:
    """All tensors of T5."""
    return [
        Tie(("embedding.tokens.weight",), "shared.weight"),
        *stack_ties("encoder", config.encoder, cross=False),
        *stack_ties("decoder", config, cross=True),
        *([] if config.tied else linear("embedding.head", "lm_head", bias=False)),
    ]


def stack_ties(name: str, config: ModelConfig, cross: bool) -> list[Tie]:
    """The tensors of one half, which we call as they do. Its first layer keeps the buckets for all."""
    kept = f"{name}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"
    return [
        Tie((f"{name}.position_encodings.0.table.weight",), kept),
        *[
            tie
            for layer, description in enumerate(config.blocks)
            for tie in block_ties(f"{name}.blocks.{layer}", f"{name}.block.{layer}.layer", description, cross)
        ],
        Tie((f"{name}.norm.scale",), f"{name}.final_layer_norm.weight"),
    ]


def block_ties(ours: str, theirs: str, description: BlockConfig, cross: bool) -> list[Tie]:
    """The tensors of one layer: two parts in the encoder, three in the decoder."""
    think = 2 if cross else 1
    return [
        *attention_ties(f"{ours}.attention", f"{theirs}.0.SelfAttention"),
        Tie((f"{ours}.around_attention.before.scale",), f"{theirs}.0.layer_norm.weight"),
        *(attention_ties(f"{ours}.cross", f"{theirs}.1.EncDecAttention") if cross else []),
        *([Tie((f"{ours}.around_cross.before.scale",), f"{theirs}.1.layer_norm.weight")] if cross else []),
        *network_ties(f"{ours}.feed_forward", f"{theirs}.{think}.DenseReluDense", dense(description).gated),
        Tie((f"{ours}.around_feed_forward.before.scale",), f"{theirs}.{think}.layer_norm.weight"),
    ]


def attention_ties(ours: str, theirs: str) -> list[Tie]:
    """Query, key, value and what is behind the heads."""
    names = {"query": "q", "key": "k", "value": "v", "output": "o"}
    return [tie for one, other in names.items() for tie in linear(f"{ours}.{one}", f"{theirs}.{other}", bias=False)]


def network_ties(ours: str, theirs: str, gated: bool) -> list[Tie]:
    """Up and down, and the gate: the first of two where there is one."""
    names = {"gate": "wi_0", "up": "wi_1", "down": "wo"} if gated else {"up": "wi", "down": "wo"}
    return [tie for one, other in names.items() for tie in linear(f"{ours}.{one}", f"{theirs}.{other}", bias=False)]


T5 = Family(
    model_type="t5",
    architectures=("T5ForConditionalGeneration", "T5WithLMHeadModel"),
    read=read,
    write=write,
    ties=ties,
    prefix="",
    # Buckets of distances to another text, which their program reads and never uses.
    harmless=("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight",),
    copies=dict.fromkeys(
        ("encoder.embed_tokens.weight", "decoder.embed_tokens.weight", "lm_head.weight"), "shared.weight"
    ),
)
