"""Our models as llama.cpp knows them: which of its architectures says a model, with what numbers and tensor names.

A style is to GGUF what a family is to Hugging Face, and leans on it: what the family cannot say, the style cannot
either. The container itself is in gguf_file.py, the vocabulary in gguf_tokenizer.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from hornbook.errors import SettingError
from hornbook.formats.families.gpt2 import GPT2
from hornbook.formats.families.llama import LLAMA
from hornbook.formats.families.qwen3 import QWEN3
from hornbook.formats.families.settings import dense, epsilon
from hornbook.formats.family import SAME, Change, Family, Tie, linear, our_shapes
from hornbook.formats.huggingface import settings_of
from hornbook.formats.llama2c import permuted, unpermuted
from hornbook.model.config import Interpolated, Llama3, ModelConfig, Rotary, Yarn
from hornbook.model.rotary_scaling import scaled_speeds, speeds

Metadata = dict[str, Any]
QUANTISED_BLOCK = 32
"""Numbers that share a scale in Q8_0; the rows of a tensor have to be made of whole blocks."""
ROPE_FACTORS = "rope_freqs.weight"


@dataclass(frozen=True)
class Style:
    """One architecture of llama.cpp; ``family`` is the one of Hugging Face that says the same models."""

    name: str
    family: Family
    metadata: Callable[[ModelConfig, str], Metadata]
    ties: Callable[[ModelConfig], list[Tie]]


def style_of(config: ModelConfig) -> Style:
    """The architecture that can say this model.

    Raises:
        SettingError: none can; the message tells of each why.
    """
    reasons = []
    for style in STYLES.values():
        try:
            settings_of(config, style.family)
            return style
        except SettingError as error:
            reasons.append(f"{style.name}: {error}")
    raise SettingError(f"GGUF is written for models like {', '.join(STYLES)}, and this is none: {'; '.join(reasons)}")


def gguf_tensors(
    config: ModelConfig, state: Mapping[str, Tensor], kind: str
) -> Iterator[tuple[str, Float[Tensor, "*shape"], str]]:
    """The tensors of a model under their names in GGUF, each with the type it is kept in: ``kind``, or F32.

    Norms, biases and positions stay in 32 bits, as llama.cpp wants them; so does a matrix whose rows are not made of
    whole blocks of ``QUANTISED_BLOCK`` numbers when ``kind`` is Q8_0.
    """
    for tie in style_of(config).ties(config):
        tensor = tie.join(state)
        whole = kind != "Q8_0" or tensor.shape[-1] % QUANTISED_BLOCK == 0
        yield tie.theirs, tensor, kind if tensor.dim() == 2 and whole and "position" not in tie.theirs else "F32"
    factors = rope_factors(config)
    if factors is not None:
        yield ROPE_FACTORS, factors, "F32"


def state_from_gguf(config: ModelConfig, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict of ours from a GGUF file's tensors: what verification compares."""
    shapes = our_shapes(config)
    state: dict[str, Tensor] = {}
    for tie in style_of(config).ties(config):
        state |= tie.cut(tensors[tie.theirs], shapes)
    return state


# What the three have in common ----------------------------------------------------------------------------------------


def sizes(config: ModelConfig, name: str) -> Metadata:
    """Sizes and heads, each under the architecture's name."""
    own, network = config.sizes, dense(config.blocks[0])
    return {
        f"{name}.vocab_size": config.vocabulary,
        f"{name}.context_length": config.context,
        f"{name}.embedding_length": own.width,
        f"{name}.block_count": config.depth,
        f"{name}.feed_forward_length": network.hidden_width(own.width),
        f"{name}.attention.head_count": own.heads,
        f"{name}.attention.head_count_kv": own.kv_heads,
    }


def gpt2_metadata(config: ModelConfig, name: str) -> Metadata:
    """GPT-2: a LayerNorm's epsilon."""
    return sizes(config, name) | {f"{name}.attention.layer_norm_epsilon": epsilon(config)}


def rotary_metadata(config: ModelConfig, name: str) -> Metadata:
    """Llama and its descendants: heads of any width, RMSNorm, rotary positions."""
    rotary, width = config.position_encodings[0], config.sizes.head_width
    assert isinstance(rotary, Rotary)
    return sizes(config, name) | {
        f"{name}.attention.key_length": width,
        f"{name}.attention.value_length": width,
        f"{name}.attention.layer_norm_rms_epsilon": epsilon(config),
        f"{name}.rope.dimension_count": width,
        f"{name}.rope.freq_base": float(rotary.base),
        **scaling_metadata(rotary, name),
    }


def scaling_metadata(rotary: Rotary, name: str) -> Metadata:
    """How angles are stretched, where llama.cpp has a word for it (Llama 3's way travels as a tensor)."""
    scaling, rope = rotary.scaling, f"{name}.rope.scaling"
    if isinstance(scaling, Interpolated):
        return {f"{rope}.type": "linear", f"{rope}.factor": float(scaling.factor)}
    if isinstance(scaling, Yarn):
        known = (scaling.fast, scaling.slow, scaling.attention) == (32.0, 1.0, None)
        if not known:
            raise SettingError("scaling: of yarn, GGUF is written with fast 32, slow 1 and its own attention factor")
        original = {f"{rope}.original_context_length": scaling.context}
        return {f"{rope}.type": "yarn", f"{rope}.factor": float(scaling.factor), **original}
    return {}


def rope_factors(config: ModelConfig) -> Float[Tensor, " half"] | None:
    """By how much each pair of features turns more slowly, where that is Llama 3's way."""
    rotary = config.position_encodings[0]
    if not isinstance(rotary, Rotary) or not isinstance(rotary.scaling, Llama3):
        return None
    width = config.sizes.head_width
    return speeds(width, rotary.base) / scaled_speeds(rotary, width)[0]


# Names of tensors -----------------------------------------------------------------------------------------------------


def interleaved(heads: int) -> Change:
    """llama.cpp's Llama turns neighbouring features, ours turns features half a head apart."""
    return Change(lambda theirs: unpermuted(theirs, heads), lambda ours: permuted(ours, heads))


def norm(ours: str, theirs: str, shift: bool) -> list[Tie]:
    """A norm's scale and, of a LayerNorm, its shift."""
    scale = Tie((f"{ours}.scale",), f"{theirs}.weight")
    return [scale, Tie((f"{ours}.shift",), f"{theirs}.bias")] if shift else [scale]


def gpt2_ties(config: ModelConfig) -> list[Tie]:
    """GPT-2: query, key and value in one, a bias everywhere."""
    ties = [
        Tie(("embedding.tokens.weight",), "token_embd.weight"),
        Tie(("stack.position_encodings.0.table.weight",), "position_embd.weight"),
        *norm("stack.norm", "output_norm", shift=True),
        *([] if config.tied else linear("embedding.head", "output", bias=False)),
    ]
    for layer in range(config.depth):
        ours, theirs = f"stack.blocks.{layer}", f"blk.{layer}"
        three = [f"{ours}.attention.{name}" for name in ("query", "key", "value")]
        ties += norm(f"{ours}.around_attention.before", f"{theirs}.attn_norm", shift=True)
        ties += [Tie(tuple(f"{n}.{part}" for n in three), f"{theirs}.attn_qkv.{part}") for part in ("weight", "bias")]
        ties += linear(f"{ours}.attention.output", f"{theirs}.attn_output", bias=True)
        ties += norm(f"{ours}.around_feed_forward.before", f"{theirs}.ffn_norm", shift=True)
        ties += linear(f"{ours}.feed_forward.up", f"{theirs}.ffn_up", bias=True)
        ties += linear(f"{ours}.feed_forward.down", f"{theirs}.ffn_down", bias=True)
    return ties


def llama_ties(config: ModelConfig) -> list[Tie]:
    """Llama: queries and keys in the order of its own rotation."""
    return rotary_ties(config, interleaved(config.sizes.heads), interleaved(config.sizes.kv_heads), {})


def qwen3_ties(config: ModelConfig) -> list[Tie]:
    """Qwen3: turned as here, and with a norm of queries and keys."""
    return rotary_ties(config, SAME, SAME, {"query_norm": "attn_q_norm", "key_norm": "attn_k_norm"})


def rotary_ties(config: ModelConfig, query: Change, key: Change, head_norms: Mapping[str, str]) -> list[Tie]:
    """What Llama and Qwen3 share."""
    ties = [
        Tie(("embedding.tokens.weight",), "token_embd.weight"),
        *norm("stack.norm", "output_norm", shift=False),
        *([] if config.tied else linear("embedding.head", "output", bias=False)),
    ]
    for layer, block in enumerate(config.blocks):
        ours, theirs, bias = f"stack.blocks.{layer}", f"blk.{layer}", block.attention.bias
        ties += norm(f"{ours}.around_attention.before", f"{theirs}.attn_norm", shift=False)
        ties += linear(f"{ours}.attention.query", f"{theirs}.attn_q", bias, query)
        ties += linear(f"{ours}.attention.key", f"{theirs}.attn_k", bias, key)
        ties += linear(f"{ours}.attention.value", f"{theirs}.attn_v", bias)
        ties += linear(f"{ours}.attention.output", f"{theirs}.attn_output", block.attention.has_output_bias)
        for name, other in head_norms.items():
            ties += norm(f"{ours}.attention.{name}", f"{theirs}.{other}", shift=False)
        ties += norm(f"{ours}.around_feed_forward.before", f"{theirs}.ffn_norm", shift=False)
        for name in ("gate", "up", "down"):
            ties += linear(f"{ours}.feed_forward.{name}", f"{theirs}.ffn_{name}", dense(block).bias)
    return ties


STYLES: dict[str, Style] = {
    "gpt2": Style("gpt2", GPT2, gpt2_metadata, gpt2_ties),
    "llama": Style("llama", LLAMA, rotary_metadata, llama_ties),
    "qwen3": Style("qwen3", QWEN3, rotary_metadata, qwen3_ties),
}
"""One row for each architecture."""


def model_metadata(config: ModelConfig, title: str, kind: str) -> Metadata:
    """Everything that GGUF says of a model beside its vocabulary; ``kind`` is F32, BF16 or Q8_0."""
    style = style_of(config)
    general = {"general.architecture": style.name, "general.name": title, "general.file_type": FILE_TYPES[kind]}
    return general | style.metadata(config, style.name)


FILE_TYPES = {"F32": 0, "Q8_0": 7, "BF16": 32}
"""llama.cpp's number for what most of a file's tensors are kept in."""
