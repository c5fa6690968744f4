"""Every head of every layer at a glance: small maps, a row of them for each layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from hornbook.figures.panels import AMOUNT, cells, panels
from hornbook.figures.style import INK, MUTED


def attention_grid(
    weights: npt.NDArray[np.floating], tokens: Sequence[str], *, title: str = "Attention", remark: str = ""
) -> Figure:
    """Maps [layers, heads, tokens, tokens] of one text; each row of a map is a distribution over what was looked at.

    ``tokens`` is written beside the first map of each row and under the last maps of each column.
    """
    layers, heads, size, _ = weights.shape
    letters = max(map(len, tokens), default=1)
    gap = 0.14
    side = float(np.clip((8.4 - 0.8 - 0.062 * letters) / heads - gap, 0.62, 1.9))
    high = 0.55 if side * 72 / size < 5 else 0.3 + 0.062 * letters  # whether the words fit under their columns
    figure, places = panels(heads, layers, wide=side, high=side, gaps=(gap, gap), left=0.55 + 0.062 * letters,
                            right=0.2, title=title, remark=remark, foot=high)  # fmt: skip
    readable = side * 72 / size >= 5
    size_of_letters = min(8.0, side * 72 / size * 0.86)
    for number, axes in enumerate(places):
        layer, head = divmod(number, heads)
        cells(axes, weights[layer, head], AMOUNT, 0.0, 1.0)
        axes.set(xticks=[], yticks=[])
        if layer == 0:
            axes.set_title(f"head {head + 1}", color=MUTED, fontsize=9, pad=5)
        if readable and head == 0:
            axes.set_yticks(range(size), tokens)
        if readable and layer == layers - 1:
            axes.set_xticks(range(size), tokens, rotation=90)
        for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
            label.set(color=INK, fontsize=size_of_letters, parse_math=False)
        if head == 0:
            offset = 0.3 + 0.062 * letters if readable else 0.2
            axes.text(-offset / side, 0.5, f"layer {layer + 1}", color=MUTED, fontsize=9, rotation=90, ha="center",
                      va="center", transform=axes.transAxes)  # fmt: skip
    return figure
