"""What attention costs as a text grows: lines by formula, points as counted while it ran."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from hornbook.figures.style import MUTED, SERIES, label_right, name_axes, new_figure, short


@dataclass(frozen=True)
class Cost:
    """One kind of attention: operations by its formula at each length, and those that were counted at some of them."""

    name: str
    by_formula: Sequence[int]
    counted: dict[int, int]


def complexity(
    lengths: Sequence[int], costs: Sequence[Cost], *, title: str = "What attention costs", remark: str = ""
) -> Figure:
    """Operations over the length of a text, both on logarithmic scales: a slope of 2 is a square, of 1 a line."""
    figure, axes = new_figure(height=4.2, title=title, remark=remark)
    labels = []
    for colour, cost in zip(SERIES, costs, strict=False):
        axes.plot(lengths, cost.by_formula, color=colour, linewidth=1.8)
        axes.plot(list(cost.counted), list(cost.counted.values()), "o", color=colour, markersize=5.5)
        labels.append((float(cost.by_formula[-1]), cost.name, colour, True))
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(lengths[0] * 0.9, lengths[-1])
    name_axes(axes, "tokens", "operations of one head")
    axes.xaxis.set_major_locator(FixedLocator(list(lengths)[::2]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    top = float(np.max([cost.by_formula[-1] for cost in costs]))
    axes.text(lengths[0], top, "line: formula    ●: counted", color=MUTED, fontsize=8.5, va="top")
    label_right(figure, axes, labels)
    return figure
