"""Tokens where a model has put them: its table, seen from the side on which it is widest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import BboxBase

from hornbook.figures.panels import name_below
from hornbook.figures.style import INK, MODEL, PAPER, RULE, head, quiet

AROUND = [
    *((5, 0, "left", "center"), (-5, 0, "right", "center"), (0, 5, "center", "bottom"), (0, -5, "center", "top")),
    *((4, 4, "left", "bottom"), (-4, 4, "right", "bottom"), (4, -4, "left", "top"), (-4, -4, "right", "top")),
]
"""Where a name may stand beside its point, in points, the best place first."""


def embedding_map(
    places: npt.NDArray[np.floating],
    names: Sequence[str],
    shares: Sequence[float],
    *,
    most: int = 160,
    title: str = "Embeddings",
    remark: str = "",
) -> Figure:
    """Points [tokens, 2] and their names, as many of the first as have room without touching another.

    Args:
        shares: of all differences between tokens, how much lies along each of the two axes.
        most: try to name no more than so many; ``names`` begins with what matters.
    """
    width, height = 8.4, 6.6
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER)
    head(figure, title, remark)
    axes = figure.add_axes((0.6 / width, 0.55 / height, 1 - 0.8 / width, 1 - 1.3 / height), facecolor="none")
    quiet(axes)
    axes.grid(visible=False)
    axes.scatter(places[:, 0], places[:, 1], s=7, color=RULE, linewidths=0)
    axes.margins(0.05)
    axes.set(xticks=[], yticks=[])
    name_below(axes, f"first principal component ({shares[0]:.0%} of the variance)",
               f"second ({shares[1]:.0%})")  # fmt: skip
    named = set_names(figure, axes, places, names[:most])
    axes.scatter(places[named, 0], places[named, 1], s=9, color=MODEL, linewidths=0, zorder=3)
    return figure


def set_names(figure: Figure, axes: Axes, places: npt.NDArray[np.floating], names: Sequence[str]) -> list[int]:
    """Write names beside their points, one after another, each where it touches nothing yet; which found room."""
    axes.autoscale_view()  # matplotlib would do it late, and points stand elsewhere until then
    canvas = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
    points = axes.transData.transform(places)
    page, inch = axes.get_window_extent(renderer), figure.dpi / 72
    around = np.stack([points[:, 0] - 3 * inch, points[:, 0] + 3 * inch, points[:, 1] - 3 * inch,
                       points[:, 1] + 3 * inch], 1)[: len(names)]  # fmt: skip
    taken, named = np.zeros((0, 4)), []
    for number, name in enumerate(names):
        others = np.concatenate([taken, np.delete(around, number, axis=0)])
        for x, y, across, up in AROUND:
            text = axes.annotate(name, places[number], (x, y), textcoords="offset points", ha=across, va=up,
                                 fontsize=8, color=INK, parse_math=False)  # fmt: skip
            box = text.get_window_extent(renderer)
            edges = np.array([box.x0 - inch, box.x1 + inch, box.y0, box.y1])
            if inside(edges, page) and bool(apart(edges, others).all()):
                taken = np.concatenate([taken, edges[None]])
                named.append(number)
                break
            text.remove()
    return named


def inside(edges: npt.NDArray[np.floating], page: BboxBase) -> bool:
    """Whether left, right, bottom and top lie within the page."""
    return bool(edges[0] >= page.x0 and edges[1] <= page.x1 and edges[2] >= page.y0 and edges[3] <= page.y1)


def apart(edges: npt.NDArray[np.floating], others: npt.NDArray[np.floating]) -> npt.NDArray[np.bool_]:
    """Which of the ``others`` [N, 4] one touches nowhere."""
    beside = (edges[0] > others[:, 1]) | (edges[1] < others[:, 0])
    free: npt.NDArray[np.bool_] = beside | (edges[2] > others[:, 3]) | (edges[3] < others[:, 2])
    return free
