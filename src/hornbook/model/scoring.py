"""What every attention kernel is handed: keys and values with their places, and how scores become weights.

Next: kernels.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.batches import Positions

Watch = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class KeysValues:
    """What attention may look at, whoever made it: keys and values of G heads, and where each of them stands."""

    keys: Float[Tensor, "B G S D"]
    values: Float[Tensor, "B G S D"]
    positions: Positions
    in_pages: tuple[Float[Tensor, "B G P size D"], Float[Tensor, "B G P size D"]] | None = None
    """The same as they lie in memory, where that is in pages (paged.py): to read them without a copy."""

    @property
    def pages(self) -> tuple[Float[Tensor, "B G P size D"], Float[Tensor, "B G P size D"]]:
        """Keys and values page by page: one page of all, where they lie in one piece."""
        return self.in_pages or (self.keys[:, :, None], self.values[:, :, None])


@dataclass(frozen=True)
class Scoring:
    """How products of queries and keys become weights.

    ``sinks`` is one logit for each query head that takes part in the softmax and answers nothing: a head that finds
    nothing worth looking at can leave its weight there (Agarwal et al. 2025, gpt-oss; Xiao et al. 2024).
    """

    scale: float
    softcap: float | None = None
    sinks: Float[Tensor, " H"] | None = None
    dropout: float = 0.0

    def capped(self, scores: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        """softcap · tanh(scores / softcap): no score above the cap (Gemma Team 2024, section 2)."""
        return scores if self.softcap is None else self.softcap * torch.tanh(scores / self.softcap)

    def weights(self, scores: Float[Tensor, "B H T S"]) -> Float[Tensor, "B H T S"]:
        """softmax over the keys and, where there is one, the sink."""
        if self.sinks is None:
            return scores.softmax(dim=-1)
        sink = self.sinks.to(scores.dtype).view(1, -1, 1, 1).expand(*scores.shape[:-1], 1)
        return torch.cat([scores, sink], dim=-1).softmax(dim=-1)[..., :-1]
