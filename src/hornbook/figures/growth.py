"""How cost grows: every series on one log-log picture, where size^k is a straight line of slope k."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from hornbook.figures.loss_curve import Series
from hornbook.figures.style import EXTRA, FLOOR, INK, MODEL, MUTED, TRAINING, label_right, name_axes, new_figure, short

COLOURS = (MODEL, FLOOR, *EXTRA, TRAINING, INK)


def growth(
    curves: Mapping[str, Series],
    *,
    slopes: tuple[int, ...] = (1, 2),
    x_label: str = "size, in multiples of the smallest",
    y_label: str = "time, in multiples of the smallest",
    title: str = "How cost grows",
    remark: str = "",
) -> Figure:
    """Every curve divided by its first point, so that all begin at 1; dashed lines show what slopes would look like.

    Args:
        curves: name -> sizes and costs. One without a positive point is left out.
        slopes: exponents k for which size^k is drawn.
    """
    figure, axes = new_figure(height=5.0, title=title, remark=remark)
    axes.set(xscale="log", yscale="log")
    axes.set_xscale("log", base=2)
    drawn = {name: relative(series) for name, series in curves.items() if series.positive().y}
    farthest = max((series.x[-1] for series in drawn.values()), default=1.0)
    highest = max((max(series.y) for series in drawn.values()), default=1.0)
    labels = []
    for slope in slopes if farthest > 1 else ():
        end = min(farthest, max(2.0, highest ** (1 / slope)))
        axes.plot([1.0, end], [1.0, end**slope], color=MUTED, linewidth=0.9, linestyle=(0, (5, 3)))
        axes.annotate(
            f"size^{slope}",
            (end, end**slope),
            (-4, 5),
            textcoords="offset points",
            ha="right",
            color=MUTED,
            fontsize=8.5,
        )
    for number, (name, series) in enumerate(drawn.items()):
        colour = COLOURS[number % len(COLOURS)]
        axes.plot(series.x, series.y, color=colour, linewidth=1.8, marker="o", markersize=3.5, clip_on=False)
        labels.append((float(series.y[-1]), name, colour, True))
    name_axes(axes, x_label, y_label)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    if labels:
        label_right(figure, axes, labels)
    else:
        axes.text(0.5, 0.5, "nothing measured", color=MUTED, ha="center", transform=axes.transAxes)
    return figure


def relative(series: Series) -> Series:
    """The positive points of a series, each divided by the first."""
    points = series.positive()
    return Series([x / points.x[0] for x in points.x], [y / points.y[0] for y in points.y])
