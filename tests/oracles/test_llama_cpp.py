"""GGUF files of ours in a real llama.cpp: it reads them, and says what our models say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from hornbook.formats.gguf_file import write_gguf
from hornbook.formats.gguf_models import gguf_tensors, model_metadata
from hornbook.formats.gguf_tokenizer import tokenizer_metadata
from hornbook.model.config import (
    RMS,
    AttentionConfig,
    BlockConfig,
    Dense,
    Interpolated,
    Llama3,
    ModelConfig,
    Rotary,
    Yarn,
)
from hornbook.model.models import Decoder
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair
from tests.oracles.llama_cpp import llama_cpp

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.slow

LLAMA_BLOCK = BlockConfig(
    norm=RMS(1e-5), attention=AttentionConfig(bias=False), feed_forward=Dense(96, "silu", gated=True, bias=False)
)
QWEN_BLOCK = replace(LLAMA_BLOCK, attention=AttentionConfig(bias=False, query_key_norm=RMS(1e-5)))
LLAMA = ModelConfig(
    vocabulary=300,
    context=64,
    width=48,
    heads=6,
    kv_heads=2,
    depth=3,
    tied=False,
    position_encoding=Rotary(),
    pattern=(LLAMA_BLOCK,),
)
STYLES = {
    "gpt2": ModelConfig(
        vocabulary=300,
        context=64,
        width=48,
        heads=3,
        depth=3,
        pattern=(BlockConfig(feed_forward=Dense(activation="gelu_tanh")),),
    ),
    "llama": LLAMA,
    "llama, tied": replace(LLAMA, tied=True, kv_heads=6),
    "llama, angles divided": replace(LLAMA, position_encoding=Rotary(scaling=Interpolated(2.0))),
    "llama 3's angles": replace(LLAMA, position_encoding=Rotary(5e5, Llama3(4.0, context=32))),
    "llama, yarn": replace(LLAMA, position_encoding=Rotary(scaling=Yarn(4.0, context=32))),
    "qwen3": replace(LLAMA, head_width=32, position_encoding=Rotary(1e6), pattern=(QWEN_BLOCK,)),
}


def lively(config: ModelConfig) -> Decoder:
    """A model with large weights everywhere, so that no part of it is nearly nothing."""
    model, draw = Decoder(config).eval(), torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            drawn = torch.randn(parameter.shape, generator=draw)
            if name.endswith("scale"):
                parameter.copy_(1 + 0.2 * drawn)
            elif parameter.dim() < 2 or "embedding" in name or "position" in name:
                parameter.copy_((0.05 if config.tied else 0.4) * drawn)  # a tied table says its own token again
            else:
                parameter.copy_(1.5 * drawn / parameter.shape[1] ** 0.5)
    return model


@pytest.mark.parametrize(("kind", "tolerance"), [("F32", 0.02), ("BF16", 0.15), ("Q8_0", 0.15)])
@pytest.mark.parametrize("style", STYLES)
def test_llama_cpp_gives_the_probabilities_of_our_model(
    style: str, kind: str, tolerance: float, tmp_path: Path
) -> None:
    """It keeps keys and values in 16 bits, so that even 32-bit weights agree to about two digits only."""
    tokenizer = build_tokenizer(BytePair(300), ["the cat sat on the mat and the rat ate the cat " * 30])
    config, model = STYLES[style], lively(STYLES[style])
    file = tmp_path / "model.gguf"
    metadata = model_metadata(config, "test", kind) | tokenizer_metadata(tokenizer, config.vocabulary)
    write_gguf(file, metadata, gguf_tensors(config, model.state_dict(), kind))
    place = None  # llama.cpp says nothing of a token that ends within a character, so we look for another
    for words in (
        "the cat sat on the mat and ate",
        "the rat",
        "on the mat the cat ate",
        "mat",
        "and on",
        "sat the sat",
        "x y",
        "a b c",
    ):
        prompt = tokenizer.encode(words)
        with torch.no_grad():
            ours = model(torch.tensor([prompt]))[0, -1].log_softmax(-1)
        if ours.argmax().item() < 0x80:
            place = llama_cpp(file, prompt, 1, config.context)["logprobs"]["content"][0]
            break
    assert place is not None, "no prompt leads to a token that is a character"
    for theirs in place["top_logprobs"]:
        assert ours[theirs["id"]].item() == pytest.approx(theirs["logprob"], abs=tolerance)
    if kind == "F32":
        assert place["id"] == ours.argmax().item()
