"""What attention looked at, read off a model while it works; the model is left as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.batches import Positions
from hornbook.evaluation.loss import still
from hornbook.model.attention import Attention
from hornbook.model.kernels import KERNELS
from hornbook.model.models import Decoder, Encoder, EncoderDecoder


@contextmanager
def watched(attention: Attention) -> Iterator[list[Float[Tensor, "B H T S"]]]:
    """Inside the block, every map that this attention makes is added to the list; the explicit kernel makes them."""
    maps: list[Tensor] = []
    kernel, attention.kernel = attention.kernel, KERNELS["explicit"]
    handle = attention.weights.register_forward_hook(lambda module, inputs, weights: maps.append(weights.detach()))
    try:
        yield maps
    finally:
        handle.remove()
        attention.kernel = kernel


def self_attention(
    model: Decoder | Encoder, tokens: Int[Tensor, "B T"], positions: Positions | None = None
) -> list[Float[Tensor, "B H T T"]]:
    """The map of every layer of a model that reads ``tokens``."""
    attentions = [model.stack.block(layer).attention for layer in range(model.config.depth)]
    with ExitStack() as stack, still(model.modules()), torch.no_grad():
        maps = [stack.enter_context(watched(attention)) for attention in dict.fromkeys(attentions)]
        model.hidden(tokens, positions)
    return in_layers(maps, len(attentions))


def cross_attention(
    model: EncoderDecoder, source: Int[Tensor, "B S"], tokens: Int[Tensor, "B T"]
) -> list[Float[Tensor, "B H T S"]]:
    """The map of every layer of the decoder onto the source, while it writes ``tokens`` (teacher forcing)."""
    attentions = [model.decoder.block(layer).cross for layer in range(model.config.depth)]
    with ExitStack() as stack, still(model.modules()), torch.no_grad():
        maps = [stack.enter_context(watched(attention)) for attention in dict.fromkeys(attentions)]
        model(source, tokens)
    return in_layers(maps, len(attentions))


def in_layers(maps: list[list[Float[Tensor, "B H T S"]]], depth: int) -> list[Float[Tensor, "B H T S"]]:
    """The maps in the order of the layers; a shared layer has made several."""
    return [maps[layer % len(maps)][layer // len(maps)] for layer in range(depth)]
