"""How our pictures look: quiet axes, few colours that everyone can tell apart, names beside what they name.

The colours are those of Okabe and Ito ("Color universal design", 2008) for the data and greys for the rest. Everything
is set on the figure itself: matplotlib's global settings are neither read from a file nor changed.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter

INK = "#1f2430"
"""Titles and the numbers that count."""
MUTED = "#667080"
"""Axes, ticks, remarks."""
RULE = "#dfe3e8"
"""Grid lines."""
PAPER = "#ffffff"
MODEL = "#0072b2"
"""Blue: the model."""
TRAINING = "#4f97c4"
"""Light blue: the model on the text it learns from."""
BASELINE = "#b3541e"
"""Vermilion: what is to be beaten."""
BASELINE_BAR = "#dcae93"
"""The same where it fills an area."""
FLOOR = "#00805f"
"""Green: what cannot be passed."""
EXTRA = ("#cc79a7", "#8a6d00", "#56b4e9")
"""For further series: purple, ochre, sky."""

SERIES = (MODEL, BASELINE, FLOOR, *EXTRA)
"""For lines side by side, in this order."""

ROLES = {"model": MODEL, "baseline": BASELINE, "floor": FLOOR}
"""The colour of everything that is measured, by the part it plays."""

SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "hornbook", "font.sans-serif": ["DejaVu Sans"]}
"""While a picture is written: letters stay letters, in the font that matplotlib carries with it."""


def new_figure(width: float = 8.4, height: float = 4.4, title: str = "", remark: str = "") -> tuple[Figure, Axes]:
    """An empty figure of so many inches with one pair of quiet axes, a title above and a remark under the title."""
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER)
    top = 1 - (0.72 if remark else 0.5 if title else 0.2) / height
    axes = figure.add_axes((0.78 / width, 0.55 / height, 1 - 2.35 / width, top - 0.55 / height), facecolor="none")
    head(figure, title, remark)
    quiet(axes)
    return figure, axes


def head(figure: Figure, title: str, remark: str = "") -> None:
    """Write the title of a figure above its upper left corner, and a remark under the title."""
    width, height = figure.get_size_inches()
    if title:
        figure.text(
            0.2 / width, 1 - 0.13 / height, title, color=INK, fontsize=12, fontweight="bold", va="top", parse_math=False
        )
    if remark:
        figure.text(0.2 / width, 1 - 0.4 / height, remark, color=MUTED, fontsize=9, va="top", parse_math=False)


def quiet(axes: Axes) -> None:
    """One thin line below, faint lines across, small grey numbers."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(MUTED)
    axes.tick_params(colors=MUTED, labelsize=9, length=3, width=0.8)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", color=RULE, linewidth=0.8)
    axes.set_axisbelow(True)


def name_axes(axes: Axes, x_label: str, y_label: str) -> None:
    """Label both axes; large numbers along x are written 2k, 1.5M."""
    axes.set_xlabel(x_label, color=MUTED, fontsize=9.5, labelpad=5, parse_math=False)
    axes.set_ylabel(y_label, color=MUTED, fontsize=9.5, labelpad=7, parse_math=False)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))


def short(value: int | float) -> str:
    """1500 -> 1.5k, 3000000 -> 3M, 0.25 -> 0.25."""
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{letter}"
    return f"{value:.4g}"


def spread(places: Sequence[int | float], gap: float) -> list[float]:
    """Move places apart as little as possible (in squares) so that neighbours keep ``gap``; the order stays.

    Pool-adjacent-violators on the places less the room that those before them need.
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    pools: list[tuple[float, int]] = []  # the mean of each pool and its size
    for rank, index in enumerate(order):
        mean, size = places[index] - rank * gap, 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        pools.append((mean, size))
    apart = [mean for mean, size in pools for _ in range(size)]
    result = [0.0] * len(places)
    for rank, index in enumerate(order):
        result[index] = apart[rank] + rank * gap
    return result


def width_of(figure: Figure, texts: Sequence[Text]) -> float:
    """How many inches the longest of these texts of the figure takes."""
    canvas: Any = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    return max((text.get_window_extent(renderer).width / figure.dpi for text in texts), default=0.0)


def label_right(figure: Figure, axes: Axes, labels: Sequence[tuple[float, str, str, bool]], gap: float = 0.23) -> None:
    """Write names to the right of the axes at the height of what they name: (height, text, colour, bold).

    Heights are in units of the data, ``gap`` in inches. The axes make room for the longest name; names that would
    overlap are moved apart and keep a thin line to their place. Call it when the limits of the axes are settled.
    """
    width, height = figure.get_size_inches()
    texts = [
        figure.text(
            0, 0, text, color=colour, fontsize=9.5, fontweight="bold" if bold else "normal", va="center_baseline"
        )
        for _, text, colour, bold in labels
    ]
    box = axes.get_position()
    right = 1 - (width_of(figure, texts) + 0.42) / width
    axes.set_position((box.x0, box.y0, right - box.x0, box.height))
    to_figure = axes.transData + figure.transFigure.inverted()
    heights = [float(to_figure.transform((axes.get_xlim()[1], value))[1]) for value, *_ in labels]
    for text, place, moved in zip(texts, heights, spread(heights, gap / height), strict=True):
        text.set_position((right + 0.28 / width, moved))
        across = [right + inches / width for inches in (0.05, 0.15, 0.23)]
        figure.add_artist(Line2D(across, [place, moved, moved], color=text.get_color(), linewidth=0.8))


def svg(figure: Figure) -> str:
    """The figure as SVG, the same for the same data; text stays text."""
    with mpl.rc_context(SETTINGS), io.StringIO() as file:
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None})
        return file.getvalue()


def png(figure: Figure, dots_per_inch: int = 150) -> bytes:
    """The figure as PNG."""
    with mpl.rc_context(SETTINGS), io.BytesIO() as file:
        figure.savefig(file, format="png", dpi=dots_per_inch, metadata={"Software": None})
        return file.getvalue()


def save(figure: Figure, path: Path) -> None:
    """Write ``path`` with the endings .svg and .png, each beside its place first."""
    for ending, content in ((".svg", svg(figure).encode()), (".png", png(figure))):
        partial, whole = path.with_name(f".{path.name}{ending}.partial"), path.with_name(path.name + ending)
        partial.write_bytes(content)
        partial.replace(whole)
