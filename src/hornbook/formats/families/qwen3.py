"""Qwen3 (Yang et al. 2025): Llama with queries and keys normalised in each head, so that scores cannot run away.

Heads have a width of their own (128, whatever the model's). From some layer on a sliding window may be in use. Next:
olmo2.py.
"""

from __future__ import annotations

from typing import Any

from hornbook.formats.families.llama import NORMS as LLAMA_NORMS
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
from hornbook.formats.families.settings import flag, maybe_whole, number, whole
from hornbook.formats.family import Family, Settings, Tie
from hornbook.model.config import (
    RMS,
    AttentionConfig,
    BlockConfig,
    MaskRule,
    ModelConfig,
)

NORMS = {
    **LLAMA_NORMS,
    "attention.query_norm": "self_attn.q_norm",
    "attention.key_norm": "self_attn.k_norm",
}


def read(settings: Settings) -> ModelConfig:
    """Qwen3 in our parts."""
    settings = {"num_key_value_heads": 32, "head_dim": 128, **settings}
    norm, bias = RMS(number(settings, "rms_norm_eps", 1e-6)), flag(settings, "attention_bias", False)
    blocks = tuple(
        BlockConfig(
            attention=AttentionConfig(mask=mask, query_key_norm=norm, bias=bias),
            feed_forward=read_network(settings),
            norm=norm,
            placement="pre",
        )
        for mask in read_masks(settings)
    )
    return read_sizes(settings, blocks, read_rotary(settings))


def read_masks(settings: Settings) -> tuple[MaskRule, ...]:
    """Who sees whom, layer by layer: a window from layer ``max_window_layers`` on, if windows are in use at all."""
    layers = whole(settings, "num_hidden_layers")
    window = maybe_whole(settings, "sliding_window", 4096) if flag(settings, "use_sliding_window", False) else None
    first = layers if window is None else whole(settings, "max_window_layers", 28)
    by_default = ["full_attention" if layer < first else "sliding_attention" for layer in range(layers)]
    return layer_masks(settings, by_default, window)


def write(config: ModelConfig) -> dict[str, Any]:
    """Our parts as Qwen3's."""
    masks = write_masks(config)
    windows = {"use_sliding_window": masks["sliding_window"] is not None, "max_window_layers": config.depth}
    bias = {"attention_bias": config.blocks[0].attention.bias}
    return {**write_sizes(config), **write_rotary(config.position_encodings[0]), **bias, **masks, **windows}


def ties(config: ModelConfig) -> list[Tie]:
    """All tensors of Qwen3."""
    return all_ties(config, NORMS)


QWEN3 = Family(
    model_type="qwen3",
    architectures=("Qwen3ForCausalLM", "Qwen3Model"),
    read=read,
    write=write,
    ties=ties,
    prefix=PREFIX,
    harmless=HARMLESS,
    copies=COPIES,
)
