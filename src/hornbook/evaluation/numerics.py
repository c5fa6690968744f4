"""What rounding costs: the same forward pass in six number formats, against 64 bits.

An error enters where numbers are rounded: in the weights once, in what flows through the model at every step. The
stream carries it along, layer after layer, and every layer adds its own. Whether it matters is seen at the end: in the
loss, and in how often another token becomes the likeliest.

In float64 to float16 everything is kept and computed in that format (norms take their statistics in 32 bits or more);
in int8 and int4 only the matrices are narrow (model/weight_formats.py). ``FORMATS`` says it line by line.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.batches import IGNORED, Texts
from hornbook.evaluation.loss import LOGITS_AT_ONCE, still
from hornbook.model.models import Decoder
from hornbook.model.weight_formats import with_weights


def cast(model: Decoder, dtype: torch.dtype) -> Decoder:
    """A copy in another number format."""
    return copy.deepcopy(model).to(dtype)


@dataclass(frozen=True)
class Format:
    """How a model is made to compute in a format, and in which format its weights, products and stream are then."""

    make: Callable[[Decoder], Decoder]
    weights: str
    products: str
    stream: str


FORMATS: dict[str, Format] = {
    "float64": Format(partial(cast, dtype=torch.float64), "float64", "float64", "float64"),
    "float32": Format(partial(cast, dtype=torch.float32), "float32", "float32", "float32"),
    "bfloat16": Format(partial(cast, dtype=torch.bfloat16), "bfloat16", "bfloat16", "bfloat16"),
    "float16": Format(partial(cast, dtype=torch.float16), "float16", "float16", "float16"),
    "int8": Format(partial(with_weights, name="int8"), "int8, a scale a row", "bfloat16", "float32"),
    "int4": Format(partial(with_weights, name="int4"), "int4, a scale for 32", "bfloat16", "float32"),
}
"""The rungs; the first is what the others are held against."""


@dataclass(frozen=True)
class Rung:
    """One format: the loss in nats per token, and errors against float64.

    ``layers`` are |difference| / |stream| after each layer, ``worst`` and ``mean`` the largest and the average error of
    a logit, ``changed`` the share of places where another token is the likeliest.
    """

    name: str
    loss: float
    worst: float
    mean: float
    changed: float
    layers: tuple[float, ...]

    @property
    def grows(self) -> float:
        """How many times larger the error of the stream is after the last layer than after the first; 1 for none."""
        return self.layers[-1] / self.layers[0] if self.layers[0] else 1.0


@dataclass(frozen=True)
class Pass:
    """What a forward pass left at the N places that are asked: the stream after each layer, in 64 bits whatever it was
    computed in, and the last one as it was computed, from which the model writes logits."""

    model: Decoder
    layers: list[Float[Tensor, "N C"]]
    last: Float[Tensor, "N C"]


@contextmanager
def streams(model: Decoder) -> Iterator[list[Float[Tensor, "B T C"]]]:
    """Inside the block, the stream after every layer is added to the list."""
    seen: list[Tensor] = []

    def note(module: nn.Module, given: object, stream: Tensor) -> None:
        seen.append(stream.double())

    blocks = {id(model.stack.block(layer)): model.stack.block(layer) for layer in range(model.config.depth)}
    handles = [block.register_forward_hook(note) for block in blocks.values()]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def read(model: Decoder, texts: Texts) -> Pass:
    """Read the texts; places of which nothing is asked are left out."""
    asked = texts.targets != IGNORED
    with torch.no_grad(), still(model.modules()), streams(model) as seen:
        last = model.hidden(texts.tokens, texts.positions)
    return Pass(model, [stream[asked] for stream in seen], last[asked])


def compare(name: str, other: Pass, exact: Pass, targets: Int[Tensor, " N"]) -> Rung:
    """The errors of one pass against another; the logits exist a piece at a time, as in loss.py."""
    total = worst = mean = changed = torch.zeros((), dtype=torch.float64)
    for rounded, truth, wanted in zip(
        *(torch.split(each, LOGITS_AT_ONCE) for each in (other.last, exact.last, targets)), strict=True
    ):
        logits, right = written(other.model, rounded), written(exact.model, truth)
        error = (logits - right).abs()
        total = total + F.cross_entropy(logits, wanted, reduction="sum")
        worst, mean = torch.maximum(worst, error.max()), mean + error.mean(-1).sum()
        changed = changed + (logits.argmax(-1) != right.argmax(-1)).sum()
    layers = tuple(
        float((one - truth).norm() / truth.norm()) for one, truth in zip(other.layers, exact.layers, strict=True)
    )
    loss, mean, changed = (float(each) / len(targets) for each in (total, mean, changed))
    return Rung(name, loss, float(worst), mean, changed, layers)


@torch.no_grad()
def written(model: Decoder, stream: Float[Tensor, "N C"]) -> Float[Tensor, "N V"]:
    """Logits, in 64 bits whatever they were computed in."""
    logits: Tensor = model.write(stream[None])[0]
    return logits.double()


def ladder(model: Decoder, texts: Texts) -> list[Rung]:
    """Every format on the same texts; the first is exact. The model itself is left as it was."""
    targets = texts.targets[texts.targets != IGNORED]
    exact = read(FORMATS["float64"].make(model), texts)
    return [compare(name, read(how.make(model), texts), exact, targets) for name, how in FORMATS.items()]
