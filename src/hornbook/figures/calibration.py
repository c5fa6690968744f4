"""How often answers are right, by how sure they were given: on the diagonal a model knows its doubt."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from hornbook.figures.style import FLOOR, MODEL, MUTED, name_axes, new_figure

LARGEST = 220.0
"""The area of the point with most answers, in points squared."""


def calibration_curve(
    curve: Sequence[tuple[float, float, int]], *, title: str = "Calibration", remark: str = ""
) -> Figure:
    """A point for each bin of answers: mean confidence, share that was right; its area says how many answers.

    Args:
        curve: confidence, share that is right, number of answers (``Calibration.curve``).
    """
    figure, axes = new_figure(width=5.2, height=4.4, title=title, remark=remark)
    axes.plot([0, 1], [0, 1], color=FLOOR, linewidth=1.1, linestyle=(0, (5, 3)))
    most = max((count for _, _, count in curve), default=1)
    sure, right = [point[0] for point in curve], [point[1] for point in curve]
    axes.plot(sure, right, color=MODEL, linewidth=1.4)
    axes.scatter(sure, right, s=[max(14.0, LARGEST * count / most) for _, _, count in curve], color=MODEL, zorder=3)
    for confidence, share, count in curve:
        axes.annotate(f"{count:,}", (confidence, share), (7, -11), textcoords="offset points", color=MUTED, fontsize=8)
    axes.set_xlim(0, 1.04)
    axes.set_ylim(0, 1.04)
    name_axes(axes, "how sure", "how often right")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0))
    return figure
