"""Our side of the training benchmarks: the loop, objective, optimizer and choices of `hornbook train`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # as the command line does

import torch
from side_by_side import forget_peak, own_peak, serve
from torch import Tensor

from hornbook.batches import Texts
from hornbook.data.config import NextToken
from hornbook.formats.huggingface import write_folder
from hornbook.model.arithmetic import product
from hornbook.model.config import BlockConfig, Dense, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.training.compiling import timed
from hornbook.training.config import AdamW
from hornbook.training.devices import choose_threads, moved
from hornbook.training.loop import Update, training_steps
from hornbook.training.objectives import objective_for
from hornbook.training.optimizers import build_optimizer
from hornbook.training.precision import Precision
from hornbook.workflows.choices import Choices, objective_of

STATE: dict[str, Any] = {}


def gpt2(sizes: dict[str, int]) -> ModelConfig:
    """GPT-2 of these sizes."""
    return ModelConfig(pattern=(BlockConfig(feed_forward=Dense(activation="gelu_tanh")),), **sizes)


def write(folder: str, sizes: dict[str, int]) -> dict[str, Any]:
    """Write the weights that both sides begin with."""
    config = gpt2(sizes)
    model = Decoder(config)
    initialise(model, config, 0)
    write_folder(Path(folder), model)
    return {"parameters": sum(each.numel() for each in model.parameters())}


def prepare(sizes: dict[str, int], rows: int, precision: str, device: str, compiled: bool = True) -> dict[str, Any]:
    """Model, optimizer and batches; then the first steps, in which the compiler is at work."""
    threads = choose_threads(None)
    torch._dynamo.reset()
    config, place = gpt2(sizes), torch.device(device)
    model = Decoder(config)
    initialise(model, config, 0)
    model.to(place)
    objective = objective_of(objective_for(NextToken()), Choices(precision, compiled, threads))
    optimizer = build_optimizer(AdamW(learning_rate=1e-4, betas=(0.9, 0.95), weight_decay=0.1), model)
    STATE["steps"] = training_steps(
        model, batches(config, rows, place), objective, optimizer, clip=1.0, precision=Precision(precision, device)
    )
    began = time.perf_counter()
    losses = [next(STATE["steps"]).loss for _ in range(3)]
    return {"losses": losses, "seconds": time.perf_counter() - began, "threads": threads}


def batches(config: ModelConfig, rows: int, device: torch.device) -> Iterator[list[Texts]]:
    """The same random texts, over and over, for both sides."""
    draw = torch.Generator().manual_seed(0)
    tokens = torch.randint(config.vocabulary, (4, rows, config.context + 1), generator=draw)
    while True:
        for each in tokens:
            yield [moved(Texts(each[:, :-1].contiguous(), each[:, 1:].contiguous()), device)]


def step(count: int) -> dict[str, Any]:
    """So many steps; seconds for each."""
    began = time.perf_counter()
    updates: list[Update] = [next(STATE["steps"]) for _ in range(count)]
    return {"seconds": (time.perf_counter() - began) / count, "loss": updates[-1].loss}


def peak(device: str, formats: list[str]) -> dict[str, Any]:
    """The best product of large matrices, in operations a second, in each of the number formats."""
    found, place = {}, torch.device(device)
    for name in formats:
        kind = getattr(torch, name)
        shapes = [(1024, 1024, 1024), (2048, 2048, 2048), (4096, 4096, 4096), (1024, 768, 3072), (1024, 3072, 768)]
        if place.type == "cuda":
            shapes = [(8192, 8192, 8192), (16384, 8192, 8192), (16384, 768, 3072)]
        found[name] = max(speed(kind, *shape, device=place) for shape in shapes)
    return found


def speed(kind: torch.dtype, rows: int, inner: int, columns: int, device: torch.device) -> float:
    """Operations a second of one product, the best of several, by whichever library is quicker."""
    left = torch.ones(rows, inner, dtype=kind, device=device)
    right = torch.ones(inner, columns, dtype=kind, device=device).T
    found = [timed(partial(times, left, right), device) for _ in range(8) for times in LIBRARIES]
    return 2 * rows * inner * columns / min(found)


LIBRARIES: list[Callable[[Tensor, Tensor], Tensor]] = [lambda left, right: left @ right.T, product]
"""left · rightᵀ as PyTorch does it, and as the model has it done (model/arithmetic.py)."""


def products(sizes: dict[str, int], rows: int, precision: str, device: str) -> dict[str, Any]:
    """Seconds that the matrix products of one step take by themselves: forward, and both backward, of every matrix and
    of attention, nothing else; by whichever library is quicker."""
    kind, width, depth, heads = Precision(precision).dtype, sizes["width"], sizes["depth"], sizes["heads"]
    place = torch.device(device)
    context, tokens = sizes["context"], rows * sizes["context"]
    matrices = [(width, width)] * 4 + [(width, 4 * width), (4 * width, width)]
    layers = [(inputs, outputs) for _ in range(depth) for inputs, outputs in matrices] + [(width, sizes["vocabulary"])]
    made = {
        pair: (
            torch.ones(tokens, pair[0], dtype=kind, device=place),
            torch.ones(pair, dtype=kind, device=place),
            torch.ones(tokens, pair[1], dtype=kind, device=place),
        )
        for pair in set(layers)
    }
    head = torch.ones(rows * heads, context, width // heads, dtype=kind, device=place)
    scores = torch.ones(rows * heads, context, context, dtype=kind, device=place)

    def all_of_them(times: Callable[[Tensor, Tensor], Tensor]) -> None:
        for pair in layers:
            hidden, weight, gradient = made[pair]
            times(hidden, weight.T), times(gradient, weight), times(hidden.T, gradient.T)
        for _ in range(depth):
            head @ head.mT, scores @ head  # forward
            scores @ head, scores.mT @ head, head @ head.mT, scores.mT @ head  # backward

    found = [timed(partial(all_of_them, times), place) for _ in range(9) for times in LIBRARIES]
    return {"seconds": min(found)}


def held() -> dict[str, Any]:
    """The most bytes held: on a GPU by PyTorch's allocator there, or by the process."""
    return {"bytes": torch.cuda.max_memory_allocated()} if torch.cuda.is_initialized() else own_peak()


def forget() -> dict[str, Any]:
    """Begin to count the peak anew."""
    if torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()
    return forget_peak()


if __name__ == "__main__":
    choose_threads(None)
    handlers = {"write": write, "prepare": prepare, "step": step, "peak": peak, "products": products}
    serve({**handlers, "peak_memory": held, "forget_peak": forget})
