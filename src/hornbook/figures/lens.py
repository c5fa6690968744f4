"""What a model would say after each of its layers, were it asked there: words in cells, dark where it is sure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from hornbook.figures.panels import AMOUNT, cells, panels, scale_beside, small
from hornbook.figures.style import INK, MUTED, PAPER

CELL = 0.56, 0.3
"""Inches: how wide and how high a cell is."""
LETTERS = 8
"""Of a word in a cell."""


def lens_map(
    words: Sequence[Sequence[str]],
    probabilities: npt.NDArray[np.floating],
    asking: Sequence[str],
    layers: Sequence[str],
    *,
    title: str = "Logit lens",
    remark: str = "",
) -> Figure:
    """A row for each of ``layers``, the last on top; a column for each token of ``asking``.

    Args:
        words: [layers][tokens], the likeliest next token; ``probabilities`` [layers, tokens] is how likely it is.
    """
    rows, columns = probabilities.shape
    figure, [axes] = panels(1, wide=columns * CELL[0], high=rows * CELL[1], left=1.15, right=0.75, title=title,
                            remark=remark)  # fmt: skip
    image = cells(axes, probabilities[::-1], AMOUNT, 0.0, 1.0, lines=True)
    for row in range(rows):
        for column in range(columns):
            likely = float(probabilities[row, column])
            axes.text(column, rows - 1 - row, clipped(words[row][column]), ha="center", va="center_baseline",
                      fontsize=7.6, color=PAPER if likely > 0.55 else INK, parse_math=False)  # fmt: skip
    axes.set_yticks(range(rows), list(layers)[::-1])
    axes.set_xticks(range(columns), [clipped(word) for word in asking])
    small([*axes.get_xticklabels(), *axes.get_yticklabels()])
    axes.set_xlabel("what was read; above it, what should follow", color=MUTED, fontsize=9, labelpad=5)
    axes.set_ylabel("after", color=MUTED, fontsize=9, labelpad=5)
    scale_beside(axes, image, [0, 0.5, 1])
    return figure


def clipped(word: str) -> str:
    """At most ``LETTERS`` letters."""
    return word if len(word) <= LETTERS else word[: LETTERS - 1] + "…"
