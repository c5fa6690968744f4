"""Several small pictures on one page: where each of them stands, in inches; and the colours of surfaces.

``panels`` makes the page, ``cells`` puts a table of numbers on one of its places, ``scale_beside`` says what a colour
is worth. A surface is transparent where its numbers are 0, so that it lies as well on a dark page as on a white one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.text import Text

from hornbook.figures.style import BASELINE, INK, MODEL, MUTED, PAPER, RULE, head, quiet

NARROWEST = 6.4
"""Inches of a page, so that a remark has room above a few small panels."""
HEAD, FOOT = 0.95, 0.55
"""Inches above the first row of panels, for the title and a remark, and below the last, for what an axis is called."""


def fading(high: str, low: str = "") -> Colormap:
    """From nothing to the colour ``high``; with ``low`` from that to nothing, at 0, and on to ``high``.

    A colour is mixed with nothing by its opacity, so what lies below shines through where numbers are small.
    """
    rising = [(*_rgb(high), 0.0), (*_rgb(high), 1.0)]
    if not low:
        return LinearSegmentedColormap.from_list("fading", rising)
    falling = [(*_rgb(low), 1.0), (*_rgb(low), 0.0)]
    return LinearSegmentedColormap.from_list("fading", list(zip((0, 0.5, 0.5, 1), falling + rising, strict=True)))


def _rgb(colour: str) -> tuple[float, float, float]:
    """#0072b2 -> three numbers from 0 to 1."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


AMOUNT = fading(MODEL)
"""0: nothing, 1: blue."""
SIGNED = fading(MODEL, BASELINE)
"""-1: vermilion, 0: nothing, 1: blue."""


def panels(
    columns: int,
    rows: int = 1,
    *,
    wide: float,
    high: float,
    gaps: tuple[float, float] = (0.45, 0.75),
    left: float = 0.7,
    right: float = 0.3,
    foot: float = FOOT,
    title: str = "",
    remark: str = "",
) -> tuple[Figure, list[Axes]]:
    """A page of ``columns`` times ``rows`` axes of ``wide`` times ``high`` inches, row by row from the top.

    ``gaps`` is what lies between two columns and between two rows; ``left``, ``right`` and ``foot`` what
    lies around all of them.
    """
    width = max(left + columns * wide + (columns - 1) * gaps[0] + right, NARROWEST)
    height = HEAD + rows * high + (rows - 1) * gaps[1] + foot
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER)
    head(figure, title, remark)
    found = []
    for number in range(columns * rows):
        row, column = divmod(number, columns)
        x, y = left + column * (wide + gaps[0]), height - HEAD - row * (high + gaps[1]) - high
        axes = figure.add_axes((x / width, y / height, wide / width, high / height), facecolor="none")
        quiet(axes)
        found.append(axes)
    return figure, found


def name_panel(axes: Axes, name: str, remark: str = "") -> None:
    """A name above the upper left corner of a panel, and a remark in grey behind it."""
    said = axes.annotate(
        name, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", color=INK, fontsize=9.5,
        fontweight="bold", parse_math=False,
    )  # fmt: skip
    if remark:
        axes.annotate(
            remark, (1, 0), (6, 0), xycoords=said, textcoords="offset points", color=MUTED, fontsize=8.5, va="bottom",
            parse_math=False,
        )  # fmt: skip


def name_below(axes: Axes, x_label: str, y_label: str = "") -> None:
    """What is told along the axes of a panel."""
    axes.set_xlabel(x_label, color=MUTED, fontsize=9, labelpad=4, parse_math=False)
    axes.set_ylabel(y_label, color=MUTED, fontsize=9, labelpad=5, parse_math=False)


def cells(
    axes: Axes,
    values: npt.NDArray[np.floating],
    colours: Colormap,
    low: int | float,
    high: int | float,
    lines: bool = False,
) -> AxesImage:
    """A table of numbers [rows, columns] as coloured cells, its first row on top; ``lines`` draws a grid between."""
    rows, columns = values.shape
    image = axes.imshow(values, cmap=colours, vmin=low, vmax=high, aspect="auto", interpolation="nearest")
    axes.grid(visible=False)
    axes.tick_params(length=0, pad=3)
    for spine in axes.spines.values():
        spine.set(visible=True, color=RULE, linewidth=0.8)
    if lines:
        axes.set_xticks(np.arange(columns + 1) - 0.5, minor=True)
        axes.set_yticks(np.arange(rows + 1) - 0.5, minor=True)
        axes.grid(which="minor", color=RULE, linewidth=0.7)
        axes.tick_params(which="minor", length=0)
        axes.set_axisbelow(False)
    return image


def scale_beside(axes: Axes, image: AxesImage, ticks: list[int] | list[float], names: list[str] | None = None) -> Axes:
    """A narrow bar to the right of a panel that says what its colours are worth."""
    figure, box = axes.get_figure(), axes.get_position()
    assert isinstance(figure, Figure)
    width = figure.get_size_inches()[0]
    beside = figure.add_axes((box.x1 + 0.12 / width, box.y0, 0.1 / width, box.height))
    bar = figure.colorbar(image, cax=beside, ticks=ticks)
    bar.outline.set(color=RULE, linewidth=0.8)
    beside.set_yticklabels(names or [f"{tick:g}" for tick in ticks])
    beside.tick_params(colors=MUTED, labelsize=8.5, length=0, pad=4)
    return beside


def small(texts: list[Text]) -> None:
    """The names of ticks in the size and colour of tokens; none of them is a formula."""
    for text in texts:
        text.set(color=INK, fontsize=8.5, parse_math=False)
