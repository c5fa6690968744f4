"""Many dimensions on two: the two along which a table of vectors is widest (principal components, Pearson 1901)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def principal_plane(table: Float[Tensor, "N C"]) -> tuple[Float[Tensor, "N 2"], tuple[float, float]]:
    """Every row on the two first principal axes, and the share of the variance along each.

    The sign of an axis is chosen so that the row that lies farthest out along it lies on the positive side.
    """
    centred = (table - table.mean(0)).double()
    values, axes = torch.linalg.eigh(centred.T @ centred)
    placed = centred @ axes[:, [-1, -2]]
    farthest = placed.abs().argmax(0)
    placed = placed * placed[farthest, [0, 1]].sign()
    total = float(values.clamp(min=0).sum()) or 1.0
    return placed.float(), (float(values[-1]) / total, float(values[-2]) / total)
