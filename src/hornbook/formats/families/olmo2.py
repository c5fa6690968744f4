"""OLMo 2 (OLMo team 2025): Llama with the norms behind each part instead of before it, inside the residual branch.

Queries and keys are normalised as well, all heads together, before they are cut into heads. Next: gemma.py.
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
from hornbook.formats.families.settings import flag, number, whole
from hornbook.formats.family import Family, Settings, Tie
from hornbook.model.config import RMS, AttentionConfig, BlockConfig, Causal, ModelConfig

NORMS = {
    "attention.query_norm": "self_attn.q_norm",
    "attention.key_norm": "self_attn.k_norm",
    "around_attention.after": "post_attention_layernorm",
    "around_feed_forward.after": "post_feedforward_layernorm",
}


def read(settings: Settings) -> ModelConfig:
    """OLMo 2 in our parts."""
    norm = RMS(number(settings, "rms_norm_eps", 1e-5))
    block = BlockConfig(
        attention=AttentionConfig(
            mask=Causal(), query_key_norm=norm, across_heads=True, bias=flag(settings, "attention_bias", False)
        ),
        feed_forward=read_network(settings),
        norm=norm,
        placement="inside",
    )
    return read_sizes(settings, (block,) * whole(settings, "num_hidden_layers"), read_rotary(settings))


def write(config: ModelConfig) -> dict[str, Any]:
    """Our parts as OLMo 2's."""
    bias = {"attention_bias": config.blocks[0].attention.bias}
    return {**write_sizes(config), **write_rotary(config.position_encodings[0]), **bias}


def ties(config: ModelConfig) -> list[Tie]:
    """All tensors of OLMo 2."""
    return all_ties(config, NORMS)


OLMO2 = Family(
    model_type="olmo2",
    architectures=("Olmo2ForCausalLM", "Olmo2Model"),
    read=read,
    write=write,
    ties=ties,
    prefix=PREFIX,
    harmless=HARMLESS,
    copies=COPIES,
)
