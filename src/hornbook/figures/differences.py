"""By how much two sides of a comparison differ, pair by pair, and where the true difference lies."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from matplotlib.figure import Figure

from hornbook.figures.style import FLOOR, INK, MODEL, MUTED, name_axes, new_figure, width_of


def difference_plot(
    rows: Sequence[tuple[str, Sequence[float], float, tuple[float, float]]],
    *,
    unit: str = "bits/byte",
    title: str = "Difference",
    remark: str = "",
) -> Figure:
    """A line for each comparison: a point for every pair, the mean, and a bar over the interval; 0 is no difference.

    Args:
        rows: name, the differences, their mean, the interval of the true mean (infinite where it is not known).
    """
    figure, axes = new_figure(height=1.35 + 0.5 * len(rows), title=title, remark=remark)
    axes.grid(visible=False)
    axes.axvline(0, color=FLOOR, linewidth=1.2, linestyle=(0, (5, 3)), zorder=0)
    for place, (_, differences, mean, interval) in enumerate(rows):
        if all(map(isfinite, interval)):
            axes.plot(interval, [place, place], color=MODEL, linewidth=5, alpha=0.35, solid_capstyle="butt")
        axes.scatter(differences, [place] * len(differences), s=22, color=MUTED, zorder=3)
        axes.scatter([mean], [place], s=130, marker="|", color=INK, linewidths=2.2, zorder=4)
    axes.set_yticks(range(len(rows)), [name for name, *_ in rows])
    for label in axes.get_yticklabels():
        label.set(parse_math=False, color=INK, fontsize=10)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.margins(x=0.08)
    name_axes(axes, unit, "")
    width = float(figure.get_size_inches()[0])
    left, box = width_of(figure, axes.get_yticklabels()) + 0.35, axes.get_position()
    axes.set_position((left / width, box.y0, 1 - (left + 0.4) / width, box.y1 - box.y0))
    return figure
