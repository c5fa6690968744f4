"""What a head seems to do, in four numbers: hints to look closer, no proofs (Olsson et al. 2022)."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor


def head_scores(weights: Float[Tensor, "H T T"], tokens: Int[Tensor, " T"]) -> list[dict[str, float]]:
    """For every head, over the places of one text:

    ``entropy`` in bits (0: one token is looked at), ``previous`` and ``first``: the mean weight on the token before and
    on the first, ``induction``: on what followed the same token earlier. NaN where no place could show it.
    """
    bits = -(weights * weights.clamp(min=torch.finfo(weights.dtype).tiny).log2()).sum(-1).mean(-1)
    previous = weights.diagonal(-1, dim1=-2, dim2=-1).mean(-1)
    first = weights[:, 1:, 0].mean(-1)
    followed = followers(tokens)
    rows = followed.any(-1)
    induction = (weights * followed)[:, rows].sum(-1).mean(-1) if rows.any() else torch.full_like(bits, math.nan)
    names = ("entropy", "previous", "first", "induction")
    columns = (column.tolist() for column in (bits, previous, first, induction))
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def followers(tokens: Int[Tensor, " T"]) -> Float[Tensor, "T T"]:
    """1 at [t, s] where s comes right after an earlier appearance of the token at t."""
    same = torch.zeros(len(tokens), len(tokens))
    same[:, 1:] = (tokens[:, None] == tokens[None, :-1]).float()
    return same.tril()
