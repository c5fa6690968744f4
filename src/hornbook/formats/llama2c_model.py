"""A model file of llama2.c as a model of ours: the header becomes a configuration, the arrays a state dict."""

from __future__ import annotations

from pathlib import Path

from jaxtyping import Float
from torch import Tensor

from hornbook.formats.llama2c import Llama2cHeader, read_llama2c, unpermuted
from hornbook.model.config import RMS, AttentionConfig, BlockConfig, Dense, ModelConfig, Rotary

EPSILON = 1e-5
"""llama2.c writes it into its code, not into its files."""


def read_llama2c_model(path: Path) -> tuple[ModelConfig, dict[str, Float[Tensor, "*shape"]]]:
    """The configuration and the weights of a ``.bin`` file.

    Raises:
        MissingError, DamagedError: as ``read_llama2c``.
    """
    header, arrays = read_llama2c(path)
    return configuration(header), state(header, arrays)


def configuration(header: Llama2cHeader) -> ModelConfig:
    """Llama: pre-norm RMS, rotary positions, a gated network with SiLU, no biases."""
    block = BlockConfig(
        attention=AttentionConfig(bias=False),
        feed_forward=Dense(header.feed_forward_width, activation="silu", gated=True, bias=False),
        norm=RMS(EPSILON),
    )
    return ModelConfig(
        vocabulary=header.vocab_size,
        context=header.context,
        width=header.width,
        heads=header.heads,
        kv_heads=header.kv_heads,
        depth=header.depth,
        pattern=(block,),
        position_encoding=Rotary(),
        tied=header.tied,
    )


LAYER = {
    "rms_att_weight": "around_attention.before.scale",
    "wq": "attention.query.weight",
    "wk": "attention.key.weight",
    "wv": "attention.value.weight",
    "wo": "attention.output.weight",
    "rms_ffn_weight": "around_feed_forward.before.scale",
    "w1": "feed_forward.gate.weight",
    "w2": "feed_forward.down.weight",
    "w3": "feed_forward.up.weight",
}
"""Arrays with a part for each layer, and what each part is called here."""

WHOLE = {
    "token_embedding": "embedding.tokens.weight",
    "rms_final": "stack.norm.scale",
    "wcls": "embedding.head.weight",
}


def state(header: Llama2cHeader, arrays: dict[str, Tensor]) -> dict[str, Tensor]:
    """The arrays by our names, queries and keys turned into our order of features."""
    heads = {"wq": header.heads, "wk": header.kv_heads}
    found = {WHOLE[name]: array.clone() for name, array in arrays.items() if name in WHOLE}
    for name, ours in LAYER.items():
        for layer, part in enumerate(arrays[name]):
            turned = unpermuted(part, heads[name]) if name in heads else part
            found[f"stack.blocks.{layer}.{ours}"] = turned.clone()
    return found
