"""The learning rate over a run: warm-up, plateau, decay."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from hornbook.figures.loss_curve import Series
from hornbook.figures.style import EXTRA, MODEL, MUTED, label_right, name_axes, new_figure


def schedule_figure(
    learning_rates: Mapping[str, Series],
    *,
    marks: Mapping[str, int | float] | None = None,
    x_label: str = "step",
    title: str = "Learning rate",
    remark: str = "",
) -> Figure:
    """The learning rate of each group of parameters over ``x``.

    Args:
        learning_rates: name of the group -> its learning rates.
        marks: places along x worth a name, such as the end of the warm-up.
    """
    figure, axes = new_figure(height=2.9, title=title, remark=remark)
    colours = (MODEL, *EXTRA)
    labels = []
    for number, (name, series) in enumerate(learning_rates.items()):
        colour = colours[number % len(colours)]
        drawn = series.thinned()
        axes.plot(drawn.x, drawn.y, color=colour, linewidth=1.8)
        if len(series.y):
            labels.append((float(series.y[-1]), f"{name}, peak {max(series.y):.3g}", colour, True))
    axes.margins(x=0, y=0.12)
    axes.set_ylim(bottom=0)
    for name, place in (marks or {}).items():
        axes.axvline(place, color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
        axes.annotate(
            name,
            (place, 1.0),
            (5, 1),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            color=MUTED,
            fontsize=8.5,
            parse_math=False,
        )
    name_axes(axes, x_label, "learning rate")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    label_right(figure, axes, labels)
    return figure
