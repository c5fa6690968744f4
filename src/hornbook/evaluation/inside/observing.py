"""One forward pass, with everything kept that the other files of this room talk about; the model is left as it was.

Every block adds to one stream of vectors. Kept are the stream before the first layer and after each, what attention and
feed-forward network added to it, and of each attention its scores, its map and the answers of its heads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.evaluation.loss import still
from hornbook.model.attention import Attention
from hornbook.model.blocks import Block, ParallelBlock, Stack
from hornbook.model.kernels import KERNELS, Kernel, KeysValues, Scoring, Watch
from hornbook.model.masks import Mask
from hornbook.model.models import EncoderDecoder, Model


@dataclass(frozen=True)
class Looked:
    """What one attention did: scores before the softmax, weights after it, the values, and the answer of each head."""

    scores: Float[Tensor, "B H T S"]
    weights: Float[Tensor, "B H T S"]
    values: Float[Tensor, "B G S D"]
    heads: Float[Tensor, "B H T D"]


@dataclass
class LayerSeen:
    """One layer: the stream that came and that left, what each branch added, and what its attentions did.

    Branches are called attention, cross (the second attention of an encoder-decoder) and feed_forward.
    """

    before: Float[Tensor, "B T C"]
    added: dict[str, Tensor] = field(default_factory=dict)
    looked: dict[str, Looked] = field(default_factory=dict)
    after: Float[Tensor, "B T C"] = field(default_factory=lambda: torch.empty(0, 0, 0))


@dataclass(frozen=True)
class Observed:
    """One pass: the layers that lead to the ``logits``, and those of the encoder where there is one beside them."""

    layers: list[LayerSeen]
    encoder: list[LayerSeen]
    logits: Float[Tensor, "B T V"]


def observe(model: Model, *inputs: Int[Tensor, "B _"]) -> Observed:
    """Let ``model`` read ``inputs`` (tokens; source and tokens for an encoder-decoder), and look on."""
    with still(model.modules()), torch.no_grad(), ExitStack() as stack:
        layers = stack.enter_context(seen_in(writing_stack(model)))
        encoder = stack.enter_context(seen_in(model.encoder)) if isinstance(model, EncoderDecoder) else []
        logits = model(*inputs)
    return Observed(layers, encoder, logits)


def writing_stack(model: Model) -> Stack:
    """The blocks whose last stream becomes the logits."""
    return model.decoder if isinstance(model, EncoderDecoder) else model.stack


@contextmanager
def seen_in(stack: Stack) -> Iterator[list[LayerSeen]]:
    """Inside the block, every layer that the stack computes is added to the list."""
    layers: list[LayerSeen] = []

    def came(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        layers.append(LayerSeen(inputs[0]))

    def left(module: nn.Module, inputs: object, stream: Tensor) -> None:
        layers[-1].after = stream

    with ExitStack() as exits:
        for block in blocks_of(stack):
            exits.callback(block.register_forward_pre_hook(came).remove)
            exits.callback(block.register_forward_hook(left).remove)
            for name, branch in branches(block).items():
                exits.enter_context(adding(branch, name, layers))
            for name, attention in attentions(block).items():
                exits.enter_context(looking(attention, name, layers))
        yield layers


def blocks_of(stack: Stack) -> list[Block]:
    """The blocks of a stack, each once, however many layers share it."""
    return list(dict.fromkeys(stack.block(layer) for layer in range(stack.depth)))


def attentions(block: Block) -> dict[str, Attention]:
    """The attentions of a block by name."""
    return {"attention": block.attention} | ({"cross": block.cross} if hasattr(block, "cross") else {})


def branches(block: Block) -> dict[str, nn.Module]:
    """The modules whose results are what is added to the stream, by the name of the branch."""
    cross: dict[str, nn.Module] = {"cross": block.around_cross.after} if hasattr(block, "cross") else {}
    if isinstance(block, ParallelBlock):
        return {"attention": block.attention, **cross, "feed_forward": block.feed_forward}
    return {"attention": block.around_attention.after, **cross, "feed_forward": block.around_feed_forward.after}


@contextmanager
def adding(branch: nn.Module, name: str, layers: list[LayerSeen]) -> Iterator[None]:
    """Inside the block, what ``branch`` gives is kept in the newest layer."""

    def given(module: nn.Module, inputs: object, added: Tensor) -> None:
        layers[-1].added[name] = added

    handle = branch.register_forward_hook(given)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def looking(attention: Attention, name: str, layers: list[LayerSeen]) -> Iterator[None]:
    """Inside the block, what ``attention`` does is kept in the newest layer; the explicit kernel works in its place."""

    def kernel(
        query: Float[Tensor, "B H T D"],
        seen: KeysValues,
        mask: Mask,
        bias: Float[Tensor, "#B #H T S"] | None,
        scoring: Scoring,
        watch: Watch,
    ) -> Float[Tensor, "B H T D"]:
        maps: list[Tensor] = []

        def watched(weights: Tensor) -> Tensor:
            maps.append(weights)
            kept: Tensor = watch(weights)
            return kept

        heads = KERNELS["explicit"](query, seen, mask, bias, scoring, watched)
        keys = seen.keys.repeat_interleave(query.shape[1] // seen.keys.shape[1], dim=1)
        scores = scoring.capped(query @ keys.mT * scoring.scale)
        layers[-1].looked[name] = Looked(scores if bias is None else scores + bias, maps[0], seen.values, heads)
        return heads

    with replaced(attention, kernel):
        yield


# What is changed while a model works ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Changed:
    """A kernel that works with something changed ``around`` it, whichever kernel works ``within``."""

    around: Callable[[Kernel], Kernel]
    within: Kernel

    def __call__(self, *given: Any) -> Tensor:
        """What attention answers with the change."""
        return self.around(self.within)(*given)


def innermost(kernel: Kernel) -> Kernel:
    """The kernel that works within all that was changed around it."""
    return innermost(kernel.within) if isinstance(kernel, Changed) else kernel


def beneath(kernel: Kernel, other: Kernel) -> Kernel:
    """``other`` in place of ``kernel``, with all that was changed around it: who looks on sees the changed model."""
    return Changed(kernel.around, beneath(kernel.within, other)) if isinstance(kernel, Changed) else other


@contextmanager
def replaced(attention: Attention, kernel: Kernel) -> Iterator[None]:
    """Inside the block, this attention works with ``kernel``; what was changed around its own stays changed."""
    usual, attention.kernel = attention.kernel, beneath(attention.kernel, kernel)
    try:
        yield
    finally:
        attention.kernel = usual


@contextmanager
def changed(attention: Attention, around: Callable[[Kernel], Kernel]) -> Iterator[None]:
    """Inside the block, ``around`` is put around the kernel of this attention."""
    usual, attention.kernel = attention.kernel, Changed(around, attention.kernel)
    try:
        yield
    finally:
        attention.kernel = usual


@contextmanager
def counted(stack: Stack) -> Iterator[Callable[[], int]]:
    """Inside the block, tells which layer is at work: layers that share a block differ in nothing else."""
    at_work = [-1]

    def begin(module: nn.Module, inputs: object) -> None:
        at_work[0] = -1

    def next_layer(module: nn.Module, inputs: object) -> None:
        at_work[0] += 1

    handles = [stack.register_forward_pre_hook(begin)]
    handles += [block.register_forward_pre_hook(next_layer) for block in blocks_of(stack)]
    try:
        yield lambda: at_work[0]
    finally:
        for handle in handles:
            handle.remove()
