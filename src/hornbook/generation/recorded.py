"""A step recorded on a GPU and played back: one launch for a token, where there were hundreds (CUDA graphs).

Writing one token of a small model is some hundreds of kernels of a few microseconds each, and a processor takes longer
to launch a kernel than the GPU to run it. What is launched is the same for every token, so it is written down once; as
a recording reads and writes the memory it was made with, the newest token is copied there before it is played:

    record:  tokens, index [B, 1] -> memory of its own      step(memory, cache) -> logits, where they will always lie
    play:    tokens, index -> that memory                   replay              -> a copy of the logits

The cache never moves (model/static_cache.py), so there is one recording for each cache. Next: fast.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.generation.ahead import Compiled

Action = Callable[[], Float[Tensor, "B V"]]
Recorder = Callable[[Action], tuple[Callable[[], None], Float[Tensor, "B V"]]]
"""Records what an action launches: what plays it back, and where its answer lies from then on."""

REHEARSALS = 3
"""How often an action runs before it is recorded: what is only done at first is not to be in it."""


def cuda_graph(action: Action) -> tuple[Callable[[], None], Float[Tensor, "B V"]]:
    """A ``Recorder``, on the GPU that the action works on."""
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(REHEARSALS):
            action()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        answer = action()
    return graph.replay, answer


class Recorded:
    """A step (fast.py) that is recorded when it first meets a cache, and played back from then on.

    A step that cannot be recorded goes on as it was, with a warning.
    """

    def __init__(self, step: Compiled, recorder: Recorder = cuda_graph) -> None:
        self.step, self.recorder = step, recorder
        self.known: Tensor | None = None  # the cache that was recorded, by its first layer; held, so that no other one
        self.tokens = self.index = self.logits = torch.empty(0)  # can come to lie where it lay
        self.play: Callable[[], None] | None = None

    def __call__(
        self,
        tokens: Int[Tensor, "B 1"],
        index: Int[Tensor, "B 1"],
        keys: list[Float[Tensor, "B G S D"]],
        values: list[Float[Tensor, "B G S D"]],
    ) -> Float[Tensor, "B V"]:
        """The logits of the next token of each row."""
        if self.known is not keys[0]:
            self.known = keys[0]
            self.record(tokens, index, keys, values)
        if self.play is None:
            return self.step(tokens, index, keys, values)
        self.tokens.copy_(tokens)
        self.index.copy_(index)
        self.play()
        return self.logits.clone()

    def record(
        self,
        tokens: Int[Tensor, "B 1"],
        index: Int[Tensor, "B 1"],
        keys: list[Float[Tensor, "B G S D"]],
        values: list[Float[Tensor, "B G S D"]],
    ) -> None:
        """Record the step over this cache. It runs several times, which changes nothing: each writes the same into the
        same places."""
        newest, place = tokens.clone(), index.clone()
        self.tokens, self.index = newest, place
        try:
            self.play, self.logits = self.recorder(lambda: self.step(newest, place, keys, values))
        except RuntimeError as error:
            self.play = None
            first = str(error).strip().partition("\n")[0]
            warnings.warn(f"the step is not played back from a recording: {first}", RuntimeWarning, stacklevel=2)
