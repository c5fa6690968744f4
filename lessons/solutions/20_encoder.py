"""Solutions of lesson 20."""

from __future__ import annotations

import torch
from torch import Tensor


def hide(tokens: Tensor, chosen: Tensor, fate: Tensor, other: Tensor, mask: int) -> tuple[Tensor, Tensor]:
    """What is shown and what is asked, both [T]: below 0.8 the mask, below 0.9 another token, else the token itself."""
    hidden = torch.where(fate < 0.8, torch.full_like(tokens, mask), torch.where(fate < 0.9, other, tokens))
    return torch.where(chosen, hidden, tokens), torch.where(chosen, tokens, torch.full_like(tokens, -100))


def may_see(lengths: Tensor, time: int) -> Tensor:
    """The encoder's mask [B, T, T] for texts of these lengths [B]: True where both tokens exist."""
    there = torch.arange(time) < lengths[:, None]
    return there[:, :, None] & there[:, None, :]
