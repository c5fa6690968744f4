"""The loss while a model learns, between what it has to beat and what it cannot pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from hornbook.figures.style import BASELINE, FLOOR, MODEL, MUTED, TRAINING, label_right, name_axes, new_figure


@dataclass(frozen=True)
class Series:
    """Values ``y`` at places ``x``: steps, tokens or seconds."""

    x: Sequence[int | float] = ()
    y: Sequence[int | float] = ()

    def positive(self) -> Series:
        """Without the points that have no place on a logarithmic scale: not a number, infinite, or not above zero."""
        kept = [(x, y) for x, y in zip(self.x, self.y, strict=True) if 0 < y < np.inf]
        return Series([x for x, _ in kept], [y for _, y in kept])

    def thinned(self, most: int = 1000) -> Series:
        """As many points as are enough to draw it, the first and the last among them."""
        kept = np.unique(np.linspace(0, len(self.x) - 1, min(len(self.x), most)).astype(int))
        return Series([self.x[at] for at in kept], [self.y[at] for at in kept])


def loss_curve(
    train: Series,
    validation: Series,
    *,
    baselines: Mapping[str, float] | None = None,
    floor: float | None = None,
    x_label: str = "step",
    y_label: str = "nats per token",
    title: str = "Loss",
    remark: str = "",
) -> Figure:
    """Training and validation loss over ``x``, a dashed line for each baseline and one for the floor.

    Losses stand on a logarithmic scale, so that the last, small gains are as visible as the first, large ones. The
    training loss is drawn as it was and, where there are many points, as a running mean; not at all where it falls
    below zero, as what is descended for rewards does: that says nothing of how good a model is.

    Args:
        baselines: name -> loss, in the unit of the curves.
        floor: the entropy of the source, where it is known.
    """
    figure, axes = new_figure(title=title, remark=remark)
    train = Series() if any(loss < 0 for loss in train.y) else train.positive()
    validation = validation.positive()
    lines = {name: loss for name, loss in (baselines or {}).items() if 0 < loss < np.inf}
    labels = []
    for name, loss in lines.items():
        axes.axhline(loss, color=BASELINE, linewidth=1.1, linestyle=(0, (5, 3)))
        labels.append((loss, f"{name} {loss:.3f}", BASELINE, False))
    if floor is not None:
        axes.axhline(floor, color=FLOOR, linewidth=1.5)
        labels.append((floor, f"floor {floor:.3f}", FLOOR, True))
    if train.y:
        smooth = Series(train.x, running_mean(train.y).tolist()).thinned()
        if len(train.y) > 40:
            raw = train.thinned()
            axes.plot(raw.x, raw.y, color=TRAINING, linewidth=0.7, alpha=0.35)
        axes.plot(smooth.x, smooth.y, color=TRAINING, linewidth=1.5)
        labels.append((float(smooth.y[-1]), f"training {smooth.y[-1]:.3f}", TRAINING, False))
    if validation.y:
        points = validation.thinned()
        marker = "o" if len(points.y) <= 60 else ""
        axes.plot(points.x, points.y, color=MODEL, linewidth=2.0, marker=marker, markersize=3.5, clip_on=False)
        labels.append((float(points.y[-1]), f"validation {points.y[-1]:.3f}", MODEL, True))
    settle_limits(axes, [*train.x, *validation.x], [*train.y, *validation.y, *(height for height, *_ in labels)])
    name_axes(axes, x_label, y_label)
    if labels:
        label_right(figure, axes, labels)
    else:
        axes.set(xticks=[], yticks=[])
        axes.text(0.5, 0.5, "nothing measured yet", color=MUTED, ha="center", transform=axes.transAxes)
    return figure


def running_mean(values: Sequence[int | float]) -> np.ndarray:
    """Each value averaged with its neighbours, over about a fortieth of the series; the same length."""
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(values, dtype=np.float64))])
    place, reach = np.arange(len(values)), len(values) // 80
    start, stop = np.maximum(place - reach, 0), np.minimum(place + reach, len(values) - 1) + 1
    means: np.ndarray = (sums[stop] - sums[start]) / (stop - start)
    return means


def settle_limits(axes: Axes, places: Sequence[int | float], losses: Sequence[int | float]) -> None:
    """Logarithmic losses from a little below the smallest to a little above the largest, with round numbers beside."""
    known = [loss for loss in losses if 0 < loss < np.inf] or [1.0]
    low, high = min(known), max(known)
    room = 0.06 * np.log(high / low) + 0.01
    low, high = float(low * np.exp(-room)), float(high * np.exp(room))
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    axes.yaxis.set_major_locator(FixedLocator(round_numbers(low, high)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if places and min(places) < max(places):
        axes.set_xlim(min(places), max(places))


def round_numbers(low: float, high: float) -> list[float]:
    """Four to nine round numbers from ``low`` to ``high`` that stand well on a logarithmic axis."""
    if high / low < 2.5:
        return [
            float(value) for value in MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= value <= high
        ]
    tens = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for digits in ((1, 1.5, 2, 2.5, 3, 4, 5, 6, 8), (1, 1.5, 2, 3, 4, 6, 8), (1, 2, 3, 5), (1, 3), (1,)):
        ticks = [float(ten * digit) for ten in tens for digit in digits if low <= ten * digit <= high]
        if len(ticks) <= 9:
            break
    return ticks
