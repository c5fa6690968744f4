"""Models with a name. Imports no torch. The table reads like the literature: one line per idea, sizes in full.

``count(PRESETS[name]).parameters`` says how large each is; the tests hold the published numbers. Next: count.py.
"""

from __future__ import annotations

from hornbook.model.config import AttentionConfig, BlockConfig, Dense, ModelConfig, Sinusoidal

GPT2_VOCABULARY = 50_257

GPT2_BLOCK = BlockConfig(feed_forward=Dense(activation="gelu_tanh"))
"""Pre-norm, GELU by its tanh approximation, every projection with a bias (Radford et al. 2019)."""

BOOK_BLOCK = BlockConfig(
    attention=AttentionConfig(bias=False, output_bias=True), feed_forward=Dense(activation="gelu_tanh")
)
"""GPT-2's block without biases on query, key and value, as in Raschka, "Build a Large Language Model", chapter 4."""

FIRST_BLOCK = BlockConfig(feed_forward=Dense(activation="relu"), placement="post")
"""Post-norm and ReLU: the decoder of 2017 without its cross-attention (Vaswani et al. 2017)."""


def gpt2(width: int, heads: int, depth: int) -> ModelConfig:
    """A member of the GPT-2 family: context 1,024, learned positions, one table for reading and writing."""
    return ModelConfig(
        vocabulary=GPT2_VOCABULARY, context=1024, width=width, heads=heads, depth=depth, pattern=(GPT2_BLOCK,)
    )


def book(width: int, depth: int) -> ModelConfig:
    """A member of the depth-versus-width study: GPT-2 with a table of its own for writing."""
    return ModelConfig(
        vocabulary=GPT2_VOCABULARY,
        context=1024,
        width=width,
        heads=12,
        depth=depth,
        pattern=(BOOK_BLOCK,),
        tied=False,
        dropout=0.1,
    )


def stories(depth: int) -> ModelConfig:
    """A 2017 decoder for children's stories: sinusoidal, post-norm, ReLU, embeddings times sqrt(width)."""
    return ModelConfig(
        vocabulary=GPT2_VOCABULARY,
        context=256,
        width=768,
        heads=12,
        depth=depth,
        pattern=(FIRST_BLOCK,),
        position_encoding=Sinusoidal(),
        tied=False,
        head_bias=True,
        embedding_scale=True,
        dropout=0.1,
    )


PRESETS: dict[str, ModelConfig] = {
    "gpt-real": book(width=768, depth=12),
    "gpt-demo": book(width=768, depth=6),
    "gpt-deep": book(width=384, depth=12),
    "gpt-balanced": book(width=384, depth=6),
    "gpt2": gpt2(width=768, heads=12, depth=12),
    "gpt2-medium": gpt2(width=1024, heads=16, depth=24),
    "gpt2-large": gpt2(width=1280, heads=20, depth=36),
    "gpt2-xl": gpt2(width=1600, heads=25, depth=48),
    "stories-4": stories(depth=4),
    "stories-2": stories(depth=2),
    # One layer and one head, "to isolate the core mechanisms"; for a byte-pair vocabulary learned on one book.
    "oz": ModelConfig(
        vocabulary=4096,
        context=128,
        width=256,
        heads=1,
        depth=1,
        pattern=(FIRST_BLOCK,),
        position_encoding=Sinusoidal(),
        tied=False,
        head_bias=True,
        dropout=0.1,
    ),
}
