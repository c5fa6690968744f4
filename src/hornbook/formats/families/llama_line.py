"""What Llama and its descendants have in common: the names of their sizes and tensors.

One of their models is told from the next by its blocks. Each file of this room says what a block is; the rest is here.
How rotary positions are described is in rotary.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hornbook.errors import SettingError
from hornbook.formats.families.settings import (
    THEIR_ACTIVATIONS,
    activation,
    check_divides,
    dense,
    epsilon,
    flag,
    maybe_whole,
    refuse_unless,
    shortest_pattern,
    whole,
)
from hornbook.formats.family import SAME, Change, Settings, Tie, linear
from hornbook.model.config import (
    BlockConfig,
    Causal,
    Dense,
    MaskRule,
    ModelConfig,
    PositionEncodingConfig,
    SlidingWindow,
)

PREFIX = "model."
HARMLESS = ("*rotary_emb.inv_freq",)
"""The speeds of rotary positions, kept in older files as if they had been learned."""
COPIES = {"lm_head.weight": "model.embed_tokens.weight"}

# Sizes ----------------------------------------------------------------------------------------------------------------


def read_sizes(
    settings: Settings, blocks: tuple[BlockConfig, ...], position_encoding: PositionEncodingConfig
) -> ModelConfig:
    """A model of these blocks; the whole line calls its sizes alike."""
    refuse_unless(settings, "attention_dropout", 0.0, None)
    width, heads = whole(settings, "hidden_size"), whole(settings, "num_attention_heads")
    kv_heads, head_width = maybe_whole(settings, "num_key_value_heads"), maybe_whole(settings, "head_dim")
    if head_width is None:
        check_divides("num_attention_heads", heads, "hidden_size", width)
    if kv_heads is not None:
        check_divides("num_key_value_heads", kv_heads, "num_attention_heads", heads)
    if (head_width or width // heads) % 2:
        raise SettingError(
            f"head_dim: {head_width or width // heads} is odd, and rotary positions turn pairs of features"
        )
    return ModelConfig(
        vocabulary=whole(settings, "vocab_size"),
        context=whole(settings, "max_position_embeddings"),
        width=width,
        heads=heads,
        kv_heads=kv_heads,
        head_width=head_width,
        depth=len(blocks),
        pattern=shortest_pattern(blocks),
        position_encoding=position_encoding,
        tied=flag(settings, "tie_word_embeddings", False),
    )


def read_network(settings: Settings, name: str = "hidden_act", default: str = "silu", bias: bool = False) -> Dense:
    """The gated network, with the activation that stands under ``name``."""
    return Dense(
        hidden=whole(settings, "intermediate_size"),
        activation=activation(settings, name, default),
        gated=True,
        bias=bias,
    )


def write_sizes(config: ModelConfig, name: str = "hidden_act") -> dict[str, Any]:
    """What the whole line says alike."""
    sizes, network = config.sizes, dense(config.blocks[0])
    return {
        "vocab_size": config.vocabulary,
        "max_position_embeddings": config.context,
        "hidden_size": sizes.width,
        "intermediate_size": network.hidden_width(sizes.width),
        "num_hidden_layers": config.depth,
        "num_attention_heads": sizes.heads,
        "num_key_value_heads": sizes.kv_heads,
        "head_dim": sizes.head_width,
        name: THEIR_ACTIVATIONS[network.activation],
        "rms_norm_eps": epsilon(config),
        "tie_word_embeddings": config.tied,
    }


# Windows in some of the layers ----------------------------------------------------------------------------------------


def layer_masks(settings: Settings, by_default: list[str], window: int | None) -> tuple[MaskRule, ...]:
    """The masks that ``layer_types`` lists, or if it is not there ``by_default``."""
    types = settings.get("layer_types") or by_default
    if not isinstance(types, list) or len(types) != len(by_default):
        raise SettingError(
            f"layer_types: num_hidden_layers is {len(by_default)}, and the names of layers are {types!r}"
        )
    rules: dict[Any, MaskRule] = {"full_attention": Causal()}
    if window is not None:
        rules["sliding_attention"] = SlidingWindow(window)
    no_window = "" if window else "; sliding_window and use_sliding_window say that no window is in use"
    for name in types:
        if not isinstance(name, str) or name not in rules:
            raise SettingError(f"layer_types: {name!r} is none of {', '.join(rules)}{no_window}")
    return tuple(rules[name] for name in types)


def write_masks(config: ModelConfig) -> dict[str, Any]:
    """``layer_types`` and the one window."""
    masks = [block.attention.mask for block in config.blocks]
    sizes = [mask.size for mask in masks if isinstance(mask, SlidingWindow)]
    types = ["sliding_attention" if isinstance(mask, SlidingWindow) else "full_attention" for mask in masks]
    return {"layer_types": types, "sliding_window": sizes[0] if sizes else None}


# Tensors --------------------------------------------------------------------------------------------------------------


def all_ties(config: ModelConfig, norms: Mapping[str, str], change: Change = SAME) -> list[Tie]:
    """All tensors; ``norms`` says by what names a block's norms go, ``change`` what is done to their scales."""
    layers = [(f"stack.blocks.{layer}", f"model.layers.{layer}") for layer in range(config.depth)]
    return [
        Tie(("embedding.tokens.weight",), "model.embed_tokens.weight"),
        *[
            tie
            for block, (ours, theirs) in zip(config.blocks, layers, strict=True)
            for tie in (*block_ties(block, ours, theirs), *norm_ties(norms, ours, theirs, change))
        ],
        Tie(("stack.norm.scale",), "model.norm.weight", change),
        *([] if config.tied else linear("embedding.head", "lm_head", bias=False)),
    ]


def block_ties(block: BlockConfig, ours: str, theirs: str) -> list[Tie]:
    """The linear layers of a block."""
    bias, network = block.attention.bias, dense(block)
    return [
        *linear(f"{ours}.attention.query", f"{theirs}.self_attn.q_proj", bias),
        *linear(f"{ours}.attention.key", f"{theirs}.self_attn.k_proj", bias),
        *linear(f"{ours}.attention.value", f"{theirs}.self_attn.v_proj", bias),
        *linear(f"{ours}.attention.output", f"{theirs}.self_attn.o_proj", block.attention.has_output_bias),
        *linear(f"{ours}.feed_forward.gate", f"{theirs}.mlp.gate_proj", network.bias),
        *linear(f"{ours}.feed_forward.up", f"{theirs}.mlp.up_proj", network.bias),
        *linear(f"{ours}.feed_forward.down", f"{theirs}.mlp.down_proj", network.bias),
    ]


def norm_ties(norms: Mapping[str, str], ours: str, theirs: str, change: Change) -> list[Tie]:
    """The norms of a block."""
    return [Tie((f"{ours}.{one}.scale",), f"{theirs}.{other}.weight", change) for one, other in norms.items()]
