"""Gemma 2 (Gemma team 2024): Gemma with a norm on both sides of each part, and nothing allowed to grow out of hand.

Scores and logits pass through a soft cap, cap · tanh(x / cap). Every other layer sees a window only. What scores are
divided by is a setting of its own. Next: gemma3.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hornbook.formats.families.gemma import DEFAULTS, read_bias
from hornbook.formats.families.llama_line import (
    COPIES,
    HARMLESS,
    PREFIX,
    all_ties,
    layer_masks,
    read_network,
    read_sizes,
    write_masks,
    write_sizes,
)
from hornbook.formats.families.rotary import read_rotary, write_rotary
from hornbook.formats.families.settings import check_divides, maybe_number, maybe_whole, number, positive, whole
from hornbook.formats.family import PLUS_ONE, Family, Settings, Tie
from hornbook.model.config import RMS, AttentionConfig, BlockConfig, MaskRule, ModelConfig

NORMS = {
    "around_attention.before": "input_layernorm",
    "around_attention.after": "post_attention_layernorm",
    "around_feed_forward.before": "pre_feedforward_layernorm",
    "around_feed_forward.after": "post_feedforward_layernorm",
}


def read(settings: Settings) -> ModelConfig:
    """Gemma 2 in our parts."""
    settings = {"num_key_value_heads": 4, **DEFAULTS, **settings}
    layers, window = whole(settings, "num_hidden_layers"), maybe_whole(settings, "sliding_window", 4096)
    alternating = ["full_attention" if layer % 2 else "sliding_attention" for layer in range(layers)]
    attention = AttentionConfig(softcap=maybe_number(settings, "attn_logit_softcapping", 50.0))
    blocks = read_blocks(settings, attention, layer_masks(settings, alternating, window))
    return replace(
        read_sizes(settings, blocks, read_rotary(settings)),
        embedding_scale=True,
        head_softcap=maybe_number(settings, "final_logit_softcapping", 30.0),
    )


def read_blocks(settings: Settings, attention: AttentionConfig, masks: tuple[MaskRule, ...]) -> tuple[BlockConfig, ...]:
    """A block for each mask; ``attention`` says in what the attention of Gemma 2 and Gemma 3 differs."""
    scale = positive(settings, "query_pre_attn_scalar", 256.0) ** -0.5
    attention = replace(attention, bias=read_bias(settings), scale=scale)
    block = BlockConfig(
        attention=attention,
        feed_forward=read_network(settings, "hidden_activation", "gelu_pytorch_tanh"),
        norm=RMS(number(settings, "rms_norm_eps", 1e-6)),
        placement="sandwich",
    )
    return tuple(replace(block, attention=replace(attention, mask=mask)) for mask in masks)


def write(config: ModelConfig) -> dict[str, Any]:
    """Our parts as Gemma 2's."""
    return {**write_blocks(config), **write_rotary(config.position_encodings[0])}


def write_blocks(config: ModelConfig) -> dict[str, Any]:
    """What Gemma 2 and Gemma 3 say alike."""
    check_divides("heads", config.heads, "width", config.width)  # transformers wants it even where head_dim is given
    attention = config.blocks[0].attention
    scale = attention.scale or config.sizes.head_width**-0.5
    return {
        **write_sizes(config, "hidden_activation"),
        **write_masks(config),
        "attention_bias": attention.bias,
        "query_pre_attn_scalar": round(scale**-2),
        "attn_logit_softcapping": attention.softcap,
        "final_logit_softcapping": config.head_softcap,
    }


def ties(config: ModelConfig) -> list[Tie]:
    """All tensors of Gemma 2."""
    return all_ties(config, NORMS, PLUS_ONE)


GEMMA2 = Family(
    model_type="gemma2",
    architectures=("Gemma2ForCausalLM", "Gemma2Model"),
    read=read,
    write=write,
    ties=ties,
    prefix=PREFIX,
    harmless=HARMLESS,
    copies=COPIES,
)
