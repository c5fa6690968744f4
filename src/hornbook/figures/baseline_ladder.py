"""The ladder: the model between what it has to beat and what it cannot pass, in bits per byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from matplotlib.figure import Figure

from hornbook.figures.style import BASELINE_BAR, FLOOR, INK, MUTED, ROLES, new_figure, width_of


@dataclass(frozen=True)
class Rung:
    """One bar: a name, its bits per byte and the part it plays."""

    name: str
    bits_per_byte: float
    role: Literal["model", "baseline", "floor"] = "baseline"


def baseline_ladder(rungs: Sequence[Rung], *, title: str = "Bits per byte", remark: str = "") -> Figure:
    """Horizontal bars, the longest on top; a line goes up from the floor, so that what is left to gain can be seen.

    What is infinite or no number has no bar.
    """
    rungs = sorted((rung for rung in rungs if isfinite(rung.bits_per_byte)), key=lambda rung: -rung.bits_per_byte)
    figure, axes = new_figure(height=1.15 + 0.42 * len(rungs), title=title, remark=remark)
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    for row, rung in enumerate(rungs):
        strong = rung.role != "baseline"
        axes.barh(row, rung.bits_per_byte, height=0.62, color=ROLES[rung.role] if strong else BASELINE_BAR)
        axes.annotate(
            f"{rung.bits_per_byte:.3f}",
            (rung.bits_per_byte, row),
            (5, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=10,
            color=INK if strong else MUTED,
            fontweight="bold" if strong else "normal",
        )
    for floor in (rung for rung in rungs if rung.role == "floor"):
        axes.axvline(floor.bits_per_byte, color=FLOOR, linewidth=1.2, zorder=0)
    axes.set_yticks(range(len(rungs)), [rung.name for rung in rungs])
    for label, rung in zip(axes.get_yticklabels(), rungs, strict=True):
        label.set(parse_math=False, color=ROLES[rung.role] if rung.role != "baseline" else INK, fontsize=10.5)
        label.set_fontweight("bold" if rung.role != "baseline" else "normal")
    axes.set_ylim(len(rungs) - 0.45, -0.55)
    axes.set_xlim(0, max((rung.bits_per_byte for rung in rungs), default=1.0))
    width, height = figure.get_size_inches()
    left, top = width_of(figure, axes.get_yticklabels()) + 0.3, axes.get_position().y1
    axes.set_position((left / width, 0.2 / height, 1 - (left + 0.75) / width, top - 0.2 / height))
    return figure
