"""The logit lens: what each layer would answer if it were the last (nostalgebraist 2020)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int, Shaped
from torch import Tensor

from hornbook.evaluation.inside.observing import Observed, observe, writing_stack
from hornbook.evaluation.loss import still
from hornbook.model.models import Model


@dataclass(frozen=True)
class Lens:
    """The answers of ``L`` = depth + 1 lenses at every place: the stream before the first layer, then after each.

    ``rank`` and ``final`` follow the token that the model answers in the end: its rank (0: the likeliest) and its
    probability. ``entropy`` and ``divergence``, KL(last ‖ this), are in bits.
    """

    top: Int[Tensor, "L T K"]
    probabilities: Float[Tensor, "L T K"]
    rank: Int[Tensor, "L T"]
    final: Float[Tensor, "L T"]
    entropy: Float[Tensor, "L T"]
    divergence: Float[Tensor, "L T"]


def lens_logits(model: Model, observed: Observed) -> list[Float[Tensor, "B T V"]]:
    """The last norm and the table on the stream before the first layer and after each; the last are the model's own."""
    norm = writing_stack(model).norm
    streams = [observed.layers[0].before, *(layer.after for layer in observed.layers)]
    with still(model.modules()), torch.no_grad():
        return [model.write(norm(stream)) for stream in streams]


def lens_chances(model: Model, *inputs: Int[Tensor, "B _"]) -> Float[Tensor, "L T V"]:
    """Probabilities of the next token in the first text, read off before the first layer and after each."""
    return torch.stack([logits[0].float().softmax(-1) for logits in lens_logits(model, observe(model, *inputs))])


def look_through(model: Model, observed: Observed, top: int = 5) -> Lens:
    """The lens on the first text of the batch, with the ``top`` likeliest tokens of each cell; one layer at a time."""
    norm = writing_stack(model).norm

    def logs_of(stream: Float[Tensor, "B T C"]) -> Float[Tensor, "T V"]:
        return model.write(norm(stream[:1]))[0].float().log_softmax(-1)

    with still(model.modules()), torch.no_grad():
        last = logs_of(observed.layers[-1].after)
        streams = [observed.layers[0].before, *(layer.after for layer in observed.layers)]
        rows = [looked_through(logs_of(stream), last, top) for stream in streams]
    return Lens(*(torch.stack(column) for column in zip(*rows, strict=True)))


def looked_through(
    logs: Float[Tensor, "T V"], last: Float[Tensor, "T V"], top: int
) -> tuple[Shaped[Tensor, "T ..."], ...]:
    """One layer's row of all that a ``Lens`` has, in its order; ``last`` are the model's own log-probabilities."""
    chances = logs.exp()
    best = chances.topk(min(top, chances.shape[-1]))
    answered = logs.gather(-1, last.argmax(-1, keepdim=True))
    return (
        best.indices,
        best.values,
        (logs > answered).sum(-1),
        answered.squeeze(-1).exp(),
        in_bits(-(chances * logs).sum(-1)),
        in_bits((last.exp() * (last - logs)).sum(-1)),
    )


def in_bits(nats: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Nats divided by ln 2; what rounding left below 0 is 0."""
    return (nats / torch.log(torch.tensor(2.0))).clamp(min=0.0)
