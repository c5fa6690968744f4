"""From logits to the next token: filters, each a small function from logits to logits, and one draw.

A filter sets what may not be chosen to minus infinity, so that filters compose and the softmax at the end is always
a distribution over what is left. Next: generate.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.generation.config import Sampling


def greedy(logits: Float[Tensor, "B V"]) -> Float[Tensor, "B V"]:
    """Only the likeliest token; of several equally likely ones the first."""
    return top_k(logits, 1)


def temperature(logits: Float[Tensor, "B V"], degree: float) -> Float[Tensor, "B V"]:
    """softmax(logits / degree): below 1 peakier, above 1 flatter, at 0 ``greedy`` (Ackley et al. 1985)."""
    return greedy(logits) if degree == 0 else logits / degree


def top_k(logits: Float[Tensor, "B V"], k: int) -> Float[Tensor, "B V"]:
    """Keep exactly the ``k`` likeliest tokens; where some are equally likely, the first of them (Fan et al. 2018)."""
    if k >= logits.shape[-1]:
        return logits
    smallest = logits.topk(k).values[..., -1:]
    above, at = logits > smallest, logits == smallest
    room = k - above.sum(-1, keepdim=True)
    return logits.masked_fill(~(above | (at & (at.cumsum(-1) <= room))), -torch.inf)


def top_p(logits: Float[Tensor, "B V"], mass: float) -> Float[Tensor, "B V"]:
    """Keep the smallest set of likeliest tokens whose probabilities reach ``mass`` (Holtzman et al. 2019, nucleus).

    The token that crosses the line belongs to the set: 0.6 of (0.5, 0.3, 0.2) keeps two. At least one is kept.
    """
    ranked, order = logits.double().softmax(-1).sort(descending=True, stable=True)
    reached_before = ranked.cumsum(-1) - ranked
    late = reached_before >= mass
    late[..., 0] = False
    return logits.masked_fill(late.scatter(-1, order, late), -torch.inf)


def min_p(logits: Float[Tensor, "B V"], share: float) -> Float[Tensor, "B V"]:
    """Keep tokens with at least ``share`` of the likeliest token's probability (Nguyen et al. 2024)."""
    if share == 0:
        return logits
    line = logits.amax(-1, keepdim=True) + torch.tensor(share, dtype=torch.float64).log().to(logits.dtype)
    return logits.masked_fill(logits < line, -torch.inf)


def repetition_penalty(
    logits: Float[Tensor, "B V"], written: Int[Tensor, "B T"], penalty: float
) -> Float[Tensor, "B V"]:
    """Positive logits of tokens that occur in ``written`` divided by ``penalty``, negative ones times it (Keskar et al.
    2019, section 4.1)."""
    scores = logits.gather(-1, written)
    return logits.scatter(-1, written, torch.where(scores > 0, scores / penalty, scores * penalty))


Filter = Callable[[Tensor, Tensor], Tensor]
"""(logits [B, V], everything written so far [B, T]) -> logits [B, V]."""


def filters(sampling: Sampling) -> list[Filter]:
    """The filters that ``sampling`` asks for, in order. At temperature 0 only the likeliest token is left."""
    chosen: list[Filter] = []
    penalty, degree = sampling.repetition_penalty, sampling.temperature
    if penalty != 1:
        chosen.append(lambda logits, written: repetition_penalty(logits, written, penalty))
    if degree != 1:
        chosen.append(lambda logits, written: temperature(logits, degree))
    k, p, share = sampling.top_k, sampling.top_p, sampling.min_p
    if k is not None:
        chosen.append(lambda logits, written: top_k(logits, k))
    if p is not None and p < 1:
        chosen.append(lambda logits, written: top_p(logits, p))
    if share is not None:
        chosen.append(lambda logits, written: min_p(logits, share))
    return chosen


def draw(logits: Float[Tensor, "B V"], generators: Sequence[torch.Generator]) -> Int[Tensor, " B"]:
    """One token for each row from softmax(logits), each row by a generator of its own.

    A uniform number picks the first token whose cumulative probability exceeds it: what has probability 0 is never
    drawn, and a row's token does not depend on how many rows there are.
    """
    cumulative = logits.double().softmax(-1).cumsum(-1)
    uniform = torch.stack([torch.rand((), generator=generator, dtype=torch.float64) for generator in generators])
    wanted = uniform.to(logits.device)[:, None] * cumulative[:, -1:]
    return torch.searchsorted(cumulative, wanted, right=True)[:, 0].clamp(max=logits.shape[-1] - 1)


Chooser = Callable[[Tensor, Tensor, Sequence[torch.Generator]], Tensor]
"""(logits [B, V], everything written so far [B, T], a generator for each row) -> tokens [B]."""


def chooser(sampling: Sampling) -> Chooser:
    """All of this in one: the filters that ``sampling`` asks for, and the draw. Where the likeliest token is wanted,
    nothing has to be drawn from what ``greedy`` would leave, nor filtered beyond the penalty."""
    if sampling.temperature == 0:
        penalised = filters(Sampling(repetition_penalty=sampling.repetition_penalty))
        return lambda logits, written, generators: filtered(logits, written, penalised).argmax(-1)
    asked = filters(sampling)
    return lambda logits, written, generators: draw(filtered(logits, written, asked), generators)


def filtered(
    logits: Float[Tensor, "B V"], written: Int[Tensor, "B T"], asked: Sequence[Filter]
) -> Float[Tensor, "B V"]:
    """The logits after every filter, one after another."""
    for each in asked:
        logits = each(logits, written)
    return logits
