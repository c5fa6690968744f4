"""Where the numbers of a model begin: one function, in words and numbers. Next: presets.py."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.model.config import EncoderAndDecoder, ModelConfig, Sinusoidal
from hornbook.seeds import torch_generator

STANDARD = 0.02
"""The standard deviation of GPT-2's weights (Radford et al. 2019)."""

INTO_THE_STREAM = ("attention.output.weight", "cross.output.weight", ".down.weight")


def standard_deviation(name: str, config: ModelConfig) -> float:
    """How wide the normal distribution is that the weight ``name`` is drawn from.

    - The two projections of each layer that write into the stream: 0.02 / sqrt(2 · depth), so that the sum of all
      layers starts as wide as one (Radford et al. 2019, section 2.3). In an encoder-decoder there are three.
    - Token embeddings with a head of their own that are scaled by sqrt(width), or that waves of height 1 are added to:
      what enters the stream has variance 1, else the waves drown the words.
    - A table that both reads and writes, in a model whose last stream still looks like the token that came in (scaled
      embeddings, post-norm): at most ln(vocabulary) / (2 · width), or every token would begin by predicting itself.
    - Everything else: 0.02. A final norm then leaves logits narrow enough for a first loss of about ln(vocabulary).
    """
    if name.endswith(INTO_THE_STREAM):
        branches = 3 if isinstance(config.architecture, EncoderAndDecoder) else 2
        return STANDARD / math.sqrt(branches * config.depth)
    if name != "embedding.tokens.weight":
        return STANDARD
    if config.tied:
        lasting = config.embedding_scale or config.blocks[-1].placement == "post"
        return min(STANDARD, math.log(config.vocabulary + 1) / (2 * config.width)) if lasting else STANDARD
    if config.embedding_scale:
        return 1 / math.sqrt(config.width)
    return 1.0 if isinstance(config.position_encoding, Sinusoidal) else STANDARD


@torch.no_grad()
def initialise(model: nn.Module, config: ModelConfig, seed: int) -> None:
    """Set every parameter of ``model``, in place: weights normal, biases and shifts 0, scales of norms 1.

    A tied table is one parameter and is set once. Each parameter draws from a generator of its own, made of the seed
    and its name: adding one never changes the others, and the device makes no difference.
    """
    for full_name, parameter in model.named_parameters():
        name = full_name.removeprefix("body.")  # a classifier begins with the very numbers of the model inside it
        if name.endswith("scale"):
            parameter.fill_(1.0)
        elif parameter.dim() < 2:
            parameter.zero_()
        else:
            parameter.copy_(normal(parameter, standard_deviation(name, config), seed, name))


def normal(like: Float[Tensor, "*shape"], deviation: float, seed: int, name: str) -> Float[Tensor, "*shape"]:
    """Normal numbers around 0 in the shape of ``like``, drawn on the CPU in 32 bits."""
    return torch.empty(like.shape).normal_(0.0, deviation, generator=torch_generator(seed, "init", name))
