"""``hornbook bench ladder``: the same model from the naive loop upwards, one change a row, and what each change gains.

Training and writing climb a ladder each. A row keeps all that the rows above it changed, and its speed is the best of a
few: the other runs of a busy machine are slower, never faster.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from hornbook.batches import Texts
from hornbook.generation.config import Sampling
from hornbook.generation.fast import Fast
from hornbook.generation.generate import Reader, generate, recomputed, remembered
from hornbook.generation.speculative import Lookup, generate_speculatively
from hornbook.model.config import AttentionConfig, BlockConfig, Dense, KernelName, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.training.compiling import Compiled
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.memory import peak_memory
from hornbook.training.objectives import Loss, Objective, next_token, token_loss
from hornbook.training.optimizers import build_optimizer
from hornbook.training.precision import Precision


@dataclass(frozen=True)
class Row:
    """One rung: what was changed, tokens a second, and the most memory this process has held so far, in bytes."""

    change: str
    tokens_per_second: float
    memory: int
    note: str = ""


@dataclass(frozen=True)
class Way:
    """How a model is trained on a rung."""

    kernel: KernelName = "explicit"
    precision: str = "float32"
    compiled: bool = False
    objective: Objective = next_token
    adamw: AdamW = AdamW(kernel="explicit")
    batch: int = 4


def plain_loss(model: Decoder, batch: Texts) -> Loss:
    """The loss by way of a table of all logits."""
    return token_loss(model(batch.tokens, batch.positions), batch.targets)


TRAINING: list[tuple[str, dict[str, Any]]] = [
    ("explicit attention, float32, as it reads", {"objective": plain_loss}),
    ("fused attention", {"kernel": "auto"}),
    ("multiplying in bfloat16", {"precision": "bfloat16"}),
    ("compiled", {"compiled": True}),
    ("the loss without a table of logits", {"objective": next_token}),
    ("fused AdamW", {"adamw": AdamW()}),
    ("a batch four times as large", {"batch": 16}),
]
"""What each rung of training changes."""

SIZES: dict[str, ModelConfig] = {
    "small": ModelConfig(vocabulary=8192, context=256, width=256, heads=4, depth=4),
    "gpt2": ModelConfig(vocabulary=50257, context=512, width=768, heads=12, depth=12),
}
"""The models to climb with."""


def with_kernel(config: ModelConfig, kernel: KernelName) -> ModelConfig:
    """GPT-2's block with an attention kernel."""
    block = BlockConfig(attention=AttentionConfig(kernel=kernel), feed_forward=Dense(activation="gelu_tanh"))
    return replace(config, pattern=(block,))


CPU = torch.device("cpu")


def training_ladder(
    config: ModelConfig, seconds: float, compiling: bool = True, device: torch.device = CPU
) -> Iterator[Row]:
    """Every rung of training, for about so many seconds each."""
    way = Way()
    for change, what in TRAINING:
        way = replace(way, **what)
        torch._dynamo.reset()
        sized = with_kernel(config, way.kernel)
        model = Decoder(sized)
        initialise(model, sized, 0)
        model.to(device)
        objective = Compiled(way.objective) if way.compiled and compiling else way.objective
        steps = training_steps(
            model,
            batches(sized, way.batch, device),
            objective,
            build_optimizer(way.adamw, model),
            precision=Precision(way.precision, device.type),
        )
        best, ready = best_of(lambda steps=steps: next(steps), seconds)  # type: ignore[misc]
        note = f"ready after {ready:.0f} s" if way.compiled else ""
        yield Row(change, way.batch * sized.context / best, peak_memory(device), note)


def batches(config: ModelConfig, rows: int, device: torch.device) -> Iterator[list[Texts]]:
    """Random texts, over and over."""
    draw = torch.Generator().manual_seed(0)
    tokens = torch.randint(config.vocabulary, (rows, config.context + 1), generator=draw).to(device)
    while True:
        yield [Texts(tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous())]


def writing_ladder(
    config: ModelConfig, tokens: int, compiling: bool = True, device: torch.device = CPU
) -> Iterator[Row]:
    """Every rung of writing one text of so many tokens, greedy."""
    sized = with_kernel(config, "auto")
    model = Decoder(sized)
    initialise(model, sized, 0)
    model.to(device)
    model.eval()
    prompt = [token % sized.vocabulary for token in range(7, 39)]
    asked = Sampling(max_tokens=min(tokens, sized.context - len(prompt)), temperature=0.0)

    def row(change: str, model: Decoder, reading: Reader, note: str = "") -> Row:
        return Row(change, written(model, prompt, asked, reading), peak_memory(device), note)

    yield row("every token reads the text anew", model, recomputed)
    yield row("keys and values remembered", model, remembered)
    fixed = Fast.of(model, compiled=False, recorded=False)
    yield row("in memory that never moves", fixed.model, fixed.reading)
    if device.type == "cuda":
        replayed = Fast.of(model, compiled=False)
        yield row("played back as a CUDA graph", replayed.model, replayed.reading)
    for name, change in (
        ("float32", "compiled: products by vector"),
        ("bfloat16", "weights of 16 bits"),
        ("int8", "weights of 8 bits"),
        ("int4", "weights of 4 bits"),
    ):
        began = time.perf_counter()
        fast = Fast.of(model, name, compiled=compiling)
        ready = time.perf_counter() - began
        yield row(change, fast.model, fast.reading, f"ready after {ready:.0f} s")
    guesses = "guessed ahead by lookup (uncompiled, float32)"
    yield Row(guesses, guessed(model, prompt, asked), peak_memory(device))


def written(model: Decoder, prompt: list[int], asked: Sampling, reading: Reader) -> float:
    """Tokens a second after the first, the best of three texts."""
    return max(speed(generate(model, prompt, asked, reading=reading)) for _ in range(3))


def guessed(model: Decoder, prompt: list[int], asked: Sampling) -> float:
    """The same with guesses; how many are right depends on the text."""
    return max(speed(generate_speculatively(model, prompt, asked, Lookup())) for _ in range(3))


def speed(steps: Iterator[list[Any]]) -> float:
    """Tokens a second after the first step."""
    next(steps)
    began = time.perf_counter()
    count = sum(len(each) for each in steps)
    return count / (time.perf_counter() - began)


def best_of(action: Callable[[], object], seconds: float) -> tuple[float, float]:
    """The quickest call within so many seconds, at least three; and how long the first two took, which compile."""
    began = time.perf_counter()
    action(), action()
    ready, best, count = time.perf_counter() - began, float("inf"), 0
    until = time.perf_counter() + seconds
    while count < 3 or time.perf_counter() < until:
        started = time.perf_counter()
        action()
        best, count = min(best, time.perf_counter() - started), count + 1
    return best, ready


def parameters(config: ModelConfig) -> int:
    """How many numbers the model has."""
    model: nn.Module = Decoder(copy.copy(config))
    return sum(each.numel() for each in model.parameters())
