"""What a feed-forward network bends its numbers with, and how steeply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from hornbook.figures.panels import name_below, name_panel, panels
from hornbook.figures.style import BASELINE, MODEL, MUTED


@dataclass(frozen=True)
class Bend:
    """An activation function: its name, its formula, its values and its slopes at the places of the picture."""

    name: str
    formula: str
    values: npt.NDArray[np.floating]
    slopes: npt.NDArray[np.floating]


def activation_grid(
    x: npt.NDArray[np.floating], bends: Sequence[Bend], *, title: str = "Activations", remark: str = ""
) -> Figure:
    """A panel for each function over ``x``: the function in blue, its derivative in vermilion and dashed."""
    columns, limit = 3, float(np.max(x))
    rows = -(-len(bends) // columns)
    figure, places = panels(columns, rows, wide=2.3, high=1.7, gaps=(0.4, 0.7), left=0.5, title=title, remark=remark)
    for number, (axes, bend) in enumerate(zip(places, bends, strict=False)):
        axes.axhline(0, color=MUTED, linewidth=0.8)
        axes.plot(x, bend.slopes, color=BASELINE, linewidth=1.3, linestyle=(0, (4, 2)))
        axes.plot(x, bend.values, color=MODEL, linewidth=2)
        axes.set(xlim=(float(np.min(x)), limit), ylim=(-0.6, limit * 0.85))
        axes.spines["bottom"].set_visible(False)
        name_panel(axes, bend.name, bend.formula)
        name_below(axes, "x" if number + columns >= len(bends) else "")
    first = places[0]
    first.text(limit * 0.5, limit * 0.62, "f(x)", color=MODEL, fontsize=9, ha="right", fontweight="bold")
    first.text(limit * 0.62, 1.12, "f′(x)", color=BASELINE, fontsize=9)
    for empty in places[len(bends) :]:
        empty.remove()
    return figure
