"""One distribution over next tokens, and what is left of it after each filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from hornbook.figures.panels import name_panel, panels
from hornbook.figures.style import BASELINE_BAR, INK, MODEL, MUTED


def sampling_filters(
    names: Sequence[str],
    distributions: Mapping[str, npt.NDArray[np.floating]],
    kept: Mapping[str, int],
    *,
    title: str = "Sampling",
    remark: str = "",
) -> Figure:
    """A panel for each filter: the probabilities of the likeliest tokens, the same tokens in each.

    Args:
        names: of the tokens that are shown, the likeliest first.
        distributions: filter -> probabilities of these tokens and, last, of all others together. The first is the
            model's own, whose outline stands behind the others.
        kept: filter -> how many tokens of the whole vocabulary may still be drawn.
    """
    rows = -(-len(distributions) // 3)
    figure, places = panels(3, rows, wide=2.25, high=0.162 * (len(names) + 1), gaps=(0.5, 0.55), left=0.95, right=0.35,
                            title=title, remark=remark)  # fmt: skip
    own = next(iter(distributions.values()))
    at = np.arange(len(own))
    widest = max(float(values.max()) for values in distributions.values())
    for number, (axes, (name, values)) in enumerate(zip(places, distributions.items(), strict=False)):
        axes.grid(visible=False)
        axes.barh(at, values, height=0.72, color=[*[MODEL] * len(names), BASELINE_BAR])
        axes.barh(at, own, height=0.72, fc="none", ec=MUTED, linewidth=0.8)
        axes.set(ylim=(len(own) - 0.4, -0.6), xlim=(0, widest * 1.06))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.set_yticks(at, [*names, "all others"] if number % 3 == 0 else [""] * len(own))
        for label in axes.get_yticklabels():
            label.set(color=INK, fontsize=8.5, parse_math=False)
        name_panel(axes, name, f"{kept[name]:,} left")
    for empty in places[len(distributions) :]:
        empty.remove()
    return figure
