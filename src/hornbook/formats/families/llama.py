"""Llama (Touvron et al. 2023) and Mistral (Jiang et al. 2023): what became of GPT-2.

Rotary positions instead of learned ones, RMSNorm instead of LayerNorm, a gated network with SiLU instead of GELU,
fewer keys and values than queries, no biases, and mostly two tables of tokens. Mistral adds a sliding window. What
their descendants share with them is in llama_line.py. Next: qwen3.py.
"""

from __future__ import annotations

from typing import Any

from hornbook.formats.families.llama_line import (
    COPIES,
    HARMLESS,
    PREFIX,
    all_ties,
    read_network,
    read_sizes,
    write_sizes,
)
from hornbook.formats.families.rotary import read_rotary, write_rotary
from hornbook.formats.families.settings import (
    check_divides,
    dense,
    flag,
    maybe_whole,
    number,
    refuse_unless,
    whole,
)
from hornbook.formats.family import Family, Settings, Tie
from hornbook.model.config import (
    RMS,
    AttentionConfig,
    BlockConfig,
    Causal,
    MaskRule,
    ModelConfig,
    SlidingWindow,
)

NORMS = {"around_attention.before": "input_layernorm", "around_feed_forward.before": "post_attention_layernorm"}


def block(settings: Settings, attention_bias: bool, mlp_bias: bool, mask: MaskRule) -> BlockConfig:
    """One layer."""
    return BlockConfig(
        attention=AttentionConfig(mask=mask, bias=attention_bias),
        feed_forward=read_network(settings, bias=mlp_bias),
        norm=RMS(number(settings, "rms_norm_eps", 1e-6)),
        placement="pre",
    )


def read(settings: Settings) -> ModelConfig:
    """Llama in our parts."""
    biases = flag(settings, "attention_bias", False), flag(settings, "mlp_bias", False)
    layers = whole(settings, "num_hidden_layers")
    return read_sizes(settings, (block(settings, *biases, Causal()),) * layers, read_rotary(settings))


def write(config: ModelConfig) -> dict[str, Any]:
    """Our parts as Llama's."""
    check_divides("heads", config.heads, "width", config.width)  # transformers wants it even where head_dim is given
    first = config.blocks[0]
    biases = {"attention_bias": first.attention.bias, "mlp_bias": dense(first).bias}
    return {**write_sizes(config), **write_rotary(config.position_encodings[0]), **biases}


def ties(config: ModelConfig) -> list[Tie]:
    """All tensors of Llama and of Mistral."""
    return all_ties(config, NORMS)


LLAMA = Family(
    model_type="llama",
    architectures=("LlamaForCausalLM", "LlamaModel"),
    read=read,
    write=write,
    ties=ties,
    prefix=PREFIX,
    harmless=HARMLESS,
    copies=COPIES,
)

# Mistral --------------------------------------------------------------------------------------------------------------


def read_mistral(settings: Settings) -> ModelConfig:
    """Mistral in our parts."""
    settings = {"num_key_value_heads": 8, **settings}
    refuse_unless(settings, "layer_types", None)
    window = maybe_whole(settings, "sliding_window", 4096)
    layer = block(settings, False, False, Causal() if window is None else SlidingWindow(window))
    return read_sizes(settings, (layer,) * whole(settings, "num_hidden_layers"), read_rotary(settings))


def write_mistral(config: ModelConfig) -> dict[str, Any]:
    """Our parts as Mistral's."""
    mask = config.blocks[0].attention.mask
    window = mask.size if isinstance(mask, SlidingWindow) else None
    return {**write_sizes(config), **write_rotary(config.position_encodings[0]), "sliding_window": window}


MISTRAL = Family(
    model_type="mistral",
    architectures=("MistralForCausalLM", "MistralModel"),
    read=read_mistral,
    write=write_mistral,
    ties=ties,
    prefix=PREFIX,
    harmless=HARMLESS,
    copies=COPIES,
)
