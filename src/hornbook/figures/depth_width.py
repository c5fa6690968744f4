"""Deep or wide: where models lie between the two, and on which line of equal size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from hornbook.figures.style import BASELINE, INK, MODEL, MUTED, name_axes, new_figure, short


@dataclass(frozen=True)
class Shape:
    """A model: its depth, its width, the parameters of its layers, and its loss where that was measured."""

    name: str
    depth: int
    width: int
    parameters: int
    loss: float | None = None


def depth_width(
    shapes: Sequence[Shape],
    lines: Mapping[int, Sequence[tuple[float, float]]],
    *,
    title: str = "Depth and width",
    remark: str = "",
) -> Figure:
    """Models by depth and width, both logarithmic, on lines of equal size.

    Args:
        lines: parameters of all layers -> (depth, width) of models that have so many.
    """
    figure, axes = new_figure(height=4.6, title=title, remark=remark)
    axes.grid(visible=False)
    depths, widths = [shape.depth for shape in shapes], [shape.width for shape in shapes]
    low, high = (min(depths) * 0.7, min(widths) * 0.7), (max(depths) * 1.5, max(widths) * 1.5)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    for parameters, line in lines.items():
        x, y = np.array(line).T
        axes.plot(x, y, color=MUTED, linewidth=0.8, linestyle=(0, (4, 3)))
        ends = [(a, b) for a, b in line if low[0] <= a <= high[0] and low[1] <= b <= high[1]]
        if ends:
            free = max(ends[0], ends[-1], key=lambda end: min(apart(end, shape) for shape in shapes))
            axes.annotate(short(parameters), free, (4, -1), textcoords="offset points", color=MUTED, fontsize=8.5,
                          va="center")  # fmt: skip
    known = [shape.loss for shape in shapes if shape.loss is not None]
    for shape in shapes:
        best = shape.loss is not None and shape.loss == min(known)
        axes.plot(shape.depth, shape.width, "o", color=BASELINE if best else MODEL, markersize=7)
        said = (
            f"{shape.name}, {short(float(f'{shape.parameters:.3g}'))}"
            if shape.loss is None
            else f"{shape.name}, {shape.loss:.3f}"
        )
        axes.annotate(said, (shape.depth, shape.width), (7, 6), textcoords="offset points", fontsize=8.8, color=INK,
                      fontweight="bold" if best else "normal", parse_math=False)  # fmt: skip
    name_axes(axes, "layers", "width")
    for axis, values in ((axes.xaxis, depths), (axes.yaxis, widths)):
        axis.set_major_locator(FixedLocator(sorted(set(values))))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    return figure


def apart(end: tuple[float, float], shape: Shape) -> float:
    """How far a line's end and a shape are from each other, as the axes are divided."""
    return math.hypot(math.log2(end[0] / shape.depth), math.log2(end[1] / shape.width))
