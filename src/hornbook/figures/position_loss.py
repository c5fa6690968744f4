"""What a token costs by how much stands before it: a model that uses its context gets better along the window."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from hornbook.figures.style import BASELINE, MODEL, TRAINING, label_right, name_axes, new_figure


def position_loss(
    means: npt.NDArray[np.floating],
    counts: npt.NDArray[np.integer],
    *,
    baselines: Mapping[str, float] | None = None,
    title: str = "Loss by position",
    remark: str = "",
) -> Figure:
    """Mean loss at each place of a window: place by place as points, and as means of places that lie close together.

    Args:
        means, counts: of the targets that had so many tokens before them: 1, 2, 3, ...
        baselines: name -> loss, in nats per token.
    """
    figure, axes = new_figure(height=3.6, title=title, remark=remark)
    before = np.arange(1, len(means) + 1)
    edges = np.unique(np.round(np.geomspace(1, len(means) + 1, 28)).astype(int))
    groups = [slice(low - 1, high - 1) for low, high in pairwise(edges.tolist())]
    middle = [float(np.exp(np.log(before[group]).mean())) for group in groups]
    smooth = [float(np.average(means[group], weights=counts[group])) for group in groups]
    axes.plot(before, means, "o", color=TRAINING, markersize=2.2, alpha=0.45, markeredgewidth=0)
    axes.plot(middle, smooth, color=MODEL, linewidth=2, marker="o", markersize=3.5)
    whole = float(np.average(means, weights=counts))
    labels = [(smooth[-1], f"at the end {smooth[-1]:.3f}", MODEL, True)]
    axes.axhline(whole, color=TRAINING, linewidth=1.1, linestyle=(0, (1, 2)))
    labels.append((whole, f"mean {whole:.3f}", TRAINING, False))
    for name, loss in (baselines or {}).items():
        axes.axhline(loss, color=BASELINE, linewidth=1.1, linestyle=(0, (5, 3)))
        labels.append((loss, f"{name} {loss:.3f}", BASELINE, False))
    heights = [*smooth, whole, float(np.quantile(means, 0.01)), *(baselines or {}).values()]
    low, high = min(heights), max(heights)
    axes.set_xscale("log", base=2)
    axes.set(xlim=(1, max(2, len(means))), ylim=(low - 0.08 * (high - low) - 0.01, high + 0.06 * (high - low) + 0.01))
    name_axes(axes, "tokens before it", "nats per token")
    axes.xaxis.set_major_locator(FixedLocator([2**power for power in range(int(np.log2(len(means))) + 1)]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    label_right(figure, axes, labels)
    return figure
