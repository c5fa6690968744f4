"""Where attention looks: one row for each token that asks, one column for each that answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from hornbook.figures.style import INK, MODEL, MUTED, PAPER, RULE, head

SHADES = LinearSegmentedColormap.from_list("hornbook", [PAPER, "#9cc3de", MODEL, "#003a5d"])
CELL = 0.27
"""Inches of a token's side."""


def attention_map(
    weights: npt.NDArray[np.floating],
    asking: Sequence[str],
    answering: Sequence[str],
    *,
    names: Sequence[str] = (),
    title: str = "",
    remark: str = "",
    columns: int = 4,
) -> Figure:
    """Maps side by side: ``weights`` [maps, asking, answering], each row a distribution over those that answer.

    ``asking`` labels the rows, ``answering`` the columns, ``names`` the maps (one for each head, say). All maps share
    one scale, from 0 (paper) to 1 (dark).
    """
    count = len(weights)
    columns = min(columns, count)
    rows = -(-count // columns)
    left, top, bottom, gap = 0.3 + 0.085 * longest(asking), 0.95, 0.25 + 0.085 * longest(answering), 0.42
    wide, high = CELL * len(answering), CELL * len(asking)
    width, height = left + columns * wide + (columns - 1) * gap + 0.3, top + rows * high + (rows - 1) * gap + bottom
    figure = Figure(figsize=(max(width, 5.0), height), dpi=150, facecolor=PAPER)
    width = figure.get_size_inches()[0]
    head(figure, title, remark)
    for number, weight in enumerate(weights):
        row, column = divmod(number, columns)
        place = (left + column * (wide + gap), height - top - row * (high + gap) - high, wide, high)
        axes = figure.add_axes((place[0] / width, place[1] / height, place[2] / width, place[3] / height))
        axes.imshow(weight, cmap=SHADES, vmin=0.0, vmax=1.0, aspect="auto", interpolation="nearest")
        labelled = column == 0, row == rows - 1 or number + columns >= count
        axes.set_yticks(range(len(asking)), asking if labelled[0] else [""] * len(asking))
        names_below = answering if labelled[1] else [""] * len(answering)
        axes.set_xticks(range(len(answering)), names_below, rotation=90 if longest(answering) > 2 else 0)
        for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
            label.set(color=INK, fontsize=8.5, parse_math=False)
        axes.tick_params(length=0, pad=3)
        for spine in axes.spines.values():
            spine.set_color(RULE)
        if number < len(names):
            axes.set_title(names[number], color=MUTED, fontsize=9, pad=4, loc="left", parse_math=False)
    return figure


def longest(labels: Sequence[str]) -> int:
    """Letters of the longest label."""
    return max(map(len, labels), default=0)
