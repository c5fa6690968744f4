"""Writing as fast as memory delivers the weights: ``remembered`` from generate.py, compiled.

    weights in few bits (weight_formats.py)  x  one step as machine code (ahead.py)  x  a cache that never moves

The prompt is read by the library's matrix products, and every token after it by one call of the compiled step. What is
chosen, and when it ends, is ``generate`` as it was. Next: text.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.allocator import settle
from hornbook.batches import Positions
from hornbook.generation.ahead import Compiled, compiled_ahead, fill
from hornbook.generation.config import Sampling
from hornbook.generation.generate import NextLogits, generate, window_start
from hornbook.generation.recorded import Recorded
from hornbook.model.config import ModelConfig
from hornbook.model.models import Decoder
from hornbook.model.packed import packed
from hornbook.model.static_cache import StaticLayer, make_static_cache
from hornbook.model.weight_formats import with_weights

CACHE_FORMATS = {"float32": torch.float32}
"""In what keys and values are remembered; beside narrow weights, in bfloat16."""


class Step(nn.Module):
    """One token of each row in, the logits of the next one out. Keys and values are written into the cache."""

    def __init__(self, model: Decoder) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        tokens: Int[Tensor, "B 1"],
        index: Int[Tensor, "B 1"],
        keys: list[Float[Tensor, "B G S D"]],
        values: list[Float[Tensor, "B G S D"]],
    ) -> Float[Tensor, "B V"]:
        """``index`` is where the tokens stand in their texts."""
        cache = [StaticLayer(key, value) for key, value in zip(keys, values, strict=True)]
        return self.model.write(self.model.hidden(tokens, Positions(index), cache))[:, 0]


@dataclass(frozen=True)
class Fast:
    """A model made ready to write: its matrices in one of ``WEIGHT_FORMATS``, its step compiled or not.

    ``step`` is what computes the logits; ``path`` says in words how. On a GPU it is played back from a recording.
    """

    model: Decoder
    weights: str
    step: Compiled
    path: str

    @classmethod
    def of(
        cls, model: Decoder, weights: str = "float32", rows: int = 1, compiled: bool = True, recorded: bool = True
    ) -> Fast:
        """``model`` ready to write ``rows`` texts at once; the first time, compiling takes about half a minute.

        ``recorded``: on a GPU, play the step back (recorded.py).

        Raises:
            SettingError: there is no such format.
        """
        ready = with_weights(model, weights)
        ready = ready if rows == 1 else packed(ready)
        step, path = ahead_or_not(Step(ready), weights, rows, compiled)
        if recorded and ready.embedding.device.type == "cuda":
            return cls(ready, weights, Recorded(step), f"{path}, played back as a CUDA graph")
        return cls(ready, weights, step, path)

    def reading(self, model: Decoder, longest: int) -> NextLogits:
        """What ``generate`` asks for the logits of the next token. The cache is as long as the window can become."""
        config, ready = self.model.config, self.model
        device, kind = ready.embedding.device, CACHE_FORMATS.get(self.weights, torch.bfloat16)
        cache: list[StaticLayer] = []
        start = read = 0  # the cache holds text[:, start:read]

        def next_logits(text: Int[Tensor, "B T"]) -> Float[Tensor, "B V"]:
            nonlocal cache, start, read
            rows, length = text.shape
            begins = window_start(length, config.context)
            if cache and begins == start and length == read + 1:
                index = torch.full((rows, 1), length - 1 - begins, device=device)
                newest = text[:, -1:].contiguous()  # compiled code does not ask how a tensor lies in memory
                logits = self.step(newest, index, [each.keys for each in cache], [each.values for each in cache])
            else:
                alike = bool((text[:, begins:] == text[:1, begins:]).all())
                cache = cache or make_static_cache(config, rows, min(longest, config.context), device, kind)
                hidden = ready.hidden(text[: 1 if alike else rows, begins:], plainly(text, begins, alike), cache)
                logits = ready.write(hidden[:, -1:])[:, 0].expand(rows, -1)
            start, read = begins, length
            return logits

        return next_logits

    def generate(
        self, prompt: Sequence[int], sampling: Sampling, *, samples: int = 1, end: int | None = None
    ) -> Iterator[list[int | None]]:
        """As ``generate.generate``, which says what is raised."""
        return generate(self.model, prompt, sampling, samples=samples, end=end, reading=self.reading)


def ahead_or_not(step: Step, weights: str, rows: int, compiled: bool) -> tuple[Compiled, str]:
    """The step, as machine code where that is wanted and can be had; and in words which it is."""
    if not compiled:
        return step, f"{weights} weights, not compiled"
    try:
        code = compile_step(step, weights, rows)
    except Exception as error:  # the compiler's errors have no common class, and writing does not need it
        why = (str(error).strip().splitlines() or ["no reason given"])[0]
        return step, f"{weights} weights, not compiled ({type(error).__name__}: {why})"
    settle()
    return code, f"{weights} weights, compiled"


def plainly(text: Int[Tensor, "B T"], begins: int, alike: bool) -> Positions:
    """Where the tokens of a window stand: 0, 1, 2, ..."""
    return Positions.counting(1 if alike else text.shape[0], text.shape[1] - begins, text.device)


def compile_step(step: Step, weights: str, rows: int) -> Compiled:
    """The step as machine code, for caches of any length."""
    config = step.model.config
    arguments, dynamic = step_arguments(config, step.model.embedding.device, weights, rows)
    with torch.no_grad():
        return compiled_ahead(step, arguments, dynamic, step_name(config, weights, rows))


def step_name(config: ModelConfig, weights: str, rows: int) -> str:
    """What tells one compiled step from another."""
    return repr((replace(config, dropout=0.0), weights, rows))


def step_arguments(
    config: ModelConfig, device: torch.device, weights: str, rows: int
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of a step as it is called, in a cache as if something had been written; and which sizes may differ."""
    cache = make_static_cache(config, rows, 24, device, CACHE_FORMATS.get(weights, torch.bfloat16))
    fill([slots for each in cache for slots in (each.keys, each.values)])
    tokens = torch.arange(rows, device=device)[:, None] % config.vocabulary
    index = torch.full((rows, 1), min(17, config.context - 1), device=device)
    length = {2: torch.export.Dim("slots", min=2, max=1 << 20)}
    arguments = (tokens, index, [each.keys for each in cache], [each.values for each in cache])
    return arguments, {
        "tokens": None,
        "index": None,
        "keys": [length] * config.depth,
        "values": [length] * config.depth,
    }
