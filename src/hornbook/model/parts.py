"""Every part that a model can be made of: its formula, its paper, where it lives, and the change that brings it in.

What a part costs is not written here but counted: the change is made to ``REFERENCE`` and both models are compared
(``costs``). A test holds this list against the tables of the parts, so that none can be added without a line here.
Imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from hornbook.model.config import (
    NTK,
    RMS,
    Alibi,
    AttentionConfig,
    Bidirectional,
    BlockSparse,
    Causal,
    DecoderOnly,
    Dense,
    EncoderAndDecoder,
    EncoderOnly,
    Experts,
    Interpolated,
    Layer,
    Learned,
    Llama3,
    ModelConfig,
    NoNorm,
    NoPositionEncoding,
    RelativeBias,
    Rotary,
    Sinusoidal,
    SlidingWindow,
    Unscaled,
    Yarn,
)
from hornbook.model.count import count

REFERENCE = ModelConfig(vocabulary=32_000, context=1024, width=768, heads=12, depth=12, position_encoding=Rotary())
"""What every part is put into to be priced: the size of GPT-2, with 32,000 tokens and rotary positions."""

Change = Callable[[ModelConfig], ModelConfig]


@dataclass(frozen=True)
class Part:
    """One line of the table. ``file`` is below ``src/hornbook``, ``symbol`` what to look for in it."""

    group: str
    name: str
    formula: str
    paper: str
    file: str
    symbol: str
    change: Change
    kind: Any = None
    """What its table calls it: a configuration's type, or a name."""


@dataclass(frozen=True)
class Cost:
    """Of ``REFERENCE`` with one part exchanged: all parameters, and per token operations forward and bytes of cache."""

    parameters: int
    flops_per_token: int
    cache_bytes_per_token: int


@cache
def costs(part: Part) -> Cost:
    """What the reference model costs with this part in it; the cache in 16 bits."""
    counted = count(part.change(REFERENCE))
    return Cost(counted.parameters, counted.flops_per_token(), counted.cache_bytes_per_token(2))


def model(**changes: Any) -> Change:
    """The model with some of its settings exchanged."""
    return lambda config: replace(config, **changes)


def block(**changes: Any) -> Change:
    """Every block with some of its settings exchanged."""
    return lambda config: replace(config, pattern=tuple(replace(old, **changes) for old in config.pattern))


def attention(**changes: Any) -> Change:
    """Every attention with some of its settings exchanged."""
    return block(attention=AttentionConfig(**changes))


def rows(group: str, file: str, *lines: tuple[str, Any, str, str, str, Change]) -> list[Part]:
    """Parts of one group and file: (name, kind, symbol, formula, paper, change)."""
    return [
        Part(group, name, formula, paper, file, symbol, change, kind)
        for name, kind, symbol, formula, paper, change in lines
    ]


VASWANI, BELTAGY, RAFFEL = "Vaswani et al. 2017", "Beltagy et al. 2020", "Raffel et al. 2020"

PARTS: list[Part] = [
    *rows(
        "architecture", "model/models.py",
        ("decoder", DecoderOnly, "Decoder", "p(token | those before it)", "Radford et al. 2018", model()),
        ("encoder", EncoderOnly, "Encoder", "p(hidden token | all others)", "Devlin et al. 2019", model(architecture=EncoderOnly())),
        ("encoder_decoder", EncoderAndDecoder, "EncoderDecoder", "p(token | those before it, another text)", f"{VASWANI}; {RAFFEL}", model(architecture=EncoderAndDecoder())),
    ),
    *rows(
        "heads", "model/attention.py",
        ("multi-head", None, "Attention", "H queries, H keys and values", f"{VASWANI}, 3.2.2", model()),
        ("grouped-query", None, "Attention", "H queries share G keys and values (G = 4)", "Ainslie et al. 2023", model(kv_heads=4)),
        ("multi-query", None, "Attention", "H queries share one key and value", "Shazeer 2019", model(kv_heads=1)),
        ("query/key norm", None, "Attention", "norm(q) · norm(k), each head by itself", "Henry et al. 2020; Dehghani et al. 2023", attention(query_key_norm=RMS())),
        ("query/key norm, all heads", None, "Attention", "norm over all heads together", "OLMo et al. 2024", attention(query_key_norm=RMS(), across_heads=True)),
    ),
    *rows(
        "scores", "model/scoring.py",
        ("softcap", None, "Scoring", "c · tanh(score / c)", "Gemma Team 2024, 2", attention(softcap=50.0)),
        ("sinks", None, "Scoring", "softmax([scores, s_h]) without its last entry", "Agarwal et al. 2025; Xiao et al. 2024", attention(sinks=True)),
    ),
    *rows(
        "mask", "model/masks.py",
        ("bidirectional", Bidirectional, "ALLOWS", "always", "Devlin et al. 2019", attention(mask=Bidirectional())),
        ("causal", Causal, "ALLOWS", "key ≤ query", f"{VASWANI}, 3.2.3", attention(mask=Causal())),
        ("sliding_window", SlidingWindow, "ALLOWS", "query - size < key ≤ query (size = 256)", BELTAGY, attention(mask=SlidingWindow(256))),
        ("block_sparse", BlockSparse, "between_blocks", "blocks near, first, or every n-th (16 tokens each)", f"Child et al. 2019; {BELTAGY}; Zaheer et al. 2020", attention(mask=BlockSparse(stride=8))),
    ),
    *rows(
        "kernel", "model/kernels.py",
        ("auto", "auto", "auto", "the quickest of the others", "", model()),
        ("explicit", "explicit", "explicit", "softmax(Q Kᵀ · scale + bias) V, as it stands", f"{VASWANI}, equation 1", attention(kernel="explicit")),
        ("direct", "direct", "direct", "the same in few passes, no key repeated", "", attention(kernel="direct")),
        ("single", "single", "single", "the same for one query as sums of products, for compiled decoding", "", attention(kernel="single")),
        ("fused", "fused", "fused", "the same by PyTorch's scaled_dot_product_attention", "Dao et al. 2022", attention(kernel="fused")),
    ),
    *rows(
        "kernel", "model/flexible.py",
        ("flexible", "flexible", "flexible", "the same by PyTorch's flex_attention: the rule becomes code", "Dong et al. 2024", attention(kernel="flexible")),
    ),
    *rows(
        "kernel", "model/flash.py",
        ("flash", "flash", "flash", "tiles, a running maximum and sum; scores recomputed backwards", "Dao et al. 2022; Dao 2023", attention(kernel="flash")),
    ),
    *rows(
        "kernel", "model/triton_flash.py",
        ("triton", "triton", "triton_flash", "the same tiles as one GPU kernel", "Dao 2023; Tillet et al. 2019", attention(kernel="triton")),
    ),
    *rows(
        "position", "model/position_encodings.py",
        ("none", NoPositionEncoding, "PositionEncoding", "nothing", "Haviv et al. 2022", model(position_encoding=NoPositionEncoding())),
        ("learned", Learned, "LearnedEncoding", "x + P[position]", "Gehring et al. 2017", model(position_encoding=Learned())),
        ("sinusoidal", Sinusoidal, "SinusoidalEncoding", "x + sin, cos(position / 10000^(2i/C))", f"{VASWANI}, 3.5", model(position_encoding=Sinusoidal())),
        ("rotary", Rotary, "RotaryEncoding", "pairs of q and k turned by position / base^(2i/D)", "Su et al. 2021", model(position_encoding=Rotary())),
        ("alibi", Alibi, "AlibiEncoding", "score - 2^(-8h/H) · distance", "Press et al. 2022", model(position_encoding=Alibi())),
        ("relative", RelativeBias, "RelativeEncoding", "score + b_h[bucket(distance)]", f"{RAFFEL}, 2.1", model(position_encoding=RelativeBias())),
    ),
    *rows(
        "rotary scaling", "model/rotary_scaling.py",
        ("none", Unscaled, "unscaled", "speed", "Su et al. 2021", model()),
        ("linear", Interpolated, "interpolated", "speed / factor", "Chen et al. 2023", model(position_encoding=Rotary(scaling=Interpolated()))),
        ("ntk", NTK, "ntk", "base · factor^(D/(D-2))", "bloc97 2023", model(position_encoding=Rotary(scaling=NTK()))),
        ("yarn", Yarn, "yarn", "speed / factor for slow pairs, speed for quick ones, a ramp between", "Peng et al. 2023", model(position_encoding=Rotary(scaling=Yarn()))),
        ("llama3", Llama3, "llama3", "as yarn, with the ramp over the number of turns", "Dubey et al. 2024", model(position_encoding=Rotary(scaling=Llama3()))),
    ),
    *rows(
        "norm", "model/norms.py",
        ("layer", Layer, "layer_norm", "(x - mean) / √(variance + ε) · scale + shift", "Ba et al. 2016", block(norm=Layer())),
        ("rms", RMS, "rms_norm", "x / √(mean of squares + ε) · scale", "Zhang & Sennrich 2019", block(norm=RMS())),
        ("none", NoNorm, "NORMS", "x", "", block(norm=NoNorm())),
    ),
    *rows(
        "placement", "model/norms.py",
        ("pre", "pre", "PLACEMENTS", "x + f(norm(x))", "Xiong et al. 2020", block(placement="pre")),
        ("post", "post", "PLACEMENTS", "norm(x + f(x))", f"{VASWANI}, 3.1", block(placement="post")),
        ("sandwich", "sandwich", "PLACEMENTS", "x + norm(f(norm(x)))", "Ding et al. 2021; Gemma Team 2024", block(placement="sandwich")),
        ("inside", "inside", "PLACEMENTS", "x + norm(f(x))", "OLMo et al. 2024", block(placement="inside")),
    ),
    *rows(
        "arrangement", "model/blocks.py",
        ("sequential", "sequential", "Block", "y = x + attention(x); y + thought(y)", VASWANI, block(arrangement="sequential")),
        ("parallel", "parallel", "ParallelBlock", "x + attention(x) + thought(x)", "Wang & Komatsuzaki 2021", block(arrangement="parallel")),
        ("shared layers", None, "Stack", "layer i is block i mod n (n = 1)", "Lan et al. 2020", model(shared=True)),
    ),
    *rows(
        "feed-forward", "model/feed_forward.py",
        ("dense", Dense, "FeedForward", "down(activation(up(x)))", f"{VASWANI}, 3.3", block(feed_forward=Dense())),
        ("gated", None, "FeedForward", "down(activation(gate(x)) · up(x))", "Shazeer 2020", block(feed_forward=Dense(activation="silu", gated=True))),
    ),
    *rows(
        "feed-forward", "model/experts.py",
        ("experts", Experts, "Mixture", "sum of softmax(router(x)) · expert(x) over the chosen (2 of 8)", "Shazeer et al. 2017; Fedus et al. 2022", block(feed_forward=Experts())),
        ("shared expert", None, "Mixture", "the same, and one expert for every token", "Dai et al. 2024", block(feed_forward=Experts(shared=1))),
    ),
    *rows(
        "dispatch", "model/experts.py",
        ("every", "every", "every", "all experts work on all tokens, most with weight 0", "", block(feed_forward=Experts(dispatch="every"))),
        ("chosen", "chosen", "chosen", "each expert works on the tokens that chose it", "", block(feed_forward=Experts(dispatch="chosen"))),
    ),
    *rows(
        "activation", "model/feed_forward.py",
        ("relu", "relu", "ACTIVATIONS", "max(0, x)", "Nair & Hinton 2010", block(feed_forward=Dense(activation="relu"))),
        ("gelu", "gelu", "ACTIVATIONS", "x · Φ(x)", "Hendrycks & Gimpel 2016", block(feed_forward=Dense(activation="gelu"))),
        ("gelu_tanh", "gelu_tanh", "ACTIVATIONS", "x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))", "Hendrycks & Gimpel 2016", block(feed_forward=Dense(activation="gelu_tanh"))),
        ("silu", "silu", "ACTIVATIONS", "x · sigmoid(x)", "Elfwing et al. 2017", block(feed_forward=Dense(activation="silu"))),
        ("relu_squared", "relu_squared", "relu_squared", "max(0, x)²", "So et al. 2021", block(feed_forward=Dense(activation="relu_squared"))),
    ),
    *rows(
        "embedding", "model/models.py",
        ("tied", None, "Embedding", "logits = x Eᵀ", "Press & Wolf 2017", model(tied=True)),
        ("untied", None, "Embedding", "logits = x Wᵀ", "", model(tied=False)),
        ("scaled", None, "Embedding", "E[token] · √C", f"{VASWANI}, 3.4", model(embedding_scale=True)),
        ("softcap of the logits", None, "Embedding", "c · tanh(logit / c)", "Gemma Team 2024, 2", model(head_softcap=30.0)),
        ("segments", None, "Encoder", "x + S[segment]", "Devlin et al. 2019, 3", model(architecture=EncoderOnly(segments=2))),
        ("transform", None, "Transform", "norm(gelu(linear(x))) before the table writes", "Devlin et al. 2019", model(architecture=EncoderOnly(transform="gelu"))),
    ),
]  # fmt: skip


def named(term: str) -> list[Part]:
    """The parts that are called ``term``, or whose group is."""
    return [part for part in PARTS if term.lower() in (part.name.lower(), part.group.lower())]
