"""Our side of the decoding benchmark: `hornbook generate --weights FORMAT`, and the engine for many texts at once."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # as the command line does

import torch
from side_by_side import serve

from hornbook.formats.gguf_file import write_gguf
from hornbook.formats.gguf_models import gguf_tensors, model_metadata
from hornbook.formats.gguf_tokenizer import tokenizer_metadata
from hornbook.formats.huggingface import read_folder, write_folder
from hornbook.generation.config import Sampling
from hornbook.generation.engine import Engine, Request
from hornbook.generation.fast import Fast
from hornbook.generation.pages import Pages
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.presets import PRESETS
from hornbook.model.weight_formats import Rows
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair
from hornbook.training.compiling import timed
from hornbook.training.devices import choose_threads

STATE: dict[str, Any] = {}
WORDS = "the cat sat on the mat and the rat ate the cat "


def write(folder: str) -> dict[str, Any]:
    """GPT-2 124M with numbers large enough that every token changes what follows: for transformers and llama.cpp.

    llama.cpp wants a vocabulary; ours of 300 tokens is filled up to 50,257, and prompts are token ids.
    """
    config = PRESETS["gpt2"]
    model, draw = Decoder(config), torch.Generator().manual_seed(3)
    initialise(model, config, 0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() == 2:
                size = 0.05 if "embedding" in name or "position" in name else 1.2 / parameter.shape[1] ** 0.5
                parameter.copy_(size * torch.randn(parameter.shape, generator=draw))
    write_folder(Path(folder) / "huggingface", model)
    tokenizer = build_tokenizer(BytePair(300), [WORDS * 30])
    for kind in ("F32", "BF16", "Q8_0"):
        metadata = model_metadata(config, "benchmark", kind) | tokenizer_metadata(tokenizer, config.vocabulary)
        write_gguf(Path(folder) / f"{kind}.gguf", metadata, gguf_tensors(config, model.state_dict(), kind))
    return {"parameters": sum(each.numel() for each in model.parameters())}


def load(folder: str) -> Decoder:
    """The model from the folder that transformers reads, too."""
    config, state = read_folder(Path(folder) / "huggingface")
    model = Decoder(config)
    model.load_state_dict(state)
    return model.eval()


def prepare(folder: str, weights: str, rows: int, device: str) -> dict[str, Any]:
    """Make ready to write one text, or so many at once."""
    choose_threads(None)
    model = load(folder).to(device)
    began = time.perf_counter()
    STATE.clear()
    if rows == 1:
        fast = Fast.of(model, weights)
        STATE["write"], ready, path = partial(alone, fast), fast.model, fast.path
    else:
        engine = Engine(model, weights=weights, rows=rows, page=32, prefill=1 << 20, compiled=True)
        STATE["write"], ready, path = partial(together, engine), engine.model, "engine, compiled step"
    return {"seconds": time.perf_counter() - began, "path": path, "bytes": bytes_per_token(ready)}


def bytes_per_token(model: Decoder) -> int:
    """The weights that are read for a token: all but tables of which rows are looked up, of positions and, where the
    head has a matrix of its own, of tokens."""
    tensors = {id(each): each for each in [*model.parameters(), *model.buffers()]}
    tokens, head = model.embedding.tokens, model.embedding.head
    if isinstance(tokens, Rows) and tokens.kept is not head:
        for each in [*tokens.parameters(), *tokens.buffers()]:
            del tensors[id(each)]
    looked_up = model.config.context * model.config.width * 4
    return sum(each.numel() * each.element_size() for each in tensors.values()) - looked_up


def write_texts(prompts: list[list[int]], tokens: int) -> dict[str, Any]:
    """Greedy continuations; seconds of reading the prompt and of every token after the first."""
    began = time.perf_counter()
    steps = STATE["write"](prompts, Sampling(max_tokens=tokens, temperature=0.0))
    written = [next(steps)]
    first = time.perf_counter()
    written += list(steps)
    seconds = time.perf_counter() - first
    rows = [list(row) for row in zip(*written, strict=True)]
    return {"prompt_seconds": first - began, "seconds": seconds, "tokens": rows}


def alone(fast: Fast, prompts: list[list[int]], sampling: Sampling) -> Iterator[list[int | None]]:
    """One text, token by token."""
    return fast.generate(prompts[0], sampling)


def together(engine: Engine, prompts: list[list[int]], sampling: Sampling) -> Iterator[list[int | None]]:
    """Many texts: a step of the engine gives a token of each. Prompts do not repeat from call to call."""
    engine.pages = Pages(engine.pages.count, engine.pages.size)
    for prompt in prompts:
        engine.submit(Request(prompt=tuple(prompt), sampling=sampling))
    while engine.busy:
        yield [event.token for event in engine.step()]


def bandwidth(device: str) -> dict[str, Any]:
    """Bytes a second at which a sum reads a large array."""
    place = torch.device(device)
    array = torch.ones(1 << 30 if place.type == "cuda" else 64 << 20, device=place)
    return {"bytes": array.numel() * 4 / min(timed(array.sum, place) for _ in range(8))}


if __name__ == "__main__":
    choose_threads(None)
    serve({"write": write, "prepare": prepare, "write_texts": write_texts, "bandwidth": bandwidth})
