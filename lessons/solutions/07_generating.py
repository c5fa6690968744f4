"""Solutions of lesson 7."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def chances(logits: Tensor, degree: float) -> Tensor:
    """The chances of each token at a temperature; at 0 the likeliest has chance 1."""
    if degree == 0:
        return torch.eye(len(logits))[logits.argmax()]
    return (logits / degree).softmax(-1)


def pick(chances: list[float], uniform: float) -> int:
    """The token on whose piece of the line from 0 to 1 the number falls."""
    reached = 0.0
    for token, chance in enumerate(chances):
        reached += chance
        if uniform < reached:
            return token
    return len(chances) - 1


def write(model: Callable[[list[int]], list[float]], prompt: list[int], count: int, context: int) -> list[int]:
    """``count`` new tokens, each the likeliest; the model is given at most ``context`` ids."""
    text = list(prompt)
    for _ in range(count):
        logits = model(text[-context:])
        text.append(logits.index(max(logits)))
    return text[len(prompt) :]
