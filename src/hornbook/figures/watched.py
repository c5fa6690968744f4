"""Whatever else is worth watching while a model learns: the reward of its answers, their length, their entropy."""

from __future__ import annotations

from matplotlib.figure import Figure

from hornbook.figures.loss_curve import Series, running_mean
from hornbook.figures.style import MODEL, TRAINING, label_right, name_axes, new_figure

MANY = 100
"""From so many points on, a line through their middle is drawn."""


def watched_curve(name: str, series: Series, *, x_label: str = "step", remark: str = "") -> Figure:
    """One number over ``x``: as it was, and as a running mean where there are many points."""
    figure, axes = new_figure(height=2.6, title=name, remark=remark)
    drawn = series.thinned()
    many = len(series.y) > MANY
    axes.plot(drawn.x, drawn.y, color=TRAINING, linewidth=0.8 if many else 1.8, alpha=0.5 if many else 1.0)
    last = float(series.y[-1]) if len(series.y) else 0.0
    if many:
        smooth = Series(list(series.x), running_mean(series.y).tolist()).thinned()
        axes.plot(smooth.x, smooth.y, color=MODEL, linewidth=1.8)
        last = float(smooth.y[-1])
    axes.margins(x=0, y=0.12)
    name_axes(axes, x_label, name)
    label_right(figure, axes, [(last, f"{last:.3g}", MODEL, True)])
    return figure
