"""How a token came to be: the two it was merged from, the two of each of these, down to single bytes."""

from __future__ import annotations

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from hornbook.figures.style import INK, MODEL, MUTED, PAPER, head

WIDE, LEVEL, LETTER = 0.5, 0.62, 0.092
"""Inches: the least a leaf takes, a generation, and a letter."""


@dataclass(frozen=True)
class Merged:
    """A token: how it is written, which number its merge had, and its two halves; a byte has neither."""

    name: str
    number: str = ""
    halves: tuple[Merged, Merged] | None = None

    @property
    def leaves(self) -> list[Merged]:
        """The bytes it is made of, from left to right."""
        return [self] if self.halves is None else [leaf for half in self.halves for leaf in half.leaves]

    @property
    def depth(self) -> int:
        """How many merges lie one above another."""
        return 0 if self.halves is None else 1 + max(half.depth for half in self.halves)


def merge_tree(trees: list[Merged], *, title: str = "Merges", remark: str = "") -> Figure:
    """Trees side by side, the whole token on top; the number beside a token is which merge made it."""
    wide = sum(span(tree) for tree in trees) + 0.4 * (len(trees) - 1)
    width = max(wide + 0.5, 7.2)
    height = 1.35 + LEVEL * max(tree.depth for tree in trees)
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER)
    head(figure, title, remark)
    axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    start = (width - wide) / 2
    for tree in trees:
        grow(axes, tree, start, 0.3)
        start += span(tree) + 0.4
    return figure


def span(tree: Merged) -> float:
    """Inches that a tree takes in width."""
    below = 0.0 if tree.halves is None else sum(map(span, tree.halves))
    return max(WIDE, LETTER * len(tree.name) + 0.3, below)


def grow(axes: Axes, tree: Merged, start: float, ground: float) -> tuple[float, float]:
    """Draw a tree from ``start`` on; all bytes stand on the ``ground``. Where its top is."""
    y = ground + tree.depth * LEVEL
    if tree.halves is None:
        x = start + span(tree) / 2
    else:
        room = (span(tree) - sum(map(span, tree.halves))) / 2
        left = grow(axes, tree.halves[0], start + room, ground)
        right = grow(axes, tree.halves[1], start + room + span(tree.halves[0]), ground)
        x = (left[0] + right[0]) / 2
        for half in (left, right):
            bend = y - LEVEL / 2
            axes.plot([x, x, half[0], half[0]], [y - 0.12, bend, bend, half[1] + 0.12], color=MUTED, linewidth=1.0)
        axes.text(x, bend + 0.06, tree.number, color=MUTED, fontsize=7.5, ha="center", va="bottom",
                  bbox={"fc": PAPER, "ec": "none", "pad": 1.0})  # fmt: skip
    wide = LETTER * len(tree.name) + 0.16
    leaf = tree.halves is None
    colour = MUTED if leaf else MODEL
    axes.add_patch(FancyBboxPatch((x - wide / 2, y - 0.12), wide, 0.24, "round,pad=0,rounding_size=0.06", fc=colour,
                                  ec="none", alpha=0.14 if leaf else 0.2))  # fmt: skip
    axes.text(x, y, tree.name, color=INK, fontsize=9.5, family="monospace", ha="center", va="center_baseline",
              parse_math=False)  # fmt: skip
    return x, y
