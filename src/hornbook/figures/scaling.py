"""Loss over size, the law that was fitted to it, and what it says of a size that was not tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from hornbook.figures.loss_curve import round_numbers
from hornbook.figures.style import BASELINE, FLOOR, MODEL, MUTED, label_right, name_axes, new_figure, short


@dataclass(frozen=True)
class Law:
    """loss = floor + factor · size^-exponent (Kaplan et al. 2020; Hoffmann et al. 2022), as it was fitted."""

    factor: float
    exponent: float
    floor: float = 0.0

    def at(self, size: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
        """The loss that it expects."""
        expected: npt.NDArray[np.floating] = self.floor + self.factor * size**-self.exponent
        return expected

    def __str__(self) -> str:
        """As a formula."""
        return f"{self.floor:.3g} + {self.factor:.3g} · N^-{self.exponent:.3g}"


def scaling_fit(
    sizes: Sequence[int | float],
    losses: Sequence[float],
    law: Law,
    *,
    held_out: Sequence[tuple[int | float, float]] = (),
    x_label: str = "parameters",
    y_label: str = "nats per token",
    title: str = "Scaling",
    remark: str = "",
) -> Figure:
    """Points (sizes, losses) that were fitted, those that were ``held_out`` as rings, and the law through all sizes."""
    figure, axes = new_figure(height=4.2, title=title, remark=remark or f"fitted: {law}")
    every = [*sizes, *(size for size, _ in held_out)]
    across = np.geomspace(min(every) / 1.5, max(every) * 2.5, 200)
    line = law.at(across)
    beyond = across > max(sizes)
    axes.plot(across[~beyond], line[~beyond], color=MODEL, linewidth=1.6)
    axes.plot(across[beyond], line[beyond], color=MODEL, linewidth=1.6, linestyle=(0, (4, 2)))
    axes.plot(sizes, losses, "o", color=MODEL, markersize=6)
    labels = [(float(line[-1]), f"law {line[-1]:.3f}", MODEL, True)]
    for size, loss in held_out:
        axes.plot(size, loss, "o", color=BASELINE, markersize=7, markerfacecolor="none", markeredgewidth=1.6)
        axes.annotate(f"held out {loss:.3f}", (size, loss), (0, 9), textcoords="offset points", fontsize=8.5,
                      ha="center", color=BASELINE)  # fmt: skip
    heights = [*losses, *line, *(loss for _, loss in held_out)]
    if law.floor > 0:
        axes.axhline(law.floor, color=FLOOR, linewidth=1.5)
        labels.append((law.floor, f"floor {law.floor:.3f}", FLOOR, True))
        heights.append(law.floor)
    low, high = min(heights) * 0.97, max(heights) * 1.04
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set(xlim=(across[0], across[-1]), ylim=(low, high))
    name_axes(axes, x_label, y_label)
    axes.yaxis.set_major_locator(FixedLocator(round_numbers(low, high)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    axes.tick_params(axis="x", colors=MUTED)
    label_right(figure, axes, labels)
    return figure
