"""Our side of the training benchmarks: the loop, objective, optimizer and choices of `hornbook train`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # as the command line does

import torch
from side_by_side import serve

from hornbook.batches import Texts
from hornbook.data.config import NextToken
from hornbook.formats.huggingface import write_folder
from hornbook.model.config import BlockConfig, Dense, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.training.config import AdamW
from hornbook.training.devices import choose_threads
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


def prepare(sizes: dict[str, int], rows: int, precision: str, compiled: bool = True) -> dict[str, Any]:
    """Model, optimizer and batches; then the first steps, in which the compiler is at work."""
    threads = choose_threads(None)
    torch._dynamo.reset()
    config = gpt2(sizes)
    model = Decoder(config)
    initialise(model, config, 0)
    objective = objective_of(objective_for(NextToken()), Choices(precision, compiled, threads))
    optimizer = build_optimizer(AdamW(learning_rate=1e-4, betas=(0.9, 0.95), weight_decay=0.1), model)
    STATE["steps"] = training_steps(
        model, batches(config, rows), objective, optimizer, clip=1.0, precision=Precision(precision, "cpu")
    )
    began = time.perf_counter()
    losses = [next(STATE["steps"]).loss for _ in range(3)]
    return {"losses": losses, "seconds": time.perf_counter() - began, "threads": threads}


def batches(config: ModelConfig, rows: int) -> Iterator[list[Texts]]:
    """The same random texts, over and over, for both sides."""
    draw = torch.Generator().manual_seed(0)
    tokens = torch.randint(config.vocabulary, (4, rows, config.context + 1), generator=draw)
    while True:
        for each in tokens:
            yield [Texts(each[:, :-1].contiguous(), each[:, 1:].contiguous())]


def step(count: int) -> dict[str, Any]:
    """So many steps; seconds for each."""
    began = time.perf_counter()
    updates: list[Update] = [next(STATE["steps"]) for _ in range(count)]
    return {"seconds": (time.perf_counter() - began) / count, "loss": updates[-1].loss}


def peak() -> dict[str, Any]:
    """The best product of large matrices, in operations a second, in both number formats."""
    found = {}
    for name, kind in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        shapes = [(1024, 1024, 1024), (2048, 2048, 2048), (4096, 4096, 4096), (1024, 768, 3072), (1024, 3072, 768)]
        found[name] = max(speed(kind, *shape) for shape in shapes)
    return found


def speed(kind: torch.dtype, rows: int, inner: int, columns: int) -> float:
    """Operations a second of one product, the best of several."""
    left, right = torch.ones(rows, inner, dtype=kind), torch.ones(inner, columns, dtype=kind)
    return 2 * rows * inner * columns / min(timed(lambda: left @ right) for _ in range(8))


def products(sizes: dict[str, int], rows: int, precision: str) -> dict[str, Any]:
    """Seconds that the matrix products of one step take by themselves: forward, and both backward, of every matrix and
    of attention, nothing else."""
    kind, width, depth, heads = getattr(torch, precision), sizes["width"], sizes["depth"], sizes["heads"]
    context, tokens = sizes["context"], rows * sizes["context"]
    matrices = [(width, width)] * 4 + [(width, 4 * width), (4 * width, width)]
    layers = [(inputs, outputs) for _ in range(depth) for inputs, outputs in matrices] + [(width, sizes["vocabulary"])]
    made = {
        pair: (
            torch.ones(tokens, pair[0], dtype=kind),
            torch.ones(pair, dtype=kind),
            torch.ones(tokens, pair[1], dtype=kind),
        )
        for pair in set(layers)
    }
    head = torch.ones(rows * heads, context, width // heads, dtype=kind)
    scores = torch.ones(rows * heads, context, context, dtype=kind)

    def all_of_them() -> None:
        for pair in layers:
            hidden, weight, gradient = made[pair]
            hidden @ weight, gradient @ weight.T, hidden.T @ gradient
        for _ in range(depth):
            head @ head.mT, scores @ head  # forward
            scores @ head, scores.mT @ head, head @ head.mT, scores.mT @ head  # backward

    all_of_them()
    return {"seconds": min(timed(all_of_them) for _ in range(8))}


def timed(action: Any) -> float:
    """Seconds of a call."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


if __name__ == "__main__":
    choose_threads(None)
    serve({"write": write, "prepare": prepare, "step": step, "peak": peak, "products": products})
