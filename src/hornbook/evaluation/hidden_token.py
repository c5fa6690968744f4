"""One token of a text is hidden: which one was it? The same question for a decoder, an encoder and an encoder-decoder.

Each is asked in the way in which it was trained: a decoder sees what stands before the token, an encoder a mask in its
place, an encoder-decoder a sentinel, behind which it writes. A token in the middle asks what both sides are worth, the
last one what it is to go on.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Int
from torch import Tensor, nn

from hornbook.generation.generate import reading_only
from hornbook.model.models import Decoder, Encoder, EncoderDecoder
from hornbook.tokenizers.protocol import Tokenizer

AT_ONCE = 128


def before(model: nn.Module, tokens: Int[Tensor, "B T"], place: int, tokenizer: Tokenizer) -> Int[Tensor, " B"]:
    """A decoder's likeliest token after those before ``place``."""
    best: Tensor = model(tokens[:, :place])[:, -1].argmax(dim=-1)
    return best


def masked(model: nn.Module, tokens: Int[Tensor, "B T"], place: int, tokenizer: Tokenizer) -> Int[Tensor, " B"]:
    """An encoder's likeliest token under a mask."""
    hidden = tokens.clone()
    assert tokenizer.roles.mask is not None
    hidden[:, place] = tokenizer.roles.mask
    best: Tensor = model(hidden)[:, place].argmax(dim=-1)
    return best


def cut_out(model: nn.Module, tokens: Int[Tensor, "B T"], place: int, tokenizer: Tokenizer) -> Int[Tensor, " B"]:
    """An encoder-decoder's likeliest token behind the sentinel that stands for it."""
    end, sentinel = tokenizer.roles.end, tokenizer.special["<|span-0|>"]
    assert end is not None
    source = tokens.clone()
    source[:, place] = sentinel
    written = torch.tensor([[end, sentinel]], device=tokens.device).expand(len(tokens), 2)
    best: Tensor = model(source, written)[:, -1].argmax(dim=-1)
    return best


ASKING: dict[type, Callable[[nn.Module, Tensor, int, Tokenizer], Tensor]] = {
    Decoder: before,
    Encoder: masked,
    EncoderDecoder: cut_out,
}
"""How each kind of model is asked."""


def share_right(model: nn.Module, tokenizer: Tokenizer, texts: Int[Tensor, "N T"], place: int) -> float:
    """The share of texts whose token at ``place`` (1 or more) the model names; ties go to the lower number."""
    right, device = 0, next(model.parameters()).device
    with reading_only(model):
        for start in range(0, len(texts), AT_ONCE):
            some = texts[start : start + AT_ONCE].to(device)
            right += int((ASKING[type(model)](model, some, place, tokenizer) == some[:, place]).sum())
    return right / len(texts)
