"""What an adapter changed in a matrix: the singular values of its product beside those of the matrix itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from hornbook.figures.panels import name_below, name_panel, panels
from hornbook.figures.style import BASELINE, MODEL


@dataclass(frozen=True)
class Spectra:
    """Singular values, the largest first: of a frozen matrix, and of what was added to it."""

    name: str
    base: npt.NDArray[np.floating]
    change: npt.NDArray[np.floating]


def spectra_grid(matrices: Sequence[Spectra], *, title: str = "Low-rank updates", remark: str = "") -> Figure:
    """A panel for each matrix: singular values over their rank, both logarithmic, without mere rounding."""
    columns = min(4, len(matrices))
    rows = -(-len(matrices) // columns)
    figure, places = panels(columns, rows, wide=1.62, high=1.35, gaps=(0.3, 0.66), left=0.7, title=title, remark=remark)
    top = max(float(max(each.base[0], each.change[0])) for each in matrices)
    low = min(float(each.change[each.change > each.change[0] * 1e-4][-1]) for each in matrices)
    low = min(low, *(float(np.quantile(each.base, 0.05)) for each in matrices))
    longest = max(len(each.base) for each in matrices)
    for number, (axes, each) in enumerate(zip(places, matrices, strict=False)):
        change = each.change[each.change > each.change[0] * 1e-4]
        axes.plot(np.arange(1, len(each.base) + 1), each.base, color=MODEL, linewidth=1.6)
        axes.plot(np.arange(1, len(change) + 1), change, color=BASELINE, linewidth=1.4, marker="o", markersize=3)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set(xlim=(0.9, longest), ylim=(low * 0.7, top * 1.5))
        axes.xaxis.set_major_locator(FixedLocator([4**power for power in range(8) if 4**power <= longest]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_minor_locator(NullLocator())
        if number % columns:
            axes.set_yticklabels([])
        name_panel(axes, each.name)
        name_below(
            axes, "rank" if number + columns >= len(matrices) else "", "" if number % columns else "singular value"
        )
    for empty in places[len(matrices) :]:
        empty.remove()
    return figure
