"""The losses of several runs in one picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from hornbook.figures.loss_curve import Series, running_mean, settle_limits
from hornbook.figures.style import BASELINE, EXTRA, FLOOR, MODEL, MUTED, label_right, name_axes, new_figure

COLOURS = (MODEL, BASELINE, FLOOR, *EXTRA)
"""In this order; a seventh name takes the first again."""


@dataclass(frozen=True)
class Curve:
    """A run under the name of what it belongs to: curves of one name have one colour, and one label."""

    name: str
    train: Series = Series()
    validation: Series = Series()


def curves(
    runs: Sequence[Curve], *, x_label: str = "step", y_label: str = "nats per token", title: str = "Loss"
) -> Figure:
    """Validation losses as lines with points, training losses thin behind them, on a logarithmic scale."""
    figure, axes = new_figure(title=title)
    names = list(dict.fromkeys(run.name for run in runs))
    colours = {name: COLOURS[place % len(COLOURS)] for place, name in enumerate(names)}
    labels: dict[str, tuple[float, str, str, bool]] = {}
    places, losses = list[float](), list[float]()
    for run in runs:
        train, validation, colour = run.train.positive(), run.validation.positive(), colours[run.name]
        if train.y:
            smooth = Series(train.x, running_mean(train.y).tolist()).thinned()
            axes.plot(smooth.x, smooth.y, color=colour, linewidth=0.8, alpha=0.4)
        if validation.y:
            axes.plot(validation.x, validation.y, color=colour, linewidth=1.6, marker="o", markersize=3, clip_on=False)
        shown = validation if validation.y else train
        if shown.y:
            said = run.name if run.name in labels else f"{run.name} {shown.y[-1]:.3f}"
            labels[run.name] = (float(shown.y[-1]), said, colour, True)
        places += [*train.x, *validation.x]
        losses += [*train.y[len(train.y) // 50 :], *validation.y]
    settle_limits(axes, places, losses)
    name_axes(axes, x_label, y_label)
    if labels:
        label_right(figure, axes, list(labels.values()))
    else:
        axes.text(0.5, 0.5, "nothing measured yet", color=MUTED, ha="center", transform=axes.transAxes)
    return figure
