"""What rounding costs: the same forward pass in six number formats, against 64 bits.

An error enters where numbers are rounded and is carried along by the stream, layer after layer; whether it matters is
seen at the end: in the loss, and in how often another token becomes the likeliest. In float64 to float16 everything is
kept and computed in that format (norms take their statistics in 32 bits or more); in int8 and int4 only the matrices
are (model/weight_formats.py), and products are made in bfloat16.
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

from hornbook.evaluation.loss import still
from hornbook.model.models import Decoder
from hornbook.model.weight_formats import with_weights


def cast(model: Decoder, dtype: torch.dtype) -> Decoder:
    """A copy in another number format."""
    return copy.deepcopy(model).to(dtype)


FORMATS: dict[str, Callable[[Decoder], Decoder]] = {
    "float64": partial(cast, dtype=torch.float64),
    "float32": partial(cast, dtype=torch.float32),
    "bfloat16": partial(cast, dtype=torch.bfloat16),
    "float16": partial(cast, dtype=torch.float16),
    "int8": partial(with_weights, name="int8"),
    "int4": partial(with_weights, name="int4"),
}


@dataclass(frozen=True)
class Rung:
    """One format: the loss in nats, and errors against float64.

    ``layers`` are |difference| / |stream| after each layer, ``worst`` is the largest error of a logit, ``changed`` the
    share of places where another token is the likeliest.
    """

    name: str
    loss: float
    worst: float
    changed: float
    layers: tuple[float, ...]


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


def read(model: Decoder, tokens: Int[Tensor, "B T"]) -> tuple[Float[Tensor, "B T V"], list[Float[Tensor, "B T C"]]]:
    """Logits, and the stream after every layer, in 64 bits whatever they were computed in."""
    with torch.no_grad(), still(model.modules()), streams(model) as seen:
        logits: Tensor = model(tokens)
    return logits.double(), seen


def ladder(model: Decoder, tokens: Int[Tensor, "B T"], targets: Int[Tensor, "B T"]) -> list[Rung]:
    """Every format on the same text; the first is exact."""
    exact, exact_streams = read(FORMATS["float64"](model), tokens)
    rungs = []
    for name, make in FORMATS.items():
        logits, seen = read(make(model), tokens)
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        layers = tuple(
            float((one - other).norm() / other.norm()) for one, other in zip(seen, exact_streams, strict=True)
        )
        worst, changed = (logits - exact).abs().max(), (logits.argmax(-1) != exact.argmax(-1)).double().mean()
        rungs.append(Rung(name, float(loss), float(worst), float(changed), layers))
    return rungs
