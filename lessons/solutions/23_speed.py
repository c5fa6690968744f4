"""Solutions of lesson 23."""

from __future__ import annotations

import torch
from torch import Tensor


def online_softmax(scores: Tensor, values: Tensor, tile: int) -> Tensor:
    """softmax(scores [S]) · values [S, D], looking at no more than ``tile`` scores at once."""
    highest, total, answer = torch.tensor(-torch.inf), torch.tensor(0.0), torch.zeros(values.shape[1])
    for begin in range(0, len(scores), tile):
        here = scores[begin : begin + tile]
        now = torch.maximum(highest, here.max())
        powers, shrink = torch.exp(here - now), torch.exp(highest - now)
        total = total * shrink + powers.sum()
        answer = answer * shrink + powers @ values[begin : begin + tile]
        highest = now
    return answer / total


def to_int8(weight: Tensor) -> tuple[Tensor, Tensor]:
    """From a matrix [O, I] whole numbers of type torch.int8 and the scale of each row [O]."""
    scale = weight.abs().amax(1) / 127
    return (weight / scale[:, None]).round().to(torch.int8), scale


def tokens_read(prompt: int, written: int, cached: bool) -> int:
    """How many tokens go through the model to write ``written`` tokens after a prompt."""
    return prompt + written - 1 if cached else sum(range(prompt, prompt + written))
