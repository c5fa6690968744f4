"""A model as boxes and arrows, from the tokens below to the logits above, with shapes and parameters on them.

A ``Column`` is one stack: what comes before its blocks, the blocks (each drawn once, with the number of its layers
beside it) and what comes after. A block is a list of ``Branch``: the boxes that a copy of the stream passes before it
is added back, so that norms stand before, after or on the sum as they do in the model. Two columns are an encoder and a
decoder that looks at it. Everything is in inches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from hornbook.figures.style import BASELINE, EXTRA, FLOOR, INK, MODEL, MUTED, PAPER, RULE, head

Kind = Literal["table", "norm", "attention", "thinking", "plain"]
FILL = {"table": EXTRA[1], "norm": MUTED, "attention": MODEL, "thinking": FLOOR, "plain": MUTED}
"""The colour of a box, thinned, by what is in it."""
WIDE, TALL, LOW = 2.75, 0.44, 0.25
"""The width of a box, and its height with and without a second line."""
STEP = 0.2
"""Between two boxes."""
BESIDE = 0.34
"""From a box to the line of the stream that goes around it, and to the edge of its block."""


@dataclass(frozen=True)
class Box:
    """A part of a model: its name, a second line of sizes and parameters, and its kind."""

    name: str
    sizes: str = ""
    kind: Kind = "plain"
    sees_source: bool = False
    """Whether the other column's output enters here."""

    @property
    def height(self) -> float:
        """In inches."""
        return TALL if self.sizes else LOW


@dataclass(frozen=True)
class Branch:
    """Boxes that a copy of the stream passes, from below; ``beside`` stands next to the last and reads the same."""

    boxes: tuple[Box, ...]
    after_sum: tuple[Box, ...] = ()
    """What the sum passes: a norm in a post-norm block."""


@dataclass(frozen=True)
class Layers:
    """One kind of block: its branches, from below, and what is said of it beside: "× 12"."""

    branches: tuple[Branch, ...]
    times: str = ""

    @property
    def height(self) -> float:
        """In inches, the frame included."""
        return sum(map(branch_height, self.branches)) + 2 * STEP


@dataclass(frozen=True)
class Column:
    """A stack: what enters, what stands before the blocks, the blocks, what stands after, and what leaves."""

    name: str
    enters: str
    before: tuple[Box, ...]
    layers: tuple[Layers, ...]
    after: tuple[Box, ...]
    leaves: str
    stream: str = ""
    """The shape of the stream, written on the arrow into the first block."""

    @property
    def height(self) -> float:
        """In inches."""
        boxes = sum(box.height + STEP for box in (*self.before, *self.after))
        return 0.9 + boxes + sum(block.height + STEP for block in self.layers)


def branch_height(branch: Branch) -> float:
    """Its boxes, the circle of the sum, and what stands between them."""
    boxes = sum(box.height + STEP for box in (*branch.boxes, *branch.after_sum))
    return 0.1 + boxes + 0.2 + 0.12


def architecture(columns: Sequence[Column], *, title: str = "", remark: str = "") -> Figure:
    """The diagram. With two columns the first is the encoder, whose output goes to the boxes that see the source."""
    place = WIDE + 2 * BESIDE + 0.95
    width = max(0.3 + place * len(columns), 5.0)
    height = 0.75 + max(column.height for column in columns)
    figure = Figure(figsize=(width, height), dpi=150, facecolor=PAPER)
    head(figure, title, remark)
    axes = figure.add_axes((0, 0, 1, 1), facecolor="none")
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    start = (width - place * len(columns)) / 2 + 0.3
    tops, entries = [], []
    for number, column in enumerate(columns):
        top, seen = draw_column(axes, column, start + number * place + BESIDE + WIDE / 2)
        tops.append(top)
        entries.append(seen)
    if len(columns) == 2:
        across(axes, tops[0], entries[1])
    return figure


def draw_column(axes: Axes, column: Column, middle: float) -> tuple[tuple[float, float], list[tuple[float, float]]]:
    """One stack, from below: where its last box ends, and where its boxes that see the source begin."""
    y, seen = 0.3, list[tuple[float, float]]()
    words(axes, middle, y, column.enters, INK, 9.5)
    y += 0.12
    for box in column.before:
        y = draw_box(axes, box, middle, y)
    for place, block in enumerate(column.layers):
        y = draw_layers(axes, block, middle, y, column.stream if place == 0 else "", seen)
    for box in column.after:
        y = draw_box(axes, box, middle, y)
    end = (middle, y)
    if column.leaves:
        arrow(axes, (middle, y), (middle, y + STEP))
        words(axes, middle, y + STEP + 0.1, column.leaves, INK, 9.5)
    if column.name:
        words(axes, middle, y + STEP + 0.36, column.name, MUTED, 10, bold=True)
    return end, seen


def draw_box(axes: Axes, box: Box, middle: float, y: float) -> float:
    """An arrow up from ``y`` and a box on it; where the box ends."""
    arrow(axes, (middle, y), (middle, y + STEP))
    bottom, colour = y + STEP, FILL[box.kind]
    corner = (middle - WIDE / 2, bottom)
    rounded(axes, corner, WIDE, box.height, PAPER)
    rounded(axes, corner, WIDE, box.height, colour, edge=colour)
    words(axes, middle, bottom + box.height * (0.68 if box.sizes else 0.5), box.name, INK, 9.5)
    if box.sizes:
        words(axes, middle, bottom + box.height * 0.28, box.sizes, MUTED, 8)
    return bottom + box.height


def draw_layers(
    axes: Axes, block: Layers, middle: float, y: float, stream: str, seen: list[tuple[float, float]]
) -> float:
    """A frame around the branches of a block, and how often it is repeated; where the frame ends."""
    bottom = y + STEP
    if stream:
        words(axes, middle + 0.08, y + STEP / 2, stream, MUTED, 8, align="left")
    rounded(axes, (middle - WIDE / 2 - BESIDE, bottom), WIDE + 2 * BESIDE, block.height, "none", edge=RULE, behind=True)
    axes.plot([middle, middle], [y, bottom], color=MUTED, linewidth=1.1, solid_capstyle="butt")
    words(axes, middle + WIDE / 2 + BESIDE + 0.09, bottom + block.height / 2, block.times, MUTED, 10, align="left",
          bold=True)  # fmt: skip
    y = bottom
    for branch in block.branches:
        y = draw_branch(axes, branch, middle, y, seen)
    top = bottom + block.height
    axes.plot([middle, middle], [y, top], color=MUTED, linewidth=1.1, solid_capstyle="butt")
    return top


def draw_branch(axes: Axes, branch: Branch, middle: float, y: float, seen: list[tuple[float, float]]) -> float:
    """The stream goes around the boxes and is added to what comes out of them; where the sum's last box ends."""
    around, fork = middle - WIDE / 2 - BESIDE * 0.55, y + 0.1
    axes.plot([middle, middle], [y, fork], color=MUTED, linewidth=1.1, solid_capstyle="butt")
    y = fork
    for box in branch.boxes:
        y = draw_box(axes, box, middle, y)
        if box.sees_source:
            seen.append((middle - WIDE / 2, y - box.height / 2))
    centre = y + STEP + 0.1
    arrow(axes, (middle, y), (middle, centre - 0.1))
    axes.add_patch(Circle((middle, centre), 0.1, fc=PAPER, ec=MUTED, linewidth=1.1, zorder=3))
    axes.plot([middle - 0.05, middle + 0.05], [centre, centre], color=MUTED, linewidth=1.1, zorder=4)
    axes.plot([middle, middle], [centre - 0.05, centre + 0.05], color=MUTED, linewidth=1.1, zorder=4)
    axes.plot([middle, around, around], [fork, fork, centre], color=MUTED, linewidth=1.1)
    arrow(axes, (around, centre), (middle - 0.1, centre))
    y = centre + 0.1
    for box in branch.after_sum:
        y = draw_box(axes, box, middle, y)
    axes.plot([middle, middle], [y, y + 0.02], color=MUTED, linewidth=1.1)
    return y + 0.02


def across(axes: Axes, source: tuple[float, float], seen: Sequence[tuple[float, float]]) -> None:
    """From the end of the encoder to every box of the decoder that looks at it."""
    x, y = source
    lane = (x + WIDE / 2 + min(place for place, _ in seen)) / 2 + 0.3
    axes.plot([x, x, lane], [y, y + STEP, y + STEP], color=BASELINE, linewidth=1.4)
    axes.plot([lane, lane], [min(y + STEP, *(height for _, height in seen)), max(y + STEP, *(h for _, h in seen))],
              color=BASELINE, linewidth=1.4)  # fmt: skip
    for place, height in seen:
        arrow(axes, (lane, height), (place, height), BASELINE)


def rounded(
    axes: Axes, corner: tuple[float, float], wide: float, high: float, fill: str, edge: str = "", behind: bool = False
) -> None:
    """A rectangle with round corners, its colour thinned where it has an edge."""
    style = f"round,pad=0,rounding_size={0.12 if behind else 0.07}"
    place = 0 if behind else 1
    if fill != "none":
        axes.add_patch(FancyBboxPatch(corner, wide, high, style, fc=fill, ec="none", alpha=0.16 if edge else 1.0,
                                      zorder=place))  # fmt: skip
    if edge:
        axes.add_patch(FancyBboxPatch(corner, wide, high, style, fc="none", ec=edge, linewidth=1.1, zorder=place))


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = MUTED) -> None:
    """A thin arrow."""
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=7, color=colour, linewidth=1.1,
                                   shrinkA=0, shrinkB=0, zorder=2))  # fmt: skip


def words(
    axes: Axes, x: float, y: float, text: str, colour: str, size: int | float, align: str = "center", bold: bool = False
) -> None:
    """Some words, with their middle at ``y``."""
    axes.text(x, y, text, color=colour, fontsize=size, ha=align, va="center_baseline", parse_math=False,
              fontweight="bold" if bold else "normal", zorder=5)  # fmt: skip
