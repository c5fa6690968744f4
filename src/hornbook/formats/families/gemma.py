"""Gemma (Gemma team 2024): Llama with large embeddings and GELU in the gate.

Token embeddings are multiplied by sqrt(width), one table reads and writes, norms multiply by 1 + weight, and heads have
a width of their own (256, whatever the model's). Next: gemma2.py.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hornbook.formats.families.llama import NORMS
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
from hornbook.formats.families.settings import activation, flag, number, refuse_unless, whole
from hornbook.formats.family import PLUS_ONE, Family, Settings, Tie
from hornbook.model.config import RMS, AttentionConfig, BlockConfig, Causal, Dense, ModelConfig

DEFAULTS = {"head_dim": 256, "tie_word_embeddings": True}
"""What every Gemma means when it says nothing."""


def read(settings: Settings) -> ModelConfig:
    """Gemma in our parts."""
    settings = {"num_key_value_heads": 16, **DEFAULTS, **settings}
    block = BlockConfig(
        attention=AttentionConfig(mask=Causal(), bias=read_bias(settings)),
        feed_forward=read_gelu(settings),
        norm=RMS(number(settings, "rms_norm_eps", 1e-6)),
        placement="pre",
    )
    blocks = (block,) * whole(settings, "num_hidden_layers")
    return replace(read_sizes(settings, blocks, read_rotary(settings)), embedding_scale=True)


def read_bias(settings: Settings) -> bool:
    """Whether attention has biases; that it looks back only is made sure of as well."""
    refuse_unless(settings, "use_bidirectional_attention", False, None)
    return flag(settings, "attention_bias", False)


def read_gelu(settings: Settings) -> Dense:
    """The gated network. The first files say ``gelu`` and mean the approximation; some say it under two keys."""
    if settings.get("hidden_act") == "gelu":
        settings = {**settings, "hidden_act": "gelu_pytorch_tanh"}
    network = read_network(settings, default="gelu_pytorch_tanh")
    said_twice = settings.get("hidden_activation") is not None
    if said_twice and activation(settings, "hidden_activation", "") != network.activation:
        refuse_unless(settings, "hidden_activation", settings.get("hidden_act"))
    return network


def write(config: ModelConfig) -> dict[str, Any]:
    """Our parts as Gemma's."""
    bias = {"attention_bias": config.blocks[0].attention.bias}
    return {**write_sizes(config), **write_rotary(config.position_encodings[0]), **bias}


def ties(config: ModelConfig) -> list[Tie]:
    """All tensors of Gemma."""
    return all_ties(config, NORMS, PLUS_ONE)


GEMMA = Family(
    model_type="gemma",
    architectures=("GemmaForCausalLM", "GemmaModel"),
    read=read,
    write=write,
    ties=ties,
    prefix=PREFIX,
    harmless=HARMLESS,
    copies=COPIES,
)
