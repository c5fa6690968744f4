"""A text as a model sees it: every token on a ground as dark as it surprised."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hornbook.figures.style import BASELINE, INK, MUTED, PAPER, head

LETTERS = 100
"""In a line."""
ADVANCE, LINE = 0.08, 0.235
"""Inches: from one letter to the next, of a typewriter's font at 9.57 points, and from one line to the next."""


def text_map(
    pieces: Sequence[str], losses: Sequence[float], *, most: float = 8.0, title: str = "", remark: str = ""
) -> Figure:
    """Tokens one after another, as they are read; ``losses`` are in nats, and from ``most`` on all is equally dark.

    A token that nothing was asked of has a loss of NaN, and no ground.
    """
    lines = set_in_lines(pieces)
    width, height = 0.4 + LETTERS * ADVANCE, 1.25 + LINE * len(lines)
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER)
    head(figure, title, remark)
    axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    for row, line in enumerate(lines):
        y = height - 0.95 - row * LINE
        for number, start, part in line:
            place = (0.2 + start * ADVANCE, y - 0.095)
            loss = losses[number]
            if loss == loss:
                shade = min(1.0, loss / most)
                axes.add_patch(Rectangle(place, len(part) * ADVANCE - 0.012, LINE - 0.03, fc=BASELINE, ec="none",
                                         alpha=0.03 + 0.72 * shade))  # fmt: skip
            axes.text(place[0], y, part, family="monospace", fontsize=9.57, color=INK, va="center_baseline",
                      parse_math=False)  # fmt: skip
    for number, nats in enumerate((0, 2, 4, 6, 8)):
        x = 0.2 + number * 0.62
        shade = min(1.0, nats / most)
        axes.add_patch(Rectangle((x, 0.17), 0.2, 0.14, fc=BASELINE, ec="none", alpha=0.03 + 0.72 * shade))
        axes.text(x + 0.26, 0.24, f"{nats}" + (" nats and more" if nats == 8 else ""), color=MUTED, fontsize=8.5,
                  va="center_baseline")  # fmt: skip
    return figure


def set_in_lines(pieces: Sequence[str]) -> list[list[tuple[int, int, str]]]:
    """Lines of (which piece, the column where it begins, its letters); a piece that ends a line of the text ends ours.

    A piece that does not fit goes to the next line, without the blank before it; one longer than a line is cut.
    """
    lines: list[list[tuple[int, int, str]]] = [[]]
    column = 0
    for number, piece in enumerate(pieces):
        shown = piece.replace("\n", "⏎").replace("\t", " ").replace("\r", " ")
        if column + len(shown) > LETTERS and column:
            lines.append([])
            column, shown = 0, shown.lstrip(" ") or shown[:1]
        for start in range(0, len(shown), LETTERS):
            part = shown[start : start + LETTERS]
            lines[-1].append((number, column, part))
            column += len(part)
            if start + LETTERS < len(shown):
                lines.append([])
                column = 0
        if piece.endswith("\n"):
            lines.append([])
            column = 0
    return lines if lines[-1] else lines[:-1]
