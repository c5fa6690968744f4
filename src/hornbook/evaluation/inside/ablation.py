"""What changes without a part: a head, a feed-forward network or a layer switched off while a block of code runs.

``zero`` lets the part answer nothing; ``mean`` lets it answer at every place the mean of its answers in this text, so
that it says what it always says and nothing about this place. ``INTERVENTIONS`` are all that can be done to a model
while it reads, several at once. Patching puts one text's stream into another's. Next: temperature.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.errors import SettingError, nearest
from hornbook.evaluation.inside.lens import in_bits
from hornbook.evaluation.inside.observing import changed, counted, observe, writing_stack
from hornbook.evaluation.inside.temperature import Temperature, at_temperature
from hornbook.evaluation.loss import still
from hornbook.model.blocks import Block
from hornbook.model.kernels import Kernel
from hornbook.model.models import Model

Fill = Callable[[Float[Tensor, "*shape T D"]], Float[Tensor, "*shape T D"]]

FILLS: dict[str, Fill] = {
    "zero": torch.zeros_like,
    "mean": lambda answers: answers.mean(dim=-2, keepdim=True).expand_as(answers),
}
"""What stands in for the answers [..., T, D] of a part that is off."""


@dataclass(frozen=True)
class Part:
    """A part of a model: ``kind`` is a row of ``SWITCHES``; ``head`` is counted from 0, as ``layer`` is."""

    kind: str
    layer: int
    head: int = 0

    def __str__(self) -> str:
        """As it is written: head:2.1, mlp:2, layer:2."""
        return f"{self.kind}:{self.layer}" + (f".{self.head}" if self.kind == "head" else "")


def read_part(written: str) -> Part:
    """``head:LAYER.HEAD``, ``mlp:LAYER`` or ``layer:LAYER``.

    Raises:
        SettingError: it is none of these.
    """
    kind, _, numbers = written.partition(":")
    if kind not in SWITCHES:
        raise SettingError(f"part: {written!r} is none of head:2.1, mlp:2, layer:2{nearest(kind, SWITCHES)}")
    found = numbers.split(".")
    if len(found) != (2 if kind == "head" else 1) or not all(re.fullmatch(r"[0-9]{1,9}", number) for number in found):
        raise SettingError(
            f"part: {written!r} should name its numbers as in {'head:2.1' if kind == 'head' else kind + ':2'}"
        )
    return Part(kind, *map(int, found))


@contextmanager
def switched_off(model: Model, part: Part, fill: str = "zero") -> Iterator[None]:
    """Inside the block, ``model`` works without ``part``.

    Raises:
        SettingError: the model has no such layer or head, or there is no such ``fill``.
    """
    stack = writing_stack(model)
    if fill not in FILLS:
        raise SettingError(f"fill: {fill!r} is none of {', '.join(FILLS)}{nearest(fill, FILLS)}")
    if part.layer >= stack.depth or part.head >= model.config.heads:
        raise SettingError(
            f"part: {part} is not in a model of {stack.depth} layers with {model.config.heads} heads, counted from 0"
        )
    with counted(stack) as layer, SWITCHES[part.kind](stack.block(part.layer), part, layer, FILLS[fill]):
        yield


@contextmanager
def without_head(block: Block, part: Part, layer: Callable[[], int], fill: Fill) -> Iterator[None]:
    """The answer of one head is filled before the heads are put side by side."""

    def around(within: Kernel) -> Kernel:
        def kernel(*given: Any) -> Tensor:
            heads = within(*given)
            if layer() == part.layer:
                heads = heads.clone()
                heads[:, part.head] = fill(heads[:, part.head])
            return heads

        return kernel

    with changed(block.attention, around):
        yield


@contextmanager
def without_mlp(block: Block, part: Part, layer: Callable[[], int], fill: Fill) -> Iterator[None]:
    """The answer of the feed-forward network is filled."""

    def given(module: nn.Module, inputs: object, answer: Tensor) -> Tensor | None:
        return fill(answer) if layer() == part.layer else None

    handle = block.feed_forward.register_forward_hook(given)
    try:
        yield
    finally:
        handle.remove()


@contextmanager
def without_layer(block: Block, part: Part, layer: Callable[[], int], fill: Fill) -> Iterator[None]:
    """What the layer adds to the stream is filled."""

    def given(module: nn.Module, inputs: tuple[Any, ...], stream: Tensor) -> Tensor | None:
        return inputs[0] + fill(stream - inputs[0]) if layer() == part.layer else None

    handle = block.register_forward_hook(given)
    try:
        yield
    finally:
        handle.remove()


Switch = Callable[[Block, Part, Callable[[], int], Fill], Any]

SWITCHES: dict[str, Switch] = {"head": without_head, "mlp": without_mlp, "layer": without_layer}
"""How a part of each kind is switched off."""

Intervention = Part | Temperature

INTERVENTIONS: dict[type, Callable[[Model, Any, str], AbstractContextManager[None]]] = {
    Part: switched_off,
    Temperature: lambda model, temperature, fill: at_temperature(model, temperature),  # there is nothing to fill
}
"""What is done to a model inside a block, for each kind of intervention."""


@dataclass(frozen=True)
class Change:
    """log p of the next token with and without a part, and KL(before ‖ after) in bits."""

    before: Float[Tensor, " V"]
    after: Float[Tensor, " V"]
    divergence: float


def ablate(model: Model, part: Part, *inputs: Int[Tensor, "B _"], fill: str = "zero", place: int = -1) -> Change:
    """How the answer of ``model`` at ``place`` of the first text changes without ``part``."""
    with_all, without = with_and_without(model, [part], *inputs, fill=fill)
    before, after = with_all[place], without[place]
    return Change(before, after, float(in_bits((before.exp() * (before - after)).sum())))


def with_and_without(
    model: Model, interventions: Sequence[Intervention], *inputs: Int[Tensor, "B _"], fill: str = "zero"
) -> tuple[Float[Tensor, "T V"], Float[Tensor, "T V"]]:
    """log p of what ``model`` answers at every place of the first text: whole, and with all ``interventions``."""
    with still(model.modules()), torch.no_grad(), ExitStack() as made:
        before = model(*inputs)[0].double().log_softmax(-1)  # small differences, told apart
        for each in interventions:
            made.enter_context(INTERVENTIONS[type(each)](model, each, fill))
        return before, model(*inputs)[0].double().log_softmax(-1)


# Patching -------------------------------------------------------------------------------------------------------------


@contextmanager
def patched(model: Model, stream: Float[Tensor, "B T C"], layer: int, place: int) -> Iterator[None]:
    """Inside the block, the stream that leaves ``layer`` is at ``place`` that of ``stream``."""
    stack = writing_stack(model)
    with counted(stack) as at_work:

        def given(module: nn.Module, inputs: object, own: Tensor) -> Tensor | None:
            if at_work() != layer:
                return None
            own = own.clone()
            own[:, place] = stream[:, place]
            return own

        handle = stack.block(layer).register_forward_hook(given)
        try:
            yield
        finally:
            handle.remove()


def patching(
    model: Model, clean: Int[Tensor, "1 T"], corrupted: Int[Tensor, "1 S"], target: int, other: int
) -> Float[Tensor, "L T"]:
    """Where two texts of one length differ inside: the share of logit(target) - logit(other) that comes back.

    For every layer and place, ``corrupted`` is read with the stream of ``clean`` put in there; 0 changes nothing, 1
    brings back all of what ``clean`` answers at its end (Meng et al. 2022, causal tracing).

    Raises:
        SettingError: the texts differ in length, or do not differ in what they answer.
    """
    if clean.shape != corrupted.shape:
        raise SettingError(f"patching: texts of {clean.shape[1]} and {corrupted.shape[1]} tokens; both need the same")

    def difference(logits: Tensor) -> float:
        return float(logits[0, -1, target] - logits[0, -1, other])

    seen = observe(model, clean)
    with still(model.modules()), torch.no_grad():
        best, worst = difference(seen.logits), difference(model(corrupted))
        if best == worst:
            raise SettingError(
                "patching: both texts give the same difference of logits; there is nothing to bring back"
            )
        back = torch.empty(len(seen.layers), clean.shape[1])
        for layer, kept in enumerate(seen.layers):
            for place in range(clean.shape[1]):
                with patched(model, kept.after, layer, place):
                    back[layer, place] = (difference(model(corrupted)) - worst) / (best - worst)
    return back
