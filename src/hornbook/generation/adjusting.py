"""What a request may do to the logits before a token is chosen, and what it may want to know of them.

The penalties are those of OpenAI's interface: a constant off for every token that was written, and one off for each
time. The log-probabilities are those of the model itself, before any of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class Adjusting:
    """``presence`` and ``frequency`` make less likely what was written, ``bias`` adds to the logits of some tokens."""

    presence: float = 0.0
    frequency: float = 0.0
    bias: tuple[tuple[int, float], ...] = ()

    def apply(self, logits: Float[Tensor, "1 V"], written: Sequence[int]) -> Float[Tensor, "1 V"]:
        """logits - presence · [written] - frequency · (how often) + bias."""
        if self == NONE:
            return logits
        logits = logits.clone()
        for token, times in Counter(written).items() if self.presence or self.frequency else ():
            logits[0, token] -= self.presence + self.frequency * times
        for token, added in self.bias:
            logits[0, token] += added
        return logits


NONE = Adjusting()


@dataclass(frozen=True)
class Scores:
    """The log-probability of a token, and the likeliest tokens with theirs, in nats; the likeliest first.

    ``rank``: how many others are likelier. ``entropy`` is that of the whole distribution, in nats.
    """

    own: float
    top: tuple[tuple[int, float], ...]
    rank: int = 0
    entropy: float = 0.0


def scores_of(logits: Float[Tensor, " V"], token: int, most: int) -> Scores:
    """The scores of a token under softmax(logits), and of the ``most`` likeliest."""
    return scores_along(logits[None], [token], most)[0]


def scores_along(logits: Float[Tensor, "T V"], tokens: Sequence[int], most: int) -> list[Scores]:
    """The same for each token of a text that is there already; row t of ``logits`` is about ``tokens[t]``."""
    logs = logits.float().log_softmax(-1)
    own = logs.gather(-1, torch.tensor(tokens, device=logs.device)[:, None])
    ranks = (logs > own).sum(-1).tolist()
    entropies = torch.special.entr(logs.exp()).sum(-1).tolist()
    values, found = logs.topk(min(most, logs.shape[-1]), dim=-1)
    tops = (tuple(zip(*each, strict=True)) for each in zip(found.tolist(), values.tolist(), strict=True))
    return [Scores(*each) for each in zip(own[:, 0].tolist(), tops, ranks, entropies, strict=True)]
