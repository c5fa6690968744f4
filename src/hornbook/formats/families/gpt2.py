"""GPT-2 (Radford et al. 2019): learned positions, LayerNorm before each part, biases everywhere, one table of tokens.

Its files are those of a TensorFlow program: a linear layer keeps its weight as [inputs, outputs], and one of them,
``c_attn``, gives query, key and value at once. Next: llama.py.
"""

from __future__ import annotations

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
    number,
    refuse_unless,
    whole,
)
from hornbook.formats.family import TRANSPOSED, Family, Settings, Tie, linear
from hornbook.model.config import AttentionConfig, BlockConfig, Dense, Layer, Learned, ModelConfig

DROPOUTS = ("resid_pdrop", "embd_pdrop", "attn_pdrop")


def read(settings: Settings) -> ModelConfig:
    """GPT-2 in our parts."""
    refuse_unless(settings, "scale_attn_weights", True)
    refuse_unless(settings, "scale_attn_by_inverse_layer_idx", False)
    refuse_unless(settings, "add_cross_attention", False)
    width, heads = whole(settings, "n_embd"), whole(settings, "n_head")
    check_divides("n_head", heads, "n_embd", width)
    block = BlockConfig(
        attention=AttentionConfig(bias=True),
        feed_forward=Dense(
            hidden=maybe_whole(settings, "n_inner") or 4 * width,
            activation=activation(settings, "activation_function", "gelu_new"),
        ),
        norm=Layer(number(settings, "layer_norm_epsilon", 1e-5)),
        placement="pre",
    )
    return ModelConfig(
        vocabulary=whole(settings, "vocab_size"),
        context=whole(settings, "n_positions"),
        width=width,
        heads=heads,
        depth=whole(settings, "n_layer"),
        pattern=(block,),
        position_encoding=Learned(),
        tied=flag(settings, "tie_word_embeddings", True),
        dropout=read_dropout(settings),
    )


def read_dropout(settings: Settings) -> float:
    """The one share that is dropped in all three places."""
    shares = [number(settings, key, 0.1) for key in DROPOUTS]
    if len(set(shares)) > 1:
        said = ", ".join(f"{key} {share}" for key, share in zip(DROPOUTS, shares, strict=True))
        raise SettingError(
            f"{DROPOUTS[0]}: Hornbook drops the same share everywhere, found {said}; only training would notice, "
            "so set all three to one value in config.json"
        )
    return shares[0]


def write(config: ModelConfig) -> dict[str, Any]:
    """Our parts as GPT-2's."""
    network = dense(config.blocks[0])
    return {
        "vocab_size": config.vocabulary,
        "n_positions": config.context,
        "n_embd": config.width,
        "n_layer": config.depth,
        "n_head": config.heads,
        "n_inner": network.hidden_width(config.width),
        "activation_function": THEIR_ACTIVATIONS[network.activation],
        "layer_norm_epsilon": epsilon(config),
        **dict.fromkeys(DROPOUTS, config.dropout),
        "tie_word_embeddings": config.tied,
    }


def ties(config: ModelConfig) -> list[Tie]:
    """All tensors of GPT-2."""
    return [
        Tie(("embedding.tokens.weight",), "transformer.wte.weight"),
        Tie(("stack.position_encodings.0.table.weight",), "transformer.wpe.weight"),
        *[
            tie
            for layer in range(config.depth)
            for tie in block_ties(f"stack.blocks.{layer}", f"transformer.h.{layer}")
        ],
        *norm("stack.norm", "transformer.ln_f"),
        *([] if config.tied else linear("embedding.head", "lm_head", bias=False)),
    ]


def block_ties(ours: str, theirs: str) -> list[Tie]:
    """The tensors of one layer."""
    three = [f"{ours}.attention.{name}" for name in ("query", "key", "value")]
    return [
        *norm(f"{ours}.around_attention.before", f"{theirs}.ln_1"),
        Tie(tuple(f"{name}.weight" for name in three), f"{theirs}.attn.c_attn.weight", TRANSPOSED),
        Tie(tuple(f"{name}.bias" for name in three), f"{theirs}.attn.c_attn.bias"),
        *conv1d(f"{ours}.attention.output", f"{theirs}.attn.c_proj"),
        *norm(f"{ours}.around_feed_forward.before", f"{theirs}.ln_2"),
        *conv1d(f"{ours}.feed_forward.up", f"{theirs}.mlp.c_fc"),
        *conv1d(f"{ours}.feed_forward.down", f"{theirs}.mlp.c_proj"),
    ]


def conv1d(ours: str, theirs: str) -> list[Tie]:
    """What the program calls a convolution over one token: a linear layer, its weight on its side."""
    return [Tie((f"{ours}.weight",), f"{theirs}.weight", TRANSPOSED), Tie((f"{ours}.bias",), f"{theirs}.bias")]


def norm(ours: str, theirs: str) -> list[Tie]:
    """A LayerNorm's scale and shift."""
    return [Tie((f"{ours}.scale",), f"{theirs}.weight"), Tie((f"{ours}.shift",), f"{theirs}.bias")]


GPT2 = Family(
    model_type="gpt2",
    architectures=("GPT2LMHeadModel", "GPT2Model"),
    read=read,
    write=write,
    ties=ties,
    prefix="transformer.",
    harmless=("*.attn.bias", "*.attn.masked_bias"),  # the causal mask, kept as if it had been learned
    copies={"lm_head.weight": "transformer.wte.weight"},
)
