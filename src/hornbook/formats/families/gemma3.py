"""Gemma 3, its text part (Gemma team 2025): Gemma 2 made ready for long texts.

Queries and keys are normalised in each head, which makes the cap on scores unnecessary. Five layers of six see a window
only, and turn by a rotary base of their own, so that only the sixth has to be stretched when texts grow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hornbook.errors import SettingError
from hornbook.formats.families.gemma import DEFAULTS
from hornbook.formats.families.gemma2 import NORMS as NORMS_OF_GEMMA2
from hornbook.formats.families.gemma2 import read_blocks, write_blocks
from hornbook.formats.families.llama_line import COPIES, HARMLESS, PREFIX, all_ties, layer_masks, read_sizes
from hornbook.formats.families.rotary import rope_parameters, rotary_of
from hornbook.formats.families.settings import maybe_number, maybe_whole, number, refuse_unless, table, whole
from hornbook.formats.family import PLUS_ONE, Family, Settings, Tie
from hornbook.model.config import RMS, AttentionConfig, BlockConfig, ModelConfig, Rotary, SlidingWindow

NORMS = {
    **NORMS_OF_GEMMA2,
    "attention.query_norm": "self_attn.q_norm",
    "attention.key_norm": "self_attn.k_norm",
}


def read(settings: Settings) -> ModelConfig:
    """Gemma 3 in our parts."""
    settings = {"num_key_value_heads": 4, **DEFAULTS, **settings}
    refuse_unless(settings, "attn_logit_softcapping", None)
    layers, window = whole(settings, "num_hidden_layers"), maybe_whole(settings, "sliding_window", 4096)
    period = whole(settings, "sliding_window_pattern", 6)
    by_default = ["sliding_attention" if (layer + 1) % period else "full_attention" for layer in range(layers)]
    attention = AttentionConfig(query_key_norm=RMS(number(settings, "rms_norm_eps", 1e-6)))
    blocks = read_blocks(settings, attention, layer_masks(settings, by_default, window))
    far, near = read_two_rotaries(settings)
    return replace(
        read_sizes(settings, tuple(turned(block, far, near) for block in blocks), far),
        embedding_scale=True,
        head_softcap=maybe_number(settings, "final_logit_softcapping"),
    )


def turned(block: BlockConfig, far: Rotary, near: Rotary) -> BlockConfig:
    """The block with the rotary positions of its kind: ``near`` where it sees a window only."""
    encoding = near if isinstance(block.attention.mask, SlidingWindow) else far
    return replace(block, attention=replace(block.attention, position_encoding=encoding))


def read_two_rotaries(settings: Settings) -> tuple[Rotary, Rotary]:
    """The rotary positions of the layers that see all, and of those that see a window."""
    tables = table(settings, "rope_parameters")
    if set(tables) - {"full_attention", "sliding_attention"}:
        raise SettingError(f"rope_parameters: expected tables full_attention and sliding_attention, found {tables!r}")
    far = {**table(tables, "full_attention"), **table(settings, "rope_scaling")}
    near = table(tables, "sliding_attention")
    base, local_base = number(settings, "rope_theta", 1e6), number(settings, "rope_local_base_freq", 1e4)
    return rotary_of(far, base, settings), rotary_of(near, local_base, settings)


def write(config: ModelConfig) -> dict[str, Any]:
    """Our parts as Gemma 3's; where all layers are of one kind, the positions of the other are said to be the same."""
    kinds = [isinstance(block.attention.mask, SlidingWindow) for block in config.blocks]
    near, far = (
        [encoding for encoding, narrow in zip(config.position_encodings, kinds, strict=True) if narrow == wanted]
        for wanted in (True, False)
    )
    tables = {"full_attention": (far or near)[0], "sliding_attention": (near or far)[0]}
    return {
        **write_blocks(config),
        "rope_parameters": {name: rope_parameters(encoding) for name, encoding in tables.items()},
    }


def ties(config: ModelConfig) -> list[Tie]:
    """All tensors of Gemma 3."""
    return all_ties(config, NORMS, PLUS_ONE)


GEMMA3 = Family(
    model_type="gemma3_text",
    architectures=("Gemma3ForCausalLM", "Gemma3TextModel"),
    read=read,
    write=write,
    ties=ties,
    prefix=PREFIX,
    harmless=HARMLESS,
    copies=COPIES,
)
