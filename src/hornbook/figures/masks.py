"""Who may look at whom: one square for each rule, a row for each token that asks, a column for each that answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from hornbook.figures.panels import AMOUNT, cells, name_panel, panels
from hornbook.figures.style import MUTED


@dataclass(frozen=True)
class Seen:
    """A rule and what it allows: ``allowed`` [queries, keys] is true where a query may look at a key."""

    name: str
    sentence: str
    allowed: npt.NDArray[np.bool_]


def mask_grid(masks: Sequence[Seen], *, columns: int = 4, title: str = "Masks", remark: str = "") -> Figure:
    """All masks side by side, in as many rows as are needed; blue is seen, the rest is as if it were not there."""
    rows = -(-len(masks) // columns)
    figure, places = panels(columns, rows, wide=1.72, high=1.72, gaps=(0.34, 0.78), left=0.5, right=0.2, title=title,
                            remark=remark)  # fmt: skip
    for axes, mask in zip(places, masks, strict=False):
        cells(axes, mask.allowed.astype(float), AMOUNT, 0.0, 1.3, lines=True)
        name_panel(axes, mask.name)
        axes.set(xticks=[], yticks=[], aspect="equal", anchor="NW")
        axes.set_xlabel(mask.sentence, color=MUTED, fontsize=8, labelpad=4, loc="left", parse_math=False)
    for first in range(0, len(masks), columns):
        places[first].set_ylabel("asks", color=MUTED, fontsize=8.5, labelpad=4)
    for empty in places[len(masks) :]:
        empty.remove()
    return figure
