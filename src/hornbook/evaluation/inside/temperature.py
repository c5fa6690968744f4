"""What changes with the temperature of attention: its scores divided by a number before the softmax.

Above 1 a head looks around more evenly, in the end at everything it may see alike; below 1 it looks at less, in the end
at the one token whose score is the highest. Divided is everything that enters the softmax: products of queries and
keys, a bias for distances, and a sink. The explicit kernel works in place of the fused ones, which know nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.errors import SettingError, nearest
from hornbook.evaluation.inside.observing import (
    attentions,
    blocks_of,
    changed,
    counted,
    innermost,
    replaced,
    writing_stack,
)
from hornbook.model.blocks import Stack
from hornbook.model.kernels import KERNELS, Kernel, KeysValues, Scoring, Watch
from hornbook.model.masks import Mask
from hornbook.model.models import EncoderDecoder, Model

COLDEST, HOTTEST = 1e-4, 1e6
"""Temperatures beyond these leave nothing of the scores that a float could tell apart."""


@dataclass(frozen=True)
class Temperature:
    """The scores of ``attention`` are divided by ``value``: in one layer, or in all; of one head, or of all.

    ``attention`` is attention (of the stack that answers), cross or encoder; layer and head are counted from 0.
    """

    value: float
    attention: str = "attention"
    layer: int | None = None
    head: int | None = None

    def __str__(self) -> str:
        """Which attention is meant, as it is written: attention, attention:2, attention:2.1."""
        numbers = [str(number) for number in (self.layer, self.head) if number is not None]
        return ":".join([self.attention, ".".join(numbers)]) if numbers else self.attention


def read_temperature(of: str, value: float) -> Temperature:
    """``attention``, ``attention:LAYER`` or ``attention:LAYER.HEAD``; cross and encoder in the same way.

    Raises:
        SettingError: it is none of these.
    """
    attention, colon, numbers = of.partition(":")
    found = numbers.split(".") if colon else []
    if len(found) > 2 or not all(re.fullmatch(r"[0-9]{1,9}", number) for number in found):
        raise SettingError(f"temperature: {of[:40]!r} should be written as attention, attention:2 or attention:2.1")
    return Temperature(value, attention, *map(int, found))


def kinds_of_attention(model: Model) -> dict[str, tuple[Stack, str]]:
    """Every kind of attention in a model: the stack it works in, and its name in the blocks of that."""
    kinds = {"attention": (writing_stack(model), "attention")}
    if isinstance(model, EncoderDecoder):
        kinds |= {"cross": (model.decoder, "cross"), "encoder": (model.encoder, "attention")}
    return kinds


@contextmanager
def at_temperature(model: Model, temperature: Temperature) -> Iterator[None]:
    """Inside the block, ``model`` attends at this temperature.

    Raises:
        SettingError: there is no such attention, layer or head, or the temperature is none.
    """
    stack, name = checked(model, temperature)
    values = torch.ones(model.config.heads, 1, 1, device=model.embedding.device)
    values[slice(None) if temperature.head is None else temperature.head] = temperature.value
    with ExitStack() as exits:
        at_work = exits.enter_context(counted(stack))
        layers = range(stack.depth) if temperature.layer is None else [temperature.layer]
        for block in blocks_of(stack):
            attention = attentions(block)[name]
            if innermost(attention.kernel) in KERNELS.values():  # one that was broken on purpose stays broken
                exits.enter_context(replaced(attention, KERNELS["explicit"]))
            exits.enter_context(changed(attention, dividing(values, lambda: at_work() in layers)))
        yield


def checked(model: Model, temperature: Temperature) -> tuple[Stack, str]:
    """Where the attention that is meant works, and its name there.

    Raises:
        SettingError: as ``at_temperature`` says.
    """
    kinds = kinds_of_attention(model)
    if temperature.attention not in kinds:
        raise SettingError(
            f"temperature: {temperature.attention[:40]!r} is no attention of this model, which has {', '.join(kinds)}"
            f"{nearest(temperature.attention, kinds)}"
        )
    if not COLDEST <= temperature.value <= HOTTEST:  # nor does NaN lie there
        raise SettingError(
            f"temperature: found {temperature.value}, expected a number from {COLDEST:g} to {HOTTEST:,.0f}; 1 changes "
            "nothing, more spreads attention, less sharpens it"
        )
    stack, name = kinds[temperature.attention]
    if not (0 <= (temperature.layer or 0) < stack.depth and 0 <= (temperature.head or 0) < model.config.heads):
        raise SettingError(
            f"temperature: {temperature} is not in {stack.depth} layers with {model.config.heads} heads, counted from 0"
        )
    return stack, name


@dataclass(frozen=True)
class Divided(Scoring):
    """The scores of ``whole``, each divided by the temperature of its head."""

    whole: Scoring = field(default_factory=lambda: Scoring(1.0))
    temperatures: Float[Tensor, "H 1 1"] = field(default_factory=lambda: torch.ones(1, 1, 1))

    def capped(self, scores: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """What ``whole`` makes of them, divided."""
        return self.whole.capped(scores) / self.temperatures.to(scores.dtype)


def dividing(temperatures: Float[Tensor, "H 1 1"], at_work: Callable[[], bool]) -> Callable[[Kernel], Kernel]:
    """What is put around a kernel: while ``at_work``, all that enters its softmax is divided."""

    def around(within: Kernel) -> Kernel:
        def kernel(
            query: Float[Tensor, "B H T D"],
            seen: KeysValues,
            mask: Mask,
            bias: Float[Tensor, "#B #H T S"] | None,
            scoring: Scoring,
            watch: Watch,
        ) -> Float[Tensor, "B H T D"]:
            if not at_work():
                return within(query, seen, mask, bias, scoring, watch)
            sinks = None if scoring.sinks is None else scoring.sinks / temperatures.flatten()
            kept = (scoring.scale, scoring.softcap, sinks, scoring.dropout)
            bias = None if bias is None else bias / temperatures
            return within(query, seen, mask, bias, Divided(*kept, scoring, temperatures), watch)

        return kernel

    return around
